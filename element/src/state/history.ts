import type { Page, ThreadMetadata } from '../api/wire';

/** The list of threads as far as it is loaded, newest first. */
export interface History {
  readonly threads: readonly ThreadMetadata[];
  /** Asks for the next page; `null` when all are here. */
  readonly after: string | null;
  readonly status: 'idle' | 'loading' | 'failed';
  /** Whether a first page has arrived: an empty list then means that there is nothing. */
  readonly loaded: boolean;
}

export const emptyHistory: History = { threads: [], after: null, status: 'idle', loaded: false };

type HistoryPage = Page<ThreadMetadata>;

/** The first page: what was loaded before it is forgotten. */
export function firstPage(page: HistoryPage): History {
  return { ...emptyHistory, threads: page.data, after: cursor(page), loaded: true };
}

/** The next page, without threads that moved up meanwhile and are already here. */
export function nextPage(history: History, page: HistoryPage): History {
  const known = new Set(history.threads.map(({ id }) => id));
  const threads = [...history.threads, ...page.data.filter(({ id }) => !known.has(id))];
  return { ...history, threads, after: cursor(page), status: 'idle', loaded: true };
}

export function renamed(history: History, threadId: string, title: string): History {
  return { ...history, threads: history.threads.map((thread) => (thread.id === threadId ? { ...thread, title } : thread)) };
}

export function removed(history: History, threadId: string): History {
  return { ...history, threads: history.threads.filter(({ id }) => id !== threadId) };
}

/** Threads of one day, for a list with headings. `daysAgo` is 0 for today. */
export interface Day {
  readonly daysAgo: number;
  readonly date: Date;
  readonly threads: readonly ThreadMetadata[];
}

/** Groups threads by the reader's local days, keeping their order. */
export function byDay(threads: readonly ThreadMetadata[], now: Date): Day[] {
  const days: { daysAgo: number; date: Date; threads: ThreadMetadata[] }[] = [];
  for (const thread of threads) {
    const date = new Date(thread.created_at);
    const daysAgo = dayNumber(now) - dayNumber(date);
    const last = days.at(-1);
    if (last?.daysAgo === daysAgo) last.threads.push(thread);
    else days.push({ daysAgo, date, threads: [thread] });
  }
  return days;
}

/** Days counted without daylight saving: the local date read as if it were UTC. */
function dayNumber(date: Date): number {
  return Math.round(Date.UTC(date.getFullYear(), date.getMonth(), date.getDate()) / 86_400_000);
}

function cursor({ has_more, after }: HistoryPage): string | null {
  return has_more ? (after ?? null) : null;
}
