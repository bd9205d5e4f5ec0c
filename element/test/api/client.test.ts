import { describe, expect, test, vi } from 'vitest';

import { Client } from '../../src/api/client';
import type { StreamingReq } from '../../src/api/wire';
import { ApiError, NetworkError } from '../../src/errors';
import { FakeServer, LiveStream, collect, json, stream } from '../server';
import { firstTurn, page, thread } from '../wire';

const create: StreamingReq = {
  type: 'threads.create',
  params: { input: { content: [], attachments: [], inference_options: {} } },
};

function clientOf(server: FakeServer): Client {
  return new Client({ url: '/chatkit', fetch: server.fetch, locale: () => 'zh-CN' });
}

async function readAll(client: Client, signal = new AbortController().signal, unreadable = vi.fn()) {
  return collect(client.stream(create, signal, unreadable));
}

describe('requests', () => {
  test('carry one language and say that they are JSON', async () => {
    const server = new FakeServer().on('threads.list', () => json(page([thread()])));
    await clientOf(server).listThreads({ order: 'desc' });
    expect(server.last).toMatchObject({
      url: '/chatkit',
      params: { order: 'desc' },
      headers: { 'Accept-Language': 'zh-CN', 'Content-Type': 'application/json' },
    });
  });

  test('fail with the server’s own code, words and addresses', async () => {
    const error = { code: 'quota', message: 'Enough for today.', request_id: 'req_1', doc_url: '/docs/quota' };
    const server = new FakeServer().on('threads.get_by_id', () => json({ error }, 429));
    const failure = await clientOf(server).getThread('thr_1').catch((reason: unknown) => reason);
    expect(failure).toBeInstanceOf(ApiError);
    expect(failure).toMatchObject({
      name: 'ApiError', status: 429, code: 'quota', message: 'Enough for today.', requestId: 'req_1', docUrl: '/docs/quota',
    });
  });

  test('fail with the status where the server had no words', async () => {
    const server = new FakeServer().on('threads.get_by_id', () => new Response('<h1>Bad gateway</h1>', { status: 502 }));
    await expect(clientOf(server).getThread('thr_1')).rejects.toMatchObject({ code: 'http.502', status: 502 });
  });

  test('say so when the address answers with a page', async () => {
    const html = () => new Response('<!doctype html>', { headers: { 'Content-Type': 'text/html' } });
    const server = new FakeServer().on('threads.get_by_id', html).on('threads.create', html);
    await expect(clientOf(server).getThread('thr_1')).rejects.toMatchObject({ code: 'api.not_chatkit' });
    await expect(readAll(clientOf(server))).rejects.toMatchObject({ code: 'api.not_chatkit' });
  });

  test('that reach nobody fail as the network does', async () => {
    const failure = await clientOf(new FakeServer()).getThread('thr_1').catch((reason: unknown) => reason);
    expect(failure).toBeInstanceOf(NetworkError);
    expect(failure).toMatchObject({ code: 'network.unreachable', cause: expect.any(TypeError) as TypeError });
  });

  test('that were given up end as such', async () => {
    const given = new AbortController();
    const server = new FakeServer().on('threads.get_by_id', () => {
      given.abort();
      throw given.signal.reason;
    });
    await expect(clientOf(server).getThread('thr_1', given.signal)).rejects.toMatchObject({ name: 'AbortError' });
  });
});

describe('an answer', () => {
  test('arrives event by event, numbered', async () => {
    const events = firstTurn('Hello', 'Welcome.');
    const server = new FakeServer().on('threads.create', () => stream(events));
    const read = await readAll(clientOf(server));
    expect(read.map(({ event }) => event)).toEqual(events);
    expect(read.map(({ id }) => id)).toEqual(['1', '2', '3', '4', '5', '6']);
  });

  test('of a Teahouse says which run makes it, and how that stands', async () => {
    const server = new FakeServer().on('threads.create', () => {
      const live = new LiveStream();
      live.run('running');
      live.run('done');
      live.end();
      return live.response;
    });
    const client = clientOf(server);
    expect(client.resumes).toBe(false);
    expect((await readAll(client)).map(({ run }) => run?.state)).toEqual(['running', 'done']);
    expect(client.resumes).toBe(true);
    expect(server.last?.headers.Accept).toBe('text/event-stream;profile=teahouse, application/json');
  });

  test('that falls silent for too long has broken off', async () => {
    vi.useFakeTimers();
    try {
      const server = new FakeServer().on('threads.create', () => {
        const live = new LiveStream();
        live.response.headers.set('X-Teahouse-Run', 'run_1');
        return live.response;
      });
      const read = expect(readAll(clientOf(server))).rejects.toMatchObject({ code: 'network.lost' });
      await vi.advanceTimersByTimeAsync(60_000);
      await read;
    } finally {
      vi.useRealTimers();
    }
  });

  test('goes on after a frame nobody can read', async () => {
    const server = new FakeServer().on('threads.create', () => {
      const live = new LiveStream();
      live.write('data: {"type":\n\ndata: [DONE]\n\ndata: null\n\n');
      live.send(...firstTurn('Hello', 'Welcome.'));
      live.end();
      return live.response;
    });
    const unreadable = vi.fn();
    expect(await readAll(clientOf(server), undefined, unreadable)).toHaveLength(6);
    expect(unreadable.mock.calls.flat()).toEqual(['{"type":', '[DONE]', 'null']);
  });

  test('that breaks off says so', async () => {
    const server = new FakeServer().on('threads.create', () => {
      const live = new LiveStream();
      live.break();
      return live.response;
    });
    await expect(readAll(clientOf(server))).rejects.toMatchObject({ name: 'NetworkError', code: 'network.lost' });
  });
});

describe('runs', () => {
  const clientAt = (url: string, server: FakeServer) => new Client({ url, fetch: server.fetch, locale: () => 'en' });

  test('are watched below the chat’s own address, from where one was', async () => {
    const server = new FakeServer().on('watch', () => stream([]));
    const client = clientAt('https://tea.example/chat/chatkit?shop=1', server);
    await collect(client.watch('thr/1', { run: 'run_1', after: 7 }, new AbortController().signal, vi.fn()));
    expect(server.last).toMatchObject({
      url: 'https://tea.example/chat/chatkit/runs/thr%2F1?shop=1&run=run_1',
      headers: { 'Last-Event-ID': '7', 'Accept-Language': 'en' },
    });
  });

  test('are stopped there, too', async () => {
    const server = new FakeServer().on('stop', () => json({ run: 'run_1' }));
    await expect(clientAt('/chatkit', server).stop('thr_1')).resolves.toBe('run_1');
    expect(server.last?.url).toBe('/chatkit/runs/thr_1/stop');
  });
});
