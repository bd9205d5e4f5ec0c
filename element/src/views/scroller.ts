/** How close to the end, in px, still counts as being there. */
const NEAR = 48;

/** How long a smooth scroll takes at most, in ms; not every browser tells when one ends. */
const JOURNEY = 600;

/** What became of the conversation since it was last drawn, as far as scrolling is concerned. */
export type ScrollChange =
  /** A thread was opened, or a message of the reader's waits at its end: that is shown. */
  | 'opened'
  /** The reader began a turn: their message is shown at the top, the answer grows below it. */
  | 'begun'
  /** Earlier items came before the others: what was in sight stays where it was. */
  | 'prepended'
  | 'other';

/**
 * Where the reader is in the conversation. It is the reader's: the scroller moves only for a thread that opens, a turn
 * the reader begins and, with `follow`, while the reader is at the end.
 */
export class Scroller {
  follow = false;
  readonly #onAtEnd: (atEnd: boolean) => void;
  readonly #resized = new ResizeObserver(() => this.#settle());
  #element: HTMLElement | null = null;
  #content: Element | null = null;
  #atEnd = true;
  /** The reader went up, however little: what arrives does not pull them back until they are at the end again. */
  #reading = false;
  #top = 0;
  #heightBefore = 0;
  /** Runs while the view glides to where it was sent; on its way it is neither here nor there. */
  #journey: ReturnType<typeof setTimeout> | undefined;

  constructor(onAtEnd: (atEnd: boolean) => void) {
    this.#onAtEnd = onAtEnd;
  }

  /** To be called before the conversation is drawn anew. */
  beforeUpdate(): void {
    this.#heightBefore = this.#element?.scrollHeight ?? 0;
  }

  /** To be called after it was drawn, with the element that scrolls. */
  afterUpdate(element: HTMLElement | null, change: ScrollChange): void {
    this.#attach(element);
    if (!element) return;
    if (change === 'opened') this.#scrollTo(element.scrollHeight);
    if (change === 'prepended') this.#scrollTo(this.#top + element.scrollHeight - this.#heightBefore);
    if (change === 'begun') this.#showLastTurn(element);
    this.#settle();
  }

  /** Shows the end. */
  scrollToEnd(): void {
    if (this.#element) this.#glideTo(this.#element.scrollHeight);
  }

  /** Goes back to where the reader was: an element that is moved in the page forgets it. */
  restore(): void {
    this.#element?.scrollTo({ top: this.#top, behavior: 'instant' });
  }

  #attach(element: HTMLElement | null): void {
    if (element !== this.#element) {
      this.#element = element;
      element?.addEventListener('scroll', () => this.#moved(), { passive: true });
      for (const intent of ['wheel', 'touchmove', 'keydown']) {
        element?.addEventListener(intent, () => this.#endJourney(), { passive: true });
      }
    }
    const content = element?.firstElementChild ?? null;
    if (content === this.#content) return;
    this.#resized.disconnect();
    this.#content = content;
    if (element) this.#resized.observe(element);
    if (content) this.#resized.observe(content);
  }

  #moved(): void {
    const element = this.#element;
    if (!element?.isConnected) return;
    const up = element.scrollTop < this.#top;
    this.#top = element.scrollTop;
    if (this.#journey !== undefined) return;
    // At the very end it was not the reader: there is less to scroll than before.
    if (up && distanceToEnd(element) > 1) this.#reading = true;
    else if (distanceToEnd(element) < NEAR) this.#reading = false;
    this.#noteWhetherAtEnd(element);
  }

  /** What is drawn may have grown: a reader who follows goes along, others learn that there is more. */
  #settle(): void {
    const element = this.#element;
    if (!element) return;
    if (this.follow && this.#atEnd && !this.#reading) this.#scrollTo(element.scrollHeight);
    this.#noteWhetherAtEnd(element);
  }

  #noteWhetherAtEnd(element: HTMLElement): void {
    if (this.#journey !== undefined) return;
    this.#setAtEnd(distanceToEnd(element) < NEAR);
  }

  #setAtEnd(atEnd: boolean): void {
    if (atEnd === this.#atEnd) return;
    this.#atEnd = atEnd;
    this.#onAtEnd(atEnd);
  }

  #showLastTurn(element: HTMLElement): void {
    const turn = element.querySelector<HTMLElement>('.turn:last-of-type');
    if (!turn) return;
    const margin = 16;
    const message = turn.querySelector<HTMLElement>('.user')?.offsetHeight ?? 0;
    // Of a message taller than half the view only its end is shown: the answer needs the room.
    const above = Math.max(0, message - element.clientHeight / 2);
    this.#glideTo(turn.offsetTop - margin + above);
  }

  #glideTo(top: number): void {
    this.#element?.scrollTo({ top, behavior: calm() ? 'instant' : 'smooth' });
    // Nobody who is being taken there needs the button that takes one there.
    this.#setAtEnd(true);
    this.#reading = false;
    clearTimeout(this.#journey);
    this.#journey = setTimeout(() => {
      this.#endJourney();
      this.#settle();
    }, JOURNEY);
  }

  #endJourney(): void {
    clearTimeout(this.#journey);
    this.#journey = undefined;
  }

  #scrollTo(top: number): void {
    if (!this.#element) return;
    this.#element.scrollTo({ top, behavior: 'instant' });
    this.#top = this.#element.scrollTop;
  }
}

/** How much there is below what is in sight, in px. */
function distanceToEnd({ scrollHeight, scrollTop, clientHeight }: HTMLElement): number {
  return scrollHeight - scrollTop - clientHeight;
}

/** Whether the reader asked for less motion. */
function calm(): boolean {
  return matchMedia('(prefers-reduced-motion: reduce)').matches;
}
