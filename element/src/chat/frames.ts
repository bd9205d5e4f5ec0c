/** Frames stop while a tab is in the background; what arrives then is handed over at least this often. */
const SLOWEST = 250;

/**
 * Collects what arrives and hands it over once a frame: an answer of hundreds of deltas is drawn as often as the
 * screen is, not as often as the network delivers.
 */
export class FrameBatch<Entry> {
  readonly #handOver: (entries: readonly Entry[]) => void;
  #waiting: Entry[] = [];
  #frame = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(handOver: (entries: readonly Entry[]) => void) {
    this.#handOver = handOver;
  }

  push(entry: Entry): void {
    this.#waiting.push(entry);
    if (this.#timer !== undefined) return;
    this.#frame = requestAnimationFrame(() => this.flush());
    this.#timer = setTimeout(() => this.flush(), SLOWEST);
  }

  /** Hands over at once what is waiting. */
  flush(): void {
    const entries = this.drop();
    if (entries.length > 0) this.#handOver(entries);
  }

  /** Forgets what is waiting; gives it to whoever may want it. */
  drop(): readonly Entry[] {
    cancelAnimationFrame(this.#frame);
    clearTimeout(this.#timer);
    this.#timer = undefined;
    return this.#waiting.splice(0);
  }
}
