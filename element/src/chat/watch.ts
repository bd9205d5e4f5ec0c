import type { Client, Frame, Place, RunNews } from '../api/client';
import { pause, retryDelay } from './backoff';
import { mayPass } from './failure';

/** Who wants to know what happens in a thread. */
export interface Watcher {
  /** How a run stands, `first` on this connection. What follows is read when this is done; its failure is the connection's. */
  heard(run: RunNews, first: boolean): Promise<void>;
  /** An event of the run last heard of. */
  read(frame: Frame): void;
  /** The connection is lost; it will be tried again. `attempt` counts from 0 since the last one that worked. */
  lost(attempt: number): void;
  /** The server has refused; there is nothing to come back to. */
  refused(error: unknown): void;
  unreadable(data: string): void;
}

/** Of no run, nothing. */
export const NOWHERE: Place = { run: null, after: 0 };

/** Looks on in one thread: holds a stream open, comes back to where it was when the connection breaks. */
export class Watch {
  readonly #client: () => Client;
  readonly #watcher: Watcher;
  #ending: AbortController | null = null;
  #wake: () => void = () => undefined;

  constructor(client: () => Client, watcher: Watcher) {
    this.#client = client;
    this.#watcher = watcher;
  }

  get watching(): boolean {
    return this.#ending !== null;
  }

  /** Looks on from a place on. Resolves to whether it was told how the thread stands at the first try. */
  begin(threadId: string, place: Place = NOWHERE): Promise<boolean> {
    this.end();
    const ending = new AbortController();
    this.#ending = ending;
    return new Promise((resolve) => {
      ending.signal.addEventListener('abort', () => resolve(false));
      void this.#follow(threadId, place, ending.signal, resolve).finally(() => {
        resolve(false);
        if (this.#ending === ending) this.#ending = null;
      });
    });
  }

  end(): void {
    this.#ending?.abort();
    this.#ending = null;
  }

  /** Tries at once where it waits for the next try. */
  hurry(): void {
    this.#wake();
  }

  async #follow(threadId: string, place: Place, signal: AbortSignal, told: (yes: boolean) => void): Promise<void> {
    const unreadable = (data: string) => this.#watcher.unreadable(data);
    let attempt = 0;
    while (!signal.aborted) {
      let first = true;
      try {
        for await (const frame of this.#client().watch(threadId, place, signal, unreadable)) {
          if (signal.aborted) return;
          place = placeAfter(place, frame);
          if (frame.run) {
            await this.#watcher.heard(frame.run, first);
            attempt = 0;
            first = false;
            told(true);
          } else this.#watcher.read(frame);
        }
      } catch (error) {
        if (signal.aborted) return;
        if (!mayPass(error)) {
          this.#watcher.refused(error);
          return;
        }
      }
      if (signal.aborted) return;
      told(false);
      this.#watcher.lost(attempt);
      await this.#wait(retryDelay(attempt), signal);
      attempt += 1;
    }
  }

  async #wait(duration: number, signal: AbortSignal): Promise<void> {
    const wait = pause(duration, signal);
    this.#wake = wait.end;
    await wait.over;
  }
}

/** Where one is after a frame. A run that has ended is not come back to. */
export function placeAfter(place: Place, { run, id }: Frame): Place {
  if (!run) return id === undefined ? place : { ...place, after: Number(id) };
  if (run.state !== 'running') return NOWHERE;
  return run.id === place.run ? place : { run: run.id, after: 0 };
}
