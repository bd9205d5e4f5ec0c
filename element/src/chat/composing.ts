import type { Choices } from '../state/choices';
import type { Draft } from '../state/draft';
import { draftText, emptyDraft, saysSomething, together, trimmed } from '../state/draft';
import { draftOf, withDraft } from '../state/chat';
import type { Store } from './store';
import type { Message } from './turn';

/** What is being written in the thread on show. */
export class Composing {
  readonly #store: Store;

  constructor(store: Store) {
    this.#store = store;
  }

  get draft(): Draft {
    return draftOf(this.#store.state);
  }

  /** Changes some of the draft; what is not named stays. */
  change(change: Partial<Draft>): void {
    this.#set({ ...this.draft, ...change });
  }

  /** Selects a tool for the next message, or none. */
  selectTool(toolId: string | null): void {
    if (toolId === this.#store.state.toolId) return;
    this.#store.set({ toolId });
    this.#store.emit('chatkit.tool.change', { toolId });
  }

  selectModel(modelId: string | null): void {
    this.#store.set({ modelId });
  }

  /** Takes the draft as a message, and leaves the composer empty; `null` where it says nothing. */
  take(choices: Choices): Message | null {
    const { draft } = this;
    if (!saysSomething(draft)) return null;
    this.#set(emptyDraft);
    const { quotedText, attachments } = draft;
    return this.chosen({ content: trimmed(draft.content), quotedText, attachments }, choices);
  }

  /** The message with what is selected for it. A tool is for one message, unless it says otherwise. */
  chosen(message: Message, { tool, model }: Choices): Message {
    if (tool && !tool.persistent) this.selectTool(null);
    return { ...message, ...(tool && { toolId: tool.id }), ...(model && { model: model.id }) };
  }

  /** A message goes back to the composer, before anything typed meanwhile. */
  giveBack({ content, quotedText, attachments = [] }: Message): void {
    this.#set(together({ content, quotedText, attachments }, this.draft));
  }

  /** Forgets a message that was given back and is now sent otherwise: it is not to be sent twice. */
  forget({ content }: Message): void {
    if (draftText(this.draft) === draftText({ ...emptyDraft, content })) this.#set(emptyDraft);
  }

  #set(draft: Draft): void {
    if (draft !== this.draft) this.#store.set({ drafts: withDraft(this.#store.state, draft) });
  }
}
