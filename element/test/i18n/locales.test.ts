import { describe, expect, test } from 'vitest';

import type { Messages } from '../../src/i18n';
import { matchLocale } from '../../src/i18n';
import { en } from '../../src/i18n/en';
import { messages as german } from '../../src/chunks/locale-de-DE';

const chunks = import.meta.glob<{ messages: Partial<Messages> }>('../../src/chunks/locale-*.ts', { eager: true });
const locales = Object.entries(chunks).map(([path, { messages }]) => [/locale-(.+)\.ts/.exec(path)?.[1] ?? path, messages] as const);

/** What one sees and presses every day. Every language says this; the rest is English until somebody translates it. */
const EVERY_DAY = Object.keys(german).sort();

const names = (text: string) => [...new Set([...text.matchAll(/\{\w+\}/g)].flat())].sort();

describe.each(locales)('%s', (locale, messages) => {
  test('is a locale of the options', () => {
    expect(matchLocale(locale)).toBe(locale);
  });

  test('says what one sees every day, and fills in the same values', () => {
    expect(Object.keys(messages).sort()).toEqual(EVERY_DAY);
    for (const [key, text] of Object.entries(messages)) {
      expect(text.trim()).toBe(text);
      expect(text).not.toBe('');
      expect([key, names(text)]).toEqual([key, names(en[key as keyof Messages])]);
    }
  });

  test('is not English', () => {
    const same = Object.entries(messages).filter(([key, text]) => en[key as keyof Messages] === text);
    // "Chat", "Message", "Sources": some words are the same elsewhere.
    expect(same.length).toBeLessThan(8);
  });
});

test('Traditional Chinese has none of the simplified characters', () => {
  for (const [locale, messages] of locales.filter(([name]) => name.startsWith('zh-'))) {
    expect([locale, /[发传闭记录页删复关话个对时来让务网连断开检]/.exec(Object.values(messages).join(''))?.[0]]).toEqual([locale, undefined]);
  }
});
