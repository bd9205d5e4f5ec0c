import type { TemplateResult } from 'lit';
import { html, nothing } from 'lit';

import { icon } from '../icons/icon';
import { directionOf } from '../i18n';
import { isBusy } from '../state/chat';
import { composerView } from './composer/composer';
import { dropView, onDrag, onDragLeave, onDrop } from './composer/files';
import { disclaimerView } from './composer/disclaimer';
import { menuView } from './composer/menu';
import { suggestionsView } from './composer/suggest';
import { previewView } from './entity';
import { awaitedFormView } from './form';
import { headerView } from './header';
import { historyView } from './history';
import type { SendKey } from './keys';
import { failureView } from './notices';
import { startView } from './start';
import type { ThreadMemory } from './thread';
import { endView, threadView } from './thread';
import type { Screen, Ui } from './ui';

/** What the views remember between two drawings. */
export interface ViewMemory {
  readonly sendKey: SendKey;
  readonly thread: ThreadMemory;
}

/** The whole chat. */
export function rootView(ui: Ui, memory: ViewMemory): TemplateResult {
  const { state, options, locale, t } = ui;
  const { historyOpen, announcement } = state;
  return html`<div
    class="root"
    part="root"
    role="region"
    lang=${locale}
    dir=${directionOf(locale)}
    aria-label=${options.frameTitle ?? t('frame.title')}
    @dragenter=${(event: DragEvent) => onDrag(event, ui)}
    @dragover=${(event: DragEvent) => onDrag(event, ui)}
    @dragleave=${(event: DragEvent) => onDragLeave(event, ui)}
    @drop=${(event: DragEvent) => onDrop(event, ui)}
  >
    ${dropView(ui)}
    <div class="main" ?inert=${historyOpen}>
      ${headerView(ui)}
      <div class="stage">
        <div class="scroller" part="scroller" tabindex="-1">${contentView(ui, memory)}</div>
        <div class="popups">${menuView(ui)} ${suggestionsView(ui)}</div>
      </div>
      <div class="foot">
        ${ui.local.atEnd ? nothing : jumpButton(ui)}
        <div class="connection" aria-live="polite">
          ${state.connectionLost ? html`<p class="shimmer" part="connection">${t('thread.offline')}</p>` : nothing}
        </div>
        ${awaitedFormView(ui) ?? composerView(ui, memory.sendKey)} ${disclaimerView(ui)}
      </div>
    </div>
    ${previewView(ui)} ${historyOpen ? historyView(ui) : nothing}
    <div class="hidden" role="status" aria-live="polite">
      ${announcement ? `${t(announcement.key)} ${announcement.text ?? ''}` : nothing}
    </div>
  </div>`;
}

/** The panel for options this element cannot serve: sessions of a workflow hosted by OpenAI. */
export function hostedView({ options, locale, t }: Screen): TemplateResult {
  return html`<div class="root" part="root" role="region" lang=${locale} dir=${directionOf(locale)} aria-label=${options.frameTitle ?? t('frame.title')}>
    <div class="main main-message">
      <div class="notice notice-warning" part="error" role="alert">
        ${icon('ui:warning')}
        <div class="notice-text"><strong class="notice-title">${t('hosted.title')}</strong><p>${t('hosted.text')}</p></div>
      </div>
    </div>
  </div>`;
}

function contentView(ui: Ui, { thread }: ViewMemory): unknown {
  const { state, t, chat } = ui;
  const { activity, conversation, threadId, loadFailure } = state;
  if (activity === 'loading') return html`<p class="quiet loading" role="status">${t('thread.loading')}</p>`;
  if (activity === 'failed' && loadFailure && threadId !== null) {
    const onRetry = () => void chat.open(threadId).catch(() => undefined);
    return html`<div class="thread">${failureView(loadFailure, ui, { fallback: t('error.load'), onRetry })}</div>`;
  }
  const isEmpty = conversation.items.length === 0 && conversation.outgoing === null && state.waiting.length === 0 && state.earlier === null && !isBusy(state);
  if (!isEmpty) return threadView(ui, thread);
  return html`<div class="empty">
    ${startView(ui)}
    <div class="empty-end">${endView(false, ui)}</div>
  </div>`;
}

function jumpButton(ui: Ui): TemplateResult {
  const label = ui.t('thread.jump');
  return html`<button
    type="button"
    class="jump"
    part="jump-button"
    aria-label=${label}
    title=${label}
    @click=${() => ui.scrollToEnd()}
  >
    ${icon('ui:down')}
  </button>`;
}
