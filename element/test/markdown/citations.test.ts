import { describe, expect, it } from 'vitest';

import type { Citation } from '../../src/markdown';
import { MarkdownView } from '../../src/markdown';
import { markup, options } from './support';

/** The citation that stands where `¦` is in the text, counted as the server counts. */
function cited(marked: string, overrides: Partial<Citation> = {}): string {
  const index = Array.from(marked.slice(0, marked.indexOf('¦'))).length;
  return show(marked.replace('¦', ''), [{ index, label: '1', title: 'T', ...overrides }]);
}

function show(text: string, citations: readonly Citation[]): string {
  const view = new MarkdownView(options());
  view.update(text, { final: true, citations });
  return markup(view.element).replaceAll('<sup class="citation"><span title="T">1</span></sup>', '¹');
}

describe('a citation', () => {
  it.each([
    ['One.¦ Two.', '<p>One.¹ Two.</p>'],
    ['绿茶🍵👩‍🍳。¦好', '<p>绿茶🍵👩‍🍳。¹好</p>'],
    ['**bold.**¦ text', '<p><strong>bold.</strong>¹ text</p>'],
    ['**粗体。**¦下文', '<p><strong>粗体。</strong>¹下文</p>'],
    ['**bo¦ld**', '<p><strong>bo¹ld</strong></p>'],
    ['# Title¦\n\ntext', '<h1>Title¹</h1><p>text</p>'],
    ['- a¦\n- b', '<ul><li>a¹</li><li>b</li></ul>'],
    ['> a¦\n> b', '<blockquote><p>a¹\nb</p></blockquote>'],
    ['$a_1$¦ b', '<p>$a_1$¹ b</p>'],
  ])('stands where it is put: %j', (text, expected) => {
    expect(cited(text)).toBe(expected);
  });

  it.each([
    ['end.\n\n¦Next', '<p>end.¹</p><p>Next</p>'],
    ['- a\n- ¦b', '<ul><li>a¹</li><li>b</li></ul>'],
    ['text\n¦===\n\nb', '<h1>text¹</h1><p>b</p>'],
    ['*¦*bold**', '<p><strong>¹bold</strong></p>'],
    ['a \\¦* b', '<p>a *¹ b</p>'],
    ['# ¦Title', '<h1>¹Title</h1>'],
  ])('moves a little where it would break what stands there: %j', (text, expected) => {
    expect(cited(text)).toBe(expected);
  });

  it.each([
    ['a `co¦de` b', '<p>a <code>code</code>¹ b</p>'],
    ['a $x¦_1$ b', '<p>a $x_1$¹ b</p>'],
    ['$$\nx¦\ny\n$$', '<p class="math">$$\nx\ny\n$$¹</p>'],
    ['a [li¦nk](/u) b', '<p>a <a href="/u">link</a>¹ b</p>'],
    ['a [link]¦(/u) b', '<p>a <a href="/u">link</a>¹ b</p>'],
    ['a [link](/¦u) b', '<p>a <a href="/u">link</a>¹ b</p>'],
    ['a https://x.example/¦ b', '<p>a <a href="https://x.example/" target="_blank" rel="noopener noreferrer">https://x.example/</a>¹ b</p>'],
  ])('stands behind a construct that cannot hold it: %j', (text, expected) => {
    expect(cited(text)).toBe(expected);
  });

  it.each(['```js\nlet ¦a;\n```', '```js\n¦let a;\n```', '```js\nlet a;\n```¦', '```js\nlet a;\n¦```\n'])(
    'stands behind a block of code: %j',
    (text) => expect(cited(text)).toMatch(/<code data-language="js">let a;<\/code><\/pre><p class="citations">¹<\/p><\/div>$/),
  );

  it.each(['| a |\n|---|\n| b¦ |', '| a |\n|---|\n| b |¦', '| a |\n|---|\n| b |\n¦\ntext'])('stands in a cell: %j', (text) => {
    expect(cited(text)).toContain('<td>b¹</td>');
  });

  it('leads to its source, if that is an address one may follow', () => {
    expect(cited('a¦', { href: 'https://x.example' })).toBe(
      '<p>a<sup class="citation"><a href="https://x.example" target="_blank" rel="noopener noreferrer" title="T">1</a></sup></p>',
    );
    expect(cited('a¦', { href: 'javascript:alert(1)' })).toBe('<p>a¹</p>');
  });

  it('beyond the end stands at the end, but only of a finished text', () => {
    const citations = [{ index: 99, label: '1', title: 'T' }];
    const view = new MarkdownView(options());
    view.update('Text', { final: false, citations });
    expect(view.element.querySelector('.citation')).toBeNull();
    view.update('Text.', { final: true, citations });
    expect(view.element.textContent).toBe('Text.1');
  });

  it('keeps its order among others at one place', () => {
    const at = (label: string): Citation => ({ index: 1, label, title: 'T' });
    expect(show('a b', [at('2'), at('3'), at('4')]).replace(/<[^>]*>/g, '')).toBe('a234 b');
  });

  it('that comes after its block was finished is put in, and other blocks keep their nodes', () => {
    const view = new MarkdownView(options());
    view.update('First.\n\nSecond.\n\nThird', { final: false });
    const second = view.element.children[1];
    view.update('First.\n\nSecond.\n\nThird', { final: false, citations: [{ index: 6, label: '1', title: 'T' }] });
    expect(view.element.children[0]?.textContent).toBe('First.1');
    expect(view.element.children[1]).toBe(second);
  });

  it('counts line ends as the server does', () => {
    const text = 'one\r\ntwo.\r\nthree';
    expect(show(text, [{ index: text.indexOf('two.') + 4, label: '1', title: 'T' }])).toBe('<p>one\ntwo.¹\nthree</p>');
  });

  it('cannot be forged by the text', () => {
    const forged = 'a \uFFFC\uFE00\uFFFC b';
    expect(show(forged, [{ index: 0, label: '1', title: 'T' }]).match(/¹/g)).toHaveLength(1);
  });
});
