import { describe, expect, test } from 'vitest';

import { Readiness } from '../../src/element/readiness';

const gone = new Error('gone');

describe('what is waited for', () => {
  test('comes to those who asked before and after', async () => {
    const ready = new Readiness<string>();
    const early = ready.promise;
    ready.succeed('tea');
    expect([await early, await ready.promise]).toEqual(['tea', 'tea']);
  });

  test('may be interrupted, and come to those who ask again', async () => {
    const ready = new Readiness<string>();
    const early = ready.promise;
    ready.interrupt(gone);
    const late = ready.promise;
    ready.succeed('tea');
    await expect(early).rejects.toBe(gone);
    expect(await late).toBe('tea');
  });

  test('is not taken away by an interruption once it is there', async () => {
    const ready = new Readiness<string>();
    ready.succeed('tea');
    ready.interrupt(gone);
    expect(await ready.promise).toBe('tea');
  });

  test('may fail for good, and succeed after all when something changes', async () => {
    const ready = new Readiness<string>();
    ready.fail(gone);
    await expect(ready.promise).rejects.toBe(gone);
    ready.succeed('tea');
    expect(await ready.promise).toBe('tea');
    ready.fail(gone);
    await expect(ready.promise).rejects.toBe(gone);
  });
});
