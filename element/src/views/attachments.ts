import type { TemplateResult } from 'lit';
import { html, nothing } from 'lit';

import type { Attachment } from '../api/wire';
import type { OwnIcon } from '../icons/core';
import { icon } from '../icons/icon';
import { openableHref } from '../state/links';
import { imageAddress } from './images';
import type { Ui } from './ui';

/** The files of a message that was sent. */
export function attachmentsView(attachments: readonly Attachment[], ui: Ui): TemplateResult | typeof nothing {
  if (attachments.length === 0) return nothing;
  const images = attachments.filter(({ type }) => type === 'image');
  const files = attachments.filter(({ type }) => type !== 'image');
  return html`<ul class="attached" part="attachments" aria-label=${ui.t('attach.list')}>
    ${images.map((image) => html`<li>${imageView(image, ui)}</li>`)}
    ${files.map((file) => html`<li>${fileView(file, ui)}</li>`)}
  </ul>`;
}

function imageView(attachment: Attachment, ui: Ui): TemplateResult {
  const source = pictureOf(attachment, ui);
  if (source === undefined) return fileView(attachment, ui);
  const { name } = attachment;
  const whole = wholeAddress(attachment, ui) ?? openableHref(source);
  const image = html`<img src=${source} alt=${ui.t('attach.image', { name })} loading="lazy" @error=${hideBroken} />`;
  if (whole === undefined) return html`<span class="attached-image">${image}</span>`;
  return html`<a class="attached-image" href=${whole} target="_blank" rel="noopener" title=${name}>${image}</a>`;
}

/** What cannot be shown, since it was deleted or the page forbids it, leaves its name. */
function hideBroken({ currentTarget }: Event): void {
  (currentTarget as HTMLElement).classList.add('broken');
}

function fileView(attachment: Attachment, ui: Ui): TemplateResult {
  const { name, mime_type: mime } = attachment;
  const href = wholeAddress(attachment, ui);
  const content = html`${icon(typeIcon(mime, name))}
    <span class="file-text"><span class="file-name" dir="auto">${name}</span><span class="file-note">${typeWords(mime, name)}</span></span>`;
  if (href === undefined) return html`<span class="file" part="attachment">${content}</span>`;
  return html`<a class="file" part="attachment" href=${href} download=${name} aria-label=${ui.t('attach.open', { name })}>${content}</a>`;
}

/** The address of a picture that may be loaded, or of one that is here already. */
export function pictureOf(attachment: Attachment, ui: Ui): string | undefined {
  const here = ui.chat.uploads.picture(attachment);
  if (here !== undefined || attachment.type !== 'image') return here;
  return imageAddress(attachment.preview_url, ui);
}

/** Where a Teahouse gives the whole file; other servers say only where the preview is. */
function wholeAddress({ id }: Attachment, { chat }: Ui): string | undefined {
  return chat.fileAddress(id);
}

/** The icon of a kind of file. */
export function typeIcon(mime: string, name: string): OwnIcon {
  if (mime.startsWith('image/')) return 'ui:image';
  return /spreadsheet|excel|csv/.test(mime) || /\.(xlsx?|csv|tsv)$/i.test(name) ? 'ui:sheet' : 'ui:file';
}

/** The kind of a file as people call it: the ending of its name, `PDF`, or what its type says. */
export function typeWords(mime: string, name: string): string {
  const ending = /\.([\p{L}\d]{1,5})$/u.exec(name)?.[1] ?? mime.split('/').at(-1) ?? '';
  return ending.length <= 8 ? ending.toUpperCase() : '';
}
