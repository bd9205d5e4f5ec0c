import type { Frame, RunNews } from '../api/client';
import type { ClientToolCallItem, ThreadItem } from '../api/wire';
import { NetworkError } from '../errors';
import { isBusy } from '../state/chat';
import { beginTurn, unfinishedMessages } from '../state/conversation';
import { lastUserMessage, messageText } from '../state/turns';
import { failureOf } from './failure';
import type { Store } from './store';
import type { Message } from './turn';
import { Turn } from './turn';
import { Watch } from './watch';

/** The answer on show, as far as one who looks on in it sees and changes it. */
export interface InView {
  /** The turn under way, `null` while there is none. */
  readonly turn: Turn | null;
  /** Whether the thread has been left, so that what comes of it is for nobody. */
  readonly isGone: boolean;
  /** Settles once the server has ended the run that was stopped last. */
  readonly stopping: Promise<void>;
  /** This turn is the one under way from now on. */
  take(turn: Turn): void;
  /** Takes in what was read. */
  read(frame: Frame): void;
  /** Draws all that was read. */
  flush(): void;
  /** Loads the thread anew, unless it is not wanted any more once it is here. */
  load(threadId: string, isWanted: () => boolean): Promise<void>;
  /** Goes on with a turn of our own whose answer asked for something. */
  goOn(turn: Turn): void;
  pendingCall(): ClientToolCallItem | null;
  stop(turn: Turn): void;
  end(turn: Turn, error: unknown): void;
  sendLater(turn: Turn, message: Message): void;
  sendNext(): void;
  unreadable(data: string): void;
}

/**
 * Looks on in the thread on show while nothing is asked there: sees answers begun elsewhere, or before a connection
 * broke, comes back to them, and learns how they ended.
 */
export class Onlooker {
  readonly #store: Store;
  readonly #view: InView;
  readonly #watch: Watch;
  /** Whether the thread on show is as the server has it, so that a connection made now can have missed nothing. */
  upToDate = false;
  /** The run that was to be stopped when the server could not be reached. */
  unstopped: string | null = null;
  /** The interrupted run that was told of. */
  #toldOf: string | null = null;
  /** Whether anybody sees the chat: the element is in the page, and the page in sight. */
  #attended = true;

