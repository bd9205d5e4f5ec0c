import { describe, expect, it } from 'vitest';

import { absoluteHref } from '../../src/state/links';

const server = 'https://shop.example/chat/chatkit';

describe('an address that the server sent', () => {
  it.each([
    ['docs/en/faq#one', 'https://shop.example/chat/docs/en/faq#one'],
    ['../tea', 'https://shop.example/tea'],
    ['/tea', 'https://shop.example/tea'],
  ])('is relative to the server: %s', (url, absolute) => {
    expect(absoluteHref(url, server)).toBe(absolute);
  });

  it.each(['https://example.com/a?b#c', 'mailto:tea@example.com', 'chatkit-link://ask?text=Tea or coffee', 'data:image/png;base64,AA=='])(
    'stays as it is when it is absolute: %s',
    (url) => {
      expect(absoluteHref(url, server)).toBe(url);
    },
  );
});
