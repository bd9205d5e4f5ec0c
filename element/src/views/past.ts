import { nothing } from 'lit';
import { AsyncDirective } from 'lit/async-directive.js';
import type { ChildPart } from 'lit';
import type { PartInfo } from 'lit/directive.js';
import { directive } from 'lit/directive.js';

import type { NamedTurn } from './turn-keys';

/** How many turns a thread shows at first, and how many more each time the reader comes to the first of them. */
const FIRST = 20;
const STEP = 20;

/** How far out of sight a turn is still drawn, in px. It is what a search in the page finds, so it is not little. */
const NEAR = 6000;

/**
 * Which turns of a thread are shown: the newest, and as many before them as the reader has gone up. Remembered by the
 * first of them, for turns are added at both ends.
 */
export class Revealed {
  #thread: string | null = null;
  #first: string | null = null;
  /** How often more was revealed: what is in sight stays where it is then. */
  times = 0;

  /** The turns to be shown, and whether there are others before them. */
  of(turns: readonly NamedTurn[], thread: string | null): { readonly shown: readonly NamedTurn[]; readonly hasMore: boolean } {
    // A thread that has just been made goes on as it was.
    if (thread !== this.#thread && this.#thread !== null) this.#first = null;
    this.#thread = thread;
    const found = this.#first === null ? -1 : turns.findIndex((named) => holds(named, this.#first ?? ''));
    const from = found < 0 ? Math.max(0, turns.length - FIRST) : found;
    this.#first = idOf(turns[from]);
    return { shown: from === 0 ? turns : turns.slice(from), hasMore: from > 0 };
  }

  /** Shows some more of those before them. */
  more(turns: readonly NamedTurn[]): void {
    const from = turns.findIndex((named) => holds(named, this.#first ?? ''));
    this.#first = idOf(turns[Math.max(0, from - STEP)]);
    this.times += 1;
  }
}

/** A turn by its first item; one on its way has none yet. */
function idOf(named: NamedTurn | undefined): string | null {
  return named?.turn?.key ?? null;
}

/** Whether an item is in the turn: the question before an answer may arrive later than the answer. */
function holds({ turn }: NamedTurn, id: string): boolean {
  return turn !== null && (turn.key === id || turn.answers.some((item) => item.id === id));
}

class WhileNear extends AsyncDirective {
  readonly #part: ChildPart;
  #content: (() => unknown) | null = null;
  #box: HTMLElement | null = null;
  #isAway = false;

  constructor(part: PartInfo) {
    super(part);
    this.#part = part as ChildPart;
  }

  render(content: () => unknown): unknown {
    this.#content = content;
    // In a moment: what is drawn for the first time is not in its place yet.
    if (!this.#box) queueMicrotask(() => this.#watch());
    return this.#isAway ? nothing : content();
  }

  override disconnected(): void {
    if (this.#box) unwatch(this.#box);
    this.#box = null;
  }

  override reconnected(): void {
    this.#watch();
  }

  #watch(): void {
    if (this.#box || !this.isConnected) return;
    const { parentNode } = this.#part;
    if (!(parentNode instanceof HTMLElement)) return;
    this.#box = parentNode;
    watch(parentNode, (isNear, height) => this.#moved(isNear, height));
  }

  #moved(isNear: boolean, height: number): void {
    if (isNear !== this.#isAway || !this.#box) return;
    this.#isAway = !isNear;
    // It keeps its height, so that nothing moves.
    this.#box.style.blockSize = isNear ? '' : `${height}px`;
    this.setValue(isNear ? this.#content?.() : nothing);
  }
}

/**
 * Draws the content of a box while the box is not far out of sight; of one that is far only its height is left. A
 * conversation of thousands of messages then costs no more than what is near.
 */
export const whileNear = directive(WhileNear);

type Moved = (isNear: boolean, height: number) => void;

const watched = new WeakMap<Element, { readonly observer: IntersectionObserver; readonly moved: Moved }>();
const observers = new WeakMap<Element, IntersectionObserver>();

function watch(box: HTMLElement, moved: Moved): void {
  const scroller = box.closest('.scroller');
  if (!scroller) return;
  const observer = observers.get(scroller) ?? observe(scroller);
  watched.set(box, { observer, moved });
  observer.observe(box);
}

function unwatch(box: HTMLElement): void {
  watched.get(box)?.observer.unobserve(box);
  watched.delete(box);
}

function observe(scroller: Element): IntersectionObserver {
  const observer = new IntersectionObserver(
    (entries) => {
      for (const { target, isIntersecting, boundingClientRect } of entries) {
        watched.get(target)?.moved(isIntersecting, boundingClientRect.height);
      }
    },
    { root: scroller, rootMargin: `${NEAR}px 0px` },
  );
  observers.set(scroller, observer);
  return observer;
}
