import type { ChatKitEvents } from '@openai/chatkit';
import { beforeEach, describe, expect, test, vi } from 'vitest';

import { Client } from '../../src/api/client';
import type { ThreadItem, ThreadStreamEvent } from '../../src/api/wire';
import { Chat } from '../../src/chat/chat';
import { PATIENCE } from '../../src/chat/client-tools';
import type { ChatDelegate } from '../../src/chat/store';
import { userContent } from '../../src/state/content';
import { draftText, textContent } from '../../src/state/draft';
import { answerText } from '../../src/state/turns';
import { FakeServer, LiveStream, json, stream } from '../server';
import { added, answer, delta, done, firstTurn, page, question, thread, toolCall } from '../wire';

/** What is in the composer. */
const written = (chat: Chat) => draftText(chat.composing.draft);

type Told = [name: keyof ChatKitEvents, detail: unknown];

let server: FakeServer;
let told: Told[];
let clientTool: ChatDelegate['clientTool'];
let chat: Chat;

beforeEach(() => {
  server = new FakeServer();
  told = [];
  clientTool = undefined;
  chat = newChat();
});

function newChat(url = '/chatkit'): Chat {
  return new Chat(clientAt(url), {
    chatChanged: () => undefined,
    chatEmitted: (name, detail) => void told.push([name, detail]),
    get clientTool() {
      return clientTool;
    },
  });
}

function clientAt(url: string): Client {
  return new Client({ url, fetch: server.fetch, locale: () => 'en' });
}

const say = (text: string) => chat.send({ content: userContent(text) });
const names = () => told.map(([name]) => name.replace('chatkit.', ''));
const errors = () => told.filter(([name]) => name === 'chatkit.error').map(([, detail]) => (detail as { error: Error & { code: string } }).error);
const idle = () => vi.waitFor(() => expect(chat.state.activity).toBe('idle'));
const shown = () => answerText(chat.state.conversation.items);

describe('saying something', () => {
  test('makes a thread, tells the page, and shows the answer', async () => {
    server.on('threads.create', () => stream(firstTurn('Hello', 'Welcome.')));
    await say('Hello');
    await idle();
    expect(shown()).toBe('Welcome.');
    expect(chat.state.threadId).toBe('thr_1');
    expect(told).toEqual([
      ['chatkit.thread.change', { threadId: 'thr_1' }],
      ['chatkit.response.start', undefined],
      ['chatkit.response.end', undefined],
    ]);
    expect(chat.state.announcement).toEqual({ key: 'thread.finished', text: 'Welcome.' });
  });

  test('goes on in the thread that is open', async () => {
    server.on('threads.create', () => stream(firstTurn('Hello', 'Welcome.')));
    server.on('threads.add_user_message', () => stream([done(question('More', 'q2')), done(answer('Here.', 'a2'))]));
    await say('Hello');
    await idle();
    await chat.send({ content: userContent('More'), quotedText: 'Welcome.', toolId: 'search', model: 'big' });
    await idle();
    expect(server.last?.params).toEqual({
      thread_id: 'thr_1',
      input: {
        content: [{ type: 'input_text', text: 'More' }],
        attachments: [],
        quoted_text: 'Welcome.',
        inference_options: { tool_choice: { id: 'search' }, model: 'big' },
      },
    });
  });

  test('is for one at a time', async () => {
    server.on('threads.create', (_, signal) => new LiveStream(signal).response);
    void say('Hello').catch(() => undefined);
    await expect(say('Again')).rejects.toMatchObject({ name: 'BusyError' });
  });

  test('is not possible where the thread is closed', async () => {
    const closed = thread({ status: { type: 'closed', reason: 'Case solved.' } });
    server.on('threads.get_by_id', () => json(closed));
    await chat.open('thr_1');
    await expect(say('But')).rejects.toMatchObject({ name: 'ThreadClosedError', message: 'Case solved.' });
  });

  test('that never arrives gives the text back, before what was typed meanwhile', async () => {
    chat.composing.change({ content: textContent('and more') });
    await expect(say('Hello')).rejects.toMatchObject({ code: 'network.unreachable' });
    await idle();
    expect(written(chat)).toBe('Hello\nand more');
    expect(chat.state.conversation).toMatchObject({ outgoing: null, failure: { allowRetry: true } });
  });

  test('that never arrived is sent when one tries again, and leaves the composer', async () => {
    await say('Hello').catch(() => undefined);
    server.on('threads.create', () => stream(firstTurn('Hello', 'Welcome.')));
    await chat.retry();
    await idle();
    expect([shown(), written(chat), server.last?.type]).toEqual(['Welcome.', '', 'threads.create']);
  });

  test('that is answered by nothing at all counts as never arrived', async () => {
    server.on('threads.create', () => stream([]));
    await expect(say('Hello')).rejects.toMatchObject({ code: 'stream.interrupted' });
    await idle();
    expect(written(chat)).toBe('Hello');
    expect(chat.state.conversation.failure).toMatchObject({ allowRetry: true });
  });

  test('that is stopped before it arrives gives the text back, and is no failure', async () => {
    server.on('threads.create', (_, signal) => new LiveStream(signal).response);
    const sent = say('Hello');
    await vi.waitFor(() => expect(server.requests).toHaveLength(1));
    chat.stop();
    await expect(sent).rejects.toMatchObject({ code: 'stopped' });
    await idle();
    expect([written(chat), chat.state.conversation.failure]).toEqual(['Hello', null]);
  });

  test('that the server refuses is not tried again', async () => {
    const error = { code: 'too_long', message: 'Shorter, please.' };
    server.on('threads.create', () => json({ error }, 400));
    await expect(say('Hello')).rejects.toMatchObject({ code: 'too_long' });
    await idle();
    expect(chat.state.conversation.failure).toMatchObject({ message: 'Shorter, please.', allowRetry: false });
    expect(written(chat)).toBe('Hello');
  });

  test('keeps what is typed meanwhile with the thread it makes', async () => {
    let live!: LiveStream;
    server.on('threads.create', () => (live = new LiveStream()).response);
    const sent = say('Hello');
    chat.composing.change({ content: textContent('Next question') });
    await vi.waitFor(() => expect(live).toBeDefined());
    live.send(...firstTurn('Hello', 'Welcome.'));
    live.end();
    await sent;
    await idle();
    expect(written(chat)).toBe('Next question');
  });
});

