import type { UserMessageContentInput } from '../../api/wire';
import type { Draft, Tag } from '../../state/draft';
import { hasTags } from '../../state/draft';

/** A type of our own in the clipboard, beside the plain text. */
const TYPE = 'text/x-chatkit';

/** Text, or the id of a tag. Nothing else of a tag is in the clipboard: any page may put something there. */
type Copied = readonly (string | { readonly tag: string })[];

/** Puts what is copied into the clipboard, for other programs and for this chat. */
export function writeTags(event: ClipboardEvent, content: Draft['content']): void {
  event.preventDefault();
  event.clipboardData?.setData('text/plain', content.map(({ text }) => text).join(''));
  const copied: Copied = content.map((part) => (part.type === 'input_tag' ? { tag: part.id } : part.text));
  event.clipboardData?.setData(TYPE, JSON.stringify(copied));
}

/** What was copied here, with the tags this chat knows; `undefined` where the plain text says it all. */
export function readTags(event: ClipboardEvent, known: ReadonlyMap<string, Tag>): Draft['content'] | undefined {
  const data = event.clipboardData?.getData(TYPE);
  if (!data) return undefined;
  try {
    const copied = JSON.parse(data) as Copied;
    const content = copied.flatMap((part): UserMessageContentInput[] => {
      if (typeof part === 'string') return [{ type: 'input_text', text: part }];
      const tag = known.get(part.tag);
      return tag ? [tag] : [];
    });
    return hasTags(content) && content.length === copied.length ? content : undefined;
  } catch {
    return undefined;
  }
}
