import { hasChunk, loadChunk } from '../chunks';
import type { MessageKey, Messages } from './en';
import { en } from './en';
import type { Locale } from './locale';
import { zhCN } from './zh-cn';

export type { MessageKey, Messages } from './en';
export { directionOf, matchLocale, resolveLocale } from './locale';
export type { Locale } from './locale';

/** Says a text in the reader's language; `{name}` in it is replaced from `values`. */
export type Translate = (key: MessageKey, values?: Readonly<Record<string, string | number>>) => string;

/** The texts that are here without loading anything. A reader of Traditional Chinese is better served by these than by English. */
export function builtInMessages(locale: Locale): Messages {
  return locale.startsWith('zh') ? zhCN : en;
}

/**
 * The texts of a locale: those in the script itself, or a chunk named `locale-<locale>` where the build has one.
 * What a language does not say yet, or all of it when it cannot be loaded, is said by {@link builtInMessages}.
 */
export async function loadMessages(locale: Locale): Promise<Messages> {
  const chunk = `locale-${locale}`;
  if (!hasChunk(chunk)) return builtInMessages(locale);
  try {
    const { messages } = await loadChunk<{ messages: Partial<Messages> }>(chunk);
    return { ...builtInMessages(locale), ...messages };
  } catch {
    return builtInMessages(locale);
  }
}

/**
 * A {@link Translate} over the texts of one language. A text that depends on a `count` has its forms side by side,
 * named as `Intl.PluralRules` names them: `one=1 result|other={count} results`.
 */
export function translator(messages: Messages, locale: Locale): Translate {
  const plurals = new Intl.PluralRules(locale);
  return (key, values = {}) => {
    const text = typeof values.count === 'number' ? formOf(messages[key], plurals.select(values.count)) : messages[key];
    return text.replace(/\{(\w+)\}/g, (whole, name: string) => String(values[name] ?? whole));
  };
}

function formOf(text: string, category: Intl.LDMLPluralRule): string {
  const forms = new Map(text.split('|').map((form) => [form.slice(0, form.indexOf('=')), form.slice(form.indexOf('=') + 1)]));
  return forms.get(category) ?? forms.get('other') ?? text;
}
