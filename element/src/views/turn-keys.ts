import type { Turn } from '../state/turns';

/** A turn with the name its DOM is kept under. `turn` is missing while the message is still on its way. */
export interface NamedTurn {
  readonly key: string;
  readonly turn: Turn | null;
}

/**
 * Names for turns. A message on its way has no id yet; when it gets one its turn keeps the name it began with, so that
 * its DOM, and where the reader is in it, stays.
 */
export class TurnKeys {
  readonly #names = new Map<string, string>();
  #awaited: string | null = null;

  name(turns: readonly Turn[], outgoing: boolean, turnsBegun: number): NamedTurn[] {
    const last = turns.at(-1);
    if (!outgoing && this.#awaited !== null && last) this.#names.set(last.key, this.#awaited);
    this.#awaited = outgoing ? `turn-${turnsBegun}` : null;
    const named: NamedTurn[] = turns.map((turn) => ({ key: this.#names.get(turn.key) ?? turn.key, turn }));
    return this.#awaited === null ? named : [...named, { key: this.#awaited, turn: null }];
  }
}
