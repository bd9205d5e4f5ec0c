import fc from 'fast-check';
import { describe, expect, test, vi } from 'vitest';

import type { ServerEvent } from '../../src/api/sse';
import { readServerEvents } from '../../src/api/sse';
import { collect } from '../server';

const encoder = new TextEncoder();

function body(chunks: readonly Uint8Array[]): ReadableStream<Uint8Array> {
  return new ReadableStream({
    start(controller) {
      for (const chunk of chunks) controller.enqueue(chunk);
      controller.close();
    },
  });
}

async function read(...chunks: (string | Uint8Array)[]): Promise<ServerEvent[]> {
  const bytes = chunks.map((chunk) => (typeof chunk === 'string' ? encoder.encode(chunk) : chunk));
  return collect(readServerEvents(body(bytes)));
}

describe('a server-sent stream', () => {
  test('gives each event with its number', async () => {
    expect(await read('id: 1\ndata: {"a":1}\n\nid: 2\ndata: b\n\n')).toEqual([
      { id: '1', data: '{"a":1}' },
      { id: '2', data: 'b' },
    ]);
  });

  test('may come without numbers, as the reference server sends it', async () => {
    expect(await read('data: a\n\n')).toEqual([{ id: undefined, data: 'a' }]);
  });

  test.each(['\n', '\r', '\r\n'])('may end its lines with %j', async (end) => {
    expect(await read(`data: a${end}data: b${end}${end}`, `: ping${end}`)).toMatchObject([{ data: 'a\nb' }]);
  });

  test('passes over heartbeats, and a byte order mark', async () => {
    expect(await read('\uFEFF: ping\n\n', ': ping\n\n', 'data: a\n\n', ': ping\n\n')).toMatchObject([{ data: 'a' }]);
  });

  test('is read the same however the network cuts it', async () => {
    const text = ': ping\r\n\r\nid: 1\r\ndata: 茶馆 🍵\r\n\r\ndata: {"x":"\\n"}\n\nid: 3\ndata: é\n\n';
    const whole = await read(text);
    const bytes = encoder.encode(text);
    await fc.assert(
      fc.asyncProperty(fc.array(fc.nat(bytes.length)), async (cuts) => {
        const places = [0, ...cuts.sort((one, other) => one - other), bytes.length];
        const chunks = places.slice(1).map((end, at) => bytes.slice(places[at], end));
        expect(await read(...chunks)).toEqual(whole);
      }),
    );
  });

  test('is closed when the reader goes away', async () => {
    const cancel = vi.fn();
    const start = (controller: ReadableStreamDefaultController<Uint8Array>) => controller.enqueue(encoder.encode('data: a\n\n'));
    for await (const event of readServerEvents(new ReadableStream({ start, cancel }))) {
      expect(event.data).toBe('a');
      break;
    }
    expect(cancel).toHaveBeenCalledOnce();
  });
});
