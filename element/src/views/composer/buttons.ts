import type { TemplateResult } from 'lit';
import { html } from 'lit';

import type { OwnIcon } from '../../icons/core';
import { icon } from '../../icons/icon';
import { isBusy } from '../../state/chat';
import type { Ui } from '../ui';

/** Sends; while an answer is written, stops it. `empty` is whether there is nothing to send. */
export function sendButton(ui: Ui, empty: boolean): TemplateResult {
  if (isBusy(ui.state)) return stopButton(ui);
  return roundButton({ icon: 'ui:send', label: ui.t('composer.send'), part: 'send-button', disabled: empty });
}

function stopButton(ui: Ui): TemplateResult {
  const onClick = () => {
    ui.chat.stop();
    ui.focusComposer();
  };
  const disabled = !ui.state.conversation.allowCancel;
  return roundButton({ icon: 'ui:stop', label: ui.t('composer.stop'), part: 'stop-button', disabled, onClick });
}

interface RoundButton {
  readonly icon: OwnIcon;
  readonly label: string;
  readonly part: string;
  readonly disabled: boolean;
  /** Without it, it is the button that submits the form. */
  readonly onClick?: () => void;
}

function roundButton({ icon: name, label, part, disabled, onClick }: RoundButton): TemplateResult {
  return html`<button
    type=${onClick ? 'button' : 'submit'}
    class="round-button"
    part=${part}
    aria-label=${label}
    title=${label}
    ?disabled=${disabled}
    @click=${onClick}
  >
    ${icon(name)}
  </button>`;
}
