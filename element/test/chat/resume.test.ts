import { beforeEach, describe, expect, test, vi } from 'vitest';

import { Client } from '../../src/api/client';
import type { ThreadItem } from '../../src/api/wire';
import { Chat } from '../../src/chat/chat';
import { userContent } from '../../src/state/content';
import { draftText, textContent } from '../../src/state/draft';
import { answerText } from '../../src/state/turns';
import { FakeServer, LiveStream, TEAHOUSE, json } from '../server';
import { added, answer, delta, done, firstTurn, page, question, thread } from '../wire';

/** What is in the composer. */
const written = (chat: Chat) => draftText(chat.composing.draft);

/** A Teahouse that the test plays: it has one thread, and streams are written by hand. */
let server: FakeServer;
let chat: Chat;
let watches: LiveStream[];
let effects: unknown[];

beforeEach(() => {
  server = new FakeServer();
  watches = [];
  effects = [];
  server.on('watch', (_, signal) => {
    const live = new LiveStream(signal);
    watches.push(live);
    return live.response;
  });
  server.on('stop', () => json({ run: 'run_1' }));
  has(question('Hello'), answer('Welcome.'));
  const client = new Client({ url: '/chatkit', fetch: server.fetch, locale: () => 'en' });
  chat = new Chat(client, {
    chatChanged: () => undefined,
    chatEmitted: (name, detail) => {
      if (name === 'chatkit.effect') effects.push(detail);
    },
    clientTool: undefined,
  });
});

/** What the thread holds from now on. */
function has(...items: ThreadItem[]): void {
  server.on('threads.get_by_id', () => json(thread({ items: page(items) }), 200, TEAHOUSE));
}

function watchNumber(number: number): Promise<LiveStream> {
  return vi.waitFor(() => {
    const newest = watches.at(-1);
    if (!newest || watches.length !== number) throw new Error(`${watches.length} streams were opened.`);
    return newest;
  }, 3000);
}

async function opened(): Promise<LiveStream> {
  await chat.open('thr_1');
  const watch = await watchNumber(1);
  watch.run('idle', null);
  return watch;
}

const shown = () => answerText(chat.state.conversation.items);
const shows = (text: string) => vi.waitFor(() => expect(shown()).toBe(text));
const isIdle = () => vi.waitFor(() => expect(chat.state.activity).toBe('idle'));
const say = (text: string) => chat.send({ content: userContent(text) });
const sent = (type: string) => server.requests.filter((request) => request.type === type);
const asks = [done(question('More?', 'q2')), added(answer('', 'a2'))];

function asksForMore(): LiveStream {
  const live = new LiveStream();
  server.on('threads.add_user_message', () => live.response);
  void say('More?').catch(() => undefined);
  return live;
}

describe('looking on', () => {
  test('shows what is asked and answered elsewhere, and stops it', async () => {
    const watch = await opened();
    has(question('Hello'), answer('Welcome.'), question('More?', 'q2'));
    watch.run('running');
    watch.send(...asks, delta('Gladly', 'a2'));
    await shows('Welcome.\n\nGladly');
    expect(chat.state.activity).toBe('answering');
    chat.stop();
    await isIdle();
    expect(sent('stop')).toHaveLength(1);
    (await watchNumber(2)).run('idle', null);
    expect(shown()).toBe('Welcome.\n\nGladly');
  });

  test('begins with what is loaded after the stream was opened', async () => {
    await opened();
    server.requests.length = 0;
    const opening = chat.open('thr_1');
    (await watchNumber(2)).run('idle', null);
    await opening;
    expect(server.requests.map(({ type }) => type)).toEqual(['watch', 'threads.get_by_id']);
  });

  test('does not repeat what was for the page that asked', async () => {
    const watch = await opened();
    watch.run('running');
    watch.send({ type: 'client_effect', name: 'confetti', data: {} }, done(answer('Hurrah', 'a2')));
    await shows('Welcome.\n\nHurrah');
    expect(effects).toEqual([]);
  });

  test('pauses while the page is out of sight, and catches up', async () => {
    await opened();
    chat.attend(false);
    has(question('Hello'), answer('Welcome.'), question('More?', 'q2'), answer('Gladly.', 'a2'));
    chat.attend(true);
    (await watchNumber(2)).run('idle', null);
    await shows('Welcome.\n\nGladly.');
  });

  test('is not done while one’s own answer is read; then what was said in between is loaded', async () => {
    await opened();
    await vi.waitFor(() => expect(sent('threads.get_by_id')).toHaveLength(2));
    const live = asksForMore();
    live.run('running');
    live.send(...asks, delta('Gladly.', 'a2'), done(answer('Gladly.', 'a2')));
    await shows('Welcome.\n\nGladly.');
    expect(watches).toHaveLength(1);
    live.run('done');
    live.end();
    await isIdle();
    has(question('Hello'), answer('Welcome.'), question('More?', 'q2'), answer('Gladly.', 'a2'), question('Me, too', 'q3'));
    (await watchNumber(2)).run('idle', null);
    await vi.waitFor(() => expect(chat.state.conversation.items).toHaveLength(5));
  });

  test('ends where the thread is gone', async () => {
    await opened();
    server.on('watch', () => json({ error: { code: 'thread_not_found', message: 'Gone.' } }, 404));
    chat.attend(false);
    chat.attend(true);
    await vi.waitFor(() => expect(sent('watch')).toHaveLength(2));
    await isIdle();
    expect(shown()).toBe('Welcome.');
  });
});

