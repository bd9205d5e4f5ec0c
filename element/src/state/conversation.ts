import type { Attachment, Thread, ThreadItem, ThreadMetadata, ThreadStreamEvent, UserMessageContentInput } from '../api/wire';
import { updateItem } from './items';
import { isHidden, withoutHidden } from './turns';

/**
 * One thread as the reader sees it, and what each event of the server makes of it. Pure: no DOM, no I/O, no clock;
 * held to the recorded conversations in tests/contract.
 */

/** A message on its way: shown at once, until the server has made it an item. */
export interface Outgoing {
  readonly content: readonly UserMessageContentInput[];
  readonly quotedText?: string | undefined;
  readonly attachments?: readonly Attachment[] | undefined;
}

export interface Notice {
  readonly level: 'info' | 'warning' | 'danger';
  readonly message: string;
  readonly title?: string | null | undefined;
}

/** Why an answer ended early. Without a `message` of the server's the view has words for the code. */
export interface Failure {
  readonly code: string;
  readonly message?: string | undefined;
  readonly allowRetry: boolean;
  readonly requestId?: string | undefined;
  readonly docUrl?: string | undefined;
}

export interface Progress {
  readonly icon?: string | null | undefined;
  readonly text: string;
}

export interface Conversation {
  /** `null` until the first message has made a thread. */
  readonly thread: ThreadMetadata | null;
  readonly items: readonly ThreadItem[];
  readonly outgoing: Outgoing | null;
  /** Items still being written, by id; an image's progress (0 to 1) where it tells one. */
  readonly unfinished: ReadonlyMap<string, number | null>;
  readonly progress: Progress | null;
  readonly notices: readonly Notice[];
  readonly failure: Failure | null;
  readonly allowCancel: boolean;
}

/** A conversation that has not begun. */
export const newConversation: Conversation = {
  thread: null,
  items: [],
  outgoing: null,
  unfinished: new Map(),
  progress: null,
  notices: [],
  failure: null,
  allowCancel: true,
};

/** The conversation a loaded thread shows, with the items of its first page. */
export function loadedConversation({ items, ...thread }: Thread): Conversation {
  return { ...newConversation, thread, items: withoutHidden(items.data) };
}

/**
 * The conversation as the server has it now. What is only known here stays: a message on its way and, unless something
 * was said since, what the last answer ended with.
 */
export function syncedConversation(before: Conversation, loaded: Conversation): Conversation {
  const known = new Set(before.items.map(({ id }) => id));
  const same = before.thread?.id === loaded.thread?.id && loaded.items.every(({ id }) => known.has(id));
  const { outgoing, notices, failure } = before;
  return same ? { ...loaded, outgoing, notices, failure } : { ...loaded, outgoing };
}

/** The state in which a turn begins: what the last one left behind is gone, the message is shown. */
export function beginTurn(conversation: Conversation, outgoing: Outgoing | null): Conversation {
  return { ...conversation, outgoing, failure: null, notices: [], progress: null, allowCancel: true };
}

/**
 * The state once no more events come. Of what is unfinished, text stays as far as it got; an empty message, or work
 * that will never be done, goes, as it does on the server.
 */
export function endTurn(conversation: Conversation, failure: Failure | null = null): Conversation {
  const { items, unfinished } = conversation;
  return {
    ...conversation,
    items: items.filter((item) => !unfinished.has(item.id) || hasText(item)),
    outgoing: null,
    unfinished: new Map(),
    progress: null,
    failure: failure ?? conversation.failure,
  };
}

/** The messages of the assistant that are being written, where they say something. */
export function unfinishedMessages({ items, unfinished }: Conversation): ThreadItem[] {
  return items.filter((item) => unfinished.has(item.id) && hasText(item));
}

/** The conversation once the page has answered a call of the server's. */
export function answerToolCall(conversation: Conversation, callItemId: string, output: unknown): Conversation {
  const call = conversation.items.find(({ id }) => id === callItemId);
  if (call?.type !== 'client_tool_call') return conversation;
  return withItem(conversation, { ...call, status: 'completed', output });
}

/** The conversation without what came after a message, as `threads.retry_after_item` leaves it on the server. */
export function cutAfter(conversation: Conversation, itemId: string): Conversation {
  const index = conversation.items.findIndex(({ id }) => id === itemId);
  return index < 0 ? conversation : { ...conversation, items: conversation.items.slice(0, index + 1) };
}

/** The conversation with an earlier page before its items. */
export function prependItems(conversation: Conversation, earlier: readonly ThreadItem[]): Conversation {
  const known = new Set(conversation.items.map(({ id }) => id));
  return { ...conversation, items: [...withoutHidden(earlier).filter(({ id }) => !known.has(id)), ...conversation.items] };
}