describe('an answer', () => {
  test('that is stopped keeps what has arrived', async () => {
    let live!: LiveStream;
    server.on('threads.create', (_, signal) => (live = new LiveStream(signal)).response);
    const sent = say('Hello');
    await vi.waitFor(() => expect(live).toBeDefined());
    live.send(...firstTurn('Hello', 'Half of it').slice(0, -1));
    await sent;
    await vi.waitFor(() => expect(shown()).toBe('Half of it'));
    chat.stop();
    await idle();
    expect(shown()).toBe('Half of it');
    expect(chat.state.conversation.failure).toBeNull();
    expect(names()).toContain('response.end');
  });

  test('that breaks off keeps what has arrived, says so, and can be tried again', async () => {
    let live!: LiveStream;
    server.on('threads.create', () => (live = new LiveStream()).response);
    const sent = say('Hello');
    await vi.waitFor(() => expect(live).toBeDefined());
    live.send(...firstTurn('Hello', 'Half of it').slice(0, -1));
    await sent;
    await vi.waitFor(() => expect(shown()).toBe('Half of it'));
    live.break();
    await idle();
    expect([shown(), chat.state.conversation.failure?.code]).toEqual(['Half of it', 'network.lost']);
    server.on('threads.retry_after_item', () => stream([done(answer('All of it', 'a2'))]));
    await chat.retry();
    await idle();
    expect(server.last?.params).toEqual({ thread_id: 'thr_1', item_id: 'msg_question' });
    expect(shown()).toBe('All of it');
  });

  test('that ends in the middle of a message without a word is not taken for complete', async () => {
    server.on('threads.create', () => stream(firstTurn('Hello', 'Half of it').slice(0, -1)));
    await say('Hello');
    await idle();
    expect(chat.state.conversation.failure).toMatchObject({ code: 'stream.interrupted', allowRetry: true });
  });

  test('with an error of the server’s shows its reason and tells the page', async () => {
    const error = { type: 'error', code: 'model.down', message: 'Down.', allow_retry: true, request_id: 'req_1' };
    server.on('threads.create', () => stream([...firstTurn('Hello', 'H').slice(0, 2), error as ThreadStreamEvent]));
    await say('Hello');
    await idle();
    expect(chat.state.conversation.failure).toMatchObject({ message: 'Down.', allowRetry: true });
    expect(errors()).toMatchObject([{ code: 'model.down', requestId: 'req_1' }]);
    expect(chat.state.announcement).toBeNull();
  });

  test('may call for an effect on the page, and say things nobody here knows, logged once each', async () => {
    const odd = { type: 'thread.sang' } as unknown as ThreadStreamEvent;
    const effect: ThreadStreamEvent = { type: 'client_effect', name: 'confetti', data: { loud: true } };
    const hologram = done({ ...answer('x', 'h'), type: 'hologram' } as never);
    server.on('threads.create', () => stream([...firstTurn('Hello', 'W'), odd, effect, odd, hologram]));
    await say('Hello');
    await idle();
    expect(told.filter(([name]) => name === 'chatkit.effect')).toEqual([['chatkit.effect', { name: 'confetti', data: { loud: true } }]]);
    expect(told.filter(([name]) => name === 'chatkit.log').map(([, detail]) => detail)).toEqual([
      { name: 'event.unknown', data: { type: 'thread.sang' } },
      { name: 'item.unknown', data: { type: 'hologram' } },
    ]);
  });
});

