import { createParser } from 'eventsource-parser';

/** One event of a server-sent stream. */
export interface ServerEvent {
  /** The event's number, where the server numbers them. */
  readonly id: string | undefined;
  readonly data: string;
}

/**
 * Reads the events of a response body as they arrive; comments (heartbeats) are passed over.
 * Leaving the loop early cancels the body, so the connection closes.
 */
export async function* readServerEvents(body: ReadableStream<Uint8Array>): AsyncGenerator<ServerEvent, void, void> {
  const arrived: ServerEvent[] = [];
  const parser = createParser({ onEvent: ({ id, data }) => arrived.push({ id, data }) });
  const decoder = new TextDecoder();
  const reader = body.getReader();
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      parser.feed(decoder.decode(value, { stream: true }));
      yield* arrived.splice(0);
    }
  } finally {
    // The body may have failed already; then there is nothing left to cancel.
    await reader.cancel().catch(() => undefined);
  }
}