type Transitions = {
  readonly [Kind in ThreadStreamEvent['type']]: (
    conversation: Conversation,
    event: Extract<ThreadStreamEvent, { type: Kind }>,
  ) => Conversation;
};

const transitions: Transitions = {
  'thread.created': (conversation, { thread }) => withThread(conversation, thread),
  'thread.updated': (conversation, { thread }) => withThread(conversation, thread),
  'thread.item.added': (conversation, { item }) =>
    isHidden(item)
      ? conversation
      : withUnfinished(withItem(conversation, item), (unfinished) => unfinished.set(item.id, null)),
  'thread.item.updated': (conversation, { item_id, update }) => {
    const item = conversation.items.find(({ id }) => id === item_id);
    if (!item) return conversation;
    const updated = withItem(conversation, updateItem(item, update));
    if (update.type === 'generated_image.updated') {
      return withUnfinished(updated, (unfinished) => unfinished.set(item_id, update.progress ?? null));
    }
    // Once words arrive, what the assistant was doing before is over.
    const speaks = update.type === 'assistant_message.content_part.text_delta';
    return speaks && updated.progress ? { ...updated, progress: null } : updated;
  },
  'thread.item.done': (conversation, { item }) => finished(withItem(conversation, item), item.id),
  'thread.item.removed': (conversation, { item_id }) =>
    finished({ ...conversation, items: conversation.items.filter(({ id }) => id !== item_id) }, item_id),
  'thread.item.replaced': (conversation, { item }) => finished(withItem(conversation, item), item.id),
  stream_options: (conversation, { stream_options }) => ({
    ...conversation,
    allowCancel: stream_options.allow_cancel,
  }),
  progress_update: (conversation, { icon, text }) => ({ ...conversation, progress: text ? { icon, text } : null }),
  // Effects concern the page, not what is shown; the chat passes them on.
  client_effect: (conversation) => conversation,
  error: (conversation, event) => ({ ...conversation, progress: null, failure: failureOf(event) }),
  notice: (conversation, { level, message, title }) => ({
    ...conversation,
    notices: [...conversation.notices, { level, message, title }],
  }),
};

/** Whether this version knows events of this type. */
export function isKnownEvent(type: string): type is ThreadStreamEvent['type'] {
  return Object.hasOwn(transitions, type);
}

/** The conversation after the event; the very same object when the event is unknown. */
export function applyEvent(conversation: Conversation, event: ThreadStreamEvent): Conversation {
  if (!isKnownEvent(event.type)) return conversation;
  const apply = transitions[event.type] as (state: Conversation, event: ThreadStreamEvent) => Conversation;
  return apply(conversation, event);
}

/** What an error event says, with the addresses our server adds to the protocol's fields. */
function failureOf(event: Extract<ThreadStreamEvent, { type: 'error' }>): Failure {
  const { doc_url, request_id } = event as { doc_url?: string; request_id?: string };
  return {
    code: event.code ?? 'custom',
    message: event.message ?? undefined,
    allowRetry: event.allow_retry ?? false,
    docUrl: doc_url,
    requestId: request_id,
  };
}

function withThread(conversation: Conversation, { items, ...thread }: Thread): Conversation {
  // A thread that begins may bring items along; one that is updated only brings what it is called.
  const begins = conversation.thread?.id !== thread.id;
  return { ...conversation, thread, items: begins ? withoutHidden(items.data) : conversation.items };
}

/** The item in its place, or at the end when it is new. A user's message takes the place of the outgoing one. */
function withItem(conversation: Conversation, item: ThreadItem): Conversation {
  if (isHidden(item)) return conversation;
  const { items } = conversation;
  const index = items.findIndex(({ id }) => id === item.id);
  if (index >= 0) return items[index] === item ? conversation : { ...conversation, items: items.with(index, item) };
  const added = { ...conversation, items: [...items, item], progress: null };
  return item.type === 'user_message' ? { ...added, outgoing: null } : added;
}

function hasText(item: ThreadItem): boolean {
  return item.type === 'assistant_message' && item.content.some(({ text }) => text !== '');
}

function finished(conversation: Conversation, itemId: string): Conversation {
  if (!conversation.unfinished.has(itemId)) return conversation;
  return withUnfinished(conversation, (unfinished) => unfinished.delete(itemId));
}

function withUnfinished(
  conversation: Conversation,
  change: (unfinished: Map<string, number | null>) => unknown,
): Conversation {
  const unfinished = new Map(conversation.unfinished);
  change(unfinished);
  return { ...conversation, unfinished };
}
