import type { UserMessageContentInput } from '../api/wire';

/** What a user wants to say. */
export interface Message {
  readonly content: readonly UserMessageContentInput[];
  readonly quotedText?: string | undefined;
  readonly toolId?: string | undefined;
  readonly model?: string | undefined;
}

/**
 * One turn: a request, its answer, and the client tools it calls on the way. It ends by itself, is stopped by the
 * user, or is abandoned because another thread is shown or the element has left the page.
 */
export class Turn {
  /** The message it sends, where it sends one. */
  readonly message: Message | null;
  /** Settles once the server has the request: its first event has come. */
  readonly accepted: Promise<void>;
  /** Whether the assistant has begun to answer. */
  answered = false;
  stopped = false;
  readonly #abort = new AbortController();
  #accept!: () => void;
  #refuse!: (reason: unknown) => void;

  constructor(message: Message | null) {
    this.message = message;
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

  stop(): void {
    this.stopped = true;
    this.#abort.abort();
  }

  abandon(): void {
    this.#abort.abort();
  }
}
