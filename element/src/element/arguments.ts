import type { OpenAIChatKit } from '@openai/chatkit';

import type { Attachment, UserMessageContentInput } from '../api/wire';
import { ArgumentError } from '../errors';
import { userContent } from '../state/content';
import { described } from './rules';

type Given = Parameters<OpenAIChatKit['setComposerValue']>[0];

/** What a method was given to write: `content`, else `text`; `undefined` where it was given neither. */
export function contentIn({ text, content }: Pick<Given, 'text' | 'content'>): UserMessageContentInput[] | undefined {
  if (content !== undefined && content !== null) return listIn('content', content, isPart, 'input_text and input_tag parts') && userContent(content);
  if (text === undefined || text === null) return undefined;
  if (typeof text !== 'string') throw new ArgumentError('text', described(text), 'a text');
  return text === '' ? [] : userContent(text);
}

/** Files the server has already. */
export function attachmentsIn({ attachments }: Pick<Given, 'attachments'>): readonly Attachment[] | undefined {
  if (attachments === undefined || attachments === null) return undefined;
  return listIn('attachments', attachments as Attachment[], isAttachment, 'attachments with an id, a name and a MIME type');
}

/** The id of an option that is offered. */
export function offered(name: string, id: string, options: readonly { readonly id: string; readonly disabled?: boolean }[] = []): string {
  const ids = options.filter(({ disabled }) => !disabled).map((option) => option.id);
  if (ids.includes(id)) return id;
  throw new ArgumentError(name, described(id), ids.length > 0 ? ids.map(described).join(', ') : 'nothing: the options offer none');
}

function listIn<Entry>(name: string, given: readonly Entry[], fits: (entry: unknown) => boolean, allowed: string): readonly Entry[] {
  if (Array.isArray(given) && given.every((entry) => fits(entry))) return given as readonly Entry[];
  throw new ArgumentError(name, described(given), `a list of ${allowed}`);
}

function isPart(part: unknown): boolean {
  if (!hasTexts(part, 'type', 'text')) return false;
  return part.type === 'input_text' || (part.type === 'input_tag' && typeof part.id === 'string');
}

function isAttachment(attachment: unknown): boolean {
  return hasTexts(attachment, 'type', 'id', 'name', 'mime_type');
}

function hasTexts(value: unknown, ...names: readonly string[]): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && names.every((name) => typeof (value as Record<string, unknown>)[name] === 'string');
}
