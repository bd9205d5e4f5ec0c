import type { TemplateResult } from 'lit';
import { html, nothing } from 'lit';

import { icon } from '../../icons/icon';
import type { Ui } from '../ui';

/** Begins to listen; while it does, shows how loud it is, and ends it with the text or without. */
export function dictateButton(ui: Ui, closed: boolean): TemplateResult | typeof nothing {
  const { chat, state, t } = ui;
  const { phase, level } = state.dictation;
  if (!chat.dictation.enabled) return nothing;
  if (phase === 'recording') {
    return html`<span class="dictating" part="dictation">
      ${button('ui:close', t('dictate.cancel'), () => chat.dictation.cancel())}
      <progress class="level" aria-hidden="true" max="1" .value=${level}></progress>
      ${button('ui:done', t('dictate.stop'), () => void chat.dictation.finish())}
    </span>`;
  }
  if (phase === 'working' || phase === 'starting') {
    return html`<span class="dictating" part="dictation">
      ${phase === 'working' ? html`<span class="shimmer">${t('dictate.working')}</span>` : nothing}
      ${button('ui:close', t('dictate.cancel'), () => chat.dictation.cancel())}
    </span>`;
  }
  const begin = (event: Event) => {
    const input = (event.currentTarget as HTMLElement).closest('form')?.querySelector<HTMLElement>('.composer-input');
    if (input) void chat.dictation.start((text) => insertText(input, text));
  };
  return button('ui:dictate', t('dictate.button'), begin, closed, 'dictate-button');
}

/** Why there is no text, under the composer's field. */
export function dictationNote({ state, t }: Ui): TemplateResult | typeof nothing {
  const { problem, reason } = state.dictation;
  return problem === null ? nothing : html`<p class="files-note" role="alert" dir="auto">${t(problem)} ${reason ?? nothing}</p>`;
}

function button(name: 'ui:close' | 'ui:done' | 'ui:dictate', label: string, act: (event: Event) => void, disabled = false, part = ''): TemplateResult {
  const onClick = (event: Event) => {
    event.stopPropagation();
    act(event);
  };
  return html`<button type="button" class="icon-button" part=${part || nothing} aria-label=${label} title=${label} ?disabled=${disabled} @click=${onClick}>
    ${icon(name)}
  </button>`;
}

/** Puts a text where the caret is, in place of what is selected, as if it were typed. */
export function insertText(input: HTMLElement, text: string): void {
  input.focus();
  if (input instanceof HTMLTextAreaElement) {
    const { value, selectionStart, selectionEnd } = input;
    const before = value.slice(0, selectionStart);
    const spaced = /[\p{L}\p{N},.;:!?]$/u.test(before) && /^[\p{L}\p{N}]/u.test(text) && !isHan(text) ? ` ${text}` : text;
    input.setRangeText(spaced, selectionStart, selectionEnd, 'end');
    input.dispatchEvent(new InputEvent('input', { bubbles: true, inputType: 'insertText', data: spaced }));
  } else {
    // Deprecated, and the one way that all browsers have to edit what can also be undone.
    // eslint-disable-next-line @typescript-eslint/no-deprecated
    document.execCommand('insertText', false, text);
  }
}

function isHan(text: string): boolean {
  return /^[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}]/u.test(text);
}
