import type { ChatKitOptions } from '@openai/chatkit';
import { describe, expect, test } from 'vitest';

import type { Tag } from '../../src/state/draft';
import { replaced, slice, textContent } from '../../src/state/draft';
import { tokenIn } from '../../src/views/composer/suggestions';

const options: ChatKitOptions = {
  api: { url: '/chatkit', domainKey: '' },
  entities: { onTagSearch: () => Promise.resolve([]) },
  commands: { enabled: true },
};

describe('what is searched for', () => {
  test.each([
    ['@', 'tags', ''],
    ['Ask @Harry', 'tags', 'Harry'],
    ['你好@张', 'tags', '张'],
    ['(@x', 'tags', 'x'],
    ['/', 'commands', ''],
    ['now /su', 'commands', 'su'],
  ])('after %j is found', (before, kind, query) => {
    expect(tokenIn(before, options)).toEqual({ kind, query, start: before.length - query.length - 1, end: before.length });
  });

  test.each(['', 'tea', 'someone@example', '@Harry ', 'and/or', '1/2', 'https://', '@' + 'x'.repeat(65)])('after %j is nothing', (before) => {
    expect(tokenIn(before, options)).toBeNull();
  });

  test('is nothing where the page offers nothing', () => {
    expect(tokenIn('@', { api: options.api })).toBeNull();
    expect(tokenIn('/', { api: options.api, commands: { enabled: false } })).toBeNull();
  });
});

describe('a text with a tag in it', () => {
  const tag: Tag = { type: 'input_tag', id: 'tea', text: 'tea', data: {} };
  const content = [...textContent('a '), tag, ...textContent(' b')];

  test('is cut in places, the tag as a whole', () => {
    expect(slice(content, 0, 3)).toEqual(textContent('a '));
    expect(slice(content, 1, 5)).toEqual([...textContent(' '), tag]);
    expect(slice(content, 5, 99)).toEqual(textContent(' b'));
  });

  test('takes another in the place of a part', () => {
    expect(replaced(textContent('Ask @te now'), 4, 7, [tag])).toEqual([...textContent('Ask '), tag, ...textContent(' now')]);
    expect(replaced(content, 2, 5, [])).toEqual(textContent('a  b'));
  });
});
