import type { TemplateResult } from 'lit';
import { html, nothing } from 'lit';

import { closedReason, draftOf, isBusy } from '../../state/chat';
import { draftText, saysSomething } from '../../state/draft';
import { attachButton, filesView, onPaste } from './files';
import type { SendKey } from '../keys';
import type { Ui } from '../ui';
import { sendButton } from './buttons';
import { inputView } from './input';

/** Where one writes, and what is sent along. */
export function composerView(ui: Ui, sendKey: SendKey): TemplateResult {
  const { state, options, t } = ui;
  const closed = closedReason(state.conversation.thread);
  const draft = draftOf(state);
  const onSend = () => send(ui);
  return html`<form
    class="composer ${closed ? 'composer-closed' : ''}"
    part="composer"
    @paste=${(event: ClipboardEvent) => onPaste(event, ui)}
    @submit=${(event: SubmitEvent) => {
      event.preventDefault();
      onSend();
    }}
  >
    ${closed ? html`<p class="composer-reason" role="status" dir="auto">${closed.reason ?? t(`composer.${closed.kind}`)}</p>` : nothing}
    ${filesView(ui)}
    <div class="composer-line" @click=${() => ui.focusComposer()}>
      ${attachButton(ui, closed !== null)}
      ${inputView(ui, {
        text: draftText(draft),
        disabled: closed !== null || state.activity === 'loading' || state.activity === 'failed',
        placeholder: options.composer?.placeholder ?? t('composer.placeholder'),
        sendKey,
        onSend,
      })}
      ${sendButton(ui, !saysSomething(draft) || closed !== null)}
    </div>
  </form>`;
}

function send(ui: Ui): void {
  const { chat } = ui;
  if (isBusy(chat.state)) return;
  if (chat.uploads.unfinished) {
    chat.uploads.sendWhenReady(() => send(ui));
    return;
  }
  // What is drawn may be a moment old: a text that was pasted and sent in one go is in the chat already.
  const message = chat.composing.take();
  // Whatever keeps it from arriving is shown in the conversation, and puts the message back.
  if (message) void chat.send(message).catch(() => undefined);
}
