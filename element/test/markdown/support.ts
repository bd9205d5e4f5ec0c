import type { MarkdownOptions } from '../../src/markdown';
import { MarkdownView } from '../../src/markdown';

/** Options of a view that allows no more than its defaults and loads nothing. */
export function options(overrides: Partial<MarkdownOptions> = {}): MarkdownOptions {
  return {
    onLink: () => undefined,
    loadHighlighter: () => Promise.resolve({ highlight: () => Promise.resolve(null) }),
    copy: () => Promise.resolve(true),
    copyLabel: 'Copy',
    copiedLabel: 'Copied',
    ...overrides,
  };
}

/** A view of a finished text. */
export function rendered(text: string, overrides: Partial<MarkdownOptions> = {}): MarkdownView {
  const view = new MarkdownView(options(overrides));
  view.update(text, { final: true });
  return view;
}

/** A view of a text that is still being written. */
export function unfinished(text: string): MarkdownView {
  const view = new MarkdownView(options());
  view.update(text, { final: false });
  return view;
}

/** What the element shows, written as markup; `dir` is left out, which every block has. */
export function markup(node: Node): string {
  return [...node.childNodes].map(outer).join('');
}

function outer(node: Node): string {
  if (!(node instanceof Element)) return node.textContent ?? '';
  const name = node.localName;
  const attributes = node
    .getAttributeNames()
    .filter((key) => key !== 'dir')
    .map((key) => ` ${key}="${node.getAttribute(key) ?? ''}"`);
  return `<${name}${attributes.join('')}>${markup(node)}</${name}>`;
}

/** A pseudo-random generator (mulberry32), so that a failure can be repeated. */
export function random(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
}
