import type { ErrorDetails } from '../errors';
import { ApiError, NetworkError } from '../errors';
import { readServerEvents } from './sse';
import type {
  FeedbackKind,
  ItemsListReq,
  Page,
  StreamingReq,
  Thread,
  ThreadItem,
  ThreadMetadata,
  ThreadStreamEvent,
  ThreadsListReq,
} from './wire';

/** Where the server is and how to reach it. */
export interface ClientConfig {
  readonly url: string;
  readonly fetch?: typeof fetch | undefined;
  /** The language the server should answer in: one locale, asked for at each request. */
  readonly locale: () => string;
}

/** An event of an answer, with its number where the server numbers them. */
export interface StreamedEvent {
  readonly id: string | undefined;
  readonly event: ThreadStreamEvent;
}

type Body = { type: string; params: object };

/**
 * The ChatKit protocol: one endpoint, JSON requests, JSON or streamed answers.
 * All methods reject with {@link ApiError}, {@link NetworkError}, or the signal's `AbortError`.
 */
export class Client {
  readonly #config: ClientConfig;

  constructor(config: ClientConfig) {
    this.#config = config;
  }

  get url(): string {
    return this.#config.url;
  }

  getThread(threadId: string, signal?: AbortSignal): Promise<Thread> {
    return this.#quick({ type: 'threads.get_by_id', params: { thread_id: threadId } }, signal);
  }

  listThreads(params: ThreadsListReq['params'], signal?: AbortSignal): Promise<Page<ThreadMetadata>> {
    return this.#quick({ type: 'threads.list', params }, signal);
  }

  listItems(params: ItemsListReq['params'], signal?: AbortSignal): Promise<Page<ThreadItem>> {
    return this.#quick({ type: 'items.list', params }, signal);
  }

  async renameThread(threadId: string, title: string): Promise<void> {
    await this.#quick({ type: 'threads.update', params: { thread_id: threadId, title } });
  }

  async deleteThread(threadId: string): Promise<void> {
    await this.#quick({ type: 'threads.delete', params: { thread_id: threadId } });
  }

  async giveFeedback(threadId: string, itemIds: readonly string[], kind: FeedbackKind): Promise<void> {
    await this.#quick({ type: 'items.feedback', params: { thread_id: threadId, item_ids: itemIds, kind } });
  }

  /**
   * Sends a request that is answered by a stream. Yields its events; ends when the server ends it.
   * `unreadable` hears of frames that are not JSON, which are passed over.
   */
  async *stream(
    request: StreamingReq,
    signal: AbortSignal,
    unreadable: (data: string) => void,
  ): AsyncGenerator<StreamedEvent, void, void> {
    const response = await this.#post(request, 'text/event-stream', signal);
    if (!response.body || !isContentType(response, 'text/event-stream')) throw notChatKit(response);
    try {
      for await (const { id, data } of readServerEvents(response.body)) {
        const event = parse(data);
        if (isTyped(event)) yield { id, event };
        else unreadable(data);
      }
    } catch (error) {
      throw signal.aborted ? error : connectionLost(error);
    }
  }

  async #quick<Answer>(request: Body, signal?: AbortSignal): Promise<Answer> {
    const response = await this.#post(request, 'application/json', signal);
    if (!isContentType(response, 'application/json')) throw notChatKit(response);
    return (await response.json()) as Answer;
  }

  async #post(request: Body | StreamingReq, accept: string, signal?: AbortSignal): Promise<Response> {
    const { url, fetch: pageFetch, locale } = this.#config;
    const send = pageFetch ?? globalThis.fetch.bind(globalThis);
    const response = await send(url, {
      method: 'POST',
      headers: { Accept: accept, 'Accept-Language': locale(), 'Content-Type': 'application/json' },
      body: JSON.stringify(request),
      signal: signal ?? null,
    }).catch((error: unknown) => {
      throw signal?.aborted ? error : unreachable(url, error);
    });
    if (!response.ok) throw await readError(response);
    return response;
  }
}

function isContentType(response: Response, type: string): boolean {
  return response.headers.get('Content-Type')?.toLowerCase().startsWith(type) ?? false;
}

function isTyped(value: unknown): value is ThreadStreamEvent {
  return typeof value === 'object' && value !== null && 'type' in value && typeof value.type === 'string';
}

function parse(data: string): unknown {
  try {
    return JSON.parse(data);
  } catch {
    return undefined;
  }
}

function unreachable(url: string, cause: unknown): NetworkError {
  return new NetworkError('network.unreachable', `The chat server at ${url} could not be reached.`, { cause });
}

function connectionLost(cause: unknown): NetworkError {
  return new NetworkError('network.lost', 'The connection broke off before the answer was complete.', { cause });
}

/** A page instead of an answer: the URL is wrong, or a login or proxy page stands in between. */
function notChatKit(response: Response): ApiError {
  const type = response.headers.get('Content-Type') ?? 'nothing';
  const message = `${response.url} answered with ${type}, which is not the ChatKit protocol. Is api.url right?`;
  return new ApiError(response.status, 'api.not_chatkit', message);
}

/** The server's own error where it sent one ({"error": {…}}), else one made of the status. */
async function readError(response: Response): Promise<ApiError> {
  const body: unknown = parse(await response.text().catch(() => ''));
  const error = field(body, 'error');
  const code = text(field(error, 'code')) ?? `http.${response.status}`;
  const message = text(field(error, 'message')) ?? `The server answered with status ${response.status}.`;
  const details: ErrorDetails = {
    requestId: text(field(error, 'request_id')) ?? response.headers.get('X-Request-Id') ?? undefined,
    docUrl: text(field(error, 'doc_url')),
  };
  return new ApiError(response.status, code, message, details);
}

function field(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>)[name] : undefined;
}

function text(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined;
}
