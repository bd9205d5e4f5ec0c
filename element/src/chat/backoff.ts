const FIRST = 500;
const LONGEST = 30_000;

/**
 * How long to wait before the next try, in ms: twice as long each time, up to half a minute. Chance shortens it by up
 * to a half, so that the readers of a server that comes back do not all come back in the same moment.
 */
export function retryDelay(attempt: number, chance = Math.random()): number {
  return Math.min(LONGEST, FIRST * 2 ** attempt) * (1 - chance / 2);
}
