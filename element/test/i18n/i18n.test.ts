import { describe, expect, test } from 'vitest';

import { builtInMessages, directionOf, matchLocale, resolveLocale, translator } from '../../src/i18n';
import type { MessageKey } from '../../src/i18n';
import { en } from '../../src/i18n/en';
import { zhCN } from '../../src/i18n/zh-cn';

describe('the locale', () => {
  test.each([
    ['en', 'en'], ['en-US', 'en'], ['zh', 'zh-CN'], ['zh-CN', 'zh-CN'], ['zh-SG', 'zh-CN'], ['zh-Hans-SG', 'zh-CN'],
    ['zh-Hant', 'zh-TW'], ['zh-TW', 'zh-TW'], ['zh-Hant-HK', 'zh-HK'], ['zh-HK', 'zh-HK'], ['zh-MO', 'zh-HK'],
    ['fr', 'fr-FR'], ['fr-CA', 'fr-CA'], ['fr-BE', 'fr-FR'], ['es', 'es-ES'], ['es-MX', 'es-419'], ['es-419', 'es-419'],
    ['pt', 'pt-BR'], ['pt-PT', 'pt-PT'], ['de-AT', 'de-DE'], ['ja', 'ja-JP'], ['nb', 'nb-NO'], ['no', 'nb-NO'],
    ['sr-Latn-RS', 'sr-RS'], ['fil-PH', 'tl'], ['EN_gb', 'en'], ['ar-EG', 'ar'],
  ])('for %s is %s', (wish, locale) => expect(matchLocale(wish)).toBe(locale));

  test('is the first wish that can be met', () => {
    expect(resolveLocale(['xx', 'gsw', 'it-CH', 'fr'])).toBe('it-IT');
  });

  test('is English when none can', () => {
    expect(resolveLocale(['xx', ''])).toBe('en');
    expect(resolveLocale([])).toBe('en');
  });

  test('says which way one writes', () => {
    expect([directionOf('ar'), directionOf('ur'), directionOf('zh-CN')]).toEqual(['rtl', 'rtl', 'ltr']);
  });
});

describe('texts', () => {
  const keys = Object.keys(en) as MessageKey[];
  const names = (text: string) => [...new Set([...text.matchAll(/\{\w+\}/g)].flat())].sort();

  test('have the same values to fill in in every language', () => {
    for (const key of keys) expect([key, names(zhCN[key])]).toEqual([key, names(en[key])]);
  });

  test('are nowhere empty, and nowhere left in English', () => {
    for (const key of keys) {
      expect(zhCN[key]).not.toBe('');
      expect([key, zhCN[key]]).not.toEqual([key, en[key]]);
    }
  });

  test('are filled in', () => {
    const t = translator(builtInMessages('en'), 'en');
    expect(t('error.request', { id: 'req_$1' })).toBe('Request req_$1');
    expect(t('error.request')).toBe('Request {id}');
  });

  test('are Chinese for readers of Traditional Chinese too', () => {
    expect(builtInMessages('zh-TW')).toBe(zhCN);
    expect(builtInMessages('fr-FR')).toBe(en);
  });
});
