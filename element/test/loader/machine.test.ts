import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import type { State } from '../../src/loader/machine';
import { mayFollow } from '../../src/loader/machine';

const STATES: readonly State[] = ['idle', 'loading', 'fallback', 'ready', 'failed'];

describe('the states of a loader', () => {
  it('begins once, and can be tried again only after a failure', () => {
    expect(STATES.filter((from) => mayFollow(from, 'loading'))).toEqual(['idle', 'failed']);
  });

  it('gives way to ours once, before anything was ready', () => {
    expect(STATES.filter((from) => mayFollow(from, 'fallback'))).toEqual(['loading']);
  });

  it('never gets stuck: from every state one can come to be ready', () => {
    const reach = (from: State, steps: number): boolean =>
      from === 'ready' || (steps > 0 && STATES.some((to) => mayFollow(from, to) && reach(to, steps - 1)));
    fc.assert(fc.property(fc.constantFrom(...STATES), (state) => reach(state, STATES.length)));
  });
});
