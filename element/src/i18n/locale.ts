import type { SupportedLocale, TranslatedLocale } from '@openai/chatkit';

/** A locale ChatKit has a translation for; `en` is the language of last resort. */
export type Locale = TranslatedLocale | 'en';

/** Every translated locale, in the spelling of the official types; checked for completeness below. */
const TRANSLATED = [
  'am', 'ar', 'bg-BG', 'bn-BD', 'bs-BA', 'ca-ES', 'cs-CZ', 'da-DK', 'de-DE', 'el-GR', 'es-419', 'es-ES', 'et-EE',
  'fi-FI', 'fr-CA', 'fr-FR', 'gu-IN', 'hi-IN', 'hr-HR', 'hu-HU', 'hy-AM', 'id-ID', 'is-IS', 'it-IT', 'ja-JP', 'ka-GE',
  'kk', 'kn-IN', 'ko-KR', 'lt', 'lv-LV', 'mk-MK', 'ml', 'mn', 'mr-IN', 'ms-MY', 'my-MM', 'nb-NO', 'nl-NL', 'pa',
  'pl-PL', 'pt-BR', 'pt-PT', 'ro-RO', 'ru-RU', 'sk-SK', 'sl-SI', 'so-SO', 'sq-AL', 'sr-RS', 'sv-SE', 'sw-TZ', 'ta-IN',
  'te-IN', 'th-TH', 'tl', 'tr-TR', 'uk-UA', 'ur', 'vi-VN', 'zh-CN', 'zh-HK', 'zh-TW',
] as const satisfies readonly TranslatedLocale[];

/** Fails to compile when the official types gain a locale that is not in the list. */
type Missing = Exclude<TranslatedLocale, (typeof TRANSLATED)[number]>;
export const noLocaleIsMissing: [Missing] extends [never] ? true : Missing = true;

/** Where a bare language, or a script, has several translations or another name. */
const PREFERRED: Readonly<Record<string, Locale>> = {
  en: 'en',
  es: 'es-ES',
  fr: 'fr-FR',
  no: 'nb-NO',
  nn: 'nb-NO',
  fil: 'tl',
  pt: 'pt-BR',
  zh: 'zh-CN',
  'zh-hans': 'zh-CN',
  'zh-sg': 'zh-CN',
  'zh-hant': 'zh-TW',
  'zh-mo': 'zh-HK',
};

const LATIN_AMERICA = new Set('AR BO CL CO CR CU DO EC GT HN MX NI PA PE PR PY SV US UY VE'.split(' '));

const BY_TAG: ReadonlyMap<string, Locale> = new Map<string, Locale>([
  ...TRANSLATED.map((locale): [string, Locale] => [locale.toLowerCase().split('-')[0] ?? locale, locale]),
  ...Object.entries(PREFERRED),
  ...TRANSLATED.map((locale): [string, Locale] => [locale.toLowerCase(), locale]),
]);

/**
 * The locale to use for a wish: a `SupportedLocale` of the options, or any BCP 47 tag of a browser.
 * `undefined` when nothing near it is translated.
 */
export function matchLocale(tag: SupportedLocale | (string & {})): Locale | undefined {
  const [language = '', ...rest] = tag.trim().toLowerCase().replaceAll('_', '-').split('-');
  if (language === 'es' && rest.some((region) => LATIN_AMERICA.has(region.toUpperCase()))) return 'es-419';
  // zh-Hant-HK: the most specific pair that is known decides.
  const pairs = rest.toReversed().map((part) => BY_TAG.get(`${language}-${part}`));
  return pairs.find((locale) => locale !== undefined) ?? BY_TAG.get(language);
}

/** The first wish that can be met, else English. */
export function resolveLocale(wishes: readonly string[]): Locale {
  for (const wish of wishes) {
    const locale = matchLocale(wish);
    if (locale) return locale;
  }
  return 'en';
}

/** The direction a locale is written in. */
export function directionOf(locale: Locale): 'ltr' | 'rtl' {
  return locale === 'ar' || locale === 'ur' ? 'rtl' : 'ltr';
}
