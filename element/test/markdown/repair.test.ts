import { describe, expect, it } from 'vitest';

import { markup, unfinished } from './support';

describe('an unfinished end', () => {
  it.each([
    ['**bol', '<p><strong>bol</strong></p>'],
    ['a **bol *it', '<p>a <strong>bol <em>it</em></strong></p>'],
    ['***both', '<p><em><strong>both</strong></em></p>'],
    ['**bold*', '<p><strong>bold</strong></p>'],
    ['**bold ', '<p><strong>bold</strong> </p>'],
    ['a **', '<p>a </p>'],
    ['a ~~b', '<p>a <del>b</del></p>'],
    ['snake_case_name _it', '<p>snake_case_name <em>it</em></p>'],
    ['2 * 3 * 4', '<p>2 * 3 * 4</p>'],
    ['他说**“先温', '<p>他说<strong>“先温</strong></p>'],
    ['> **two\n> lines', '<blockquote><p><strong>two\nlines</strong></p></blockquote>'],
    ['## **x', '<h2><strong>x</strong></h2>'],
  ])('has its emphasis: %j', (text, expected) => {
    expect(markup(unfinished(text).element)).toBe(expected);
  });

  it.each([
    ['a `co', '<p>a <code>co</code></p>'],
    ['a ``co`', '<p>a <code>co</code></p>'],
    ['a `', '<p>a </p>'],
    ['`a**b', '<p><code>a**b</code></p>'],
  ])('has its code: %j', (text, expected) => {
    expect(markup(unfinished(text).element)).toBe(expected);
  });

  it.each([
    ['see [te', '<p>see te</p>'],
    ['see [text](', '<p>see text</p>'],
    ['see [text](https://exam', '<p>see text</p>'],
    ['see **[bold link](https://x', '<p>see <strong>bold link</strong></p>'],
    ['see ![alt](https://x', '<p>see </p>'],
    ['see [^1', '<p>see [^1</p>'],
    ['list[0', '<p>list[0</p>'],
    ['- [ ', '<ul><li>[</li></ul>'],
  ])('shows of a link its text only: %j', (text, expected) => {
    expect(markup(unfinished(text).element)).toBe(expected);
  });

  it.each([
    ['a\n-', '<p>a</p>'],
    ['a\n--', '<p>a</p>'],
    ['- a\n- ', '<ul><li>a</li></ul>'],
    ['- a\n\n2.', '<ul><li>a</li></ul>'],
    ['#', ''],
    ['|', ''],
    ['``', ''],
    ['H<su', '<p>H</p>'],
    ['a \\', '<p>a </p>'],
  ])('does not show markers that have nothing to mark yet: %j', (text, expected) => {
    expect(markup(unfinished(text).element)).toBe(expected);
  });

  it.each(['```py\nx = 1\n\n# no **heading', '```py\nx = 1\n\n# no **heading\n``', '~~~py\nx = 1\n\n# no **heading\n~'])(
    'shows an open fence as code: %j',
    (text) => {
      const { element } = unfinished(text);
      expect(element.querySelector('code')?.textContent).toBe('x = 1\n\n# no **heading');
      expect(element.querySelector('strong, h1, del')).toBeNull();
    },
  );

  it.each(['| a | **b', '| a | **b** |\n', '| a | **b** |\n|--', '| a | **b** |\n|---|---|\n'])(
    'shows a table from its first line on: %j',
    (text) => {
      const cells = [...unfinished(text).element.querySelectorAll('th')].map((cell) => cell.textContent);
      expect(cells).toEqual(['a', 'b']);
    },
  );

  it('closes emphasis within the cell', () => {
    const { element } = unfinished('| a | b |\n|---|---|\n| **x');
    expect(markup(element.querySelector('tbody') as Node)).toBe('<tr><td><strong>x</strong></td><td></td></tr>');
  });

  it('takes the first deep link for the first of several', () => {
    const { element } = unfinished('- [One](chatkit-link://ask?text=1)\n- [Tw');
    expect(element.querySelector('ul')?.className).toBe('chips');
  });
});
