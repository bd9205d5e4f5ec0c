import type { AssistantMessageContent, Task, ThreadItem, ThreadItemUpdate } from '../api/wire';
import { appendWidgetText, replaceWidgetComponent } from './widget';

/**
 * What an item becomes when an update of it arrives. Pure; an update that does not fit the item (an unknown one, or
 * one meant for another kind) leaves it as it is, the very same object.
 */

type Updates = {
  readonly [Kind in ThreadItemUpdate['type']]: (
    item: ThreadItem,
    update: Extract<ThreadItemUpdate, { type: Kind }>,
  ) => ThreadItem;
};

const updates: Updates = {
  'assistant_message.content_part.added': (item, { content_index, content }) =>
    withPart(item, content_index, () => content),
  'assistant_message.content_part.text_delta': (item, { content_index, delta }) =>
    withPart(item, content_index, (part) => ({ ...part, text: part.text + delta })),
  'assistant_message.content_part.annotation_added': (item, { content_index, annotation_index, annotation }) =>
    withPart(item, content_index, (part) => ({
      ...part,
      annotations: placed(part.annotations ?? [], annotation_index, annotation),
    })),
  'assistant_message.content_part.done': (item, { content_index, content }) =>
    withPart(item, content_index, () => content),
  'widget.streaming_text.value_delta': (item, { component_id, delta }) =>
    item.type === 'widget' ? { ...item, widget: appendWidgetText(item.widget, component_id, delta) } : item,
  'widget.component.updated': (item, { component_id, component }) =>
    item.type === 'widget' ? { ...item, widget: replaceWidgetComponent(item.widget, component_id, component) } : item,
  'widget.root.updated': (item, { widget }) => (item.type === 'widget' ? { ...item, widget } : item),
  'workflow.task.added': (item, { task_index, task }) => withTask(item, task_index, task),
  'workflow.task.updated': (item, { task_index, task }) => withTask(item, task_index, task),
  'generated_image.updated': (item, { image }) => (item.type === 'generated_image' ? { ...item, image } : item),
};

/** Whether this version knows updates of this type. */
export function isKnownUpdate(type: string): type is ThreadItemUpdate['type'] {
  return Object.hasOwn(updates, type);
}

/** The item after the update. */
export function updateItem(item: ThreadItem, update: ThreadItemUpdate): ThreadItem {
  if (!isKnownUpdate(update.type)) return item;
  const apply = updates[update.type] as (item: ThreadItem, update: ThreadItemUpdate) => ThreadItem;
  return apply(item, update);
}

function withPart(item: ThreadItem, index: number, change: (part: AssistantMessageContent) => AssistantMessageContent): ThreadItem {
  if (item.type !== 'assistant_message') return item;
  const part = item.content[index] ?? { type: 'output_text', text: '', annotations: [] };
  return { ...item, content: placed(item.content, index, change(part)) };
}

function withTask(item: ThreadItem, index: number, task: Task): ThreadItem {
  if (item.type !== 'workflow') return item;
  return { ...item, workflow: { ...item.workflow, tasks: placed(item.workflow.tasks, index, task) } };
}

/** A copy with the entry at `index`, or at the end where the list is still shorter. */
function placed<Entry>(list: readonly Entry[], index: number, entry: Entry): Entry[] {
  return index >= 0 && index < list.length ? list.with(index, entry) : [...list, entry];
}
