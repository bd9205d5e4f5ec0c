import type { TemplateResult } from 'lit';
import { html, nothing } from 'lit';

import type { Attachment, GeneratedImageItem, ThreadItem, UserMessageContentInput, WidgetItem } from '../api/wire';
import { icon } from '../icons/icon';
import { openableHref } from '../state/links';
import type { Sources } from '../state/sources';
import { widgetText } from '../state/widget';
import { formView } from './form';
import { markdown } from './markdown';
import type { Ui } from './ui';
import { taskView, workflowView } from './workflow';

export interface ItemContext {
  readonly sources: Sources;
  /** Present while the item is being written; an image's progress where it tells one. */
  readonly unfinished: ReadonlyMap<string, number | null>;
}

/** What the user said. */
export function userMessageView(
  content: readonly UserMessageContentInput[],
  quotedText: string | null | undefined,
  attachments: readonly Attachment[] = [],
): TemplateResult {
  return html`<div class="user" part="user-message">
    ${quotedText ? html`<blockquote class="quoted" dir="auto">${quotedText}</blockquote>` : nothing}
    ${attachments.map(({ name }) => html`<span class="chip attachment" dir="auto">${icon('ui:file')}${name}</span>`)}
    <div class="bubble" part="user-bubble" dir="auto">${content.map(contentView)}</div>
  </div>`;
}

function contentView(part: UserMessageContentInput): unknown {
  return part.type === 'input_tag' ? html`<span class="tag">${part.text}</span>` : part.text;
}

/** One item of an answer. */
export function itemView(item: ThreadItem, context: ItemContext, ui: Ui): unknown {
  const working = context.unfinished.has(item.id);
  switch (item.type) {
    case 'assistant_message':
      return item.content.map((part) => {
        const citations = context.sources.mentions.get(part)?.map(({ index, source }) => ({
          index,
          label: String(source.number),
          title: source.title,
          ...(source.href !== undefined && { href: ui.address(source.href) }),
        }));
        const content = { text: part.text, final: !working, ...(citations && { citations }) };
        return html`<div class="assistant" part="assistant-message" dir="auto">${markdown(content, ui)}</div>`;
      });
    case 'workflow':
      return workflowView(item.workflow, working, ui);
    case 'task':
      return taskView(item.task, ui);
    case 'generated_image':
      return imageView(item, context.unfinished.get(item.id) ?? null, working, ui);
    case 'widget':
      return widgetView(item, ui);
    case 'structured_input':
      return formView(item, ui);
    default:
      return nothing;
  }
}

function imageView({ image }: GeneratedImageItem, progress: number | null, working: boolean, { t, address }: Ui): TemplateResult {
  return html`<figure class="image" part="image">
    ${image && isPicture(image.url)
      ? html`<img src=${address(image.url)} alt=${t('image.generated')} />`
      : html`<div class="image-empty"></div>`}
    ${working
      ? html`<figcaption class="shimmer">
          ${t('image.working')}
          ${progress === null ? nothing : html`<progress max="1" .value=${progress} aria-label=${t('image.working')}></progress>`}
        </figcaption>`
      : nothing}
  </figure>`;
}

/** The reference server keeps images as data: addresses; nothing else than a picture may hide in one. */
function isPicture(url: string): boolean {
  return /^(data:image\/|blob:)/i.test(url) || openableHref(url) !== undefined;
}

/** A widget's text in a plain card; drawing widgets as they are meant comes with a later version. */
function widgetView({ widget, copy_text }: WidgetItem, ui: Ui): TemplateResult {
  const text = copy_text ?? widgetText(widget).join('\n\n');
  return html`<section class="card widget" part="widget" aria-label=${ui.t('widget.title')}>
    <div dir="auto">${markdown({ text, final: true }, ui)}</div>
    <p class="card-note">${icon('ui:info')}${ui.t('widget.note')}</p>
  </section>`;
}
