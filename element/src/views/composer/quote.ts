import type { TemplateResult } from 'lit';
import { html, nothing } from 'lit';

import { icon } from '../../icons/icon';
import { draftOf } from '../../state/chat';
import { iconButton } from '../controls';
import type { Ui } from '../ui';

/** What the message replies to, if anything. */
export function quoteView(ui: Ui): TemplateResult | typeof nothing {
  const { quotedText } = draftOf(ui.state);
  if (!quotedText) return nothing;
  const drop = () => {
    ui.chat.composing.change({ quotedText: undefined });
    ui.focusComposer();
  };
  return html`<div class="composer-quote" part="composer-quote">
    ${icon('ui:reply')}
    <span class="hidden">${ui.t('composer.reply')}</span>
    <blockquote dir="auto">${quotedText}</blockquote>
    ${iconButton({ icon: 'ui:close', label: ui.t('composer.unreply'), onClick: drop })}
  </div>`;
}
