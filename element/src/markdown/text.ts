/** What stands between a token's text and the text a reader sees. */

const named = new Map<string, string>();
const cjk = String.raw`[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\u3000-\u303F\uFF00-\uFF65]`;
const breakBetweenCjk = new RegExp(`(${cjk})\\n(?=${cjk})`, 'gu');

/** Resolves character references such as `&copy;` and `&#169;`; what is none stays as it is. */
export function decodeReferences(text: string): string {
  if (!text.includes('&')) return text;
  return text.replace(/&(?:[a-z][a-z0-9]{1,31}|#\d{1,7}|#x[0-9a-f]{1,6});/gi, (reference) => {
    const decoded = named.get(reference) ?? decode(reference);
    named.set(reference, decoded);
    return decoded;
  });
}

/** Joins lines of Chinese and Japanese, in which a line break is not a space. */
export function joinLines(text: string): string {
  return text.includes('\n') ? text.replace(breakBetweenCjk, '$1') : text;
}

/**
 * The browser has the table of the 2,231 names. What it is given is one reference and nothing else, and the document it
 * makes of that is never shown and runs nothing.
 */
function decode(reference: string): string {
  return new DOMParser().parseFromString(reference, 'text/html').documentElement.textContent ?? reference;
}
