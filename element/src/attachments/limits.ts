import type { ChatKitOptions } from '@openai/chatkit';

/** What the page takes: `composer.attachments`. */
export type AttachmentOptions = NonNullable<NonNullable<ChatKitOptions['composer']>['attachments']>;

/** What a file is to the limits. */
export type FileFacts = Pick<File, 'name' | 'type' | 'size'>;

/** Why a file is not taken. */
export type Refusal = { readonly why: 'type' } | { readonly why: 'empty' } | { readonly why: 'size'; readonly limit: number };

const DEFAULT_SIZE = 100 * 1024 * 1024;
const DEFAULT_COUNT = 10;
const MOST_WORDS = 16;

/** How many files one message may carry. */
export function maxCount({ maxCount = DEFAULT_COUNT }: AttachmentOptions): number {
  return maxCount;
}

/** Why a file is not taken; `null` when it is. */
export function refusalOf(file: FileFacts, options: AttachmentOptions): Refusal | null {
  if (!isAccepted(file, options.accept)) return { why: 'type' };
  if (file.size === 0) return { why: 'empty' };
  const limit = maxSize(file, options.maxSize);
  return file.size > limit ? { why: 'size', limit } : null;
}

/** What a file picker should offer: MIME types and endings, separated by commas. */
export function pickerTypes({ accept }: AttachmentOptions): string {
  return Object.entries(accept ?? {})
    .flatMap(([type, endings]) => [type, ...endings.map(withDot)])
    .filter((entry) => entry !== '' && entry !== '*' && entry !== '*/*')
    .join(',');
}

/** The endings and kinds that are taken, the first of them in words: `.pdf, .docx, image/*`; empty when everything is. */
export function acceptedWords({ accept }: AttachmentOptions): string {
  const kinds = Object.entries(accept ?? {}).flatMap(([type, endings]) => (endings.length > 0 ? endings.map(withDot) : [type]));
  return kinds.slice(0, MOST_WORDS).join(', ') + (kinds.length > MOST_WORDS ? ', …' : '');
}

/** By type where the browser knows it, by the name's ending where it does not: Windows knows few types. */
function isAccepted({ name, type }: FileFacts, accept: AttachmentOptions['accept']): boolean {
  if (!accept || Object.keys(accept).length === 0) return true;
  const lower = name.toLowerCase();
  return Object.entries(accept).some(
    ([pattern, endings]) => matches(type, pattern) || endings.some((ending) => lower.endsWith(withDot(ending).toLowerCase())),
  );
}

function maxSize({ type }: FileFacts, limit: AttachmentOptions['maxSize']): number {
  if (limit === undefined) return DEFAULT_SIZE;
  if (typeof limit === 'number') return limit;
  const exact = limit[type] ?? Object.entries(limit).find(([pattern]) => isNarrow(pattern) && matches(type, pattern))?.[1];
  return exact ?? limit['*/*'] ?? limit['*'] ?? limit[''] ?? DEFAULT_SIZE;
}

function isNarrow(pattern: string): boolean {
  return pattern !== '' && !pattern.startsWith('*');
}

function matches(type: string, pattern: string): boolean {
  if (!isNarrow(pattern)) return pattern !== '';
  return pattern.endsWith('/*') ? type.startsWith(pattern.slice(0, -1)) : type === pattern;
}

function withDot(ending: string): string {
  return ending.startsWith('.') ? ending : `.${ending}`;
}

/** A size as people read it, in the reader's language: `1.5 MB`. */
export function sizeWords(bytes: number, locale: string): string {
  const [unit, amount] = bytes < 1024 ** 2 ? ['kilobyte', Math.max(1, bytes / 1024)] : ['megabyte', bytes / 1024 ** 2];
  const digits = amount < 10 ? 1 : 0;
  return new Intl.NumberFormat(locale, { style: 'unit', unit, unitDisplay: 'short', maximumFractionDigits: digits }).format(amount);
}
