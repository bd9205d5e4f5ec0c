import { describe, expect, it, vi } from 'vitest';

import { corpus } from './corpus';
import { markup, rendered } from './support';

describe('a finished text', () => {
  it.each([
    ['# A\n\nB\n===', '<h1>A</h1><h1>B</h1>'],
    ['a\nb  \nc', '<p>a\nb<br></br>c</p>'],
    ['***', '<hr></hr>'],
    ['~~a~~ **b** *c* `d`', '<p><del>a</del> <strong>b</strong> <em>c</em> <code>d</code></p>'],
    ['> a\n>\n> - b', '<blockquote><p>a</p><ul><li>b</li></ul></blockquote>'],
    ['3. a\n4. b', '<ol start="3"><li>a</li><li>b</li></ol>'],
    ['- a\n\n- b', '<ul><li><p>a</p></li><li><p>b</p></li></ul>'],
    ['[^1] stays\n\n[^1]: a *b*\n  c\n[^2]: d', '<p>[^1] stays</p><p>[^1]: a <em>b</em>\n  c</p><p>[^2]: d</p>'],
    ['a &copy; &#8364; &unknown; & &lt;b&gt;', '<p>a © € &unknown; & <b></p>'],
  ])('becomes elements: %j', (text, expected) => {
    expect(markup(rendered(text).element)).toBe(expected);
  });

  it('has tables in a box that scrolls, with their alignment', () => {
    expect(markup(rendered('| a | b |\n|---|--:|\n| 1 | 2\\|3 |').element)).toBe(
      '<div class="table" tabindex="0"><table><thead><tr><th scope="col">a</th><th scope="col" class="right">b</th></tr></thead>' +
        '<tbody><tr><td>1</td><td class="right">2|3</td></tr></tbody></table></div>',
    );
  });

  it('has a labelled, inert box for each task', () => {
    const boxes = [...rendered('- [ ] water\n- [x] **leaves**').element.querySelectorAll('input')];
    expect(boxes.map((box) => [box.checked, box.disabled, box.getAttribute('aria-label')])).toEqual([
      [false, true, 'water'],
      [true, true, 'leaves'],
    ]);
  });

  it('labels a task within an item with the text of the task', () => {
    expect(rendered('- outer\n  - [ ] inner').element.querySelector('input')?.getAttribute('aria-label')).toBe('inner');
  });

  it('shows markup as the text it is', () => {
    const { element } = rendered('<img src=x onerror=alert(1)> <b onclick=x>no</b>\n\n<script>\nalert(1)\n\n</script>\n\n<div>*a*</div>');
    expect(element.querySelector('img, b, script, div')).toBeNull();
    expect(element.textContent).toContain('<img src=x onerror=alert(1)> <b onclick=x>no</b>');
    expect(element.textContent).toContain('<script>\nalert(1)\n\n</script>');
  });

  it('honours line breaks, sub- and superscripts and keys, without attributes', () => {
    expect(markup(rendered('H<sub>2</sub>O<br>x<sup>*2*</sup> <kbd>Ctrl</kbd>').element)).toBe(
      '<p>H<sub>2</sub>O<br></br>x<sup><em>2</em></sup> <kbd>Ctrl</kbd></p>',
    );
    expect(markup(rendered('<sub>open and <sup class="x">no</sup>').element)).toBe('<p><sub>open and <sup class="x">no</sup></p>');
    expect(rendered('<sub>open and <sup class="x">no</sup>').element.querySelector('sub, sup')).toBeNull();
  });

  it('leaves formulas alone', () => {
    const text = '$a_b*c*d_e$ and \\(x\\\\y_1*2*\\) cost $5 or $10';
    expect(rendered(text).element.textContent).toBe(text);
    expect(rendered(text).element.querySelector('em')).toBeNull();
    expect(rendered('$$\na_1 \\\\ *b*\n$$').element.textContent).toBe('$$\na_1 \\\\ *b*\n$$');
  });

  it('bolds what Chinese punctuation surrounds, and joins its lines', () => {
    expect(markup(rendered('他说**“你好”**了，**先温杯。**然后\n投茶').element)).toBe(
      '<p>他说<strong>“你好”</strong>了，<strong>先温杯。</strong>然后投茶</p>',
    );
  });

  it('lets each block follow the direction of its own text, and code run from left to right', () => {
    const { element } = rendered('مرحبا\n\n- a\n\n```\ncode\n```');
    expect([...element.children].map((child) => child.getAttribute('dir'))).toEqual(['auto', 'auto', 'ltr']);
    expect(element.querySelector('li')?.hasAttribute('dir')).toBe(false);
  });

  it('shows a text nested beyond reason as it is', () => {
    const text = '>'.repeat(20_000);
    expect(rendered(text).element.textContent).toBe(text);
  });

  it.each(Object.entries(corpus))('is never parsed as markup: %s', (_, text) => {
    const setter = vi.spyOn(Element.prototype, 'innerHTML', 'set');
    rendered(text);
    expect(setter).not.toHaveBeenCalled();
  });
});

describe('a list of deep links', () => {
  it('is a row of chips', () => {
    const list = rendered('- [A](chatkit-link://ask?text=a)\n\n- [B](chatkit-link://ask?text=b)').element.querySelector('ul');
    expect(list?.className).toBe('chips');
  });

  it.each(['- [A](chatkit-link://ask?text=a) and text', '- [A](https://x.example)', '- [A](chatkit-link://a)\n- b', '- a'])(
    'is a list when an item is more or other: %j',
    (text) => expect(rendered(text).element.querySelector('ul')?.className).toBe(''),
  );

  it('reports a click and does not follow it', () => {
    const onLink = vi.fn();
    const { element } = rendered('[A](chatkit-link://ask?text=a%20b)', { onLink });
    const click = new MouseEvent('click', { bubbles: true, cancelable: true });
    element.querySelector('a')?.dispatchEvent(click);
    expect(onLink).toHaveBeenCalledWith('chatkit-link://ask?text=a%20b', click);
    expect(click.defaultPrevented).toBe(true);
  });

  it('leaves other links to the browser, and all of them once it is disposed of', () => {
    const onLink = vi.fn();
    const view = rendered('[A](#a) [B](chatkit-link://b)', { onLink });
    const [plain, deep] = view.element.querySelectorAll('a');
    const click = new MouseEvent('click', { bubbles: true, cancelable: true });
    plain?.dispatchEvent(click);
    expect(click.defaultPrevented).toBe(false);
    view.dispose();
    deep?.addEventListener('click', (event) => event.preventDefault());
    deep?.dispatchEvent(new MouseEvent('click', { bubbles: true, cancelable: true }));
    expect(onLink).not.toHaveBeenCalled();
  });
});
