import type { ChatKitOptions, Command, CommandSelection, Entity } from '@openai/chatkit';

import { ChatKitError } from '../../errors';
import type { Draft, Tag } from '../../state/draft';
import { lengthOf, replaced } from '../../state/draft';
import type { Ui } from '../ui';

/** One thing that can be chosen. */
export interface Suggestion {
  readonly id: string;
  readonly label: string;
  readonly icon?: string | undefined;
  readonly description?: string | undefined;
  readonly group?: string | undefined;
  /** Called once what was typed for the search is taken out of the text; gives what takes its place. */
  readonly choose: () => Promise<Outcome> | Outcome;
}

type Outcome = Entity | readonly Suggestion[] | string | null;

/** What is being searched for. */
export interface Suggesting {
  readonly kind: 'tags' | 'commands';
  readonly status: 'loading' | 'ready' | 'failed';
  readonly entries: readonly Suggestion[];
  readonly active: number;
}

interface Token {
  readonly kind: Suggesting['kind'];
  readonly query: string;
  /** Where it begins and ends in the text. */
  readonly start: number;
  readonly end: number;
}

/** More than anybody reads; a page may give more. */
const MOST = 50;
/** Not in the middle of a word or an address, but after Chinese and Japanese, which have no spaces. */
const MENTION = /(?<![\w.%+-])@([^\s@]{0,64})$/;
const COMMAND = /(?:^|\s)\/([^\s/]{0,64})$/;

/** What is being searched for where the text ends at the caret: `@` finds what can be mentioned, `/` commands. */
export function tokenIn(before: string, { entities, commands }: ChatKitOptions): Token | null {
  const end = before.length;
  const mention = entities?.onTagSearch && MENTION.exec(before)?.[1];
  if (typeof mention === 'string') return { kind: 'tags', query: mention, start: end - mention.length - 1, end };
  const command = commands?.enabled ? COMMAND.exec(before)?.[1] : undefined;
  if (typeof command === 'string') return { kind: 'commands', query: command, start: end - command.length - 1, end };
  return null;
}

/** What a tag of a message says of an entity. */
export function entityOf({ id, text, group, data, interactive }: Tag): Entity {
  return {
    id,
    title: text,
    ...(group != null && { group }),
    ...(interactive != null && { interactive }),
    data: data as Record<string, string>,
  };
}

function tagFor({ id, title, group, data, interactive }: Entity): Tag {
  return {
    type: 'input_tag',
    id,
    text: title,
    data: data ?? {},
    ...(group !== undefined && { group }),
    interactive: interactive ?? false,
  };
}

/** The menu of what can be mentioned, or done, while one types. What was searched for last is what is shown. */
export class Suggestions {
  readonly #changed: () => void;
  /** Tags this chat has seen: only these come back out of the clipboard as tags. */
  readonly known = new Map<string, Tag>();
  /** Where the caret is to be once the composer is drawn. */
  caret: number | null = null;
  #showing: Suggesting | null = null;
  #token: Token | null = null;
  #search = 0;

  constructor(changed: () => void) {
    this.#changed = changed;
  }

  get showing(): Suggesting | null {
    return this.#showing;
  }

  /** The text up to the caret is now this. */
  typed(before: string, ui: Ui): void {
    const token = tokenIn(before, ui.options);
    if (!token) this.close();
    else if (token.query !== this.#token?.query || token.start !== this.#token.start || token.kind !== this.#token.kind) void this.#find(token, ui);
  }

  close(): void {
    this.#search += 1;
    this.#token = null;
    this.#show(null);
  }

  /** Moves the highlight, around the ends. */
  move(by: number): void {
    const showing = this.#showing;
    if (!showing || showing.entries.length === 0) return;
    const { length } = showing.entries;
    this.#show({ ...showing, active: (showing.active + by + length) % length });
  }

  /** Chooses one, by default the highlighted; `false` where there is none. */
  choose(ui: Ui, index = this.#showing?.active ?? -1): boolean {
    const entry = this.#showing?.entries[index];
    const place = this.#token;
    if (!entry || !place) return false;
    const { kind } = this.#showing ?? place;
    this.close();
    this.#put(place.start, place.end, [], ui);
    void this.#run(entry, { ...place, query: '', end: place.start }, kind, ui);
    return true;
  }

  async #run(entry: Suggestion, place: Token, kind: Suggesting['kind'], ui: Ui): Promise<void> {
    const search = this.#search;
    try {
      const outcome = await entry.choose();
      if (outcome === null || search !== this.#search) return;
      if (typeof outcome === 'string') {
        this.#put(place.start, place.end, [{ type: 'input_text', text: outcome }], ui);
        const before = `${draftBefore(ui.chat.composing.draft, place.start)}${outcome}`;
        this.typed(before, ui);
      } else if (isList(outcome)) {
        this.#token = place;
        this.#show({ kind, status: 'ready', entries: outcome, active: 0 });
      } else {
        const tag = tagFor(outcome);
        this.known.set(tag.id, tag);
        this.#put(place.start, place.end, [tag, { type: 'input_text', text: ' ' }], ui);
      }
    } catch (cause) {
      fail('commands.failed', 'commands.onSelect', cause, ui);
    }
  }

  /** The tags in this may come back out of the clipboard. */
  know(content: Draft['content']): void {
    for (const part of content) if (part.type === 'input_tag') this.known.set(part.id, part);
  }

  /** Puts something into the text, and the caret behind it. */
  insert(start: number, end: number, parts: Draft['content'], ui: Ui): void {
    this.know(parts);
    this.#put(start, end, parts, ui);
  }

  /** Begins to mention something, as if an @ had been typed where the selection is. */
  mention([start, end]: readonly [number, number], ui: Ui): void {
    const before = draftBefore(ui.chat.composing.draft, start);
    const typed = `${/[\w.%+-]$/.test(before) ? ' ' : ''}@`;
    this.#put(start, end, [{ type: 'input_text', text: typed }], ui);
    this.typed(before + typed, ui);
  }

  #put(start: number, end: number, parts: Draft['content'], { chat }: Ui): void {
    this.caret = start + lengthOf(parts);
    chat.composing.change({ content: replaced(chat.composing.draft.content, start, end, parts) });
    this.#changed();
  }

