/** Tokens to nodes. Nothing here parses markup, and every address passes `links.ts`. */
import type { Tokens } from 'marked';

import type { Citation } from './citations';
import { citationsIn, splitAtMarks, withoutMarks } from './citations';
import { element } from './dom';
import type { MarkdownToken, MathToken } from './lexer';
import { known } from './lexer';
import { hostOf, isDeepLink, isExternal, isOwnImage, safeImage, safeLink } from './links';
import { decodeReferences, joinLines } from './text';
import type { MarkdownOptions } from './types';

export interface RenderContext {
  readonly options: MarkdownOptions;
  readonly citations: readonly Citation[];
  /** The block is still being written: what is open may yet be closed. */
  readonly open: boolean;
  /** A formula as nodes; null where it cannot be set. */
  typeset(tex: string, display: boolean): Node | null;
}

/** Tags that are honoured; every other piece of HTML is shown as the text it is. */
type PairedTag = 'sub' | 'sup' | 'kbd';
const pairedTags = new Set<string>(['sub', 'sup', 'kbd'] satisfies PairedTag[]);
/** They say nothing about the code, and are not shown. */
const plainLanguages = new Set(['text', 'txt', 'plain', 'plaintext']);
const lineBreaks = /^(?:<br\s*\/?>\s*)+$/i;

/** The node of a block at the top; null for one that shows nothing. Its direction follows its first letter. */
export function renderBlock(token: MarkdownToken, context: RenderContext): HTMLElement | null {
  const node = new Renderer(context).block(token);
  if (node && token.type !== 'code') node.dir = 'auto';
  return node;
}

class Renderer {
  readonly #context: RenderContext;
  /** Within a link, where no link may stand: marks are put behind it. */
  #inLink = false;

  constructor(context: RenderContext) {
    this.#context = context;
  }

