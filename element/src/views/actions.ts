import type { TemplateResult } from 'lit';
import { html, nothing } from 'lit';

import { isBusy } from '../state/chat';
import type { Turn } from '../state/turns';
import { answerText } from '../state/turns';
import { copyText } from './clipboard';
import { iconButton } from './controls';
import type { Ui } from './ui';

/** How long a button says that it has copied. */
const COPIED_FOR = 2000;

/** Copy, good, bad, try again: below a finished answer. */
export function actionsView(turn: Turn, ui: Ui, isLast: boolean): TemplateResult | typeof nothing {
  const { feedback, retry } = ui.options.threadItemActions ?? {};
  if (turn.answers.length === 0) return nothing;
  return html`<div class="actions" part="message-actions">
    ${copyButton(turn, ui)} ${feedback ? feedbackButtons(turn, ui) : nothing}
    ${retry && isLast && turn.question && !ui.state.conversation.failure?.allowRetry
      ? iconButton({
          icon: 'ui:retry',
          label: ui.t('action.retry'),
          onClick: () => void ui.chat.retry().catch(() => undefined),
          part: 'retry-button',
          disabled: isBusy(ui.state),
        })
      : nothing}
  </div>`;
}

function copyButton(turn: Turn, ui: Ui): TemplateResult | typeof nothing {
  const text = answerText(turn.answers);
  if (text === '') return nothing;
  const copied = ui.local.copied?.key === turn.key ? ui.local.copied : null;
  const label = copied ? (copied.done ? 'action.copied' : 'action.copyFailed') : 'action.copy';
  return iconButton({
    icon: copied?.done ? 'ui:copied' : 'ui:copy',
    label: ui.t(label),
    onClick: () => void copy(turn.key, text, ui),
    part: 'copy-button',
  });
}

async function copy(key: string, text: string, ui: Ui): Promise<void> {
  const copied = { key, done: await copyText(text) };
  ui.setLocal({ copied });
  ui.chat.announce(copied.done ? 'action.copied' : 'action.copyFailed');
  setTimeout(() => ui.setLocal({ copied: null }), COPIED_FOR);
}

function feedbackButtons(turn: Turn, ui: Ui): TemplateResult {
  const ids = turn.answers.map(({ id }) => id);
  const given = ui.state.feedback[ids[0] ?? ''];
  return html`${iconButton({
    icon: given === 'positive' ? 'ui:good-chosen' : 'ui:good',
    label: ui.t('action.good'),
    pressed: given === 'positive',
    onClick: () => void ui.chat.giveFeedback(ids, 'positive'),
    part: 'feedback-button',
  })}${iconButton({
    icon: given === 'negative' ? 'ui:bad-chosen' : 'ui:bad',
    label: ui.t('action.bad'),
    pressed: given === 'negative',
    onClick: () => void ui.chat.giveFeedback(ids, 'negative'),
    part: 'feedback-button',
  })}`;
}
