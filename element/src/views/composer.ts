import type { TemplateResult } from 'lit';
import { html, nothing } from 'lit';
import { live } from 'lit/directives/live.js';

import { icon } from '../icons/icon';
import { userContent } from '../state/content';
import { closedReason, draftOf, isBusy } from '../state/chat';
import type { SendKey } from './keys';
import { markdown } from './markdown';
import type { Ui } from './ui';

/** Where one writes: a plain text area, for the sake of input methods. */
export function composerView(ui: Ui, sendKey: SendKey): TemplateResult {
  const { state, options, t } = ui;
  const closed = closedReason(state.conversation.thread);
  const draft = draftOf(state);
  const onInput = (event: InputEvent) => ui.chat.setDraft((event.currentTarget as HTMLTextAreaElement).value);
  const onKeydown = (event: KeyboardEvent) => {
    if (!sendKey.sends(event)) return;
    event.preventDefault();
    send(ui);
  };
  return html`<form
    class="composer ${closed ? 'composer-closed' : ''}"
    part="composer"
    @submit=${(event: SubmitEvent) => {
      event.preventDefault();
      send(ui);
    }}
  >
    ${closed ? html`<p class="composer-reason" role="status" dir="auto">${closed.reason ?? t(`composer.${closed.kind}`)}</p>` : nothing}
    <div class="composer-line" @click=${() => ui.focusComposer()}>
      <textarea
        class="composer-input"
        part="composer-input"
        rows="1"
        dir=${draft === '' ? nothing : 'auto'}
        enterkeyhint="send"
        aria-label=${t('composer.label')}
        placeholder=${options.composer?.placeholder ?? t('composer.placeholder')}
        ?disabled=${closed !== null || state.activity === 'loading' || state.activity === 'failed'}
        .value=${live(draft)}
        @input=${onInput}
        @keydown=${onKeydown}
        @compositionend=${(event: CompositionEvent) => sendKey.compositionEnded(event.timeStamp)}
      ></textarea>
      ${isBusy(state) ? stopButton(ui) : sendButton(ui, draft.trim() === '' || closed !== null)}
    </div>
  </form>`;
}

/** What is said below the composer, if anything. */
export function disclaimerView(ui: Ui): TemplateResult | typeof nothing {
  const { disclaimer } = ui.options;
  if (!disclaimer?.text) return nothing;
  return html`<div class="disclaimer ${disclaimer.highContrast ? 'disclaimer-strong' : ''}" part="disclaimer" dir="auto">
    ${markdown({ text: disclaimer.text, final: true, ofPage: true }, ui)}
  </div>`;
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

function send({ chat }: Ui): void {
  // What is drawn may be a moment old: a text that was pasted and sent in one go is in the chat already.
  const text = draftOf(chat.state).trim();
  if (text === '' || isBusy(chat.state)) return;
  chat.setDraft('');
  // Whatever keeps it from arriving is shown in the conversation, and puts the text back.
  void chat.send({ content: userContent(text) }).catch(() => undefined);
}

function sendButton({ t }: Ui, disabled: boolean): TemplateResult {
  return html`<button
    type="submit"
    class="round-button"
    part="send-button"
    aria-label=${t('composer.send')}
    title=${t('composer.send')}
    ?disabled=${disabled}
  >
    ${icon('ui:send')}
  </button>`;
}

function stopButton(ui: Ui): TemplateResult {
  const stop = () => {
    ui.chat.stop();
    ui.focusComposer();
  };
  return html`<button
    type="button"
    class="round-button"
    part="stop-button"
    aria-label=${ui.t('composer.stop')}
    title=${ui.t('composer.stop')}
    ?disabled=${!ui.state.conversation.allowCancel}
    @click=${stop}
  >
    ${icon('ui:stop')}
  </button>`;
}
