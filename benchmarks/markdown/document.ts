const section = (n: number): string => `
## ${n}. A section about tea

Green tea is **not oxidised**; its leaves are *heated* soon after picking, see [the list](/teas/${n}) or \`tea.steep(80)\`.
绿茶**不发酵**，采摘后立即*杀青*。水温以 \`80 °C\` 为宜。

- A list with **bold**, [links](https://tea.example/${n}) and \`code\`
- Another item
  1. nested, with a few words to read
  2. and again
- The last item

| Tea | Origin | Price |
|:----|:------:|------:|
| Longjing | Hangzhou | ${n * 3} |
| Tieguanyin | Anxi | ${n * 4} |
| Keemun | Qimen | ${n * 5} |

\`\`\`python
def steep(leaves: int, seconds: int = ${n}) -> Cup:
    """Pour, wait, and serve."""
    water = boil(litres=0.2)
    return Cup(water, leaves).after(seconds)
\`\`\`

> A quotation of some length, which goes on for a line or two,
> and ends here.

A closing paragraph with a formula $a_${n} + b^2 = c$ and a footnote mark[^${n}], so that everything is met.
`;

/** A mixed document of at least `size` characters: prose in two scripts, lists, tables, code, quotations. */
export function makeDocument(size: number): string {
  let text = '# Tea\n';
  for (let n = 1; text.length < size; n += 1) text += section(n);
  return text.slice(0, size);
}
