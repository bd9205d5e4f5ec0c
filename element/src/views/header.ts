import type { TemplateResult } from 'lit';
import { html, nothing } from 'lit';

import { iconButton } from './controls';
import type { Ui } from './ui';

/** Title, new chat, history, and the page's own buttons. */
export function headerView(ui: Ui): TemplateResult | typeof nothing {
  const { options, t } = ui;
  const { header, history } = options;
  if (header?.enabled === false) return nothing;
  return html`<div class="header" part="header">
    <div class="header-side">
      ${header?.leftAction
        ? iconButton({ ...action(header.leftAction), part: 'header-left-action' })
        : nothing}
      ${history?.enabled === false
        ? nothing
        : iconButton({
            icon: 'ui:history',
            label: t('header.history'),
            onClick: () => ui.chat.history.show(),
            part: 'history-button',
          })}
    </div>
    ${titleView(titleOf(ui))}
    <div class="header-side header-end">
      ${iconButton({
        icon: 'ui:new',
        label: t('header.new'),
        onClick: () => {
          ui.chat.openNew();
          ui.focusComposer();
        },
        part: 'new-button',
        disabled: ui.state.threadId === null && ui.state.activity === 'idle',
      })}
      ${header?.rightAction
        ? iconButton({ ...action(header.rightAction), part: 'header-right-action' })
        : nothing}
    </div>
  </div>`;
}

/** An empty heading would be announced as one; an empty line only takes its place. */
function titleView(title: string): TemplateResult {
  if (title === '') return html`<div class="header-title"></div>`;
  return html`<h2 class="header-title" part="header-title" dir="auto" title=${title}>${title}</h2>`;
}

function titleOf({ options, state }: Ui): string {
  const { title } = options.header ?? {};
  if (title?.enabled === false) return '';
  return title?.text ?? state.conversation.thread?.title ?? '';
}

/** The page names its buttons by their icons alone, so that is what they are called. */
function action({ icon, onClick }: { icon: string; onClick: () => void }) {
  return { icon, label: icon.replaceAll('-', ' '), onClick: () => onClick() };
}
