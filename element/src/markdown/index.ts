/**
 * Markdown that grows.
 *
 * The text is lexed from the last open block on, never from its beginning: blocks before it are settled and their nodes
 * stay. Settled blocks change only when a link definition or a citation arrives that concerns them. The last update of
 * a text lexes it whole, once, and replaces what differs: whatever the chunks were, the result is that of one rendering.
 */
import type { Citation } from './citations';
import { insertMarks, offsets, withoutForeignMarks, withoutMarks } from './citations';
import { highlightCode } from './code';
import { element } from './dom';
import type { LinkDefinitions, MarkdownToken } from './lexer';
import { lex, mayHoldFormula } from './lexer';
import { isDeepLink } from './links';
import { morph } from './morph';
import { renderBlock } from './render';
import { repair } from './repair';
import type { MarkdownOptions } from './types';

export type { Citation } from './citations';
export { hostOf, isOwnImage, safeImage, safeLink } from './links';
export type { Highlighter, MarkdownOptions, Typesetter, Typesetting } from './types';

const COPIED_FOR = 2000;

/** A rendered block, with everything its nodes follow from. */
interface Block {
  readonly type: string;
  readonly raw: string;
  /** The link definitions and citations it was rendered with, as text, where it may use any. */
  readonly resources: string;
  /** Rendered while it was still being written. */
  readonly open: boolean;
  readonly node: Node | null;
}

/** Shows a Markdown text in `element`, and follows it as it grows. */
export class MarkdownView {
  readonly element: HTMLElement = element('div', { class: 'markdown' });
  readonly #options: MarkdownOptions;
  readonly #disposed = new AbortController();
  #source = '';
  #final = false;
  #citations: readonly Citation[] = [];
  /** Where in the source the citations stand, those it has come to. */
  #marks: readonly (number | undefined)[] = [];
  #blocks: Block[] = [];
  /** Settles once formulas can be set, where there are any. */
  #typesetter: Promise<void> | undefined;
  #links: LinkDefinitions = {};
  /** How many blocks are settled, and where in the source the first that is not begins. */
  #settled = 0;
  #settledEnd = 0;

  constructor(options: MarkdownOptions) {
    this.#options = options;
    const { signal } = this.#disposed;
    this.element.addEventListener('click', (event) => void this.#clicked(event), { signal });
  }

  /**
   * Shows `text`, all of it so far. `final` says that no more comes: then nothing is guessed any more.
   * A text that does not continue the one before is shown as well, from the beginning.
   */
  update(text: string, options: { final: boolean; citations?: readonly Citation[] }): void {
    const { final, citations = [] } = options;
    const source = normalized(text);
    const isContinued = source.startsWith(this.#source) && sameCitations(citations, this.#citations);
    if (final || !isContinued) this.#restart();
    if (final || !isContinued || this.#marks.includes(undefined)) this.#marks = places(text, citations, final);
    this.#source = source;
    this.#final = final;
    this.#citations = citations;
    this.#draw();
  }

  /** Lets go of listeners and of what is being loaded. The element keeps what it shows. */
  dispose(): void {
    this.#disposed.abort();
  }

  #restart(): void {
    this.#settled = 0;
    this.#settledEnd = 0;
  }

  #advance(final: boolean): void {
    if (this.#read(final)) return;
    // A definition has settled: blocks before it may refer to it.
    this.#restart();
    this.#read(final);
  }

  /** Thousands of nested quotations exhaust the stack of any recursive renderer; such a text is shown as it is. */
  #showPlain(): void {
    this.#restart();
    this.#show([{ type: 'text', raw: this.#source, text: this.#source }], undefined, {});
  }

  /** Lexes and shows what is not settled; false when that settles a definition that earlier blocks do not know. */
  #read(final: boolean): boolean {
    const isWhole = this.#settledEnd === 0;
    const tail = insertMarks(this.#source, this.#settledEnd, this.#marks);
    const { tokens, links } = lex(final ? tail : repair(tail), isWhole ? {} : this.#links);
    const blocks = tokens.filter((token) => token.type !== 'space');
    const openBlock = final ? undefined : blocks.at(-1);
    if (isWhole) this.#links = links;
    else if (blocks.some((token) => token.type === 'def' && token !== openBlock)) return false;
    this.#show(blocks, openBlock, links);
    if (openBlock) this.#settle(tokens, openBlock);
    return true;
  }

  #show(tokens: readonly MarkdownToken[], openBlock: MarkdownToken | undefined, links: LinkDefinitions): void {
    const linkKey = JSON.stringify(links);
    const citationKey = JSON.stringify(this.#citations);
    tokens.forEach((token, n) => {
      const usesLinks = token.type !== 'code' && token.raw.includes('[');
      const usesCitations = withoutMarks(token.raw) !== token.raw;
      const usesFormulas = token.type !== 'code' && mayHoldFormula.test(token.raw) && this.#options.typesetting?.current;
      const resources = (usesLinks ? linkKey : '') + (usesCitations ? citationKey : '') + (usesFormulas ? 'formulas' : '');
      this.#place(this.#settled + n, token, { resources, open: token === openBlock });
    });
    const surplus = this.#blocks.splice(this.#settled + tokens.length);
    for (const { node } of surplus) node?.parentNode?.removeChild(node);
  }

  #place(at: number, token: MarkdownToken, { resources, open }: { resources: string; open: boolean }): void {
    const before = this.#blocks[at];
    const { type, raw } = token;
    if (before?.raw === raw && before.type === type && before.resources === resources && before.open === open) return;
    const rendered = renderBlock(token, {
      options: this.#options,
      citations: this.#citations,
      open,
      typeset: (tex, display) => this.#typeset(tex, display),
    });
    const node = this.#inPlace(at, before?.node ?? null, rendered);
    this.#blocks[at] = { type, raw, resources, open, node };
    if (!open && node instanceof HTMLElement) void highlightCode(node, this.#options, this.#disposed.signal);
  }

  /** A formula as nodes, if it can be set; sees to it that it soon can. */
  #typeset(tex: string, display: boolean): Node | null {
    const { typesetting } = this.#options;
    if (typesetting?.current) {
      // In a moment, for a text that is drawn for the first time is not in its place yet.
      const { styleSheet } = typesetting.current;
      queueMicrotask(() => adopt(this.element.getRootNode(), styleSheet));
      return typesetting.current.typeset(tex, display);
    }
    this.#typesetter ??= typesetting?.load().then(
      () => this.#redraw(),
      // Without the part that sets it, a formula can be read as it is written; the next text tries again.
      () => undefined,
    );
    return null;
  }

