/**
 * `clientSecret()`: what ChatKit's `api.getClientSecret` needs.
 *
 * ChatKit calls it with `null` at first, and with the old secret once that has expired. There is no way to refresh a
 * session: the server makes another one for the same user, and the conversation goes on.
 */
import { retryDelay } from '../chat/backoff';
import { SessionError } from './session-error';

export interface SecretOptions {
  /** Where the server makes sessions. */
  url: string;
  /** Sends the request; by default the browser's `fetch`. */
  fetch?: typeof fetch | undefined;
  /** More headers, e.g. of your own sign-in. */
  headers?: Record<string, string> | undefined;
  /** More of the request's body, for a server of yours. */
  body?: Record<string, unknown> | undefined;
  /** The language of error messages. */
  locale?: string | undefined;
  /** Longest wait for a session, retries and all, in ms. */
  patience?: number | undefined;
  /** Longest wait for one answer, in ms. */
  attemptLimit?: number | undefined;
}

/** A secret, and until when it is given out: by both clocks, because one may be set and the other sleeps with the machine. */
interface Held {
  readonly secret: string;
  readonly id: string | undefined;
  readonly untilDate: number;
  readonly untilTick: number;
}

const PATIENCE = 60_000;
const ATTEMPT_LIMIT = 25_000; // the server itself gives up after 20 s
const LONGEST_LIFE = 600;
const MARGIN = 5;

/** A function for `api.getClientSecret`. It rejects with a {@link SessionError}. */
export function clientSecret(options: SecretOptions): (current?: string | null) => Promise<string> {
  const keeper = new SecretKeeper(options);
  return (current) => keeper.get(current ?? null);
}

class SecretKeeper {
  readonly #options: SecretOptions;
  #held: Held | null = null;
  #asking: Promise<string> | null = null;

  constructor(options: SecretOptions) {
    this.#options = options;
  }

  /** A secret that works: any but the one that the caller has, which does not. */
  get(current: string | null): Promise<string> {
    const held = this.#held;
    if (held && held.secret !== current && isLive(held)) return Promise.resolve(held.secret);
    this.#asking ??= this.#ask().finally(() => (this.#asking = null));
    return this.#asking;
  }

  async #ask(): Promise<string> {
    const deadline = performance.now() + (this.#options.patience ?? PATIENCE);
    for (let attempt = 0; ; attempt += 1) {
      await online(deadline);
      try {
        return await this.#fetch(deadline);
      } catch (error) {
        const problem = error instanceof SessionError ? error : unreachable(error);
        const pause = Math.max(retryDelay(attempt), (problem.retryAfter ?? 0) * 1000);
        if (!problem.retry || performance.now() + pause >= deadline) throw problem;
        await wait(pause);
      }
    }
  }

  async #fetch(deadline: number): Promise<string> {
    const { url, headers, body, locale, attemptLimit = ATTEMPT_LIMIT } = this.#options;
    const send = this.#options.fetch ?? fetch;
    const replaced = this.#held?.id;
    const limit = Math.max(1, Math.min(attemptLimit, deadline - performance.now()));
    const response = await send(url, {
      method: 'POST',
      credentials: new URL(url, document.baseURI).origin === location.origin ? 'same-origin' : 'include',
      headers: { 'Content-Type': 'application/json', ...(locale && { 'Accept-Language': locale }), ...headers },
      body: JSON.stringify({ ...body, ...(replaced && { instead_of: replaced }) }),
      cache: 'no-store',
      signal: AbortSignal.timeout(limit),
    });
    if (!response.ok) throw await refusal(response);
    const answer = record(await response.json().catch(() => null));
    const secret = answer.client_secret;
    if (typeof secret !== 'string' || !secret) {
      throw new SessionError('no_secret', 'The server’s answer has no client_secret.', { status: response.status });
    }
    this.#held = hold(secret, answer);
    return secret;
  }
}

function hold(secret: string, answer: Record<string, unknown>): Held {
  const life = Math.min(LONGEST_LIFE, secondsLeft(answer)) - MARGIN;
  const id = typeof answer.session_id === 'string' ? answer.session_id : undefined;
  return { secret, id, untilDate: Date.now() + life * 1000, untilTick: performance.now() + life * 1000 };
}

/** How long a secret lives, as far as the server says so; what is not known to live is asked for anew each time. */
function secondsLeft({ expires_in, expires_at }: Record<string, unknown>): number {
  if (typeof expires_in === 'number') return expires_in;
  return typeof expires_at === 'number' ? expires_at - Date.now() / 1000 : 0;
}

function isLive({ untilDate, untilTick }: Held): boolean {
  return Date.now() < untilDate && performance.now() < untilTick;
}

async function refusal(response: Response): Promise<SessionError> {
  const answer = record(await response.json().catch(() => null));
  const error = record(answer.error);
  const { status } = response;
  const text = (value: unknown) => (typeof value === 'string' ? value : undefined);
  const after = Number(response.headers.get('Retry-After') ?? Number.NaN);
  return new SessionError(
    text(error.code) ?? `http_${status}`,
    text(error.message) ?? text(answer.error) ?? text(answer.detail) ?? `The server answered with status ${status}.`,
    {
      status,
      // Of the server's own failures those pass that it says come from elsewhere; a wrong key stays wrong.
      retry: status === 429 || status === 408 || status === 503 || status === 504 || (status >= 500 && !error.code),
      retryAfter: Number.isFinite(after) ? after : undefined,
      docUrl: text(error.doc_url) && new URL(text(error.doc_url) ?? '', response.url || document.baseURI).href,
      requestId: text(error.request_id),
      upstreamRequestId: text(error.upstream_request_id),
    },
  );
}

function unreachable(cause: unknown): SessionError {
  const message = cause instanceof Error ? cause.message : String(cause);
  return new SessionError('unreachable', `The server cannot be reached (${message}).`, { retry: true, cause });
}

function record(value: unknown): Record<string, unknown> {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
}

/** Resolves when the browser has a network, which costs no attempt; rejects at the deadline. */
function online(deadline: number): Promise<void> {
  if (navigator.onLine) return Promise.resolve();
  return new Promise((resolve, reject) => {
    const heard = () => {
      clearTimeout(timer);
      resolve();
    };
    const timer = setTimeout(() => {
      removeEventListener('online', heard);
      reject(new SessionError('offline', 'There is no network.', { retry: true }));
    }, deadline - performance.now());
    addEventListener('online', heard, { once: true });
  });
}

/** Waits; a network that comes back ends the wait. */
function wait(ms: number): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      clearTimeout(timer);
      removeEventListener('online', done);
      resolve();
    };
    const timer = setTimeout(done, ms);
    addEventListener('online', done);
  });
}
