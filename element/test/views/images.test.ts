import { expect, test } from 'vitest';

import { imageAddress } from '../../src/views/images';
import { initialState } from '../../src/state/chat';
import { absoluteHref } from '../../src/state/links';
import type { Ui } from '../../src/views/ui';
import { thread } from '../wire';

const server = 'https://chat.example/chatkit';

function address(url: string, domains: string[] = []): string | undefined {
  const conversation = { ...initialState.conversation, thread: { ...thread(), allowed_image_domains: domains } };
  const ui = { state: { ...initialState, conversation }, address: (href: string) => absoluteHref(href, server) };
  return imageAddress(url, ui as unknown as Ui);
}

test('a picture may come from the page, the chat server, and the text itself', () => {
  expect(address('files/a.png')).toBe('https://chat.example/files/a.png');
  expect(address(`${location.origin}/a.png`)).toBe(`${location.origin}/a.png`);
  expect(address('data:image/png;base64,AA==')).toBe('data:image/png;base64,AA==');
});

test('other hosts have to be named, and those below them are meant too', () => {
  expect(address('https://tea.example/a.png')).toBeUndefined();
  expect(address('https://tea.example/a.png', ['Tea.example'])).toBe('https://tea.example/a.png');
  expect(address('https://cdn.tea.example/a.png', ['*.tea.example'])).toBe('https://cdn.tea.example/a.png');
  expect(address('https://nottea.example/a.png', ['tea.example'])).toBeUndefined();
  expect(address('https://evil.example/a.png', ['', '*', '.', '*.'])).toBeUndefined();
});

test.each(['javascript:x', 'data:text/html,x', 'data:image/svg+xml,x', '//tea.example/a.png', 'ftp://tea.example/a.png'])(
  'no picture is at %s',
  (url) => {
    expect(address(url, ['tea.example'])).toBeUndefined();
  },
);
