import type { ChatKitOptions } from '@openai/chatkit';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';

import { checkedOptions, defaultOptions, isHosted, optionsToCome } from '../../src/element/options';

const api = { url: '/chatkit', domainKey: 'any' };
const onClick = () => undefined;

const ALL: ChatKitOptions = {
  api: { ...api, fetch, uploadStrategy: { type: 'direct', uploadUrl: '/up' } },
  locale: 'zh-CN',
  theme: {
    colorScheme: 'dark',
    radius: 'soft',
    density: 'compact',
    color: { accent: { primary: 'red', level: 1 }, grayscale: { hue: 200, tint: 6, shade: -1 }, surface: { background: '#fff', foreground: '#000' } },
    typography: { baseSize: 16, fontFamily: 'Inter', fontSources: [{ family: 'Inter', src: '/inter.woff2', weight: 400 }] },
  },
  frameTitle: 'Tea',
  initialThread: null,
  onClientTool: () => ({}),
  startScreen: { greeting: 'Hi', prompts: [{ label: 'a', prompt: 'b', icon: 'bolt' }, { label: 'c', prompt: [{ type: 'input_text', text: 'd' }] }] },
  composer: {
    attachments: { enabled: true, maxSize: { 'image/*': 1 }, accept: { 'image/png': ['.png'] } },
    tools: [{ id: 'search', label: 'Search', icon: 'search', pinned: true }],
    models: [{ id: 'a', label: 'A', default: true }],
  },
  header: { leftAction: { icon: 'menu', onClick } },
  disclaimer: { text: 'May be wrong.' },
  entities: { onTagSearch: () => Promise.resolve([]) },
  commands: { enabled: true },
  thread: { autoScroll: true },
};

describe('unknown options', () => {
  test('are named with those that are allowed in their place, and left out', () => {
    const { usable, findings } = checkedOptions({ api, colour: 'red', composer: { placeholder: 'Ask', dictate: true } });
    expect(findings).toEqual({
      wrong: [],
      unknown: [
        { path: 'colour', allowed: expect.arrayContaining(['api', 'theme']) as string[] },
        { path: 'composer.dictate', allowed: ['placeholder', 'attachments', 'tools', 'models', 'dictation'] },
      ],
    });
    expect(usable).toEqual({ api, composer: { placeholder: 'Ask' } });
  });

  test('are none in options that use all there is', () => {
    expect(checkedOptions(ALL)).toEqual({ usable: ALL, findings: { wrong: [], unknown: [] } });
  });

  test('do not count where they say nothing, or where the theme is a word', () => {
    expect(checkedOptions({ api, nothing: undefined, theme: 'dark' }).findings).toEqual({ wrong: [], unknown: [] });
  });
});

describe('an option with a wrong value', () => {
  test.each<[string, object, string, string, object]>([
    ['a number for a text', { frameTitle: 7 }, 'frameTitle', '7', {}],
    ['a theme that is none', { theme: 'blue' }, 'theme', '"blue"', {}],
    ['a corner that is none', { theme: { radius: 'oval', density: 'compact' } }, 'theme.radius', '"oval"', { theme: { density: 'compact' } }],
    ['a hue beyond the circle', { theme: { color: { grayscale: { hue: 400, tint: 1 } } } }, 'theme.color.grayscale.hue', '400', { theme: { color: { grayscale: { tint: 1 } } } }],
    ['a locale nobody translated', { locale: 'tlh' }, 'locale', '"tlh"', {}],
    ['a word for yes', { header: { enabled: 'no' } }, 'header.enabled', '"no"', { header: {} }],
    ['an address for a function', { onClientTool: '/tools' }, 'onClientTool', '"/tools"', {}],
    ['an object for a list', { composer: { tools: { id: 'a' } } }, 'composer.tools', '{"id":"a"}', { composer: {} }],
    ['a list for an object', { composer: [] }, 'composer', '[]', {}],
    ['a tool without an id', { composer: { tools: [{ label: 'A' }, { id: 'b', label: 'B' }] } }, 'composer.tools[0].id', 'nothing', { composer: { tools: [{ id: 'b', label: 'B' }] } }],
    ['a strategy that is none', { api: { ...api, uploadStrategy: { type: 'post' } } }, 'api.uploadStrategy', '{"type":"post"}', {}],
  ])('%s is named with what was given and what is allowed, and left out', (_, given, path, said, rest) => {
    const { usable, findings } = checkedOptions({ api, ...given });
    expect(findings.wrong).toEqual([{ path, given: said, allowed: expect.stringMatching(/./) as string }]);
    expect(usable).toEqual({ api, ...rest });
  });

  test('never keeps the rest from being used, whatever is given', () => {
    fc.assert(
      fc.property(fc.dictionary(fc.constantFrom(...Object.keys(ALL), 'other'), fc.anything()), (given) => {
        const { usable } = checkedOptions({ ...given, frameTitle: 'Tea' });
        expect(usable.frameTitle).toBe('Tea');
        expect(checkedOptions(usable).findings).toEqual({ wrong: [], unknown: [] });
      }),
    );
  });

  test.each(['options', 7, []])('is all of them, where %j is given for options', (given) => {
    expect(checkedOptions(given).usable).toEqual({});
    expect(checkedOptions(given).findings.wrong).toHaveLength(1);
  });
});

test('options of later versions are found where a page asks for them, not where it says no', () => {
  const options: ChatKitOptions = {
    api,
    composer: { attachments: { enabled: false }, dictation: { enabled: true }, tools: [] },
    widgets: { onAction: () => Promise.resolve() },
  };
  expect(optionsToCome(options)).toEqual(['widgets.onAction']);
});

test('a hosted workflow is told from a server of one’s own', () => {
  expect(isHosted({ api })).toBe(false);
  expect(isHosted({ api: { getClientSecret: () => Promise.resolve('') } })).toBe(true);
});

test('without options the server is beside the script', () => {
  expect(defaultOptions().api).toMatchObject({ url: 'http://localhost:3000/chatkit' });
});
