import type { Attachment, UserMessageContentInput } from '../api/wire';
import type { Refusal } from '../attachments/limits';
import type { ChatKitError } from '../errors';

/** A tag: something of the page's own that a message refers to. An atom in the text around it. */
export type Tag = Extract<UserMessageContentInput, { type: 'input_tag' }>;

/** A file on its way to the server, or one that did not get there. */
export interface Upload {
  readonly key: number;
  readonly name: string;
  readonly type: string;
  /** Bytes. */
  readonly size: number;
  readonly state: 'waiting' | 'sending' | 'failed';
  /** From 0 to 1; `null` while that is not known. */
  readonly progress: number | null;
  /** An address of the picture in it. */
  readonly picture?: string;
  /** Why it was not taken. */
  readonly refusal?: Refusal;
  /** Why it did not arrive, and whether another try may end better. */
  readonly error?: ChatKitError | undefined;
  readonly mayRetry?: boolean;
}

/** What is being written: text and tags in their order, what it replies to, and what is sent along. */
export interface Draft {
  readonly content: readonly UserMessageContentInput[];
  readonly quotedText?: string | undefined;
  readonly attachments: readonly Attachment[];
  /** Files that are not on the server yet. */
  readonly uploads?: readonly Upload[] | undefined;
  /** The most files there may be, when more were chosen. */
  readonly tooMany?: number | undefined;
  /** Whether it is sent as soon as its files are there. */
  readonly held?: boolean | undefined;
}

export const emptyDraft: Draft = { content: [], attachments: [] };

/** What it says, tags in their places. */
export function draftText({ content }: Draft): string {
  return content.map(({ text }) => text).join('');
}

/** Whether it says something: spaces alone do not, files alone do. */
export function saysSomething(draft: Draft): boolean {
  return draft.attachments.length > 0 || (draft.uploads?.length ?? 0) > 0 || hasTags(draft.content) || draftText(draft).trim() !== '';
}

export function hasTags(content: Draft['content']): boolean {
  return content.some(({ type }) => type === 'input_tag');
}

/** A text as content: nothing, where there is none. */
export function textContent(text: string): Draft['content'] {
  return text === '' ? [] : [{ type: 'input_text', text }];
}

/** The content with neighbouring texts made one, and without empty ones: two that say the same then look the same. */
export function joined(content: Draft['content']): Draft['content'] {
  const parts: UserMessageContentInput[] = [];
  for (const part of content) {
    const last = parts.at(-1);
    if (part.type === 'input_tag') parts.push(part);
    else if (last?.type === 'input_text') parts[parts.length - 1] = { ...last, text: last.text + part.text };
    else if (part.text !== '') parts.push(part);
  }
  return parts;
}

/** The content without spaces at its ends, as it is sent. */
export function trimmed(content: Draft['content']): Draft['content'] {
  const last = content.length - 1;
  const ends = content.map((part, index) => {
    if (part.type === 'input_tag') return part;
    const start = index === 0 ? part.text.trimStart() : part.text;
    return { ...part, text: index === last ? start.trimEnd() : start };
  });
  return joined(ends);
}

/** Two drafts as one: what was written first, then what was typed meanwhile, on a line of its own. */
export function together(first: Draft, second: Draft): Draft {
  const between = first.content.length > 0 && second.content.length > 0 ? textContent('\n') : [];
  const { quotedText = second.quotedText } = first;
  const known = new Set(first.attachments.map(({ id }) => id));
  return {
    content: joined([...first.content, ...between, ...second.content]),
    attachments: [...first.attachments, ...second.attachments.filter(({ id }) => !known.has(id))],
    ...(second.uploads && { uploads: second.uploads }),
    ...(quotedText !== undefined && { quotedText }),
  };
}

/** What stands between two places, in characters of {@link draftText}; of a tag all or nothing. */
export function slice(content: Draft['content'], start: number, end: number): Draft['content'] {
  let at = 0;
  const parts = content.flatMap((part): UserMessageContentInput[] => {
    const from = at;
    at += part.text.length;
    if (part.type === 'input_tag') return from >= start && at <= end ? [part] : [];
    return [{ ...part, text: part.text.slice(Math.max(0, start - from), Math.max(0, end - from)) }];
  });
  return joined(parts);
}

/** The content with something else between two places. */
export function replaced(content: Draft['content'], start: number, end: number, by: Draft['content']): Draft['content'] {
  return joined([...slice(content, 0, start), ...by, ...slice(content, end, Number.POSITIVE_INFINITY)]);
}

export function lengthOf(content: Draft['content']): number {
  return content.reduce((length, { text }) => length + text.length, 0);
}
