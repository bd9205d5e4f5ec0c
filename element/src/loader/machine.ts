/** What a loader may be doing, and what may follow what. No I/O. */

/**
 * - `idle`: nothing was begun
 * - `loading`: a script is on its way, or what it brought is getting ready
 * - `fallback`: the official element did not come, or refused; ours is on its way in its place
 * - `ready`: one can chat
 * - `failed`: a panel says why, with a button to try again
 */
export type State = 'idle' | 'loading' | 'fallback' | 'ready' | 'failed';

const NEXT: Readonly<Record<State, readonly State[]>> = {
  idle: ['loading'],
  loading: ['ready', 'fallback', 'failed'],
  fallback: ['ready', 'failed'],
  ready: ['failed'], // the session was refused in mid-conversation, say
  failed: ['loading', 'ready'], // tried again; or it came after all
};

/** Whether `to` may follow `from`. */
export function mayFollow(from: State, to: State): boolean {
  return NEXT[from].includes(to);
}
