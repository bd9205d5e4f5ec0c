import type { ElementPart } from 'lit';
import { noChange } from 'lit';
import { AsyncDirective } from 'lit/async-directive.js';
import type { PartInfo } from 'lit/directive.js';
import { directive } from 'lit/directive.js';

class WhenVisible extends AsyncDirective {
  readonly #element: Element;
  readonly #observer: IntersectionObserver;
  #callback: (() => void) | undefined;

  constructor(part: PartInfo) {
    super(part);
    this.#element = (part as ElementPart).element;
    this.#observer = new IntersectionObserver((entries) => {
      if (entries.some(({ isIntersecting }) => isIntersecting)) this.#callback?.();
    });
  }

  render(callback: () => void): unknown {
    this.#callback = callback;
    // Observed anew at each render: a page that did not push it out of sight calls for the next one.
    this.#observer.unobserve(this.#element);
    this.#observer.observe(this.#element);
    return noChange;
  }

  override disconnected(): void {
    this.#observer.disconnect();
  }

  override reconnected(): void {
    this.#observer.observe(this.#element);
  }
}

/** Calls back when the element it stands on comes into sight: `<div ${whenVisible(loadMore)}>`. */
export const whenVisible = directive(WhenVisible);

class FocusOnce extends AsyncDirective {
  readonly #element: HTMLElement;
  #done = false;

  constructor(part: PartInfo) {
    super(part);
    this.#element = (part as ElementPart).element as HTMLElement;
  }

  render(): unknown {
    if (!this.#done) queueMicrotask(() => this.#focus());
    this.#done = true;
    return noChange;
  }

  #focus(): void {
    this.#element.focus();
    if (this.#element instanceof HTMLInputElement) this.#element.select();
  }
}

/** Takes the focus when the element it stands on appears. */
export const focusOnce = directive(FocusOnce);

class FocusInstead extends AsyncDirective {
  readonly #element: HTMLElement;
  #drawn = false;

  constructor(part: PartInfo) {
    super(part);
    this.#element = (part as ElementPart).element as HTMLElement;
  }

  render(selector: string): unknown {
    // Now what is replaced still has the focus; in a moment it is gone and nothing has.
    if (!this.#drawn && focusedElement()?.matches(selector)) queueMicrotask(() => this.#element.focus());
    this.#drawn = true;
    return noChange;
  }
}

/** Takes the focus over from what it takes the place of. */
export const focusInstead = directive(FocusInstead);

/** What has the focus, in whichever shadow it is. */
function focusedElement(): Element | null {
  let focused = document.activeElement;
  while (focused?.shadowRoot?.activeElement) focused = focused.shadowRoot.activeElement;
  return focused;
}
