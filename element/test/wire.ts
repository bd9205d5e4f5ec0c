/** Builders of what a server sends: each test names only what it is about. */
import type {
  AssistantMessageItem,
  ClientToolCallItem,
  Page,
  Thread,
  ThreadItem,
  ThreadStreamEvent,
  UserMessageItem,
} from '../src/api/wire';

const created_at = '2026-01-01T00:00:00Z';

export function thread(change: Partial<Thread> = {}): Thread {
  return { id: 'thr_1', created_at, status: { type: 'active' }, metadata: {}, items: page([]), ...change };
}

export function page<Entry>(data: Entry[], after?: string): Page<Entry> {
  return after === undefined ? { data, has_more: false } : { data, has_more: true, after };
}

export function question(text: string, id = 'msg_question'): UserMessageItem {
  const content: UserMessageItem['content'] = [{ type: 'input_text', text }];
  return { id, thread_id: 'thr_1', created_at, type: 'user_message', content, attachments: [], inference_options: {} };
}

export function answer(text: string, id = 'msg_answer'): AssistantMessageItem {
  const content: AssistantMessageItem['content'] = text === '' ? [] : [{ type: 'output_text', text, annotations: [] }];
  return { id, thread_id: 'thr_1', created_at, type: 'assistant_message', content };
}

export function toolCall(name: string, args: Record<string, unknown> = {}): ClientToolCallItem {
  return {
    id: 'tc_1', thread_id: 'thr_1', created_at, type: 'client_tool_call', status: 'pending', call_id: 'call_1', name, arguments: args,
  };
}

export function added(item: ThreadItem): ThreadStreamEvent {
  return { type: 'thread.item.added', item };
}

export function done(item: ThreadItem): ThreadStreamEvent {
  return { type: 'thread.item.done', item };
}

export function delta(text: string, id = 'msg_answer'): ThreadStreamEvent {
  const update = { type: 'assistant_message.content_part.text_delta', content_index: 0, delta: text } as const;
  return { type: 'thread.item.updated', item_id: id, update };
}

/** What a whole first turn sends. */
export function firstTurn(asked: string, said: string): ThreadStreamEvent[] {
  return [
    { type: 'thread.created', thread: thread() },
    done(question(asked)),
    { type: 'stream_options', stream_options: { allow_cancel: true } },
    added(answer('')),
    delta(said),
    done(answer(said)),
  ];
}
