import type { ElementPart } from 'lit';
import { noChange } from 'lit';
import type { PartInfo } from 'lit/directive.js';
import { Directive, directive } from 'lit/directive.js';

import type { UserMessageContentInput } from '../../api/wire';
import type { Draft, Tag } from '../../state/draft';
import { joined } from '../../state/draft';

/**
 * Text with tags in it, as nodes of an editable element: texts, and for each tag one atom the caret cannot enter.
 * Places are counted in characters of the draft's text.
 */

const tagOf = new WeakMap<Node, Tag>();

/** What an editable element says. */
export function readContent(editor: Node): Draft['content'] {
  const parts: UserMessageContentInput[] = [];
  for (const node of editor.childNodes) {
    const tag = tagOf.get(node);
    if (tag) parts.push(tag);
    else if (node.nodeName === 'BR') parts.push(...(node === editor.lastChild ? [] : [line()]));
    else if (node instanceof Text) parts.push({ type: 'input_text', text: node.data });
    // Browsers put lines into elements of their own now and then.
    else parts.push(...(node.previousSibling ? [line()] : []), ...readContent(node));
  }
  return joined(parts);
}

const line = (): UserMessageContentInput => ({ type: 'input_text', text: '\n' });

function write(editor: HTMLElement, content: Draft['content']): void {
  const nodes = content.map((part) => (part.type === 'input_tag' ? tagNode(part) : document.createTextNode(part.text)));
  // Without it there is nowhere for the caret after a tag, or on an empty last line.
  editor.replaceChildren(...nodes, document.createElement('br'));
}

function tagNode(tag: Tag): HTMLElement {
  const node = document.createElement('span');
  node.className = 'tag';
  node.contentEditable = 'false';
  node.textContent = tag.text;
  tagOf.set(node, tag);
  return node;
}

class EditorContent extends Directive {
  readonly #editor: HTMLElement;
  #composing = false;

  constructor(part: PartInfo) {
    super(part);
    this.#editor = (part as ElementPart).element as HTMLElement;
    this.#editor.addEventListener('compositionstart', () => (this.#composing = true));
    this.#editor.addEventListener('compositionend', () => (this.#composing = false));
  }

  render(content: Draft['content']): unknown {
    // An input method owns what is around the caret while it composes.
    if (!this.#composing && JSON.stringify(readContent(this.#editor)) !== JSON.stringify(joined(content))) write(this.#editor, content);
    return noChange;
  }
}

/** Keeps the editable element it stands on saying a content, and touches it only where it says something else. */
export const editorContent = directive(EditorContent);

/** Where the selection is in a text area or an editable element, as places; the end of it where there is none. */
export function selectionIn(input: HTMLElement): readonly [number, number] {
  if (input instanceof HTMLTextAreaElement) return [input.selectionStart, input.selectionEnd];
  const range = selectedRange(input);
  if (!range || !input.contains(range.startContainer)) return [lengthUpTo(input, null, 0), lengthUpTo(input, null, 0)];
  return [lengthUpTo(input, range.startContainer, range.startOffset), lengthUpTo(input, range.endContainer, range.endOffset)];
}

interface SelectingRoot extends ShadowRoot {
  readonly getSelection?: () => Selection | null;
}

function selectedRange(input: HTMLElement): StaticRange | Range | null {
  const root = input.getRootNode() as SelectingRoot;
  // Chromium has it on the root, the others compose it.
  const selection = root.getSelection?.() ?? document.getSelection();
  if (!selection || selection.rangeCount === 0) return null;
  if (!root.getSelection && 'getComposedRanges' in selection) return selection.getComposedRanges({ shadowRoots: [root] })[0] ?? null;
  return selection.getRangeAt(0);
}

/** The characters before a place in the tree; all of them where the place is not in it. */
function lengthUpTo(editor: HTMLElement, container: Node | null, offset: number): number {
  let length = 0;
  const children = [...editor.childNodes];
  const end = container === editor ? offset : children.findIndex((node) => node === container || node.contains(container));
  for (const node of end < 0 ? children : children.slice(0, end)) length += lengthOfNode(node, editor);
  const last = children[end];
  if (last instanceof Text && last === container) return length + offset;
  return length;
}

function lengthOfNode(node: Node, editor: Node): number {
  const tag = tagOf.get(node);
  if (tag) return tag.text.length;
  if (node.nodeName === 'BR') return node === editor.lastChild ? 0 : 1;
  return node.textContent?.length ?? 0;
}

/** The tag that a node of an editable element is, or is in. */
export function tagAt(node: EventTarget | null): Tag | undefined {
  return node instanceof Node ? (tagOf.get(node) ?? (node.parentNode ? tagOf.get(node.parentNode) : undefined)) : undefined;
}

/** Puts the caret at a place. */
export function placeCaret(input: HTMLElement, place: number): void {
  input.focus();
  if (input instanceof HTMLTextAreaElement) {
    input.setSelectionRange(place, place);
    return;
  }
  let left = place;
  for (const node of input.childNodes) {
    const length = lengthOfNode(node, input);
    if (node instanceof Text && left <= length) { select(node, left); return; }
    if (left <= 0) break;
    left -= length;
  }
  const before = [...input.childNodes].findLastIndex((node) => tagOf.has(node) || node instanceof Text);
  select(input, before + 1);
}

function select(node: Node, offset: number): void {
  document.getSelection()?.collapse(node, offset);
}