test('a retry that does not reach the server leaves the answer that was there', async () => {
  server.on('threads.create', () => stream(firstTurn('Hello', 'Welcome.')));
  await say('Hello');
  await idle();
  await expect(chat.retry()).rejects.toMatchObject({ code: 'network.unreachable' });
  expect(shown()).toBe('Welcome.');
});

test('an action is done even if the server has nothing to say to it', async () => {
  server.on('threads.get_by_id', () => json(thread()));
  server.on('threads.custom_action', () => stream([]));
  await chat.open('thr_1');
  await chat.sendAction({ type: 'order' });
  await idle();
  expect(errors()).toEqual([]);
});

describe('a client tool', () => {
  beforeEach(() => {
    server.on('threads.create', () => stream([...firstTurn('Where?', 'Let me see.'), done(toolCall('locate', { exact: true }))]));
    server.on('threads.add_client_tool_output', () => stream([done(answer('In Hangzhou.', 'a2'))]));
  });

  test('is run by the page, and its result carries the answer on', async () => {
    clientTool = ({ name, params }) => Promise.resolve({ name, params, city: 'Hangzhou' });
    await say('Where?');
    await idle();
    expect(server.last?.params).toEqual({
      thread_id: 'thr_1',
      result: { name: 'locate', params: { exact: true }, city: 'Hangzhou' },
    });
    expect(shown()).toBe('Let me see.\n\nIn Hangzhou.');
    expect(names().filter((name) => name === 'response.end')).toHaveLength(1);
  });

  test('that fails, or that the page does not have, answers with its error and is reported', async () => {
    clientTool = () => {
      throw new Error('No signal');
    };
    await say('Where?');
    await idle();
    expect(server.last?.params.result).toEqual({ error: 'The client tool "locate" failed: Error: No signal' });
    expect(errors()).toMatchObject([{ name: 'ClientToolError', code: 'client_tool.failed' }]);
  });

  test('that does not answer in time answers with that', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    clientTool = () => new Promise(() => undefined);
    await say('Where?');
    await vi.waitFor(() => expect(chat.state.conversation.items.at(-1)?.type).toBe('client_tool_call'));
    await vi.advanceTimersByTimeAsync(PATIENCE);
    vi.useRealTimers();
    await idle();
    expect(server.last?.params.result).toEqual({ error: 'The client tool "locate" did not answer within 5 minutes.' });
    expect(errors()).toMatchObject([{ code: 'client_tool.timeout' }]);
  });

  test('that was running when the page went away is run again', async () => {
    const waiting = [question('Where?'), toolCall('locate', { exact: true })];
    server.on('threads.get_by_id', () => json(thread({ items: page<ThreadItem>(waiting) })));
    clientTool = ({ name }) => ({ name });
    await chat.open('thr_1');
    await idle();
    expect(server.last?.params).toEqual({ thread_id: 'thr_1', result: { name: 'locate' } });
    expect(shown()).toBe('In Hangzhou.');
  });

  test('is left alone by a page that has no tools', async () => {
    const waiting = [question('Where?'), toolCall('locate')];
    server.on('threads.get_by_id', () => json(thread({ items: page<ThreadItem>(waiting) })));
    clientTool = undefined;
    await chat.open('thr_1');
    await idle();
    expect(server.last?.type).toBe('threads.get_by_id');
  });

  test('that another tab has answered changes nothing', async () => {
    const waiting = [question('Where?'), toolCall('locate')];
    const answered = [question('Where?'), { ...toolCall('locate'), status: 'completed' as const }, answer('In Wuyishan.')];
    let loaded = 0;
    server.on('threads.get_by_id', () => json(thread({ items: page<ThreadItem>((loaded += 1) === 1 ? waiting : answered) })));
    server.on('threads.add_client_tool_output', () => json({ error: { code: 'invalid_request', message: 'No call.' } }, 400));
    clientTool = () => ({});
    await chat.open('thr_1');
    await vi.waitFor(() => expect(shown()).toBe('In Wuyishan.'));
    expect(errors()).toEqual([]);
  });

  test('can be stopped while it runs', async () => {
    clientTool = () => new Promise(() => undefined);
    await say('Where?');
    await vi.waitFor(() => expect(chat.state.conversation.items.at(-1)?.type).toBe('client_tool_call'));
    chat.stop();
    await idle();
    expect(errors()).toEqual([]);
  });
});

