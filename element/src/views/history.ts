import type { TemplateResult } from 'lit';
import { html, nothing } from 'lit';
import { repeat } from 'lit/directives/repeat.js';

import type { ThreadMetadata } from '../api/wire';
import { icon } from '../icons/icon';
import type { Day } from '../state/history';
import { byDay } from '../state/history';
import { iconButton } from './controls';
import { focusOnce, whenVisible } from './directives';
import type { Ui } from './ui';

/** The panel with the threads: open, rename, delete. Everything else is inert while it is open. */
export function historyView(ui: Ui): TemplateResult {
  const { t, chat, local, state } = ui;
  const focusInList = state.history.threads.some(({ id }) => id === local.focused);
  const onKeydown = (event: KeyboardEvent) => {
    if (event.key !== 'Escape') return;
    event.stopPropagation();
    chat.history.hide();
  };
  return html`<div class="scrim" @click=${() => chat.history.hide()}></div>
    <div
      class="history"
      part="history"
      tabindex="-1"
      role="dialog"
      aria-modal="true"
      aria-label=${t('header.history')}
      @keydown=${onKeydown}
    >
      <div class="history-head">
        <h2>${t('history.title')}</h2>
        <button
          type="button"
          class="icon-button"
          aria-label=${t('history.close')}
          title=${t('history.close')}
          @click=${() => chat.history.hide()}
          ${focusInList ? nothing : focusOnce()}
        >
          ${icon('ui:close')}
        </button>
      </div>
      <div class="history-list">${listView(ui)}</div>
    </div>`;
}

function listView(ui: Ui): unknown {
  const { t, chat } = ui;
  const { threads, after, status, loaded } = ui.state.history;
  const more = after === null || status !== 'idle' ? nothing : html`<p class="quiet" ${whenVisible(() => void chat.history.more())}></p>`;
  const retry = () => void (threads.length > 0 ? chat.history.more() : chat.history.refresh());
  return html`${repeat(
    byDay(threads, new Date()),
    // A list in another order than by creation may come to a day twice.
    ({ threads: [first] }) => first?.id,
    (day) => dayView(day, ui),
  )}
  ${more} ${status === 'loading' ? html`<p class="quiet" role="status">${t('history.loading')}</p>` : nothing}
  ${status === 'failed'
    ? html`<p class="quiet" role="alert">
        ${t('history.failed')}
        <button type="button" class="button" @click=${retry}>${t('action.retry')}</button>
      </p>`
    : nothing}
  ${loaded && threads.length === 0 ? html`<p class="quiet">${t('history.empty')}</p>` : nothing}`;
}

function dayView(day: Day, ui: Ui): TemplateResult {
  const name = dayName(day, ui.locale);
  return html`<section aria-label=${name}>
    <h3 class="history-day">${name}</h3>
    <ul role="list">
      ${repeat(
        day.threads,
        ({ id }) => id,
        (thread) => html`<li>${entryView(thread, ui)}</li>`,
      )}
    </ul>
  </section>`;
}

/** "Today", "Yesterday", else the date, as the reader's language says it. */
export function dayName({ daysAgo, date }: Day, locale: string): string {
  if (daysAgo > 1) {
    const year = date.getFullYear() === new Date().getFullYear() ? {} : ({ year: 'numeric' } as const);
    return new Intl.DateTimeFormat(locale, { month: 'long', day: 'numeric', ...year }).format(date);
  }
  const name = new Intl.RelativeTimeFormat(locale, { numeric: 'auto' }).format(-Math.max(0, daysAgo), 'day');
  return name.charAt(0).toLocaleUpperCase(locale) + name.slice(1);
}

function entryView(thread: ThreadMetadata, ui: Ui): TemplateResult {
  if (ui.local.renaming === thread.id) return renameView(thread, ui);
  if (ui.local.deleting === thread.id) return deleteView(thread, ui);
  return threadLink(thread, ui);
}

function threadLink(thread: ThreadMetadata, ui: Ui): TemplateResult {
  const { t, chat, options } = ui;
  const { showRename, showDelete } = options.history ?? {};
  const open = () => {
    chat.history.hide();
    void chat.open(thread.id).catch(() => undefined);
    ui.focusComposer();
  };
  const isOpen = thread.id === ui.state.threadId;
  return html`<div class="entry ${isOpen ? 'entry-open' : ''}" part="history-entry">
    <button
      type="button"
      class="entry-title"
      dir="auto"
      aria-current=${isOpen ? 'true' : nothing}
      @click=${open}
      ${ui.local.focused === thread.id ? focusOnce() : nothing}
    >
      ${titleOf(thread, ui)}
    </button>
    ${showRename
      ? iconButton({ icon: 'ui:rename', label: t('history.rename'), onClick: () => ui.setLocal({ renaming: thread.id, deleting: null, focused: thread.id }) })
      : nothing}
    ${showDelete
      ? iconButton({ icon: 'ui:delete', label: t('history.delete'), onClick: () => ui.setLocal({ deleting: thread.id, renaming: null, focused: thread.id }) })
      : nothing}
  </div>`;
}

function renameView(thread: ThreadMetadata, ui: Ui): TemplateResult {
  const { t, chat } = ui;
  const close = () => ui.setLocal({ renaming: null });
  const save = (event: SubmitEvent) => {
    event.preventDefault();
    const form = event.currentTarget as HTMLFormElement;
    const title = form.querySelector('input')?.value.trim() ?? '';
    close();
    if (title !== '' && title !== thread.title) void chat.history.rename(thread.id, title);
  };
  return html`<form class="entry entry-edit" @submit=${save} @keydown=${onEscape(close)}>
    <input dir="auto" maxlength="200" aria-label=${t('history.renameLabel')} .value=${thread.title ?? ''} ${focusOnce()} />
    <button type="submit" class="icon-button" aria-label=${t('action.save')} title=${t('action.save')}>${icon('ui:done')}</button>
    ${iconButton({ icon: 'ui:close', label: t('action.cancel'), onClick: close })}
  </form>`;
}

function deleteView(thread: ThreadMetadata, ui: Ui): TemplateResult {
  const { t, chat } = ui;
  const close = () => ui.setLocal({ deleting: null });
  const confirm = () => {
    ui.setLocal({ deleting: null, focused: neighbourOf(thread, ui) });
    void chat.deleteThread(thread.id);
  };
  return html`<div class="entry entry-confirm" role="group" aria-label=${titleOf(thread, ui)} @keydown=${onEscape(close)}>
    <span>${t('history.confirm')}</span>
    <button type="button" class="button" @click=${close} ${focusOnce()}>${t('action.cancel')}</button>
    <button type="button" class="button button-danger" @click=${confirm}>${t('history.delete')}</button>
  </div>`;
}

/** The thread that takes the focus when this one goes: the next, or the one before. */
function neighbourOf({ id }: ThreadMetadata, { state }: Ui): string | null {
  const { threads } = state.history;
  const at = threads.findIndex((thread) => thread.id === id);
  return (threads[at + 1] ?? threads[at - 1])?.id ?? null;
}

/** Escape ends what was begun here, and does not reach the panel. */
function onEscape(close: () => void) {
  return (event: KeyboardEvent) => {
    // An Escape that ends a composition belongs to the input method.
    if (event.key !== 'Escape' || event.isComposing) return;
    event.stopPropagation();
    close();
  };
}

function titleOf({ title }: ThreadMetadata, { t }: Ui): string {
  return title?.trim() ? title : t('history.untitled');
}
