import { noChange } from 'lit';
import { AsyncDirective } from 'lit/async-directive.js';
import { directive } from 'lit/directive.js';

import { loadChunk } from '../chunks';
import type { Citation, MarkdownOptions, Typesetter } from '../markdown';
import { MarkdownView } from '../markdown';
import { copyText } from './clipboard';
import { allowsImage } from './images';
import type { Ui } from './ui';

/** What is to be shown. While `final` is not set, more of the text may come. */
export interface MarkdownContent {
  readonly text: string;
  readonly final: boolean;
  readonly citations?: readonly Citation[];
  /** Whether the page wrote it; then its relative addresses are relative to the page. */
  readonly ofPage?: boolean;
}

class MarkdownDirective extends AsyncDirective {
  #view: MarkdownView | null = null;
  #content: MarkdownContent | null = null;
  #ui: Ui | null = null;

  render(content: MarkdownContent, ui: Ui): unknown {
    const shown = this.#view !== null;
    const known = shown && this.#content !== null && isSame(this.#content, content);
    this.#ui = ui;
    this.#content = content;
    if (known) return noChange;
    const element = this.#show(content, ui);
    return shown ? noChange : element;
  }

  override disconnected(): void {
    this.#view?.dispose();
    this.#view = null;
  }

  override reconnected(): void {
    if (this.#content && this.#ui) this.setValue(this.#show(this.#content, this.#ui));
  }

  #show({ text, final, citations = [], ofPage }: MarkdownContent, ui: Ui): HTMLElement {
    this.#view ??= createView(ui, () => this.#ui ?? ui, ofPage === true);
    this.#view.update(text, { final, citations });
    return this.#view.element;
  }
}

/** Markdown as DOM, updated in place while it streams. */
export const markdown = directive(MarkdownDirective);

/** One for all texts: once it is there, formulas are set at once. */
const typesetting = {
  current: null as Typesetter | null,
  load: async () => {
    typesetting.current = await loadChunk<typeof import('../chunks/maths')>('maths');
  },
};

function createView({ t }: Ui, current: () => Ui, ofPage: boolean): MarkdownView {
  const view = new MarkdownView({
    onLink: (href) => current().followLink(href),
    loadHighlighter: () => loadChunk<typeof import('../chunks/highlighter')>('highlighter'),
    typesetting,
    copy: copyText,
    resolve: (address) => (ofPage ? address : current().address(address)),
    allowImage: (url) => allowsImage(url, current()),
    copyLabel: t('code.copy'),
    copiedLabel: t('action.copied'),
  } satisfies MarkdownOptions);
  view.element.addEventListener('click', openBeside, { capture: true });
  return view;
}

/** Links open beside the chat, those of this site too: who follows one comes back to where they were. */
function openBeside(event: Event): void {
  const link = event.target instanceof Element ? event.target.closest('a') : null;
  if (!link || link.protocol === 'chatkit-link:') return;
  link.target = '_blank';
  link.rel = 'noopener noreferrer';
}

function isSame(one: MarkdownContent, other: MarkdownContent): boolean {
  if (one.text !== other.text || one.final !== other.final) return false;
  const [before = [], now = []] = [one.citations, other.citations];
  const agrees = ({ index, label, href }: Citation, at: number) =>
    now[at]?.index === index && now[at].label === label && now[at].href === href;
  return before.length === now.length && before.every(agrees);
}