  async #find(token: Token, ui: Ui): Promise<void> {
    this.#search += 1;
    const search = this.#search;
    const before = this.#showing?.kind === token.kind ? this.#showing.entries : [];
    this.#token = token;
    this.#show({ kind: token.kind, status: 'loading', entries: before, active: 0 });
    try {
      const entries = await (token.kind === 'tags' ? findTags(token.query, ui) : findCommands(token.query, ui));
      if (search === this.#search) this.#show({ kind: token.kind, status: 'ready', entries: byGroup(entries.slice(0, MOST)), active: 0 });
    } catch (cause) {
      if (search !== this.#search) return;
      this.#show({ kind: token.kind, status: 'failed', entries: [], active: 0 });
      fail(`${token.kind}.failed`, token.kind === 'tags' ? 'entities.onTagSearch' : 'commands.onSearch', cause, ui);
    }
  }

  #show(showing: Suggesting | null): void {
    if (showing === this.#showing) return;
    this.#showing = showing;
    this.#changed();
  }
}

async function findTags(query: string, { options }: Ui): Promise<Suggestion[]> {
  const found: unknown = await options.entities?.onTagSearch?.(query);
  return listOf<Entity>(found, 'id', 'title').map((entity) => ({
    id: entity.id,
    label: entity.title,
    icon: entity.icon,
    group: entity.group,
    choose: () => entity,
  }));
}

async function findCommands(query: string, ui: Ui): Promise<Suggestion[]> {
  const wanted = query.toLocaleLowerCase();
  const own = builtIn(ui).filter(({ label }) => label.toLocaleLowerCase().includes(wanted));
  const found: unknown = await ui.options.commands?.onSearch?.(query);
  return [...own, ...commandsOf(found, ui)];
}

function commandsOf(found: unknown, ui: Ui): Suggestion[] {
  return listOf<Command>(found, 'id', 'label').map((command) => ({
    ...command,
    choose: async () => outcomeOf((await ui.options.commands?.onSelect?.(command)) ?? undefined, ui),
  }));
}

function outcomeOf(selection: CommandSelection | undefined, ui: Ui): Outcome {
  if (selection?.type === 'entity') return listOf<Entity>([selection.entity], 'id', 'title')[0] ?? null;
  if (selection?.type === 'menu') return commandsOf(selection.commands, ui);
  return null;
}

/** What the composer and the header can do, as commands. */
function builtIn({ options, chat, t }: Ui): Suggestion[] {
  const { composer, entities, history } = options;
  const act = (id: string, label: string, icon: string, choose: Suggestion['choose']): Suggestion => ({ id: `chatkit:${id}`, label, icon, choose });
  const tools = (composer?.tools ?? []).map(({ id, label, icon }) =>
    act(`tool:${id}`, label, icon, () => {
      chat.composing.selectTool(id);
      return null;
    }),
  );
  const models = (composer?.models ?? []).filter(({ disabled }) => !disabled).map(({ id, label, description }) => ({
    ...act(`model:${id}`, label, 'ui:tools', () => {
      chat.composing.selectModel(id);
      return null;
    }),
    description,
  }));
  return [
    ...(entities?.onTagSearch ? [act('mention', t('composer.mention'), 'ui:mention', () => '@')] : []),
    ...tools,
    ...(models.length > 0 ? [act('models', t('composer.models'), 'ui:tools', () => models)] : []),
    act('new', t('header.new'), 'ui:new', () => {
      chat.openNew();
      return null;
    }),
    ...(history?.enabled === false
      ? []
      : [
          act('history', t('header.history'), 'ui:history', () => {
            chat.history.show();
            return null;
          }),
        ]),
  ];
}

/** The entries with those of a group together, in the order in which the groups begin. */
function byGroup(entries: readonly Suggestion[]): Suggestion[] {
  const groups = [...new Set(entries.map(({ group }) => group ?? ''))];
  return groups.flatMap((name) => entries.filter(({ group }) => (group ?? '') === name));
}

/** The entries of a page's answer that are what they should be. */
function listOf<Entry>(found: unknown, ...names: readonly (keyof Entry & string)[]): Entry[] {
  if (!Array.isArray(found)) return [];
  const fits = (entry: unknown): entry is Entry =>
    typeof entry === 'object' && entry !== null && names.every((name) => typeof (entry as Record<string, unknown>)[name] === 'string');
  return found.filter(fits);
}

function isList(outcome: Entity | readonly Suggestion[]): outcome is readonly Suggestion[] {
  return Array.isArray(outcome);
}

function draftBefore({ content }: Draft, place: number): string {
  return content.map(({ text }) => text).join('').slice(0, place);
}

function fail(code: string, option: string, cause: unknown, { chat }: Ui): void {
  chat.emit('chatkit.error', { error: new ChatKitError(code, `The page's ${option} failed: ${String(cause)}`, { cause }) });
}
