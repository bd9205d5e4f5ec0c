import type { Annotation, EntitySource, ThreadItem } from '../api/wire';
import { openableHref } from './links';

/** A source of an answer, numbered in the order in which the answer first mentions it. */
export interface NumberedSource {
  readonly number: number;
  readonly title: string;
  readonly href?: string;
  readonly description?: string;
  /** Where it stands: a host, a file's name. */
  readonly origin?: string;
  /** The thing of the page's that it is, where one can do something with it. */
  readonly entity?: EntitySource;
}

/** A place in a text where a source is mentioned. `index` counts characters from the start of the text. */
export interface Mention {
  readonly index: number;
  readonly source: NumberedSource;
}

export interface Sources {
  readonly list: readonly NumberedSource[];
  /** The mentions of each text part, keyed by the part itself. */
  readonly mentions: ReadonlyMap<object, readonly Mention[]>;
}

/** Numbers the sources of all messages of one answer; a source mentioned twice keeps its number. */
export function sourcesOf(answers: readonly ThreadItem[]): Sources {
  const numbered = new Map<string, NumberedSource>();
  const mentions = new Map<object, readonly Mention[]>();
  for (const item of answers) {
    if (item.type !== 'assistant_message') continue;
    for (const part of item.content) {
      mentions.set(part, mentionsOf(part.annotations ?? [], numbered, part.text.length));
    }
  }
  return { list: [...numbered.values()], mentions };
}

function mentionsOf(annotations: readonly Annotation[], numbered: Map<string, NumberedSource>, end: number): Mention[] {
  return annotations
    .map(({ source, index }) => ({ index: index ?? end, source }))
    .sort((one, other) => one.index - other.index)
    .map(({ source, index }) => ({ index, source: numberOf(source, numbered) }));
}

function numberOf(source: Annotation['source'], numbered: Map<string, NumberedSource>): NumberedSource {
  const key = identityOf(source);
  const known = numbered.get(key);
  if (known) return known;
  const description = source.description ?? undefined;
  const entry: NumberedSource = {
    number: numbered.size + 1,
    title: source.title,
    ...(description !== undefined && { description }),
    ...placeOf(source),
  };
  numbered.set(key, entry);
  return entry;
}

function identityOf(source: Annotation['source']): string {
  if (source.type === 'url') return `url ${source.url}`;
  if (source.type === 'file') return `file ${source.filename}`;
  return `entity ${source.id}`;
}

function placeOf(source: Annotation['source']): Pick<NumberedSource, 'href' | 'origin' | 'entity'> {
  if (source.type === 'file') return { origin: source.filename };
  if (source.type === 'entity') {
    return { ...(source.label && { origin: source.label }), ...(source.interactive && { entity: source }) };
  }
  const origin = source.attribution ?? hostOf(source.url);
  const href = openableHref(source.url);
  return { ...(href !== undefined && { href }), ...(origin && { origin }) };
}

/** The host of an absolute address; a relative one is on this very site and needs no name. */
function hostOf(url: string): string | undefined {
  return URL.canParse(url) ? new URL(url).host : undefined;
}
