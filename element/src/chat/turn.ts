import type { Place } from '../api/client';
import type { Attachment, UserMessageContentInput } from '../api/wire';
import { NOWHERE } from './watch';

/** What a user wants to say. */
export interface Message {
  readonly content: readonly UserMessageContentInput[];
  readonly quotedText?: string | undefined;
  /** What the server has already, and is sent along by its ids. */
  readonly attachments?: readonly Attachment[] | undefined;
  readonly toolId?: string | undefined;
  readonly model?: string | undefined;
}

/**
 * One turn: a request, its answer, and the client tools it calls on the way; or an answer that was asked for elsewhere,
 * or before the page was loaded, and is looked on at. It ends by itself, is stopped by the user, or is abandoned because
 * another thread is shown or the element has left the page.
 */
export class Turn {
  /** The message it sends, where it sends one. */
  readonly message: Message | null;
  /** What its requests are called, so that one which is sent again is not asked twice. */
  key: string;
  /** Settles once the server has the request: its first event has come. */
  readonly accepted: Promise<void>;
  /** Whether it was begun here, so that the page's tools are run for it. */
  readonly own: boolean;
  /** The run that makes its answer, and the last of its events that was read; unknown of servers that have no runs. */
  place: Place = NOWHERE;
  /** The user's message before it. */
  before: string | undefined;
  /** Whether its own requests are being sent and answered, so that nobody has to look on. */
  reading = false;
  /** Whether the page is running a tool for it: nothing is asked of the server meanwhile. */
  calling = false;
  /** Whether it was last asked with the result of such a tool. */
  submits = false;
  /** Whether the assistant has begun to answer. */
  answered = false;
  /** Whether it was lost on the way before, and sent again. */
  sentAgain = false;
  /** How often in a row its request got no answer. */
  tries = 0;
  /** Whether it is to be stopped once its run is known. */
  stopWanted = false;
  stopped = false;
  readonly #abort = new AbortController();
  #connection = new AbortController();
  #accept!: () => void;
  #refuse!: (reason: unknown) => void;

  constructor({ message = null, own = true }: { message?: Message | null; own?: boolean } = {}) {
    this.message = message;
    this.own = own;
    this.key = message ? keyOf(message) : newKey();
    this.accepted = new Promise((resolve, reject) => {
      this.#accept = resolve;
      this.#refuse = reject;
    });
    // A turn begun by a click has nobody waiting for it; its failure is shown, not thrown.
    this.accepted.catch(() => undefined);
  }

  get signal(): AbortSignal {
    return this.#abort.signal;
  }

  accept(): void {
    this.#accept();
  }

  refuse(reason: unknown): void {
    this.#refuse(reason);
  }

  /** The signal of a new connection, which brings the answer to a request of this turn. */
  connect(): AbortSignal {
    this.#connection = new AbortController();
    if (this.signal.aborted) this.#connection.abort();
    return this.#connection.signal;
  }

  /** Ends the connection, not the turn. */
  disconnect(): void {
    this.#connection.abort();
  }

  get disconnected(): boolean {
    return this.#connection.signal.aborted;
  }

  stop(): void {
    this.stopped = true;
    this.abandon();
  }

  abandon(): void {
    this.#abort.abort();
    this.#connection.abort();
  }
}

const keys = new WeakMap<Message, string>();

/** A message keeps its key however often it is sent: also when somebody presses "Try again". */
function keyOf(message: Message): string {
  const key = keys.get(message) ?? newKey();
  keys.set(message, key);
  return key;
}

/** 128 random bits. (`crypto.randomUUID` is there only on secure pages.) */
export function newKey(): string {
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, '0')).join('');
}
