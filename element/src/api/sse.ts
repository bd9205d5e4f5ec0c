import { createParser } from 'eventsource-parser';

/** One event of a server-sent stream. */
export interface ServerEvent {
  /** The event's number, where the server numbers them. */
  readonly id: string | undefined;
  /** Its type, where it has another than `message`. */
  readonly type: string | undefined;
  readonly data: string;
}

/**
 * Reads the events of a response body as they arrive; comments (heartbeats) are passed over.
 * Leaving the loop early cancels the body, so the connection closes.
 *
 * A connection may die without a word, as when a phone changes from Wi-Fi to mobile data. Of a server that sends
 * heartbeats, `patience` says how many milliseconds of silence mean that: then this throws.
 */
export async function* readServerEvents(
  body: ReadableStream<Uint8Array>,
  patience = Infinity,
): AsyncGenerator<ServerEvent, void, void> {
  const arrived: ServerEvent[] = [];
  const parser = createParser({ onEvent: ({ id, event, data }) => arrived.push({ id, type: event, data }) });
  const decoder = new TextDecoder();
  const reader = body.getReader();
  try {
    for (;;) {
      const { done, value } = await within(patience, reader.read());
      if (done) return;
      parser.feed(decoder.decode(value, { stream: true }));
      yield* arrived.splice(0);
    }
  } finally {
    // The body may have failed already; then there is nothing left to cancel.
    await reader.cancel().catch(() => undefined);
  }
}

async function within<Value>(patience: number, promise: Promise<Value>): Promise<Value> {
  if (patience === Infinity) return promise;
  let timer: ReturnType<typeof setTimeout> | undefined;
  const silence = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error('Nothing was heard for too long.')), patience);
  });
  try {
    return await Promise.race([promise, silence]);
  } finally {
    clearTimeout(timer);
  }
}