  block(token: MarkdownToken): HTMLElement | null {
    switch (token.type) {
      case 'paragraph':
        return this.#paragraph(token);
      case 'text':
        return element('p', {}, this.#inline(token.tokens ? known(token.tokens) : [token]));
      case 'heading':
        return element(`h${token.depth as 1 | 2 | 3 | 4 | 5 | 6}`, {}, this.#inline(known(token.tokens)));
      case 'code':
        return this.#code(token);
      case 'blockquote':
        return element('blockquote', {}, ...this.#blocks(known(token.tokens)));
      case 'list':
        return this.#list(token);
      case 'table':
        return this.#table(token);
      case 'hr':
        return element('hr');
      case 'html':
        return this.#html(token.text);
      case 'math':
        return this.#formulaBlock(token);
      case 'def':
        return this.#footing(token.raw);
      default:
        return null;
    }
  }

  #blocks(tokens: readonly MarkdownToken[]): Node[] {
    return tokens.map((token) => this.block(token)).filter((node) => node !== null);
  }

  #paragraph(token: Tokens.Paragraph | Tokens.Generic): HTMLElement {
    const tokens = known(token.tokens);
    const paragraph = element('p', {}, this.#inline(tokens));
    // An image that has the paragraph to itself gets a box of its own size, so that loading it moves nothing.
    if (tokens.length === 1 && paragraph.firstChild instanceof HTMLImageElement) paragraph.className = 'figure';
    return paragraph;
  }

  #code(token: Tokens.Code | Tokens.Generic): HTMLElement {
    const language = withoutMarks((token as Tokens.Code).lang ?? '').trim().split(/\s/, 1)[0] ?? '';
    const code = element('code', language ? { 'data-language': language } : {}, withoutMarks(token.text as string));
    const copy = element('button', { type: 'button', class: 'copy' }, this.#context.options.copyLabel);
    const label = plainLanguages.has(language) ? '' : language;
    const header = element('div', { class: 'code-header' }, element('span', {}, label), copy);
    const footing = this.#footing(token.raw);
    // Focusable, since it scrolls: the keyboard must reach what is cut off.
    const box = element('div', { class: 'code', dir: 'ltr' }, header, element('pre', { tabindex: '0' }, code));
    if (footing) box.append(footing);
    return box;
  }

  #list(token: Tokens.List): HTMLElement {
    const attributes: Record<string, string> = {};
    if (token.ordered && token.start !== 1) attributes.start = String(token.start);
    if (isChips(token)) attributes.class = 'chips';
    return element(token.ordered ? 'ol' : 'ul', attributes, ...token.items.map((item) => this.#item(item)));
  }

  #item(item: Tokens.ListItem): HTMLElement {
    const node = element('li', item.task ? { class: 'task' } : {});
    for (const token of known(item.tokens)) {
      // A tight list has its text directly in the item.
      if (token.type === 'text') node.append(this.#inline(token.tokens ? known(token.tokens) : [token]));
      else if (token.type === 'checkbox') node.append(this.#inline([token]));
      else node.append(...this.#blocks([token]));
    }
    const box = item.task ? node.querySelector('input') : null;
    box?.setAttribute('aria-label', (node.textContent ?? '').trim());
    return node;
  }

  #table(token: Tokens.Table): HTMLElement {
    const head = element('tr', {}, ...token.header.map((cell) => this.#cell('th', cell)));
    const rows = token.rows.map((row) => element('tr', {}, ...row.map((cell) => this.#cell('td', cell))));
    const table = element('table', {}, element('thead', {}, head));
    if (rows.length > 0) table.append(element('tbody', {}, ...rows));
    return element('div', { class: 'table', tabindex: '0' }, table);
  }

  #cell(name: 'th' | 'td', cell: Tokens.TableCell): HTMLElement {
    const attributes: Record<string, string> = name === 'th' ? { scope: 'col' } : {};
    if (cell.align) attributes.class = cell.align;
    return element(name, attributes, this.#inline(known(cell.tokens)));
  }

  #html(text: string): HTMLElement {
    if (lineBreaks.test(text)) return element('p', {}, element('br'));
    return element('p', { class: 'html' }, this.#text(text.trim()));
  }

  /** The citations of a construct that cannot hold them, behind it. */
  #footing(raw: string): HTMLElement | null {
    const citations = this.#citations(citationsIn(raw));
    return citations.length > 0 ? element('p', { class: 'citations' }, ...citations) : null;
  }

  #inline(tokens: readonly MarkdownToken[]): DocumentFragment {
    const fragment = document.createDocumentFragment();
    let pairEnd = -1;
    for (const [n, token] of tokens.entries()) {
      if (n <= pairEnd) continue;
      pairEnd = token.type === 'html' ? this.#endOfPair(tokens, n) : n;
      if (pairEnd === n) fragment.append(...this.#span(token));
      else fragment.append(element(tagName(token.raw) as PairedTag, {}, this.#inline(tokens.slice(n + 1, pairEnd))));
    }
    fragment.normalize();
    return fragment;
  }

  #span(token: MarkdownToken): Node[] {
    switch (token.type) {
      case 'strong':
      case 'em':
      case 'del':
        return [element(token.type, {}, this.#inline(known(token.tokens)))];
      case 'codespan':
        return this.#withCitations(token.raw, element('code', {}, withoutMarks(token.text)));
      case 'br':
        return [element('br')];
      case 'link':
        return this.#link(token);
      case 'image':
        return this.#image(token);
      case 'checkbox':
        return [checkbox((token).checked)];
      case 'html':
        return lineBreaks.test(withoutMarks(token.raw)) ? [element('br')] : [this.#text(token.raw)];
      case 'math':
        return this.#formula(token);
      case 'escape':
        return [this.#text(token.text)];
      case 'text':
        return [this.#text(decodeReferences(joinLines(token.text)))];
      default:
        return [this.#text(token.raw)];
    }
  }

  #formulaBlock(token: MathToken): HTMLElement {
    // While it is being written it is no formula yet.
    const formula = this.#context.open ? null : this.#typeset(token);
    if (!formula) return element('p', { class: 'math' }, ...this.#withCitations(token.raw, withoutMarks(token.text)));
    // Focusable, since it scrolls: the keyboard must reach what is cut off.
    return element('p', { class: 'math-set', tabindex: '0' }, ...this.#withCitations(token.raw, formula));
  }

  /** A formula; as it is written until it can be set. */
  #formula(token: MathToken): Node[] {
    return this.#withCitations(token.raw, this.#typeset(token) ?? withoutMarks(token.text));
  }

  #typeset({ text }: MathToken): Node | null {
    const written = withoutMarks(text);
    const width = written.startsWith('$') && !written.startsWith('$$') ? 1 : 2;
    const display = written.startsWith('$$') || written.startsWith('\\[');
    return this.#context.typeset(written.slice(width, -width).trim(), display);
  }

  /** The index of the tag that closes the one at `start`; `start` itself when there is no pair to honour. */
  #endOfPair(tokens: readonly MarkdownToken[], start: number): number {
    const name = tagName(tokens[start]?.raw ?? '');
    if (!pairedTags.has(name)) return start;
    const end = tokens.findIndex((token, n) => n > start && token.type === 'html' && token.raw === `</${name}>`);
    if (end !== -1) return end;
    const isLast = !tokens.some((token, n) => n > start && tagName(token.raw) === name);
    return this.#context.open && isLast ? tokens.length : start;
  }

  #link(token: Tokens.Link): Node[] {
    const href = this.#resolved(safeLink(withoutMarks(decodeReferences(token.href))));
    const nested = this.#inLink;
    this.#inLink = true;
    const content = this.#inline(known(token.tokens));
    this.#inLink = nested;
    if (href === undefined || nested) return this.#withCitations(token.raw, content);
    const link = withHost(anchor(href, content), href);
    if (token.title) link.title = withoutMarks(decodeReferences(token.title));
    return this.#withCitations(token.raw, link);
  }

  #image(token: Tokens.Image): Node[] {
    const alt = withoutMarks(decodeReferences(token.text));
    const address = withoutMarks(decodeReferences(token.href));
    const src = this.#resolved(safeImage(address));
    if (src !== undefined && this.#allowsImage(src)) {
      const image = element('img', { src, alt, loading: 'lazy', decoding: 'async' });
      if (token.title) image.title = withoutMarks(decodeReferences(token.title));
      return this.#withCitations(token.raw, image);
    }
    const href = this.#resolved(safeLink(address));
    const text = alt || (href ?? '');
    return this.#withCitations(token.raw, href === undefined || this.#inLink ? text : withHost(anchor(href, text), href));
  }

  #resolved(address: string | undefined): string | undefined {
    const { resolve } = this.#context.options;
    return address === undefined || !resolve ? address : resolve(address);
  }

  #allowsImage(src: string): boolean {
    const { options } = this.#context;
    return options.allowImage ? options.allowImage(src) : isOwnImage(src);
  }

  #text(text: string): DocumentFragment {
    const fragment = document.createDocumentFragment();
    for (const piece of splitAtMarks(text)) {
      if (typeof piece === 'string') fragment.append(piece);
      else if (!this.#inLink) fragment.append(...this.#citations([piece]));
    }
    return fragment;
  }

  #withCitations(raw: string, node: Node | string): Node[] {
    const first = typeof node === 'string' ? document.createTextNode(node) : node;
    return this.#inLink ? [first] : [first, ...this.#citations(citationsIn(raw))];
  }

  #citations(positions: readonly number[]): Node[] {
    return positions.flatMap((position) => {
      const citation = this.#context.citations[position];
      return citation ? [citationMark(citation)] : [];
    });
  }
}

/** Whether each item is one deep link: what one can ask or do next, to be shown as buttons are. */
function isChips(list: Tokens.List): boolean {
  const links = list.items.map(soleLink);
  return links.some((link) => isDeepLink(link ?? '')) && links.every((link) => isDeepLink(link ?? '') || link === pending);
}

/** The address of a link that is not complete yet; no address of this scheme is ever shown. */
export const pending = 'pending:';

function soleLink(item: Tokens.ListItem): string | undefined {
  const [block, ...others] = item.tokens.filter((token) => token.type !== 'space');
  const [span, ...more] = known((block as Tokens.Text | undefined)?.tokens);
  return span?.type === 'link' && more.length === 0 && others.length === 0 ? (span).href : undefined;
}

function anchor(href: string, content: Node | string): HTMLAnchorElement {
  const external: Record<string, string> = isExternal(href) ? { target: '_blank', rel: 'noopener noreferrer' } : {};
  return element('a', { href, ...external }, content);
}

/** Whatever its text says, a reader sees to which site it leads. The style sheet shows that: it is not part of the text. */
function withHost(link: HTMLAnchorElement, href: string): HTMLAnchorElement {
  const host = hostOf(href);
  if (host !== undefined && !link.textContent.toLowerCase().includes(host)) link.dataset.host = host;
  return link;
}

function citationMark({ label, href, title }: Citation): HTMLElement {
  const address = href === undefined ? undefined : safeLink(href);
  const mark = address === undefined ? element('span', {}, label) : anchor(address, label);
  mark.title = title;
  return element('sup', { class: 'citation' }, mark);
}

function checkbox(checked: boolean): HTMLInputElement {
  return element('input', { type: 'checkbox', disabled: '', ...(checked ? { checked: '' } : {}) });
}

function tagName(tag: string): string {
  return /^<([a-z]+)>$/i.exec(tag)?.[1]?.toLowerCase() ?? '';
}
