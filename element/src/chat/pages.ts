import type { Client } from '../api/client';
import type { Thread, ThreadItem } from '../api/wire';
import { withoutHidden } from '../state/turns';

const PAGE_SIZE = 40;

/** Items in the order they were written, and the cursor of the page before them. */
export interface ItemsPage {
  readonly items: readonly ThreadItem[];
  readonly earlier: string | null;
}

/**
 * The newest items of a thread that was just loaded. Servers differ in which page they send along: ours the newest,
 * with the cursor at its oldest item; the reference the oldest, with the cursor at its end. In the latter case, and in
 * any other, the newest page is asked for, and everything before it stays within reach from there.
 */
export async function newestItems(client: Client, { id, items }: Thread, signal: AbortSignal): Promise<ItemsPage> {
  if (!items.has_more || !items.after) return { items: withoutHidden(items.data), earlier: null };
  const cursorAtOldest = items.data.length > 1 && items.after === items.data[0]?.id;
  if (cursorAtOldest) return { items: withoutHidden(items.data), earlier: items.after };
  return readBackwards(client, { thread_id: id }, signal);
}

/** The page of items before a cursor. */
export function earlierItems(client: Client, threadId: string, after: string, signal: AbortSignal): Promise<ItemsPage> {
  return readBackwards(client, { thread_id: threadId, after }, signal);
}

async function readBackwards(
  client: Client,
  from: { thread_id: string; after?: string },
  signal: AbortSignal,
): Promise<ItemsPage> {
  const page = await client.listItems({ ...from, order: 'desc', limit: PAGE_SIZE }, signal);
  return { items: withoutHidden(page.data.toReversed()), earlier: page.has_more ? (page.after ?? null) : null };
}
