import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';

import { describe, expect, test } from 'vitest';

import type { ThreadItem, ThreadStreamEvent } from '../../src/api/wire';
import type { Conversation } from '../../src/state/conversation';
import { answerToolCall, applyEvent, beginTurn, cutAfter, endTurn, newConversation, syncedConversation } from '../../src/state/conversation';

/** Conversations recorded against the reference server: what our reducer makes of the events must be what a reload shows. */
interface Recording {
  readonly name: string;
  readonly description: string;
  readonly requests: readonly {
    readonly request: { readonly type: string; readonly params: { readonly item_id?: string; readonly result?: unknown } };
    readonly events?: readonly ThreadStreamEvent[];
    readonly response?: { readonly updated_item?: ThreadItem };
    readonly stopped?: boolean;
  }[];
  readonly thread_after: { readonly items: { readonly data: readonly ThreadItem[] } } | null;
}

const folder = join(import.meta.dirname, '../../../tests/contract');
const recordings = readdirSync(folder)
  .filter((name) => name.endsWith('.json'))
  .map((name) => JSON.parse(readFileSync(join(folder, name), 'utf8')) as Recording);

function replay(recording: Recording): Conversation {
  let conversation = newConversation;
  for (const { request, events, response } of recording.requests) {
    if (request.type === 'threads.retry_after_item' && request.params.item_id) {
      conversation = cutAfter(conversation, request.params.item_id);
    }
    if (request.type === 'threads.add_client_tool_output') {
      conversation = answerToolCall(conversation, conversation.items.at(-1)?.id ?? '', request.params.result);
    }
    if (events) conversation = endTurn(events.reduce(applyEvent, beginTurn(conversation, null)));
    const updated_item = response?.updated_item;
    if (updated_item) conversation = applyEvent(conversation, { type: 'thread.item.replaced', item: updated_item });
  }
  return conversation;
}

/** After an error the reference forgets the message it broke off in; the reader keeps what was already there to read. */
function keptByReaderOnly({ items }: Conversation, { requests }: Recording): readonly ThreadItem[] {
  const brokeOff = requests.at(-1)?.events?.at(-1)?.type === 'error';
  return brokeOff ? items.filter(({ type }) => type === 'assistant_message').slice(-1) : [];
}

describe('recorded conversations fold into what a reload shows', () => {
  expect(recordings.length).toBeGreaterThan(20);

  for (const recording of recordings) {
    if (!recording.thread_after) continue;
    const { items } = recording.thread_after;
    test(`${recording.name}: ${recording.description}`, () => {
      const conversation = replay(recording);
      expect(conversation.items).toEqual([...items.data, ...keptByReaderOnly(conversation, recording)]);
    });
  }
});

/** What a reload in the middle shows before anything is replayed: what was stored by then, the finished items. */
function loadedAfter(before: Conversation, events: readonly ThreadStreamEvent[]): Conversation {
  const seen = endTurn(events.reduce(applyEvent, beginTurn(before, null)));
  const begun = new Set(events.filter(({ type }) => type === 'thread.item.added').map((event) => 'item' in event && event.item.id));
  const ended = new Set(events.filter(({ type }) => type === 'thread.item.done').map((event) => 'item' in event && event.item.id));
  const items = seen.items.filter(({ id }) => !begun.has(id) || ended.has(id));
  return syncedConversation(before, { ...newConversation, thread: seen.thread, items });
}

describe('an answer read again from its beginning, over what was loaded, reads the same', () => {
  for (const { name, requests } of recordings) {
    test(name, () => {
      let before = newConversation;
      for (const { events = [] } of requests) {
        const whole = endTurn(events.reduce(applyEvent, beginTurn(before, null)));
        for (let cut = 0; cut <= events.length; cut += 1) {
          const loaded = loadedAfter(before, events.slice(0, cut));
          expect(endTurn(events.reduce(applyEvent, beginTurn(loaded, null)))).toEqual(whole);
        }
        before = whole;
      }
    });
  }
});
