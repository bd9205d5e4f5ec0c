import { describe, expect, test } from 'vitest';

import type { KeyPress } from '../../src/views/keys';
import { SendKey } from '../../src/views/keys';

function enter(change: Partial<KeyPress> = {}): KeyPress {
  const plain = { shiftKey: false, ctrlKey: false, altKey: false, metaKey: false };
  return { key: 'Enter', ...plain, isComposing: false, keyCode: 13, timeStamp: 10_000, ...change };
}

describe('Enter', () => {
  test('sends', () => expect(new SendKey().sends(enter())).toBe(true));

  test.each(['shiftKey', 'ctrlKey', 'altKey', 'metaKey'] as const)('with %s does not', (modifier) => {
    expect(new SendKey().sends(enter({ [modifier]: true }))).toBe(false);
  });

  test('within a composition takes over what was composed', () => {
    expect(new SendKey().sends(enter({ isComposing: true }))).toBe(false);
  });

  test('with the key code of input methods does too', () => {
    expect(new SendKey().sends(enter({ keyCode: 229 }))).toBe(false);
  });

  test('right after a composition is still the one that ended it, in Safari', () => {
    const key = new SendKey();
    key.compositionEnded(10_000);
    expect(key.sends(enter({ timeStamp: 10_002 }))).toBe(false);
    expect(key.sends(enter({ timeStamp: 10_400 }))).toBe(true);
  });
});

test('other keys never send', () => {
  expect(new SendKey().sends(enter({ key: 'a' }))).toBe(false);
});
