import type { TemplateResult } from 'lit';
import { html, nothing } from 'lit';
import { repeat } from 'lit/directives/repeat.js';

import type { Attachment } from '../../api/wire';
import { acceptedWords, maxCount, pickerTypes, sizeWords } from '../../attachments/limits';
import { icon } from '../../icons/icon';
import { closedReason, draftOf } from '../../state/chat';
import type { Upload } from '../../state/draft';
import { pictureOf, typeIcon, typeWords } from '../attachments';
import type { Ui } from '../ui';

/** Opens the device's own picker, which on a phone offers the camera too. Says beforehand what is taken. */
export function attachButton(ui: Ui, closed: boolean): TemplateResult | typeof nothing {
  const { chat, t } = ui;
  const { config } = chat.uploads;
  if (!config?.options.enabled) return nothing;
  const label = t('attach.button');
  const open = (event: Event) => {
    event.stopPropagation();
    (event.currentTarget as HTMLElement).parentElement?.querySelector<HTMLInputElement>('.file-input')?.click();
  };
  const chosen = ({ currentTarget }: Event) => {
    const input = currentTarget as HTMLInputElement;
    chat.uploads.add([...(input.files ?? [])]);
    input.value = ''; // so that the same file can be chosen again
    ui.focusComposer();
  };
  return html`<span class="attach">
    <input
      class="file-input"
      type="file"
      hidden
      ?multiple=${maxCount(config.options) > 1}
      accept=${pickerTypes(config.options) || nothing}
      @change=${chosen}
      @click=${(event: Event) => event.stopPropagation()}
    />
    <button
      type="button"
      class="icon-button"
      part="attach-button"
      aria-label=${label}
      aria-describedby="attach-limits"
      title=${`${label}. ${limitsWords(ui)}`}
      ?disabled=${closed}
      @click=${open}
    >
      ${icon('ui:attach')}
    </button>
    <span id="attach-limits" class="hidden">${limitsWords(ui)}</span>
  </span>`;
}

/** What is taken: how many, how large, which types. */
function limitsWords({ chat, t, locale }: Ui): string {
  const { config } = chat.uploads;
  if (!config) return '';
  const count = maxCount(config.options);
  const { maxSize } = config.options;
  const largest = typeof maxSize === 'object' ? Math.max(...Object.values(maxSize)) : maxSize;
  const first =
    largest === undefined ? t('attach.limits', { count }) : t('attach.limitsSize', { count, size: sizeWords(largest, locale) });
  const types = acceptedWords(config.options);
  return types === '' ? `${first}.` : `${first}. ${t('attach.typeOnly', { types })}.`;
}

/** What will be sent along, and what is on its way there. */
export function filesView(ui: Ui): TemplateResult | typeof nothing {
  const { chat, state, t } = ui;
  const { attachments, uploads = [], tooMany, held } = draftOf(state);
  if (attachments.length === 0 && uploads.length === 0 && tooMany === undefined) return nothing;
  return html`<div class="files" part="composer-attachments">
    ${tooMany === undefined ? nothing : html`<p class="files-note" role="alert">${t('attach.tooMany', { limit: tooMany })}</p>`}
    <ul aria-label=${t('attach.list')}>
      ${repeat(attachments, ({ id }) => id, (attachment) => html`<li>${attachedView(attachment, ui)}</li>`)}
      ${repeat(uploads, ({ key }) => key, (upload) => html`<li>${uploadView(upload, ui)}</li>`)}
    </ul>
    ${held && chat.uploads.unfinished ? html`<p class="files-note shimmer">${t('attach.held')}</p>` : nothing}
  </div>`;
}

function attachedView(attachment: Attachment, ui: Ui): TemplateResult {
  const { name, mime_type: mime } = attachment;
  return html`<div class="file" part="attachment">
    ${faceView(pictureOf(attachment, ui), mime, name)}
    <span class="file-text"><span class="file-name" dir="auto" title=${name}>${name}</span><span class="file-note">${typeWords(mime, name)}</span></span>
    ${removeButton(name, () => ui.chat.uploads.remove(attachment), ui)}
  </div>`;
}

