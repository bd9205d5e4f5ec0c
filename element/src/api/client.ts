import type { ErrorDetails } from '../errors';
import { ApiError, NetworkError } from '../errors';
import { readServerEvents } from './sse';
import type {
  Attachment,
  AttachmentsCreateReq,
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

/**
 * How the making of an answer stands; `waiting` is for the result of a client tool, `idle` when there is none, and
 * `interrupted` when the server that made it has ended.
 */
export interface RunNews {
  readonly id: string | null;
  readonly state: 'idle' | 'running' | 'waiting' | 'done' | 'stopped' | 'failed' | 'interrupted';
  /** Whether events are missing before this, so that the thread has to be loaded anew. */
  readonly reload?: boolean;
}

/** What a stream says: an event of an answer, with its number where the server numbers them, or how a run stands. */
export type Frame =
  | { readonly id: string | undefined; readonly event: ThreadStreamEvent; readonly run?: undefined }
  | { readonly id?: undefined; readonly event?: undefined; readonly run: RunNews };

/** The last event that was read: of which run, and its number there. */
export interface Place {
  readonly run: string | null;
  readonly after: number;
}

type SentInit = Omit<RequestInit, 'headers'> & { headers?: Record<string, string> };
type Body = { type: string; params: object };

/** Tells a Teahouse that this client can come back to an answer; for other servers it is only a parameter. */
const ACCEPT = 'text/event-stream;profile=teahouse, application/json';
const RUN_HEADER = 'X-Teahouse-Run';
const KEY_HEADER = 'Idempotency-Key';
/** Longer than the pause between two heartbeats of a Teahouse; a connection that says nothing for so long is dead. */
const SILENCE = 45_000;

/**
 * The ChatKit protocol: one endpoint, JSON requests, JSON or streamed answers.
 * All methods reject with {@link ApiError}, {@link NetworkError}, or the signal's `AbortError`.
 */
export class Client {
  readonly #config: ClientConfig;
  /** Whether the server's answers outlive their readers, as those of a Teahouse; known after the first response. */
  resumes = false;

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

  /** Announces a file. The answer says where it is to be sent. */
  createAttachment(params: AttachmentsCreateReq['params'], signal?: AbortSignal): Promise<Attachment> {
    return this.#quick({ type: 'attachments.create', params }, signal);
  }

  async deleteAttachment(attachmentId: string): Promise<void> {
    await this.#quick({ type: 'attachments.delete', params: { attachment_id: attachmentId } });
  }

  /** What is said in a recording. */
  async transcribe(audio: string, type: string): Promise<string> {
    const params = { audio_base64: audio, mime_type: type };
    return (await this.#quick<{ text: string }>({ type: 'input.transcribe', params })).text;
  }

  /** What goes with every request, for those that are not made here. */
  get headers(): Record<string, string> {
    return { Accept: 'application/json', 'Accept-Language': this.#config.locale() };
  }

  /** The page's own way to send requests. */
  get fetch(): typeof fetch | undefined {
    return this.#config.fetch;
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
   * Sends a request that is answered by a stream. Yields what it says; ends when the server ends it.
   * `key` names the request, so that sending it again does not ask twice. `unreadable` hears of frames that are not
   * JSON, which are passed over.
   */
  async *stream(
    request: StreamingReq,
    signal: AbortSignal,
    unreadable: (data: string) => void,
    key?: string,
  ): AsyncGenerator<Frame, void, void> {
    // A server of another kind at another origin may not allow a header it has never heard of.
    const headers = key !== undefined && (this.resumes || isSameOrigin(this.url)) ? { [KEY_HEADER]: key } : {};
    yield* this.#frames(await this.#post(request, signal, headers), signal, unreadable);
  }

  /** A thread's runs from a place on: the one in progress and, for as long as one listens, those to come. */
  async *watch(
    threadId: string,
    { run, after }: Place,
    signal: AbortSignal,
    unreadable: (data: string) => void,
  ): AsyncGenerator<Frame, void, void> {
    const url = this.#runsUrl(threadId, '', run === null ? {} : { run });
    const headers = after > 0 ? { 'Last-Event-ID': String(after) } : {};
    yield* this.#frames(await this.#send(url, { headers }, signal), signal, unreadable);
  }

  /** Ends a thread's run. Resolves once what was written is kept, to the run if there was one. */
  async stop(threadId: string): Promise<string | null> {
    const response = await this.#send(this.#runsUrl(threadId, '/stop'), { method: 'POST' });
    return ((await response.json()) as { run: string | null }).run;
  }

  async *#frames(
    response: Response,
    signal: AbortSignal,
    unreadable: (data: string) => void,
  ): AsyncGenerator<Frame, void, void> {
    if (!response.body || !isContentType(response, 'text/event-stream')) throw notChatKit(response);
    try {
      for await (const { id, type, data } of readServerEvents(response.body, this.resumes ? SILENCE : Infinity)) {
        const content = parse(data);
        if (type === 'run') {
          this.resumes = true;
          yield { run: content as RunNews };
        } else if (isTyped(content)) yield { id, event: content };
        else unreadable(data);
      }
    } catch (error) {
      throw signal.aborted ? error : connectionLost(error);
    }
  }

  async #quick<Answer>(request: Body, signal?: AbortSignal): Promise<Answer> {
    const response = await this.#post(request, signal);
    if (!isContentType(response, 'application/json')) throw notChatKit(response);
    return (await response.json()) as Answer;
  }

  #post(request: Body | StreamingReq, signal?: AbortSignal, more: Record<string, string> = {}): Promise<Response> {
    const headers = { 'Content-Type': 'application/json', ...more };
    const init = { method: 'POST', headers, body: JSON.stringify(request) };
    return this.#send(this.#config.url, init, signal);
  }

  async #send(url: string, init: SentInit, signal?: AbortSignal): Promise<Response> {
    const { fetch: pageFetch, locale } = this.#config;
    const send = pageFetch ?? globalThis.fetch.bind(globalThis);
    const headers = { Accept: ACCEPT, 'Accept-Language': locale(), ...init.headers };
    const response = await send(url, { ...init, headers, signal: signal ?? null }).catch((error: unknown) => {
      throw signal?.aborted ? error : unreachable(url, error);
    });
    if (response.headers.has(RUN_HEADER)) this.resumes = true;
    if (!response.ok) throw await readError(response);
    return response;
  }

  /** Where a Teahouse gives a file back. */
  fileAddress(attachmentId: string): string | undefined {
    return this.resumes ? this.#below(`/files/${encodeURIComponent(attachmentId)}`) : undefined;
  }

  #runsUrl(threadId: string, end: string, params: Record<string, string> = {}): string {
    return this.#below(`/runs/${encodeURIComponent(threadId)}${end}`, params);
  }

  /** An address below the chat's own, whose query it keeps. */
  #below(end: string, params: Record<string, string> = {}): string {
    const [path = '', query = ''] = this.#config.url.split('#', 1)[0]?.split('?') ?? [];
    const search = new URLSearchParams([...new URLSearchParams(query), ...Object.entries(params)]).toString();
    return `${path.replace(/\/$/, '')}${end}${search && `?${search}`}`;
  }
}

function isSameOrigin(url: string): boolean {
  return new URL(url, document.baseURI).origin === location.origin;
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
  return readErrorText(response.status, await response.text().catch(() => ''), response.headers.get('X-Request-Id'));
}

/** The error in the body of a response that was not ok. */
export function readErrorText(status: number, body: string, requestId: string | null): ApiError {
  const error = field(parse(body), 'error');
  const code = text(field(error, 'code')) ?? `http.${status}`;
  const message = text(field(error, 'message')) ?? `The server answered with status ${status}.`;
  const details: ErrorDetails = {
    requestId: text(field(error, 'request_id')) ?? requestId ?? undefined,
    docUrl: text(field(error, 'doc_url')),
  };
  return new ApiError(status, code, message, details);
}

function field(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>)[name] : undefined;
}

function text(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined;
}
