import type { Page, ThreadMetadata } from '../api/wire';
import { emptyHistory, firstPage, nextPage, removed, renamed } from '../state/history';
import type { Store } from './store';

const PAGE_SIZE = 30;

/** The list of threads: open, page, rename, delete. */
export class ChatHistory {
  readonly #store: Store;
  #loading: AbortController | null = null;

  constructor(store: Store) {
    this.#store = store;
  }

  show(): void {
    if (this.#store.state.historyOpen) return;
    this.#store.set({ historyOpen: true });
    this.#store.emit('chatkit.history.open', undefined);
    void this.refresh();
  }

  hide(): void {
    if (!this.#store.state.historyOpen) return;
    this.#store.set({ historyOpen: false });
    this.#store.emit('chatkit.history.close', undefined);
  }

  /** Loads the first page; what is on show stays until it is here. A failure is shown in the list. */
  async refresh(): Promise<void> {
    await this.#load(undefined, firstPage);
  }

  /** Loads the next page, if there is one and none is on its way. */
  async more(): Promise<void> {
    const { after, status } = this.#store.state.history;
    if (after === null || status === 'loading') return;
    await this.#load(after, (page) => nextPage(this.#store.state.history, page));
  }

  /** Renames a thread; it already has its new name while the server is told. */
  async rename(threadId: string, title: string): Promise<void> {
    const before = this.#store.state.history.threads.find(({ id }) => id === threadId)?.title ?? '';
    this.#showTitle(threadId, title);
    try {
      await this.#store.client.renameThread(threadId, title);
      this.#store.set({ announcement: { key: 'history.renamed' } });
    } catch (error) {
      this.#showTitle(threadId, before);
      this.#fail(error);
    }
  }

  /** Deletes a thread. Resolves to whether it is gone. */
  async delete(threadId: string): Promise<boolean> {
    try {
      await this.#store.client.deleteThread(threadId);
    } catch (error) {
      this.#fail(error);
      return false;
    }
    this.#store.set({
      history: removed(this.#store.state.history, threadId),
      announcement: { key: 'history.deleted' },
    });
    return true;
  }

  /** Forgets the list: the chat now belongs to another server. */
  reset(): void {
    this.#loading?.abort();
    this.#store.set({ history: emptyHistory });
  }

  async #load(
    after: string | undefined,
    accept: (page: Page<ThreadMetadata>) => ReturnType<typeof firstPage>,
  ): Promise<void> {
    this.#loading?.abort();
    const loading = new AbortController();
    this.#loading = loading;
    this.#setStatus('loading');
    try {
      const params = { limit: PAGE_SIZE, order: 'desc', ...(after !== undefined && { after }) } as const;
      const page = await this.#store.client.listThreads(params, loading.signal);
      if (!loading.signal.aborted) this.#store.set({ history: accept(page) });
    } catch (error) {
      if (loading.signal.aborted) return;
      this.#setStatus('failed');
      this.#store.report(error);
    }
  }

  #setStatus(status: 'loading' | 'failed'): void {
    this.#store.set({ history: { ...this.#store.state.history, status } });
  }

  #showTitle(threadId: string, title: string): void {
    const { history, conversation } = this.#store.state;
    const { thread } = conversation;
    this.#store.set({
      history: renamed(history, threadId, title),
      conversation: thread?.id === threadId ? { ...conversation, thread: { ...thread, title } } : conversation,
    });
  }

  #fail(error: unknown): void {
    this.#store.report(error);
    this.#store.set({ announcement: { key: 'error.action' } });
  }
}
