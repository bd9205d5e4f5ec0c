import type { ClientToolCallItem } from '../api/wire';
import { ClientToolError } from '../errors';
import type { Store } from './store';

/** How long a tool of the page may take, in ms: long enough for one that asks a person. */
export const PATIENCE = 5 * 60_000;

/** Runs the tools of the page that the assistant calls. */
export class ClientTools {
  readonly #store: Store;
  /** What is running, by call: a thread that is left and shown again does not run its call twice. */
  readonly #running = new Map<string, Promise<unknown>>();

  constructor(store: Store) {
    this.#store = store;
  }

  /** Whether the page has tools at all. */
  get available(): boolean {
    return this.#store.delegate.clientTool !== undefined;
  }

  /** The call that the conversation waits for, if it waits for one. */
  get pending(): ClientToolCallItem | null {
    const { items, failure } = this.#store.state.conversation;
    const call = items.at(-1);
    return call?.type === 'client_tool_call' && call.status === 'pending' && !failure ? call : null;
  }

  /**
   * What the page answers. A tool that fails, or takes too long, answers with its error, so that the assistant can go
   * on and the thread is not stuck. Resolves to `undefined` when the call is not waited for any more.
   */
  async run(call: ClientToolCallItem, signal: AbortSignal): Promise<{ readonly result: unknown } | undefined> {
    const running = this.#running.get(call.id) ?? this.#begin(call);
    const result = await Promise.race([running, aborted(signal)]);
    if (signal.aborted || this.pending?.call_id !== call.call_id) return undefined;
    return { result };
  }

  #begin(call: ClientToolCallItem): Promise<unknown> {
    const running = this.#call(call).finally(() => this.#running.delete(call.id));
    this.#running.set(call.id, running);
    return running;
  }

  async #call({ name, arguments: params }: ClientToolCallItem): Promise<unknown> {
    const tool = this.#store.delegate.clientTool;
    try {
      if (!tool) throw new ClientToolError('client_tool.missing', `The server called the client tool "${name}", but the page has no onClientTool.`);
      return await inTime(Promise.resolve(tool({ name, params })), name);
    } catch (cause) {
      const error =
        cause instanceof ClientToolError
          ? cause
          : new ClientToolError('client_tool.failed', `The client tool "${name}" failed: ${String(cause)}`, { cause });
      this.#store.report(error);
      return { error: error.message };
    }
  }
}

async function inTime<Result>(work: Promise<Result>, name: string): Promise<Result> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const limit = new Promise<never>((_, reject) => {
    const late = new ClientToolError('client_tool.timeout', `The client tool "${name}" did not answer within ${PATIENCE / 60_000} minutes.`);
    timer = setTimeout(() => reject(late), PATIENCE);
  });
  try {
    return await Promise.race([work, limit]);
  } finally {
    clearTimeout(timer);
  }
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    signal.addEventListener('abort', () => resolve(), { once: true });
  });
}