describe('an answer whose connection breaks', () => {
  test('is read on from where it was', async () => {
    await opened();
    const live = asksForMore();
    live.run('running');
    live.send(...asks, delta('Glad', 'a2'));
    await shows('Welcome.\n\nGlad');
    live.break();
    const watch = await watchNumber(2);
    expect(server.last).toMatchObject({ type: 'watch', params: { run: 'run_1' }, headers: { 'Last-Event-ID': '3' } });
    expect(chat.state.connectionLost).toBe(true);
    watch.run('running');
    watch.write(`id: 4\ndata: ${JSON.stringify(delta('ly.', 'a2'))}\n\n`);
    await shows('Welcome.\n\nGladly.');
    expect(chat.state.connectionLost).toBe(false);
    watch.run('done');
    await isIdle();
    expect(chat.state.conversation.failure).toBeNull();
  });

  test('and that ended meanwhile is loaded', async () => {
    await opened();
    const live = asksForMore();
    live.run('running');
    live.send(...asks, delta('Glad', 'a2'));
    await shows('Welcome.\n\nGlad');
    has(question('Hello'), answer('Welcome.'), question('More?', 'q2'), answer('Gladly.', 'a2'));
    live.break();
    (await watchNumber(2)).run('idle', null);
    await shows('Welcome.\n\nGladly.');
    await isIdle();
  });

  test('before it began is asked for once more, if the message had not arrived', async () => {
    await opened();
    const live = asksForMore();
    live.break();
    const again = new LiveStream();
    const watch = await watchNumber(2);
    server.on('threads.add_user_message', () => again.response);
    watch.run('idle', null);
    await vi.waitFor(() => expect(sent('threads.add_user_message')).toHaveLength(2));
    again.break();
    (await watchNumber(3)).run('idle', null);
    await isIdle();
    expect(written(chat)).toBe('More?');
    expect(chat.state.conversation.failure).toMatchObject({ code: 'network.unreachable', allowRetry: true });
    expect(sent('threads.add_user_message')).toHaveLength(2);
  });

  test('is tried again by and by, and at once when the network is back', async () => {
    await opened();
    server.on('watch', () => Promise.reject(new TypeError('offline')));
    chat.networkChanged(false);
    await vi.waitFor(() => expect(chat.state.connectionLost).toBe(true));
    await vi.waitFor(() => expect(sent('watch').length).toBeGreaterThan(1));
    server.on('watch', (_, signal) => {
      const live = new LiveStream(signal);
      watches.push(live);
      return live.response;
    });
    chat.networkChanged(true);
    (await watchNumber(2)).run('idle', null);
    await vi.waitFor(() => expect(chat.state.connectionLost).toBe(false));
  });
});

