const FIRST = 500;
const LONGEST = 30_000;

/**
 * How long to wait before the next try, in ms: twice as long each time, up to half a minute. Chance shortens it by up
 * to a half, so that the readers of a server that comes back do not all come back in the same moment.
 */
export function retryDelay(attempt: number, chance = Math.random()): number {
  return Math.min(LONGEST, FIRST * 2 ** attempt) * (1 - chance / 2);
}

/** A wait of so many ms that a signal or `end` cuts short. */
export function pause(duration: number, signal: AbortSignal): { readonly over: Promise<void>; readonly end: () => void } {
  let end: () => void = () => undefined;
  const over = new Promise<void>((resolve) => {
    const timer = setTimeout(resolve, duration);
    end = () => {
      clearTimeout(timer);
      resolve();
    };
    signal.addEventListener('abort', end, { once: true });
  });
  return { over, end };
}
