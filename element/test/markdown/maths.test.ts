import { expect, it } from 'vitest';

import { MarkdownView } from '../../src/markdown';
import type { Typesetter, Typesetting } from '../../src/markdown';
import { markup, options, rendered, unfinished } from './support';

const typesetter: Typesetter = {
  styleSheet: {} as CSSStyleSheet,
  typeset: (tex, display) => {
    if (tex === '\\wrong') return null;
    const box = document.createElement(display ? 'div' : 'i');
    box.append(tex);
    return box;
  },
};

it('sets a formula without its delimiters once that can be done, and leaves what is none', async () => {
  const typesetting: Typesetting & { current: Typesetter | null } = {
    current: null,
    load: () => Promise.resolve().then(() => (typesetting.current = typesetter)),
  };
  const view = rendered('a $x_1$ \\(y\\) $\\wrong$\n\n$$\nz\n\nw\n$$', { typesetting });
  expect(view.element.textContent).toContain('$x_1$');
  await Promise.resolve();
  await Promise.resolve();
  await Promise.resolve();
  expect(markup(view.element)).toBe(
    '<p>a <i>x_1</i> <i>y</i> $\\wrong$</p><p class="math-set" tabindex="0"><div>z\n\nw</div></p>',
  );
});

it('sets no block that is still being written', () => {
  const view = new MarkdownView(options({ typesetting: { current: typesetter, load: () => Promise.resolve() } }));
  view.update('$$\nx + \\frac', { final: false });
  expect(markup(view.element)).toBe('<p class="math">$$\nx + \\frac\n$$</p>');
});

it.each(['$$\na\n\n# b\n\n- c\n$$', '\\[\na\n\n# b\n\n- c\n\\]'])('is one block from its first line on: %j', (text) => {
  for (let end = 4; end <= text.length; end += 1) {
    const { element } = unfinished(text.slice(0, end));
    expect([...element.children].map(({ className }) => className)).toEqual(['math']);
    expect(element.querySelector('h1, li')).toBeNull();
  }
});

it('a dollar that begins a line of prose is none', () => {
  expect(markup(unfinished('$$ is money.\n\n# b').element)).toBe('<p>$$ is money.</p><h1>b</h1>');
  expect(unfinished('$$').element.textContent).toBe('');
});

it('a text of nothing but emphasis costs no more than others', () => {
  const count = (text: string) => rendered(text).element.querySelectorAll('em, strong').length;
  expect(count('**a_'.repeat(3000))).toBe(0);
  expect(count('*a* '.repeat(300))).toBe(300);
  expect(count('**a** b\n\n'.repeat(500))).toBe(500);
});
