import fc from 'fast-check';
import { expect, test } from 'vitest';

import { retryDelay } from '../../src/chat/backoff';

test('each try waits twice as long as the one before, up to half a minute', () => {
  expect([0, 1, 2, 3, 6, 50].map((attempt) => retryDelay(attempt, 0))).toEqual([500, 1000, 2000, 4000, 30_000, 30_000]);
});

test('chance shortens a wait by a half at most', () => {
  const chance = fc.double({ min: 0, max: 1, noNaN: true });
  fc.assert(
    fc.property(fc.nat(100), chance, (attempt, drawn) => {
      const longest = retryDelay(attempt, 0);
      const delay = retryDelay(attempt, drawn);
      expect(delay).toBeLessThanOrEqual(longest);
      expect(delay).toBeGreaterThanOrEqual(longest / 2);
    }),
  );
});
