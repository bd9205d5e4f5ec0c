import type { Store } from './store';
import type { Message, Turn } from './turn';

interface Entry {
  readonly key: number;
  readonly message: Message;
  readonly turn: Turn;
}

/** Messages that cannot be sent yet: the browser is offline, or another answer is being written in the thread. */
export class WaitingLine {
  readonly #store: Store;
  #entries: readonly Entry[] = [];
  #keys = 0;

  constructor(store: Store) {
    this.#store = store;
  }

  get isEmpty(): boolean {
    return this.#entries.length === 0;
  }

  /** Puts a message at the end; or to the front, when it has been on its way before. */
  add(turn: Turn, message: Message, place: 'front' | 'end'): void {
    this.#keys += 1;
    const entry = { key: this.#keys, message, turn };
    this.#set(place === 'front' ? [entry, ...this.#entries] : [...this.#entries, entry]);
    this.#store.set({ announcement: { key: 'thread.waiting' } });
  }

  /** Takes the first one out. */
  next(): Turn | undefined {
    const [first, ...rest] = this.#entries;
    this.#set(rest);
    return first?.turn;
  }

  /** Takes some out, or all. */
  remove(key?: number): readonly Entry[] {
    const isMeant = (entry: Entry) => key === undefined || entry.key === key;
    const removed = this.#entries.filter(isMeant);
    this.#set(this.#entries.filter((entry) => !isMeant(entry)));
    return removed;
  }

  #set(entries: readonly Entry[]): void {
    if (entries.length === 0 && this.isEmpty) return;
    this.#entries = entries;
    const waiting = entries.map(({ key, message: { content, quotedText, attachments = [] } }) => ({ key, content, quotedText, attachments }));
    this.#store.set({ waiting });
  }
}