  #redraw(): void {
    if (this.#disposed.signal.aborted) return;
    this.#restart();
    this.#draw();
  }

  #draw(): void {
    try {
      this.#advance(this.#final);
    } catch (error) {
      if (!(error instanceof RangeError)) throw error;
      this.#showPlain();
    }
  }

  #inPlace(at: number, before: Node | null, rendered: Node | null): Node | null {
    if (before && rendered) return morph(before, rendered);
    if (before) this.element.removeChild(before);
    const next = this.#blocks.slice(at + 1).find((block) => block.node)?.node ?? null;
    return rendered && this.element.insertBefore(rendered, next);
  }

  /** Everything before the open block is finished: no text that follows can change it. */
  #settle(tokens: readonly MarkdownToken[], openBlock: MarkdownToken): void {
    for (const token of tokens) {
      if (token === openBlock) return;
      this.#settledEnd += withoutMarks(token.raw).length;
      if (token.type !== 'space') this.#settled += 1;
    }
  }

  async #clicked(event: MouseEvent): Promise<void> {
    const target = event.target instanceof Element ? event.target : null;
    const link = target?.closest('a');
    if (link && isDeepLink(link.getAttribute('href') ?? '')) {
      event.preventDefault();
      this.#options.onLink(link.getAttribute('href') ?? '', event);
    }
    const button = target?.closest<HTMLElement>('button.copy');
    if (button) await this.#copy(button);
  }

  async #copy(button: HTMLElement): Promise<void> {
    const { copyLabel, copiedLabel } = this.#options;
    const code = button.closest('.code')?.querySelector('pre')?.textContent ?? '';
    if (!(await this.#options.copy(code)) || this.#disposed.signal.aborted) return;
    button.textContent = copiedLabel;
    const timer = setTimeout(() => (button.textContent = copyLabel), COPIED_FOR);
    this.#disposed.signal.addEventListener('abort', () => clearTimeout(timer), { once: true });
  }
}

function adopt(root: Node, sheet: CSSStyleSheet): void {
  if (!(root instanceof ShadowRoot || root instanceof Document)) return;
  if (!root.adoptedStyleSheets.includes(sheet)) root.adoptedStyleSheets.push(sheet);
}

/** The text as it is lexed: with one kind of line end, and without what would be taken for a mark of ours. */
function normalized(text: string): string {
  const own = withoutForeignMarks(text);
  return own.includes('\r') ? own.replace(/\r\n?/g, '\n') : own;
}

/** Where the citations stand in the normalized text; those beyond its end at its end, once that is final. */
function places(text: string, citations: readonly Citation[], final: boolean): (number | undefined)[] {
  return offsets(text, citations).map((offset) => {
    const at = offset ?? (final ? text.length : undefined);
    return at && at - (text.slice(0, at).match(/\r\n/g)?.length ?? 0);
  });
}

function sameCitations(a: readonly Citation[], b: readonly Citation[]): boolean {
  return a === b || JSON.stringify(a) === JSON.stringify(b);
}
