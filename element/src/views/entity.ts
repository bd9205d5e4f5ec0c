import type { TemplateResult } from 'lit';
import { html, nothing } from 'lit';

import { loadChunk } from '../chunks';
import { ChatKitError } from '../errors';
import type { Tag } from '../state/draft';
import { widgetText } from '../state/widget';
import { entityOf } from './composer/suggestions';
import type { Ui } from './ui';

/** The page's own things as they appear in messages: a tag, which may be clicked and say more where one points at it. */
export function entityTag(tag: Tag, ui: Ui): TemplateResult {
  if (!tag.interactive) return html`<span class="tag">${tag.text}</span>`;
  const { previews } = ui;
  const show = (event: Event) => void previews.show(tag, event.currentTarget as HTMLElement, ui);
  return html`<button
    type="button"
    class="tag tag-interactive"
    part="entity"
    @click=${() => openEntity(tag, ui)}
    @pointerenter=${show}
    @focus=${show}
    @pointerleave=${() => previews.hide()}
    @blur=${() => previews.hide()}
    @keydown=${(event: KeyboardEvent) => event.key === 'Escape' && previews.hide()}
  >
    ${tag.text}
  </button>`;
}

/** Tells the page that an entity was clicked. */
export function openEntity(tag: Tag, ui: Ui): void {
  if (tag.interactive) ui.current().entities?.onClick?.(entityOf(tag));
}

interface Preview {
  readonly anchor: HTMLElement;
  readonly lines: readonly string[];
}

/** What the page says of the entity that is pointed at. The last one pointed at is the one that is shown. */
export class Previews {
  readonly #changed: () => void;
  #showing: Preview | null = null;
  #asked = 0;

  constructor(changed: () => void) {
    this.#changed = changed;
  }

  get showing(): Preview | null {
    return this.#showing;
  }

  async show(tag: Tag, anchor: HTMLElement, ui: Ui): Promise<void> {
    const { onRequestPreview } = ui.current().entities ?? {};
    if (!onRequestPreview || !tag.interactive || this.#showing?.anchor === anchor) return;
    this.#asked += 1;
    const asked = this.#asked;
    try {
      const { preview } = await onRequestPreview(entityOf(tag));
      const lines = preview ? widgetText(preview) : [];
      if (asked === this.#asked) this.#show(lines.length > 0 ? { anchor, lines } : null);
    } catch (cause) {
      const message = `The page's entities.onRequestPreview failed: ${String(cause)}`;
      ui.chat.emit('chatkit.error', { error: new ChatKitError('preview.failed', message, { cause }) });
    }
  }

  hide(): void {
    this.#asked += 1;
    this.#show(null);
  }

  /** Puts the card beside what it is about, once it is drawn. */
  async place(card: HTMLElement | null): Promise<void> {
    const showing = this.#showing;
    if (!card || !showing) return;
    const { computePosition, flip, offset, shift } = await loadChunk<typeof import('../chunks/floating')>('floating');
    const { x, y } = await computePosition(showing.anchor, card, { placement: 'top', middleware: [offset(6), flip(), shift({ padding: 8 })] });
    if (showing === this.#showing) Object.assign(card.style, { left: `${x}px`, top: `${y}px`, visibility: 'visible' });
  }

  #show(showing: Preview | null): void {
    if (showing === this.#showing) return;
    this.#showing = showing;
    this.#changed();
  }
}

/** What the page says of an entity: its text, until widgets are drawn as they are meant. */
export function previewView({ previews }: Ui): TemplateResult | typeof nothing {
  const { showing } = previews;
  if (!showing) return nothing;
  return html`<div class="popup preview" part="preview" role="tooltip" dir="auto">
    ${showing.lines.map((line) => html`<p>${line}</p>`)}
  </div>`;
}
