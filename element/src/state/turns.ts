import type { StructuredInputItem, ThreadItem, UserMessageItem } from '../api/wire';

/**
 * How items are laid out: a turn is a user's message and everything that answers it.
 */

export interface Turn {
  /** The id of its first item: it stays while the turn grows. */
  readonly key: string;
  readonly question: UserMessageItem | null;
  /** What answers it, without the items nobody is meant to see. */
  readonly answers: readonly ThreadItem[];
}

/** Items that are never drawn: bookkeeping of the protocol, and kinds this version does not know. */
const VISIBLE: ReadonlySet<string> = new Set<ThreadItem['type']>([
  'user_message',
  'assistant_message',
  'widget',
  'generated_image',
  'structured_input',
  'task',
  'workflow',
  'client_tool_call',
]);

const SILENT: ReadonlySet<string> = new Set<ThreadItem['type']>(['end_of_turn']);

/** Notes of the server to its model. A server should never send one; whatever sends it, the page does not get it. */
const HIDDEN: ReadonlySet<string> = new Set<ThreadItem['type']>(['hidden_context_item', 'sdk_hidden_context']);

/** The items that may be kept at all. */
export function withoutHidden(items: readonly ThreadItem[]): readonly ThreadItem[] {
  return items.some(isHidden) ? items.filter((item) => !isHidden(item)) : items;
}

/** Whether nobody on this side may see the item. */
export function isHidden({ type }: ThreadItem): boolean {
  return HIDDEN.has(type);
}

/** Whether this version knows items of this type, drawn or not. */
export function isKnownItem(type: string): boolean {
  return VISIBLE.has(type) || SILENT.has(type) || HIDDEN.has(type);
}

/** Splits items into turns. `end_of_turn` ends one early. */
export function turnsOf(items: readonly ThreadItem[]): Turn[] {
  const turns: Turn[] = [];
  let open: { key: string; question: UserMessageItem | null; answers: ThreadItem[] } | null = null;
  for (const item of items) {
    if (item.type === 'user_message') {
      open = { key: item.id, question: item, answers: [] };
      turns.push(open);
    } else if (item.type === 'end_of_turn') {
      open = null;
    } else if (isVisible(item)) {
      if (!open) {
        open = { key: item.id, question: null, answers: [] };
        turns.push(open);
      }
      open.answers.push(item);
    }
  }
  return turns;
}

/** A call of the page's tools is shown while it runs, and is of no interest once it has been answered. */
function isVisible(item: ThreadItem): boolean {
  return VISIBLE.has(item.type) && (item.type !== 'client_tool_call' || item.status === 'pending');
}

/** The questions at the end of the conversation that wait for an answer. */
export function awaitedForm(items: readonly ThreadItem[]): StructuredInputItem | null {
  const last = items.findLast(({ type }) => VISIBLE.has(type));
  return last?.type === 'structured_input' && last.status === 'pending' ? last : null;
}

/** The last message of the user: the one a retry answers again. */
export function lastUserMessage(items: readonly ThreadItem[]): UserMessageItem | undefined {
  return items.findLast((item) => item.type === 'user_message');
}

/** What a user's message says, tags in their places. */
export function messageText(content: readonly { readonly text: string }[]): string {
  return content.map(({ text }) => text).join('');
}

/** What the assistant wrote in a turn, as Markdown: what a copy gives. */
export function answerText(answers: readonly ThreadItem[]): string {
  return answers
    .filter((item) => item.type === 'assistant_message')
    .flatMap(({ content }) => content.map(({ text }) => text))
    .filter((text) => text !== '')
    .join('\n\n');
}

/** Markdown as it would be read aloud: without marks and addresses. Good enough for an announcement, not for display. */
export function spokenText(markdown: string): string {
  return markdown
    .replace(/!?\[([^\]]*)\]\([^)]*\)/g, '$1')
    .replace(/^[ \t]*(?:[#>]+|[-*+]|```.*)[ \t]*/gm, '')
    .replace(/[*_`|]+/g, ' ')
    .replace(/\s+/g, ' ')
    .trim();
}
