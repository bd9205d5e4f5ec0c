import type { TemplateResult } from 'lit';
import { html, nothing } from 'lit';

import { failureKey } from '../chat/failure';
import type { OwnIcon } from '../icons/core';
import { icon } from '../icons/icon';
import type { Failure, Notice } from '../state/conversation';
import { openableHref } from '../state/links';
import { iconButton } from './controls';
import { markdown } from './markdown';
import type { Ui } from './ui';

const ICONS = {
  info: 'ui:info',
  warning: 'ui:warning',
  danger: 'ui:error',
} as const satisfies Record<Notice['level'], OwnIcon>;

/** Something the server wants the reader to know. */
export function noticeView(notice: Notice, index: number, ui: Ui): TemplateResult {
  const level = Object.hasOwn(ICONS, notice.level) ? notice.level : 'info';
  return html`<div class="notice notice-${level}" part="notice" role=${level === 'danger' ? 'alert' : 'status'}>
    ${icon(ICONS[level])}
    <div class="notice-text" dir="auto">
      ${notice.title ? html`<strong class="notice-title">${notice.title}</strong>` : nothing}
      ${markdown({ text: notice.message, final: true }, ui)}
    </div>
    ${iconButton({ icon: 'ui:close', label: ui.t('action.dismiss'), onClick: () => ui.chat.dismissNotice(index) })}
  </div>`;
}

export interface FailureOptions {
  readonly fallback?: string;
  readonly onRetry?: (() => void) | undefined;
}

/** Why it did not work, and the way out. */
export function failureView(failure: Failure, ui: Ui, { fallback, onRetry }: FailureOptions = {}): TemplateResult {
  const { t, address } = ui;
  const docUrl = openableHref(failure.docUrl);
  const message = failure.message ?? fallback ?? t(failureKey(failure));
  return html`<div class="notice notice-danger" part="error" role="alert">
    ${icon('ui:error')}
    <div class="notice-text" dir="auto">
      <strong class="notice-title">${t('error.title')}</strong>
      <p>${message}</p>
      ${docUrl !== undefined || failure.requestId
        ? html`<p class="notice-fine">
            ${docUrl !== undefined
              ? html`<a href=${address(docUrl)} target="_blank" rel="noopener">${t('error.details')}</a>`
              : nothing}
            ${failure.requestId ? html`<span>${t('error.request', { id: failure.requestId })}</span>` : nothing}
          </p>`
        : nothing}
    </div>
    ${onRetry
      ? html`<button type="button" class="button" part="retry-button" @click=${onRetry}>
          ${icon('ui:retry')}${t('action.retry')}
        </button>`
      : nothing}
  </div>`;
}
