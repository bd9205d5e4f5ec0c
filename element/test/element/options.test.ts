import type { ChatKitOptions } from '@openai/chatkit';
import { describe, expect, test } from 'vitest';

import { defaultOptions, isHosted, optionsToCome, unknownOptions } from '../../src/element/options';

const api = { url: '/chatkit', domainKey: 'any' };

describe('unknown options', () => {
  test('are named with those that are allowed in their place', () => {
    const options = { api, colour: 'red', composer: { placeholder: 'Ask', dictate: true } };
    expect(unknownOptions(options)).toEqual([
      { path: 'colour', allowed: expect.arrayContaining(['api', 'theme']) as string[] },
      { path: 'composer.dictate', allowed: ['placeholder', 'attachments', 'tools', 'models', 'dictation'] },
    ]);
  });

  test('are none in options that use all there is', () => {
    const options: ChatKitOptions = {
      api: { ...api, fetch, uploadStrategy: { type: 'direct', uploadUrl: '/up' } },
      locale: 'zh-CN',
      theme: { colorScheme: 'dark', color: { accent: { primary: 'red', level: 1 } }, typography: { baseSize: 16 } },
      startScreen: { prompts: [{ label: 'a', prompt: 'b', icon: 'bolt' }] },
      composer: { attachments: { enabled: true, maxSize: { 'image/*': 1 }, accept: { 'image/png': ['.png'] } } },
      header: { leftAction: { icon: 'menu', onClick: () => undefined } },
    };
    expect(unknownOptions(options)).toEqual([]);
  });

  test('do not count where they say nothing, or where the theme is a word', () => {
    expect(unknownOptions({ api, nothing: undefined, theme: 'dark' })).toEqual([]);
  });
});

test('options of later versions are found where a page asks for them, not where it says no', () => {
  const options: ChatKitOptions = {
    api,
    composer: { attachments: { enabled: false }, dictation: { enabled: true }, tools: [], models: [{ id: 'a', label: 'A' }] },
    widgets: { onAction: () => Promise.resolve() },
  };
  expect(optionsToCome(options)).toEqual(['composer.dictation', 'composer.models', 'widgets.onAction']);
});

test('a hosted workflow is told from a server of one’s own', () => {
  expect(isHosted({ api })).toBe(false);
  expect(isHosted({ api: { getClientSecret: () => Promise.resolve('') } })).toBe(true);
});

test('without options the server is beside the script', () => {
  expect(defaultOptions().api).toMatchObject({ url: 'http://localhost:3000/chatkit' });
});
