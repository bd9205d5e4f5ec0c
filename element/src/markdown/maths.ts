/**
 * Sets formulas with KaTeX; a part of its own that is loaded with the first formula, its fonts with the first letter
 * that needs them. KaTeX makes nodes and sets their styles through the object model, which a strict policy allows;
 * nothing of a formula is ever parsed as markup.
 */
import katex from 'katex';
import css from 'katex/dist/katex.min.css?inline';

/** Longer formulas would hold up the page; they are shown as they are written. */
const LONGEST = 2_000;
/** How many formulas are kept, so that a text that grows does not set its formulas anew with each word. */
const KEPT = 500;
/** Here KaTeX writes a `style` attribute into the MathML, which the policy forbids: those go without it. */
const writesStyle = /\\(?:pmb|fcolorbox)/;

const kept = new Map<string, Node | null>();

/** The style sheet of formulas, to be adopted by the shadow root they are in. */
export const styleSheet = new CSSStyleSheet();

/** A formula as nodes, without its delimiters; null where it is none that KaTeX knows. */
export function typeset(tex: string, display: boolean): Node | null {
  const key = `${display} ${tex}`;
  let node = kept.get(key);
  if (node === undefined) {
    node = set(tex, display);
    if (kept.size >= KEPT) kept.delete(kept.keys().next().value ?? '');
    kept.set(key, node);
  }
  return node?.cloneNode(true) ?? null;
}

/** What the names of KaTeX's fonts begin with, beside this part. */
export const prefix = `katex-${katex.version}-`;

/** Makes KaTeX's fonts known to the document: a shadow root cannot have its own. `base` is beside them. */
export function useFonts(base: string): void {
  styleSheet.replaceSync(css);
  for (let n = styleSheet.cssRules.length - 1; n >= 0; n -= 1) {
    const rule = styleSheet.cssRules[n];
    if (!(rule instanceof CSSFontFaceRule)) continue;
    const file = /KaTeX_[\w-]+\.woff2/.exec(rule.cssText)?.[0];
    const family = rule.style.getPropertyValue('font-family').replace(/["']/g, '');
    const descriptors = {
      style: rule.style.getPropertyValue('font-style'),
      weight: rule.style.getPropertyValue('font-weight'),
    };
    if (file) document.fonts.add(new FontFace(family, `url("${new URL(prefix + file, base).href}")`, descriptors));
    styleSheet.deleteRule(n);
  }
}

function set(tex: string, display: boolean): Node | null {
  if (tex.length > LONGEST) return null;
  const box = document.createElement('span');
  try {
    katex.render(tex, box, {
      displayMode: display,
      output: writesStyle.test(tex) ? 'html' : 'htmlAndMathml',
      strict: 'ignore',
      trust: false,
      throwOnError: true,
      maxExpand: 200,
      maxSize: 20,
    });
  } catch {
    return null;
  }
  box.dir = 'ltr';
  box.className = 'formula';
  return box;
}
