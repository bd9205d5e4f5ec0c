import type { MarkdownOptions } from './types';

/** Longer code is left uncoloured: it would hold up the page for longer than its colours are worth. */
const LONGEST = 50_000;

/** Colours the code blocks of a finished block, once the highlighter has been loaded. */
export async function highlightCode(block: HTMLElement, options: MarkdownOptions, disposed: AbortSignal): Promise<void> {
  const codes = [...block.querySelectorAll<HTMLElement>('pre > code[data-language]')];
  await Promise.all(codes.map((code) => highlightOne(code, options, disposed)));
}

async function highlightOne(code: HTMLElement, options: MarkdownOptions, disposed: AbortSignal): Promise<void> {
  const text = code.textContent ?? '';
  const language = code.dataset.language ?? '';
  if (text === '' || text.length > LONGEST) return;
  try {
    const highlighter = await options.loadHighlighter();
    const coloured = await highlighter.highlight(text, language);
    const isCurrent = code.textContent === text && code.dataset.language === language;
    if (coloured && isCurrent && !disposed.aborted) code.replaceChildren(coloured);
  } catch {
    // Without the part that colours it, code is readable all the same; the next block tries again.
  }
}
