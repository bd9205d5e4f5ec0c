/** A chat server in place of `fetch`: it answers requests by their type and remembers them. */
import type { RunNews } from '../src/api/client';
import type { ThreadStreamEvent } from '../src/api/wire';

export interface SentRequest {
  readonly type: string;
  readonly params: Record<string, unknown>;
  readonly headers: Record<string, string>;
  readonly url: string;
}

type Answer = (request: SentRequest, signal: AbortSignal | null) => Response | Promise<Response>;

const encoder = new TextEncoder();

export class FakeServer {
  readonly requests: SentRequest[] = [];
  readonly #answers = new Map<string, Answer>();

  /** Says how requests of a type are answered from now on. */
  on(type: string, answer: Answer): this {
    this.#answers.set(type, answer);
    return this;
  }

  get last(): SentRequest | undefined {
    return this.requests.at(-1);
  }

  readonly fetch = async (url: RequestInfo | URL, init: RequestInit = {}): Promise<Response> => {
    const body = requestIn(String(url), init);
    const headers = init.headers as Record<string, string>;
    const request = { ...body, headers, url: String(url) };
    this.requests.push(request);
    const answer = this.#answers.get(body.type);
    if (!answer) throw new TypeError(`nobody answers ${body.type}`);
    return answer(request, init.signal ?? null);
  };
}

/** Those that have no body are called `watch` and `stop`. */
function requestIn(url: string, { body, method }: RequestInit): { type: string; params: Record<string, unknown> } {
  if (typeof body === 'string') return JSON.parse(body) as ReturnType<typeof requestIn>;
  const type = method === 'POST' ? 'stop' : 'watch';
  return { type, params: Object.fromEntries(new URL(url, 'http://localhost').searchParams) };
}

/** The header by which a Teahouse makes itself known. */
export const TEAHOUSE = { 'X-Teahouse-Run': 'none' };

/** Everything a stream gives, once it has ended. */
export async function collect<Entry>(entries: AsyncIterable<Entry>): Promise<Entry[]> {
  const collected: Entry[] = [];
  for await (const entry of entries) collected.push(entry);
  return collected;
}

export function json(body: unknown, status = 200, headers: Record<string, string> = {}): Response {
  return new Response(JSON.stringify(body), { status, headers: { 'Content-Type': 'application/json', ...headers } });
}

/** The events as a finished stream. */
export function stream(events: readonly ThreadStreamEvent[]): Response {
  const live = new LiveStream();
  live.send(...events);
  live.end();
  return live.response;
}

/** A stream the test writes while it is being read. */
export class LiveStream {
  readonly response: Response;
  #controller!: ReadableStreamDefaultController<Uint8Array>;
  #sent = 0;

  constructor(signal: AbortSignal | null = null) {
    const body = new ReadableStream<Uint8Array>({ start: (controller) => void (this.#controller = controller) });
    this.response = new Response(body, { headers: { 'Content-Type': 'text/event-stream; charset=utf-8' } });
    signal?.addEventListener('abort', () => this.#controller.error(new DOMException('Aborted', 'AbortError')));
  }

  send(...events: readonly ThreadStreamEvent[]): void {
    for (const event of events) {
      this.#sent += 1;
      this.write(`id: ${this.#sent}\ndata: ${JSON.stringify(event)}\n\n`);
    }
  }

  /** How a run stands. */
  run(state: RunNews['state'], id: string | null = 'run_1', reload?: boolean): void {
    this.write(`event: run\ndata: ${JSON.stringify({ id, state, reload })}\n\n`);
  }

  write(text: string): void {
    this.#controller.enqueue(encoder.encode(text));
  }

  end(): void {
    this.#controller.close();
  }

  break(): void {
    this.#controller.error(new TypeError('network error'));
  }
}
