import fc from 'fast-check';
import { describe, expect, test } from 'vitest';

import type { ThreadItem, ThreadStreamEvent } from '../../src/api/wire';
import type { Conversation } from '../../src/state/conversation';
import {
  applyEvent,
  beginTurn,
  cutAfter,
  endTurn,
  isKnownEvent,
  loadedConversation,
  newConversation,
  prependItems,
} from '../../src/state/conversation';
import { added, answer, delta, done, firstTurn, page, question, thread } from '../wire';

const fold = (events: readonly ThreadStreamEvent[], from: Conversation = newConversation) => events.reduce(applyEvent, from);

describe('a turn', () => {
  test('shows the message at once, until the server has made it an item', () => {
    const asked = beginTurn(newConversation, { content: [{ type: 'input_text', text: 'Hello' }] });
    expect(asked.outgoing?.content).toHaveLength(1);
    expect(applyEvent(asked, done(question('Hello'))).outgoing).toBeNull();
  });

  test('begins without the notices and the failure of the last one', () => {
    const failed = fold([
      { type: 'notice', level: 'info', message: 'Soon' },
      { type: 'error', code: 'stream.error', allow_retry: true },
    ]);
    expect(beginTurn(failed, null)).toMatchObject({ notices: [], failure: null });
  });

  test('that ends early keeps text as far as it got, and nothing that never had any', () => {
    const cut = endTurn(fold([added(answer('', 'a')), delta('Half an ans', 'a'), added(answer('', 'b'))]));
    expect(cut.items.map(({ id }) => id)).toEqual(['a']);
    expect(cut.unfinished.size).toBe(0);
  });

  test('is written the same however its text is cut into deltas', () => {
    fc.assert(
      fc.property(fc.array(fc.string({ unit: 'binary' })), (pieces) => {
        const { items } = fold([added(answer('')), ...pieces.map((piece) => delta(piece))]);
        const [item] = items;
        const text = item?.type === 'assistant_message' ? (item.content[0]?.text ?? '') : undefined;
        expect(text).toBe(pieces.join(''));
      }),
    );
  });
});

describe('progress', () => {
  const working = applyEvent(newConversation, { type: 'progress_update', icon: 'search', text: 'Searching' });

  test('is shown until words arrive', () => {
    expect(working.progress).toEqual({ icon: 'search', text: 'Searching' });
    expect(fold([added(answer('')), delta('Here')], working).progress).toBeNull();
  });

  test('ends with an empty text', () => {
    expect(applyEvent(working, { type: 'progress_update', text: '' }).progress).toBeNull();
  });
});

test('an error keeps the addresses our server adds to the protocol', () => {
  const event = { type: 'error', code: 'model.down', message: 'Down.', allow_retry: true, doc_url: '/docs/x', request_id: 'req_1' };
  const { failure } = applyEvent(newConversation, event as ThreadStreamEvent);
  expect(failure).toEqual({ code: 'model.down', message: 'Down.', allowRetry: true, docUrl: '/docs/x', requestId: 'req_1' });
});

test('a new title changes the thread and none of its items', () => {
  const before = fold(firstTurn('Hello', 'Welcome.'));
  const after = applyEvent(before, { type: 'thread.updated', thread: thread({ title: 'Greetings' }) });
  expect(after.thread?.title).toBe('Greetings');
  expect(after.items).toBe(before.items);
});

test('a retry cuts what came after the message', () => {
  const cut = cutAfter(fold(firstTurn('Hello', 'Welcome.')), 'msg_question');
  expect(cut.items.map(({ type }) => type)).toEqual(['user_message']);
});

test('an earlier page goes before the items, and none is there twice', () => {
  const loaded = fold([done(question('two', 'b')), done(answer('three', 'c'))]);
  const { items } = prependItems(loaded, [question('one', 'a'), question('two', 'b')]);
  expect(items.map(({ id }) => id)).toEqual(['a', 'b', 'c']);
});

describe('what the server may not be held to', () => {
  const before = fold(firstTurn('Hello', 'Welcome.'));
  const odd: Record<string, unknown> = {
    'an unknown event': { type: 'thread.sang' },
    'an event named like an object’s own method': { type: 'constructor' },
    'an unknown update': { type: 'thread.item.updated', item_id: 'msg_answer', update: { type: 'hologram.turned' } },
    'an update of an item nobody knows': delta('x', 'msg_nobody'),
    'an update meant for another kind of item': delta('x', 'msg_question'),
    'the removal of an item nobody knows': { type: 'thread.item.removed', item_id: 'msg_nobody' },
  };

  for (const [what, event] of Object.entries(odd)) {
    test(`${what} changes nothing`, () => {
      expect(applyEvent(before, event as ThreadStreamEvent)).toEqual(before);
    });
  }

  test('unknown events are told from known ones', () => {
    expect(isKnownEvent('thread.created')).toBe(true);
    expect(isKnownEvent('toString')).toBe(false);
  });
});

test('a delta for a part that was never added begins it', () => {
  const { items } = fold([added(answer('')), delta('Hello')]);
  expect(items[0]).toMatchObject({ content: [{ type: 'output_text', text: 'Hello' }] });
});

test.each(['hidden_context_item', 'sdk_hidden_context'])('no %s is ever kept, whatever the server sends', (type) => {
  const hidden = { ...answer('secret', 'hidden'), type } as unknown as ThreadItem;
  const conversations = [
    fold([added(hidden), delta('secret', 'hidden'), done(hidden), { type: 'thread.item.replaced', item: hidden }]),
    fold([{ type: 'thread.created', thread: thread({ items: page([hidden]) }) }]),
    loadedConversation(thread({ items: page([hidden]) })),
    prependItems(newConversation, [hidden]),
  ];
  for (const { items, unfinished } of conversations) expect([...items, ...unfinished.keys()]).toEqual([]);
});
