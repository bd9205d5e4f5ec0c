import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { MarkdownView } from '../../src/markdown';
import type { Citation } from '../../src/markdown';
import { corpus } from './corpus';
import { markup, options, random, rendered } from './support';

/** Shows a text in pieces that end at the given places, then as final; returns the view. */
function streamed(text: string, ends: readonly number[], citations: readonly Citation[] = []): MarkdownView {
  const view = new MarkdownView(options());
  for (const end of ends) view.update(text.slice(0, end), { final: false, citations });
  view.update(text, { final: true, citations });
  return view;
}

function randomEnds(text: string, seed: number): number[] {
  const next = random(seed);
  const ends: number[] = [];
  for (let end = 0; end < text.length; ends.push(end)) end += 1 + Math.floor(next() * 24);
  return ends;
}

function everyEnd(text: string): number[] {
  return Array.from({ length: text.length }, (_, n) => n + 1);
}

describe('a text that arrives in pieces', () => {
  it.each(Object.entries(corpus))('looks in the end as if it had come at once: %s', (_, text) => {
    const expected = markup(rendered(text).element);
    expect(markup(streamed(text, everyEnd(text)).element)).toBe(expected);
    for (let seed = 1; seed <= 10; seed += 1) {
      expect(markup(streamed(text, randomEnds(text, seed)).element), `seed ${seed}`).toBe(expected);
    }
  });

  it('looks in the end as if it had come at once: all documents in one', () => {
    const text = Object.values(corpus).join('\n\n');
    const expected = markup(rendered(text).element);
    for (let seed = 1; seed <= 5; seed += 1) {
      expect(markup(streamed(text, randomEnds(text, seed)).element), `seed ${seed}`).toBe(expected);
    }
  });

  it('looks in the end as if it had come at once: anything put together from the pieces of Markdown', () => {
    const piece = fc.constantFrom(
      ...['a', 'b c', '茶', 'شاي', '🍵', ' ', '\n', '\n\n', '\n\n\n', '    ', '- ', '* ', '1. ', '2. ', '> ', '# ', '==='],
      ...['---', '```', '```js\n', '~~~', '`', '*', '**', '_', '~~', '[', ']', '(', ')', '](', '[a]', '[a]: /u\n', '|'],
      ...['| a | b |\n', '|---|---|\n', '<br>', '<sub>', '</sub>', '<div>', '<!--', '-->', '$', '$$', '\\(', '\\)', '\\'],
      ...['&amp;', '![', 'https://x.example', '- [ ] ', '\r\n', '\uFFFC', '“', '。', '\t'],
    );
    const document = fc.array(piece, { maxLength: 40 }).map((pieces) => pieces.join(''));
    const place = fc.double({ min: 0, max: 1, noNaN: true });
    fc.assert(
      fc.property(document, fc.array(place, { maxLength: 12 }), fc.array(place, { maxLength: 3 }), (text, cuts, at) => {
        const ends = cuts.map((cut) => Math.floor(cut * text.length)).sort((a, b) => a - b);
        const citations = at.map((where, n) => ({ index: Math.floor(where * text.length), label: String(n + 1), title: 't' }));
        const atOnce = streamed(text, [], citations);
        expect(markup(streamed(text, ends, citations).element)).toBe(markup(atOnce.element));
      }),
      { numRuns: 400, seed: 20261122 },
    );
  }, 30_000);

  it('keeps the nodes of finished blocks', () => {
    const view = new MarkdownView(options());
    view.update('# Title\n\nFirst.\n\nSecond', { final: false });
    const [title, first] = view.element.children;
    const seen: MutationRecord[] = [];
    const observer = new MutationObserver((records) => void seen.push(...records));
    observer.observe(title as Node, { attributes: true, characterData: true, childList: true, subtree: true });
    observer.observe(first as Node, { attributes: true, characterData: true, childList: true, subtree: true });
    view.update('# Title\n\nFirst.\n\nSecond grows.\n\n- and', { final: false });
    view.update('# Title\n\nFirst.\n\nSecond grows.\n\n- and a list\n', { final: true });
    seen.push(...observer.takeRecords());
    expect(view.element.children[0]).toBe(title);
    expect(view.element.children[1]).toBe(first);
    expect(seen).toEqual([]);
  });

  it('keeps what does not change within the block that grows', () => {
    const view = new MarkdownView(options());
    view.update('- ![cup](/cup.png)\n- second', { final: false });
    const image = view.element.querySelector('img');
    view.update('- ![cup](/cup.png)\n- second grows\n- third', { final: false });
    expect(view.element.querySelector('img')).toBe(image);
  });

  it('shows a text that does not continue the one before from the beginning', () => {
    const view = new MarkdownView(options());
    view.update('# One\n\ntwo\n\nthree', { final: false });
    view.update('other *text*', { final: false });
    expect(markup(view.element)).toBe('<p>other <em>text</em></p>');
  });

  it('turns references into links as soon as a definition is complete', () => {
    const view = new MarkdownView(options());
    view.update('See [tea].\n\nMore.\n\n[tea]: /te', { final: false });
    view.update('See [tea].\n\nMore.\n\n[tea]: /tea\n\nLast', { final: false });
    expect(markup(view.element)).toBe('<p>See <a href="/tea">tea</a>.</p><p>More.</p><p>Last</p>');
  });
});
