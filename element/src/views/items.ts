import type { TemplateResult } from 'lit';
import { html, nothing } from 'lit';

import type { Attachment, ClientToolCallItem, GeneratedImageItem, ThreadItem, UserMessageContentInput, WidgetItem } from '../api/wire';
import { icon } from '../icons/icon';
import { hostOf } from '../markdown';
import { isBusy } from '../state/chat';
import { openableHref } from '../state/links';
import type { Sources } from '../state/sources';
import { widgetText } from '../state/widget';
import { attachmentsView } from './attachments';
import { entityTag } from './entity';
import { formView, isAwaited } from './form';
import { imageAddress } from './images';
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
  attachments: readonly Attachment[],
  ui: Ui,
): TemplateResult {
  return html`<div class="user" part="user-message">
    ${quotedText ? html`<blockquote class="quoted" dir="auto">${quotedText}</blockquote>` : nothing}
    ${attachmentsView(attachments, ui)}
    ${content.length > 0 ? html`<div class="bubble" part="user-bubble" dir="auto">${content.map((part) => (part.type === 'input_tag' ? entityTag(part, ui) : part.text))}</div>` : nothing}
  </div>`;
}

/** Items that are not as the protocol has them, so that each is told of once. */
const unreadable = new WeakSet<ThreadItem>();

/** One item of an answer. One that lacks what its kind has is left out; the rest of the conversation is drawn. */
export function itemView(item: ThreadItem, context: ItemContext, ui: Ui): unknown {
  try {
    return viewOf(item, context, ui);
  } catch (error) {
    if (!unreadable.has(item)) {
      ui.chat.emit('chatkit.log', { name: 'item.unreadable', data: { type: item.type, error: String(error) } });
    }
    unreadable.add(item);
    return nothing;
  }
}

function viewOf(item: ThreadItem, context: ItemContext, ui: Ui): unknown {
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
      return isAwaited(item, ui) ? nothing : formView(item, ui);
    case 'client_tool_call':
      return toolCallView(item, ui);
    default:
      return nothing;
  }
}

/** What the page does for the assistant; only the page knows what that means to its reader. */
function toolCallView({ name }: ClientToolCallItem, { state, t }: Ui): TemplateResult {
  const running = isBusy(state);
  return html`<p class="progress" part="tool-call">
    <span class=${running ? 'shimmer' : ''} dir="auto">${t(running ? 'tool.running' : 'tool.waiting', { name })}</span>
  </p>`;
}

function imageView({ image }: GeneratedImageItem, progress: number | null, working: boolean, ui: Ui): TemplateResult {
  const { t } = ui;
  return html`<figure class="image" part="image">
    ${image ? pictureView(image.url, ui) : html`<div class="image-empty"></div>`}
    ${working
      ? html`<figcaption class="shimmer">
          ${t('image.working')}
          ${progress === null ? nothing : html`<progress max="1" .value=${progress} aria-label=${t('image.working')}></progress>`}
        </figcaption>`
      : nothing}
  </figure>`;
}

/** The picture; one that may not be loaded from where it is can be looked at there. */
function pictureView(url: string, ui: Ui): TemplateResult {
  const { t, address } = ui;
  const src = imageAddress(url, ui);
  if (src !== undefined) return html`<img src=${src} alt=${t('image.generated')} />`;
  const href = openableHref(url);
  if (href === undefined) return html`<div class="image-empty"></div>`;
  return html`<a class="chip" href=${address(href)} target="_blank" rel="noopener noreferrer"
    >${t('image.open')} <span class="chip-origin">${hostOf(address(href))}</span></a
  >`;
}

/** A widget's text in a plain card; drawing widgets as they are meant comes with a later version. */
function widgetView({ widget, copy_text }: WidgetItem, ui: Ui): TemplateResult {
  const text = copy_text ?? widgetText(widget).join('\n\n');
  return html`<section class="card widget" part="widget" aria-label=${ui.t('widget.title')}>
    <div dir="auto">${markdown({ text, final: true }, ui)}</div>
    <p class="card-note">${icon('ui:info')}${ui.t('widget.note')}</p>
  </section>`;
}
