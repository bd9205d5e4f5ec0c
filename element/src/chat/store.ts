import type { ChatKitEvents } from '@openai/chatkit';

import type { Client } from '../api/client';
import type { ChatKitError } from '../errors';
import { asChatKitError } from '../errors';
import type { ChatState } from '../state/chat';
import { initialState } from '../state/chat';

type Detail<Name extends keyof ChatKitEvents> = ChatKitEvents[Name]['detail'];

/** What the element does for the chat: draw it, tell the page, run the page's tools. */
export interface ChatDelegate {
  /** The state changed: draw it when it suits. */
  chatChanged(): void;
  /** Something happened that the page may want to know. */
  chatEmitted<Name extends keyof ChatKitEvents>(name: Name, detail: Detail<Name>): void;
  /** The page's `onClientTool`; `undefined` when it has none. */
  readonly clientTool:
    | ((call: { name: string; params: Record<string, unknown> }) => unknown)
    | undefined;
}

/** The state of a chat and the way out to the page, shared by those who change it. */
export class Store {
  client: Client;
  readonly delegate: ChatDelegate;
  #state: ChatState = initialState;
  readonly #logged = new Set<string>();

  constructor(client: Client, delegate: ChatDelegate) {
    this.client = client;
    this.delegate = delegate;
  }

  get state(): ChatState {
    return this.#state;
  }

  set(change: Partial<ChatState>): void {
    this.#state = { ...this.#state, ...change };
    this.delegate.chatChanged();
  }

  reset(): void {
    this.set(initialState);
  }

  emit<Name extends keyof ChatKitEvents>(name: Name, detail: Detail<Name>): void {
    this.delegate.chatEmitted(name, detail);
  }

  /** Tells the page of an error, and returns it as one of ours. */
  report(error: unknown): ChatKitError {
    const reported = asChatKitError(error);
    this.emit('chatkit.error', { error: reported });
    return reported;
  }

  log(name: string, data: Record<string, unknown> = {}): void {
    this.emit('chatkit.log', { name, data });
  }

  /** Logs what repeats with every event only the first time. */
  logOnce(name: string, data: Record<string, unknown>): void {
    const key = `${name} ${JSON.stringify(data)}`;
    if (this.#logged.has(key)) return;
    this.#logged.add(key);
    this.log(name, data);
  }
}