describe('opening a thread', () => {
  const items = Array.from({ length: 6 }, (_, n) => question(`${n}`, `q${n}`));
  const ids = () => chat.state.conversation.items.map(({ id }) => id);

  test('shows its newest items and tells the page when', async () => {
    server.on('threads.get_by_id', () => json(thread({ items: page(items) })));
    await chat.open('thr_1');
    expect(ids()).toEqual(['q0', 'q1', 'q2', 'q3', 'q4', 'q5']);
    expect(names()).toEqual(['thread.change', 'thread.load.start', 'thread.load.end']);
  });

  test('reaches all items of a server that sends the newest page', async () => {
    server.on('threads.get_by_id', () => json(thread({ items: page(items.slice(3), 'q3') })));
    server.on('items.list', () => json(page(items.slice(0, 3).toReversed())));
    await chat.open('thr_1');
    await chat.loadEarlier();
    expect(server.last?.params).toMatchObject({ thread_id: 'thr_1', order: 'desc', after: 'q3' });
    expect(ids()).toEqual(['q0', 'q1', 'q2', 'q3', 'q4', 'q5']);
    expect(chat.state.earlier).toBeNull();
  });

  test('reaches all items of a server that sends the oldest page, the newest first', async () => {
    server.on('threads.get_by_id', () => json(thread({ items: page(items.slice(0, 2), 'q1') })));
    server.on('items.list', ({ params }) =>
      json(params.after === 'q3' ? page(items.slice(0, 3).toReversed()) : page(items.slice(3).toReversed(), 'q3')),
    );
    await chat.open('thr_1');
    expect(ids()).toEqual(['q3', 'q4', 'q5']);
    await chat.loadEarlier();
    expect(ids()).toEqual(['q0', 'q1', 'q2', 'q3', 'q4', 'q5']);
  });

  test('that does not exist says so, and a new one can be begun', async () => {
    server.on('threads.get_by_id', () => json({ error: { code: 'not_found', message: 'No such thread.' } }, 404));
    await expect(chat.open('thr_9')).rejects.toMatchObject({ code: 'not_found' });
    expect(chat.state).toMatchObject({ activity: 'failed', loadFailure: { message: 'No such thread.' } });
    chat.openNew();
    expect(chat.state).toMatchObject({ activity: 'idle', threadId: null, loadFailure: null });
  });

  test('ends the answer of the one before, quietly', async () => {
    let live!: LiveStream;
    server.on('threads.create', (_, signal) => (live = new LiveStream(signal)).response);
    server.on('threads.get_by_id', () => json(thread({ id: 'thr_2', items: page([answer('Other', 'o')]) })));
    const sent = say('Hello');
    await vi.waitFor(() => expect(live).toBeDefined());
    live.send(...firstTurn('Hello', 'Half').slice(0, -1));
    await sent;
    await chat.open('thr_2');
    expect(shown()).toBe('Other');
    expect(errors()).toEqual([]);
  });

  test('keeps each thread’s draft', async () => {
    server.on('threads.get_by_id', () => json(thread()));
    chat.composing.change({ content: textContent('new') });
    await chat.open('thr_1');
    chat.composing.change({ content: textContent('old') });
    chat.openNew();
    expect(written(chat)).toBe('new');
    await chat.open('thr_1');
    expect(written(chat)).toBe('old');
  });

  test('takes over what changed on the server, behind the earlier items that are here', async () => {
    server.on('threads.get_by_id', () => json(thread({ items: page(items.slice(3), 'q3') })));
    server.on('items.list', () => json(page(items.slice(0, 3).toReversed())));
    await chat.open('thr_1');
    await chat.loadEarlier();
    server.on('threads.get_by_id', () => json(thread({ title: 'Renamed', items: page([...items.slice(3), answer('New', 'n')], 'q3') })));
    await chat.fetchUpdates();
    expect(ids()).toEqual(['q0', 'q1', 'q2', 'q3', 'q4', 'q5', 'n']);
    expect(chat.state.conversation.thread?.title).toBe('Renamed');
  });
});