function uploadView(upload: Upload, ui: Ui): TemplateResult {
  const { key, name, type, state, picture } = upload;
  const { uploads } = ui.chat;
  const failed = state === 'failed';
  return html`<div class="file ${failed ? 'file-failed' : ''}" part="attachment">
    ${failed ? icon('ui:error') : faceView(picture, type, name)}
    <span class="file-text"
      ><span class="file-name" dir="auto" title=${name}>${name}</span>${noteView(upload, ui)}</span
    >
    ${failed && upload.mayRetry
      ? smallButton('ui:retry', ui.t('attach.retry', { name }), () => uploads.retry(key), ui)
      : nothing}
    ${removeButton(name, () => uploads.cancel(key), ui)}
  </div>`;
}

function noteView(upload: Upload, ui: Ui): TemplateResult {
  const { name, size, state, progress } = upload;
  const { t, locale } = ui;
  if (state === 'failed') return html`<span class="file-note" role="alert" dir="auto">${reasonWords(upload, ui)}</span>`;
  if (state === 'waiting') return html`<span class="file-note">${t('attach.queued')}</span>`;
  const label = t('attach.progress', { name });
  // All bytes are sent: the server looks into the file, and nobody knows for how long.
  const known = progress !== null && progress < 1;
  return html`<span class="file-note">
    ${known
      ? html`<progress max="1" .value=${progress} aria-label=${label}></progress>`
      : html`<progress aria-label=${label}></progress>`}
    ${sizeWords(size, locale)}
  </span>`;
}

function reasonWords({ refusal, error }: Upload, { chat, t, locale }: Ui): string {
  switch (refusal?.why) {
    case 'size':
      return t('attach.tooLarge', { limit: sizeWords(refusal.limit, locale) });
    case 'empty':
      return t('attach.empty');
    case 'type': {
      const types = chat.uploads.config ? acceptedWords(chat.uploads.config.options) : '';
      return types === '' ? t('attach.type') : `${t('attach.type')}. ${t('attach.typeOnly', { types })}`;
    }
  }
  return error?.code === 'network.unreachable' ? t('error.unreachable') : (error?.message ?? t('attach.failed'));
}

function faceView(picture: string | undefined, mime: string, name: string): unknown {
  return picture === undefined ? icon(typeIcon(mime, name)) : html`<img class="file-picture" src=${picture} alt="" />`;
}

function removeButton(name: string, onClick: () => void, ui: Ui): TemplateResult {
  return smallButton('ui:close', ui.t('attach.remove', { name }), onClick, ui);
}

function smallButton(name: 'ui:close' | 'ui:retry', label: string, act: () => void, ui: Ui): TemplateResult {
  const onClick = () => {
    act();
    ui.focusComposer();
  };
  return html`<button type="button" class="file-button" aria-label=${label} title=${label} @click=${onClick}>${icon(name)}</button>`;
}

/** Files in the clipboard are attached; text beside them, as spreadsheets put it there, is what was meant. */
export function onPaste(event: ClipboardEvent, { chat, state }: Ui): void {
  const { clipboardData } = event;
  const files = [...(clipboardData?.files ?? [])];
  if (!chat.uploads.enabled || files.length === 0 || clipboardData?.types.includes('text/plain') || closedReason(state.conversation.thread)) return;
  event.preventDefault();
  chat.uploads.add(files);
}

export function dropView({ local, t }: Ui): TemplateResult | typeof nothing {
  return local.dragging ? html`<div class="drop" part="drop" aria-hidden="true">${icon('ui:attach')}${t('attach.drop')}</div>` : nothing;
}

export function onDrag(event: DragEvent, ui: Ui): void {
  if (!takesDrop(event, ui)) return;
  event.preventDefault();
  if (event.dataTransfer) event.dataTransfer.dropEffect = 'copy';
  if (!ui.local.dragging) ui.setLocal({ dragging: true });
}

export function onDragLeave({ currentTarget, relatedTarget }: DragEvent, ui: Ui): void {
  const inside = relatedTarget instanceof Node && (currentTarget as Node).contains(relatedTarget);
  if (!inside && ui.local.dragging) ui.setLocal({ dragging: false });
}

export function onDrop(event: DragEvent, ui: Ui): void {
  if (!takesDrop(event, ui)) return;
  event.preventDefault();
  ui.setLocal({ dragging: false });
  ui.chat.uploads.add([...(event.dataTransfer?.files ?? [])]);
  ui.focusComposer();
}

function takesDrop({ dataTransfer }: DragEvent, { chat, state }: Ui): boolean {
  return chat.uploads.enabled && (dataTransfer?.types.includes('Files') ?? false) && !closedReason(state.conversation.thread);
}
