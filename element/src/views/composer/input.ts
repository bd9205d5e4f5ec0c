import type { TemplateResult } from 'lit';
import { html, nothing } from 'lit';
import { live } from 'lit/directives/live.js';

import type { Draft } from '../../state/draft';
import { draftText, hasTags, slice, textContent } from '../../state/draft';
import { openEntity } from '../entity';
import type { SendKey } from '../keys';
import type { Ui } from '../ui';
import { readTags, writeTags } from './clipboard';
import { editorContent, readContent, selectionIn, tagAt } from './editor';

export interface InputOptions {
  readonly draft: Draft;
  readonly disabled: boolean;
  readonly placeholder: string;
  readonly sendKey: SendKey;
  readonly onSend: () => void;
}

/** Where one writes: a plain text area, for the sake of input methods; with tags in the text, an editable element. */
export function inputView(ui: Ui, { draft, disabled, placeholder, sendKey, onSend }: InputOptions): TemplateResult {
  const { suggestions, t } = ui;
  const { showing } = suggestions;
  const handlers = handlersFor(ui, sendKey, onSend);
  // A text area is a combobox while it has a menu, and a plain text box otherwise.
  const active = showing?.entries.length ? `suggestion-${showing.active}` : nothing;
  const text = draftText(draft);
  if (hasTags(draft.content)) {
    return html`<div
      class="composer-input composer-rich"
      part="composer-input"
      contenteditable=${disabled ? 'false' : 'true'}
      role=${showing ? 'combobox' : 'textbox'}
      aria-multiline=${showing ? nothing : 'true'}
      aria-label=${t('composer.label')}
      aria-disabled=${disabled ? 'true' : nothing}
      aria-autocomplete="list"
      aria-expanded=${showing ? 'true' : nothing}
      aria-controls=${showing ? 'suggestions' : nothing}
      aria-activedescendant=${active}
      dir="auto"
      enterkeyhint="send"
      tabindex="0"
      @input=${handlers.input}
      @keydown=${handlers.keydown}
      @compositionend=${handlers.compositionend}
      @copy=${handlers.copy}
      @cut=${handlers.copy}
      @paste=${handlers.paste}
      @click=${handlers.click}
      @pointerover=${handlers.pointerover}
      @blur=${handlers.blur}
      ${editorContent(draft.content)}
    ></div>`;
  }
  return html`<textarea
    class="composer-input"
    part="composer-input"
    rows="1"
    dir=${text === '' ? nothing : 'auto'}
    enterkeyhint="send"
    role=${showing ? 'combobox' : nothing}
    aria-label=${t('composer.label')}
    aria-autocomplete=${showing ? 'list' : nothing}
    aria-expanded=${showing ? 'true' : nothing}
    aria-controls=${showing ? 'suggestions' : nothing}
    aria-activedescendant=${active}
    placeholder=${placeholder}
    ?disabled=${disabled}
    .value=${live(text)}
    @input=${handlers.input}
    @keydown=${handlers.keydown}
    @compositionend=${handlers.compositionend}
    @paste=${handlers.paste}
    @blur=${handlers.blur}
  ></textarea>`;
}

function handlersFor(ui: Ui, sendKey: SendKey, onSend: () => void) {
  const { suggestions, chat } = ui;
  const search = (input: HTMLElement) => {
    const [, caret] = selectionIn(input);
    suggestions.typed(draftText(chat.composing.draft).slice(0, caret), ui);
  };
  return {
    input: (event: InputEvent) => {
      const input = event.currentTarget as HTMLElement;
      const content = input instanceof HTMLTextAreaElement ? textContent(input.value) : readContent(input);
      if (!hasTags(content) && !(input instanceof HTMLTextAreaElement)) [suggestions.caret] = selectionIn(input);
      chat.composing.change({ content });
      // What an input method is still composing is not what is looked for.
      if (!event.isComposing) search(input);
    },
    keydown: (event: KeyboardEvent) => {
      if (menuKey(event, ui)) {
        event.preventDefault();
      } else if (sendKey.sends(event)) {
        event.preventDefault();
        suggestions.close();
        onSend();
      } else if (isNewLine(event) && !(event.currentTarget instanceof HTMLTextAreaElement)) {
        event.preventDefault();
        suggestions.insert(...selectionIn(event.currentTarget as HTMLElement), textContent('\n'), ui);
      }
    },
    compositionend: (event: CompositionEvent) => {
      const input = event.currentTarget as HTMLElement;
      sendKey.compositionEnded(event.timeStamp);
      // Its last input event comes before it in some browsers, after it in others.
      queueMicrotask(() => search(input));
    },
    copy: (event: ClipboardEvent) => {
      const [start, end] = selectionIn(event.currentTarget as HTMLElement);
      writeTags(event, slice(chat.composing.draft.content, start, end));
      if (event.type === 'cut') suggestions.insert(start, end, [], ui);
    },
    paste: (event: ClipboardEvent) => {
      const input = event.currentTarget as HTMLElement;
      const pasted = readTags(event, suggestions.known);
      const plain = event.clipboardData?.getData('text/plain');
      if (!pasted && (input instanceof HTMLTextAreaElement || !plain)) return;
      event.preventDefault();
      suggestions.insert(...selectionIn(input), pasted ?? textContent((plain ?? '').replaceAll('\r\n', '\n')), ui);
    },
    click: ({ target }: MouseEvent) => {
      const tag = tagAt(target);
      if (tag) openEntity(tag, ui);
    },
    pointerover: ({ target }: PointerEvent) => {
      const tag = tagAt(target);
      if (tag) void ui.previews.show(tag, target as HTMLElement, ui);
      else ui.previews.hide();
    },
    blur: () => {
      suggestions.close();
      ui.previews.hide();
    },
  };
}

function isNewLine({ key, isComposing }: KeyboardEvent): boolean {
  return key === 'Enter' && !isComposing;
}

/** Whether the key was for the menu that is open. */
function menuKey(event: KeyboardEvent, ui: Ui): boolean {
  const { suggestions } = ui;
  if (!suggestions.showing || event.isComposing) return false;
  if (event.key === 'ArrowDown') suggestions.move(1);
  else if (event.key === 'ArrowUp') suggestions.move(-1);
  else if (event.key === 'Escape') suggestions.close();
  else if ((event.key === 'Enter' || event.key === 'Tab') && !event.shiftKey) return suggestions.choose(ui);
  else return false;
  return true;
}

/**
 * Makes the text area as tall as its text; the stylesheet says where it begins to scroll. For browsers whose
 * stylesheets cannot (`field-sizing`).
 */
export function fitTextarea(textarea: HTMLTextAreaElement): void {
  if (CSS.supports('field-sizing', 'content')) return;
  textarea.style.blockSize = 'auto';
  textarea.style.blockSize = `${textarea.scrollHeight}px`;
}
