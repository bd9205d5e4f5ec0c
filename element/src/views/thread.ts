import type { TemplateResult } from 'lit';
import { html, nothing } from 'lit';
import { guard } from 'lit/directives/guard.js';
import { repeat } from 'lit/directives/repeat.js';

import { icon } from '../icons/icon';
import type { WaitingMessage } from '../state/chat';
import { isBusy } from '../state/chat';
import { sourcesOf } from '../state/sources';
import type { Turn } from '../state/turns';
import { turnsOf } from '../state/turns';
import { actionsView } from './actions';
import { whenVisible } from './directives';
import { itemView, userMessageView } from './items';
import type { Revealed } from './past';
import { whileNear } from './past';
import type { NamedTurn, TurnKeys } from './turn-keys';
import { failureView, noticeView } from './notices';
import { sourcesView } from './sources';
import type { Ui } from './ui';

/** The conversation: turns, oldest first, and what is happening at its end. */
export function threadView(ui: Ui, { keys, revealed }: ThreadMemory): TemplateResult {
  const { state, t } = ui;
  const turns = keys.name(turnsOf(state.conversation.items), state.conversation.outgoing !== null, state.turnsBegun);
  const { shown, hasMore } = revealed.of(turns, state.threadId);
  const last = shown.at(-1);
  const more = () => {
    if (!hasMore) return void ui.chat.loadEarlier();
    revealed.more(turns);
    ui.setLocal({});
  };
  return html`<section class="thread" part="thread" aria-label=${t('thread.label')} aria-busy=${String(isBusy(state))}>
    ${state.earlier === null && !hasMore
      ? nothing
      : html`<p class="quiet earlier" ${whenVisible(more)}>${t('thread.older')}</p>`}
    ${repeat(
      shown,
      ({ key }) => key,
      (named) => turnView(named, named === last, ui),
    )}
    ${repeat(
      state.waiting,
      ({ key }) => key,
      (message) => waitingView(message, ui),
    )}
  </section>`;
}

/** What the thread's view remembers between two drawings. */
export interface ThreadMemory {
  readonly keys: TurnKeys;
  readonly revealed: Revealed;
}

function turnView({ key, turn }: NamedTurn, isLast: boolean, ui: Ui): unknown {
  const { state, options, local, t } = ui;
  const { conversation } = state;
  // A finished turn is drawn again only when something in it, or in what it may do, has changed.
  const dependencies = [
    turn?.question,
    ...(turn?.answers ?? []),
    isLast && state,
    local.copied?.key === turn?.key && local.copied,
    state.feedback[turn?.answers[0]?.id ?? ''],
    options.threadItemActions?.feedback,
    options.threadItemActions?.retry,
    t,
  ];
  return guard(dependencies, () => {
    const fresh = isLast && state.turnsBegun > 0 && state.waiting.length === 0;
    const busy = isLast && isBusy(state);
    const question = turn?.question ?? (turn ? null : conversation.outgoing);
    const content = () =>
      html`${question ? questionView(question, ui) : nothing} ${turn ? answersView(turn, isLast, busy, ui) : nothing}
      ${isLast ? endView(busy, ui) : nothing}`;
    return html`<article class="turn ${fresh ? 'turn-fresh' : ''}" part="turn" data-key=${key}>
      ${whileNear(content)}
    </article>`;
  });
}

/** A message that will be sent when it can be; until then one may think better of it. */
function waitingView({ key, content, quotedText, attachments }: WaitingMessage, ui: Ui): unknown {
  return html`<div class="waiting" part="waiting">
    <h3 class="hidden">${ui.t('thread.you')}</h3>
    ${userMessageView(content, quotedText, attachments, ui)}
    <p class="waiting-note">
      <span>${ui.t('thread.waiting')}</span>
      <button type="button" class="button" @click=${() => ui.chat.cancelWaiting(key)}>${ui.t('action.cancel')}</button>
    </p>
  </div>`;
}

function questionView(question: NonNullable<Turn['question'] | Ui['state']['conversation']['outgoing']>, ui: Ui) {
  const quoted = 'id' in question ? question.quoted_text : question.quotedText;
  return html`<h3 class="hidden">${ui.t('thread.you')}</h3>
    ${userMessageView(question.content, quoted, question.attachments ?? [], ui)}`;
}

function answersView(turn: Turn, isLast: boolean, busy: boolean, ui: Ui): unknown {
  if (turn.answers.length === 0) return nothing;
  const sources = sourcesOf(turn.answers);
  const { unfinished } = ui.state.conversation;
  return html`<h3 class="hidden">${ui.t('thread.assistant')}</h3>
    <div class="answers">
      ${repeat(
        turn.answers,
        ({ id }) => id,
        (item) => itemView(item, { sources, unfinished }, ui),
      )}
    </div>
    ${busy ? nothing : html`${sourcesView(sources.list, ui)}${actionsView(turn, ui, isLast)}`}`;
}

/** What stands at the end of the conversation: what the assistant is doing, notices, and why it failed. */
export function endView(busy: boolean, ui: Ui): unknown {
  const { notices, failure } = ui.state.conversation;
  const retry = () => void ui.chat.retry().catch(() => undefined);
  return html`${busy ? progressView(ui) : nothing} ${notices.map((notice, index) => noticeView(notice, index, ui))}
  ${failure && !busy ? failureView(failure, ui, { onRetry: failure.allowRetry ? retry : undefined }) : nothing}`;
}

/** A quiet line while there is nothing to read yet, or while the assistant says what it is doing. */
function progressView({ state, t }: Ui): unknown {
  const { progress, unfinished } = state.conversation;
  if (progress) {
    return html`<p class="progress" part="progress">
      ${progress.icon ? icon(progress.icon) : nothing}<span class="shimmer" dir="auto">${progress.text}</span>
    </p>`;
  }
  const last = state.conversation.items.at(-1);
  // A call says itself what is being waited for.
  if (unfinished.size > 0 || (last?.type === 'client_tool_call' && last.status === 'pending')) return nothing;
  return html`<p class="progress" part="progress"><span class="shimmer">${t('thread.thinking')}</span></p>`;
}