describe('a message that finds the thread taken', () => {
  const busy = () => json({ error: { code: 'run_active', message: 'Wait.' } }, 409);

  test('waits, and is sent once the other answer has ended', async () => {
    await opened();
    server.on('threads.add_user_message', busy);
    const accepted = say('Me, too');
    const watch = await watchNumber(2);
    expect(chat.state.waiting).toMatchObject([{ content: [{ text: 'Me, too' }] }]);
    watch.run('running');
    await vi.waitFor(() => expect(chat.state.activity).toBe('waiting'));
    const live = new LiveStream();
    server.on('threads.add_user_message', () => live.response);
    watch.run('done');
    await vi.waitFor(() => expect(sent('threads.add_user_message')).toHaveLength(2));
    live.send(...firstTurn('Me, too', 'You, too.').slice(1));
    await accepted;
    expect(chat.state.waiting).toEqual([]);
  });

  test('can be taken back, or is when another thread is opened', async () => {
    await opened();
    server.on('threads.add_user_message', busy);
    const accepted = say('Me, too');
    await watchNumber(2);
    chat.cancelWaiting(chat.state.waiting[0]?.key ?? 0);
    await expect(accepted).rejects.toMatchObject({ code: 'stopped' });
    expect([chat.state.waiting, written(chat)]).toEqual([[], 'Me, too']);
    chat.composing.change({ content: textContent('') });
    void say('And me').catch(() => undefined);
    await vi.waitFor(() => expect(chat.state.waiting).toHaveLength(1));
    chat.openNew();
    expect(chat.state.waiting).toEqual([]);
    expect(chat.state.drafts.thr_1?.content).toEqual(textContent('And me'));
  });
});

test('stopping before the run is known waits for it', async () => {
  await opened();
  const live = asksForMore();
  await vi.waitFor(() => expect(sent('threads.add_user_message')).toHaveLength(1));
  chat.stop();
  expect(sent('stop')).toEqual([]);
  live.run('running');
  live.send(...asks);
  await vi.waitFor(() => expect(sent('stop')).toHaveLength(1));
  await isIdle();
  expect(written(chat)).toBe('');
});

describe('an answer whose server has ended', () => {
  test('keeps what the thread has of it, says so, and can be asked again', async () => {
    const watch = await opened();
    watch.run('running');
    watch.send(...asks, delta('Glad', 'a2'));
    await shows('Welcome.\n\nGlad');
    has(question('Hello'), answer('Welcome.'), question('More?', 'q2'), answer('Glad', 'a2'));
    watch.run('interrupted', 'run_1', true);
    await isIdle();
    expect(shown()).toBe('Welcome.\n\nGlad');
    expect(chat.state.conversation.failure).toMatchObject({ code: 'stream.interrupted', allowRetry: true });
  });

  test('is told of to who comes later, once', async () => {
    await chat.open('thr_1');
    const watch = await watchNumber(1);
    watch.run('interrupted', 'run_1', true);
    await vi.waitFor(() => expect(chat.state.conversation.failure?.code).toBe('stream.interrupted'));
    chat.dismissFailure();
    watch.run('interrupted', 'run_1', true);
    await vi.waitFor(() => expect(sent('threads.get_by_id').length).toBeGreaterThan(2));
    expect(chat.state.conversation.failure).toBeNull();
  });
});

describe('a request that got no answer', () => {
  const keys = () => server.requests.filter(({ type }) => type === 'threads.create').map(({ headers }) => headers['Idempotency-Key']);

  test('goes again by itself under the same key', async () => {
    await opened();
    chat.openNew();
    let tries = 0;
    server.on('threads.create', () => {
      tries += 1;
      if (tries === 1) throw new TypeError('Failed to fetch');
      const live = new LiveStream();
      live.run('running');
      live.send(...firstTurn('Hello', 'Welcome.'));
      live.run('done');
      live.end();
      return live.response;
    });
    await say('Hello');
    await isIdle();
    expect(shown()).toBe('Welcome.');
    expect(keys()).toHaveLength(2);
    expect(new Set(keys()).size).toBe(1);
  });

  test('is refused by a server that is being restarted, and goes to the next', async () => {
    await opened();
    let tries = 0;
    const live = new LiveStream();
    server.on('threads.add_user_message', () => {
      tries += 1;
      return tries === 1 ? json({ error: { code: 'shutting_down', message: 'Restarting.' } }, 503, TEAHOUSE) : live.response;
    });
    const said = say('More?');
    live.run('running');
    live.send(...asks, delta('Gladly', 'a2'));
    await said;
    await shows('Welcome.\n\nGladly');
    expect(chat.state.connectionLost).toBe(false);
  });
});
