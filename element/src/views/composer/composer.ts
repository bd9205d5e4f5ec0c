import type { TemplateResult } from 'lit';
import { html, nothing } from 'lit';

import { closedReason, draftOf, isBusy } from '../../state/chat';
import { choicesIn } from '../../state/choices';
import { saysSomething } from '../../state/draft';
import type { SendKey } from '../keys';
import type { Ui } from '../ui';
import { barView, hasBar } from './bar';
import { sendButton } from './buttons';
import { dictateButton, dictationNote } from './dictation';
import { attachButton, filesView, onPaste } from './files';
import { inputView } from './input';
import { quoteView } from './quote';

/** Where one writes, and what is sent along. */
export function composerView(ui: Ui, sendKey: SendKey): TemplateResult {
  const { state, options, t } = ui;
  const closed = closedReason(state.conversation.thread);
  const draft = draftOf(state);
  const choices = choicesIn(state, options);
  const withBar = hasBar(ui);
  const attach = attachButton(ui, closed !== null);
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
    <div class="composer-box" @click=${(event: MouseEvent) => focusUnlessOnControl(event, ui)}>
      ${quoteView(ui)} ${filesView(ui)} ${dictationNote(ui)}
      <div class="composer-line ${withBar ? 'composer-line-bar' : ''}">
        ${withBar ? nothing : attach}
        ${inputView(ui, {
          draft,
          disabled: closed !== null || state.activity === 'loading' || state.activity === 'failed',
          placeholder: choices.tool?.placeholderOverride ?? options.composer?.placeholder ?? t('composer.placeholder'),
          sendKey,
          onSend,
        })}
        ${withBar ? barView(ui, choices, attach) : nothing} ${dictateButton(ui, closed !== null)}
        ${sendButton(ui, !saysSomething(draft) || closed !== null)}
      </div>
    </div>
  </form>`;
}

/** All of the box is for writing, but for what does something else. */
function focusUnlessOnControl({ target }: MouseEvent, ui: Ui): void {
  if (target instanceof Element && target.closest('button, a, input')) return;
  ui.focusComposer();
}

function send(ui: Ui): void {
  const { chat, options } = ui;
  if (isBusy(chat.state)) return;
  if (chat.uploads.unfinished) {
    chat.uploads.sendWhenReady(() => send(ui));
    return;
  }
  // What is drawn may be a moment old: a text that was pasted and sent in one go is in the chat already.
  const message = chat.composing.take(choicesIn(chat.state, options));
  // Whatever keeps it from arriving is shown in the conversation, and puts the message back.
  if (message) void chat.send(message).catch(() => undefined);
}
