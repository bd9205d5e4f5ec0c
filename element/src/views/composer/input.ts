import type { TemplateResult } from 'lit';
import { html, nothing } from 'lit';
import { live } from 'lit/directives/live.js';

import { textContent } from '../../state/draft';
import type { SendKey } from '../keys';
import type { Ui } from '../ui';

export interface InputOptions {
  readonly text: string;
  readonly disabled: boolean;
  readonly placeholder: string;
  readonly sendKey: SendKey;
  readonly onSend: () => void;
}

/** Where one writes: a plain text area, for the sake of input methods. */
export function inputView(ui: Ui, { text, disabled, placeholder, sendKey, onSend }: InputOptions): TemplateResult {
  const onInput = (event: InputEvent) =>
    ui.chat.composing.change({ content: textContent((event.currentTarget as HTMLTextAreaElement).value) });
  const onKeydown = (event: KeyboardEvent) => {
    if (!sendKey.sends(event)) return;
    event.preventDefault();
    onSend();
  };
  return html`<textarea
    class="composer-input"
    part="composer-input"
    rows="1"
    dir=${text === '' ? nothing : 'auto'}
    enterkeyhint="send"
    aria-label=${ui.t('composer.label')}
    placeholder=${placeholder}
    ?disabled=${disabled}
    .value=${live(text)}
    @input=${onInput}
    @keydown=${onKeydown}
    @compositionend=${(event: CompositionEvent) => sendKey.compositionEnded(event.timeStamp)}
  ></textarea>`;
}

/**
 * Makes the text area as tall as its text; the stylesheet says where it begins to scroll. For browsers whose
 * stylesheets cannot (`field-sizing`).
 */
export function fitTextarea(textarea: HTMLTextAreaElement): void {
  if (CSS.supports('field-sizing', 'content')) return;
  textarea.style.blockSize = 'auto';
  textarea.style.blockSize = `${textarea.scrollHeight}px`;
}