  constructor(store: Store, view: InView) {
    this.#store = store;
    this.#view = view;
    this.#watch = new Watch(() => store.client, {
      heard: (run, first) => this.#heard(run, first),
      read: (frame) => view.read(frame),
      lost: (attempt) => this.noteLoss(attempt),
      refused: (error) => this.#giveUp(error),
      unreadable: (data) => view.unreadable(data),
    });
  }

  get watching(): boolean {
    return this.#watch.watching;
  }

  /** Tries at once where it waits for the next try. */
  hurry(): void {
    this.#watch.hurry();
  }

  leave(): void {
    this.#watch.end();
  }

  /** Looks on while somebody sees it, and not otherwise. */
  attend(attended: boolean): void {
    if (attended === this.#attended) return;
    this.#attended = attended;
    this.upToDate = false;
    if (attended) void this.follow();
    else this.leave();
  }

  /** Looks on in the thread from where one is. Resolves to whether one is told how it stands. */
  async follow(): Promise<boolean> {
    await this.#view.stopping;
    const { threadId } = this.#store.state;
    const isNeeded = this.#attended && !this.#view.isGone && !this.#view.turn?.reading;
    if (!this.#store.client.resumes || threadId === null || !isNeeded) return false;
    return this.#watch.begin(threadId, this.#view.turn?.place);
  }

  /** How a run stands, from who looks on. Whatever may have been missed is loaded before anything else is read. */
  async #heard(run: RunNews, first: boolean): Promise<void> {
    this.#view.flush();
    const turn = this.#view.turn;
    const begins = run.state === 'running' && run.id !== turn?.place.run;
    const missed = run.reload === true || (run.state === 'idle' && (turn !== null || (first && !this.upToDate)));
    const read = unfinishedMessages(this.#store.state.conversation);
    if (begins || missed) await this.#sync(turn);
    if (this.#store.state.connectionLost) this.#store.set({ connectionLost: false });
    if (turn !== this.#view.turn) return; // one asked meanwhile, and reads that answer
    if (begins) this.#lookOn(run.id);
    else if (run.state !== 'running' && turn) this.#ended(turn, run, read);
    else if (run.state === 'interrupted' || run.state === 'failed') this.#showInterruption(run);
    if (run.state !== 'running') this.#view.sendNext();
  }

  /** Loads the thread anew, and learns from it whether a message whose connection broke had arrived. */
  async #sync(turn: Turn | null): Promise<void> {
    const { threadId } = this.#store.state;
    if (threadId === null) return;
    // What was asked meanwhile, a retry above all, changes what is loaded here: that is the past then.
    await this.#view.load(threadId, () => turn === this.#view.turn);
    if (turn !== this.#view.turn || !turn?.message || !this.#store.state.conversation.outgoing) return;
    const newest = lastUserMessage(this.#store.state.conversation.items);
    if (newest === undefined || newest.id === turn.before) return;
    if (messageText(newest.content) !== messageText(turn.message.content)) return;
    turn.accept();
    this.#store.set({ conversation: { ...this.#store.state.conversation, outgoing: null } });
  }

  /** A run goes on that is not being read: ours, if our message has just arrived; else one begun elsewhere. */
  #lookOn(run: string | null): void {
    const before = this.#view.turn;
    const isOurs = before?.own && before.place.run === null && !this.#store.state.conversation.outgoing;
    if (before && !isOurs) this.#leaveBehind(before);
    const turn = isOurs ? before : new Turn({ own: false });
    turn.place = { run, after: 0 };
    this.#view.take(turn);
    if (!isOurs) this.#store.set({ activity: 'waiting', announcement: null, conversation: beginTurn(this.#store.state.conversation, null) });
    this.upToDate = true;
    if (turn.stopWanted || run === this.unstopped) this.#view.stop(turn);
  }

  /** What one looked on at has ended, seen or unseen. `read` is what had been read by then of messages that had not. */
  #ended(turn: Turn, run: RunNews, read: readonly ThreadItem[]): void {
    if (run.state === 'stopped') turn.stopped = true;
    if (this.#store.state.conversation.outgoing) {
      this.#leaveBehind(turn);
    } else if (turn.own && this.#view.pendingCall()) {
      this.#watch.end();
      this.#view.goOn(turn);
    } else {
      this.#view.end(turn, this.#failureOf(run, read));
    }
  }

  #failureOf(run: RunNews, read: readonly ThreadItem[]): NetworkError | null {
    if (run.state === 'idle') return this.#lostByServer(read);
    if ((run.state !== 'interrupted' && run.state !== 'failed') || this.#store.state.conversation.failure) return null;
    return this.#lostByServer(read) ?? interrupted();
  }

  /** The last answer ended before it was complete, and before anybody looked on here. Told once: it can be put away. */
  #showInterruption(run: RunNews): void {
    const { conversation } = this.#store.state;
    if (run.id === this.#toldOf) return;
    this.#toldOf = run.id;
    if (conversation.failure) return;
    this.#store.set({ conversation: { ...conversation, failure: failureOf(interrupted()) } });
  }

  /** A server that died could not keep what it had told. What was read of it stays, and one can try again. */
  #lostByServer(read: readonly ThreadItem[]): NetworkError | null {
    const { conversation } = this.#store.state;
    const lost = read.filter(({ id }) => !conversation.items.some((item) => item.id === id));
    if (lost.length === 0 && conversation.items.at(-1)?.type !== 'user_message') return null;
    this.#store.set({ conversation: { ...conversation, items: [...conversation.items, ...lost] } });
    return interrupted();
  }

  /** A turn that another run took the place of. A message that never arrived is sent once more, but not for ever. */
  #leaveBehind(turn: Turn): void {
    if (turn.message && this.#store.state.conversation.outgoing && !turn.sentAgain) {
      turn.sentAgain = true;
      this.#view.sendLater(turn, turn.message);
    } else {
      const lost = this.#store.state.conversation.outgoing
        ? new NetworkError('network.unreachable', 'The message did not reach the server.')
        : null;
      this.#view.end(turn, lost);
    }
  }

  /** The connection is lost, and being made anew. */
  noteLoss(attempt: number): void {
    this.#view.flush();
    // A connection that is merely renewed, while nothing is being written, is nobody's concern.
    if (isBusy(this.#store.state) || attempt > 0) this.#store.set({ connectionLost: true });
  }

  #giveUp(error: unknown): void {
    this.#view.flush();
    this.#store.set({ connectionLost: false });
    if (this.#view.turn) this.#view.end(this.#view.turn, error);
    else this.#store.log('watch.refused', { error: String(error) });
  }
}

/** An answer that ended before it was complete. */
export function interrupted(): NetworkError {
  return new NetworkError('stream.interrupted', 'The answer ended before it was complete.');
}
