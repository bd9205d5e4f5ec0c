import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';

import { MarkdownView } from '../../src/markdown';
import { highlight } from '../../src/markdown/highlight';
import { markup, options, rendered } from './support';

const loadHighlighter = () => Promise.resolve({ highlight });
const text = '```python\ndef tea():\n    return 1\n```';

describe('a block of code', () => {
  it('names its language', () => {
    expect(rendered('```python title="x"\na\n```').element.querySelector('.code-header span')?.textContent).toBe('python');
    expect(rendered('```text\na\n```').element.querySelector('.code-header span')?.textContent).toBe('');
    expect(rendered('    indented').element.querySelector('.code-header span')?.textContent).toBe('');
  });

  it('is coloured once it is finished, and not before', async () => {
    const load = vi.fn(loadHighlighter);
    const view = new MarkdownView(options({ loadHighlighter: load }));
    view.update(text, { final: false });
    expect(load).not.toHaveBeenCalled();
    view.update(`${text}\n\nafter`, { final: false });
    await vi.waitFor(() => expect(view.element.querySelector('.hl-keyword')?.textContent).toBe('def'));
    expect(view.element.querySelector('code')?.textContent).toBe('def tea():\n    return 1');
    expect(load).toHaveBeenCalledTimes(1);
  });

  it('keeps its colours when the rest of the text ends', async () => {
    const view = new MarkdownView(options({ loadHighlighter }));
    view.update(`${text}\n\nafter`, { final: false });
    await vi.waitFor(() => expect(view.element.querySelector('.hl-keyword')).not.toBeNull());
    const keyword = view.element.querySelector('.hl-keyword');
    view.update(`${text}\n\nafterwards`, { final: true });
    expect(view.element.querySelector('.hl-keyword')).toBe(keyword);
  });

  it('stays as it is when the colours cannot be loaded or are not known', async () => {
    const failing = vi.fn(() => Promise.reject(new Error('offline')));
    const view = rendered(text, { loadHighlighter: failing });
    await vi.waitFor(() => expect(failing).toHaveBeenCalled());
    expect(view.element.querySelector('code')?.textContent).toBe('def tea():\n    return 1');
    await expect(highlight('x', 'no-such-language')).resolves.toBeNull();
  });

  it.each(['js', 'TypeScript', 'sh', 'html', 'yml', 'c++', 'hs', 'lua'])('is coloured in %s', async (language) => {
    const fragment = await highlight('if (x) { return "<b>" } -- local 1', language);
    expect(fragment?.textContent).toBe('if (x) { return "<b>" } -- local 1');
  });

  it('is coloured with nodes: markup in it stays text', async () => {
    const box = document.createElement('code');
    box.append((await highlight('const a = "<img src=x onerror=alert(1)>";', 'js')) ?? '');
    expect(box.querySelector('img')).toBeNull();
    expect(markup(box)).toContain('<span class="hl-string">"<img src=x onerror=alert(1)>"</span>');
  });
});

describe('the copy button', () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  it('copies the code, says so, and is itself again after a while', async () => {
    const copy = vi.fn(() => Promise.resolve(true));
    const button = rendered(text, { copy }).element.querySelector('button');
    button?.click();
    await vi.waitFor(() => expect(button?.textContent).toBe('Copied'));
    expect(copy).toHaveBeenCalledWith('def tea():\n    return 1');
    vi.advanceTimersByTime(2000);
    expect(button?.textContent).toBe('Copy');
  });

  it('does not say so when it could not', async () => {
    const copy = vi.fn(() => Promise.resolve(false));
    const button = rendered(text, { copy }).element.querySelector('button');
    button?.click();
    await vi.waitFor(() => expect(copy).toHaveBeenCalled());
    expect(button?.textContent).toBe('Copy');
  });
});