describe('feedback', () => {
  beforeEach(async () => {
    server.on('threads.get_by_id', () => json(thread({ items: page([question('a'), answer('b')]) })));
    await chat.open('thr_1');
  });

  test('is shown, sent and thanked for', async () => {
    server.on('items.feedback', () => json({}));
    await chat.giveFeedback(['msg_answer'], 'positive');
    expect(server.last?.params).toEqual({ thread_id: 'thr_1', item_ids: ['msg_answer'], kind: 'positive' });
    expect(chat.state).toMatchObject({ feedback: { msg_answer: 'positive' }, announcement: { key: 'action.thanks' } });
  });

  test('that the server does not take is taken back', async () => {
    await chat.giveFeedback(['msg_answer'], 'negative');
    expect(chat.state.feedback).toEqual({});
    expect(errors()).toHaveLength(1);
  });
});

describe('the list of threads', () => {
  const threads = ['a', 'b', 'c'].map((id) => thread({ id, title: id }));
  const titles = () => chat.state.history.threads.map(({ title }) => title);

  beforeEach(async () => {
    server.on('threads.list', ({ params }) => json(params.after === 'b' ? page(threads.slice(2)) : page(threads.slice(0, 2), 'b')));
    await chat.history.refresh();
  });

  test('is loaded page by page', async () => {
    expect(titles()).toEqual(['a', 'b']);
    await chat.history.more();
    await chat.history.more();
    expect(titles()).toEqual(['a', 'b', 'c']);
    expect(server.requests).toHaveLength(2);
  });

  test('is renamed at once, and back when the server does not take it', async () => {
    server.on('threads.update', () => json(thread()));
    await chat.history.rename('a', 'Tea');
    expect(titles()).toEqual(['Tea', 'b']);
    server.on('threads.update', () => json({ error: { code: 'no', message: 'No.' } }, 500));
    await chat.history.rename('a', 'Coffee');
    expect(titles()).toEqual(['Tea', 'b']);
  });

  test('loses a deleted thread; the open one gives way to a new one', async () => {
    server.on('threads.get_by_id', () => json(thread({ id: 'b' })));
    server.on('threads.delete', () => json({}));
    await chat.open('b');
    await chat.deleteThread('b');
    expect(titles()).toEqual(['a']);
    expect(chat.state.threadId).toBeNull();
  });

  test('says when it cannot be loaded, and keeps what it has', async () => {
    server.on('threads.list', () => json({}, 503));
    await chat.history.more();
    expect(chat.state.history).toMatchObject({ status: 'failed' });
    expect(titles()).toEqual(['a', 'b']);
  });
});

test('a chat with another server begins anew; with the same one it goes on', async () => {
  server.on('threads.create', () => stream(firstTurn('Hello', 'Welcome.')));
  await say('Hello');
  await idle();
  chat.useClient(clientAt('/chatkit'));
  expect(shown()).toBe('Welcome.');
  chat.useClient(clientAt('/elsewhere'));
  expect(chat.state).toMatchObject({ threadId: null, conversation: { items: [] } });
});

test('deltas that arrive within one frame are drawn in one go', async () => {
  let drawings = 0;
  chat = new Chat(clientAt('/chatkit'), { chatChanged: () => void (drawings += 1), chatEmitted: () => undefined, clientTool: undefined });
  const words = Array.from({ length: 200 }, () => delta('tea '));
  server.on('threads.create', () => stream([...firstTurn('Hello', '').slice(0, 3), added(answer('')), ...words, done(answer('tea '.repeat(200)))]));
  await say('Hello');
  await idle();
  expect(drawings).toBeLessThan(20);
});
