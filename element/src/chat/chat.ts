import type { Client, Frame, RunNews } from '../api/client';
import { Uploads } from '../attachments/uploads';
import { Dictation } from '../dictation/dictation';
import type {
  FeedbackKind,
  StreamingReq,
  StructuredInputSubmission,
  Thread,
  ThreadItem,
  ThreadStreamEvent,
} from '../api/wire';
import { ApiError, BusyError, ChatKitError, NetworkError, ThreadClosedError } from '../errors';
import { closedReason, initialState, isBusy, moveDraft } from '../state/chat';
import type { Conversation, Failure, Outgoing } from '../state/conversation';
import {
  answerToolCall,
  applyEvent,
  beginTurn,
  cutAfter,
  endTurn,
  isKnownEvent,
  loadedConversation,
  prependItems,
  syncedConversation,
} from '../state/conversation';
import { isKnownUpdate } from '../state/items';
import { answerText, isKnownItem, lastUserMessage, spokenText, turnsOf } from '../state/turns';
import { Composing } from './composing';
import { pause, retryDelay } from './backoff';
import { failureOf } from './failure';
import { ClientTools } from './client-tools';
import { FrameBatch } from './frames';
import { ChatHistory } from './history';
import type { InView } from './onlooker';
import { Onlooker, interrupted } from './onlooker';
import { earlierItems, newestItems } from './pages';
import type { ChatDelegate } from './store';
import { Store } from './store';
import type { Message } from './turn';
import { Turn, newKey } from './turn';
import { WaitingLine } from './waiting';
import { NOWHERE, placeAfter } from './watch';

/**
 * The use cases of the chat: show a thread, say something, stop, try again. It keeps the state, which the views draw,
 * and talks to the server through the client; it knows nothing of the DOM.
 */
export class Chat {
  readonly history: ChatHistory;
  readonly composing: Composing;
  readonly uploads: Uploads;
  readonly dictation: Dictation;
  readonly #store: Store;
  readonly #onlooker: Onlooker;
  readonly #line: WaitingLine;
  readonly #tools: ClientTools;
  readonly #batch = new FrameBatch<ThreadStreamEvent>((events) => this.#apply(events));
  #turn: Turn | null = null;
  /** Tries at once to send again what waits for the next try. */
  #hurry: () => void = () => undefined;
  /** Settles once the server has ended the run that was stopped last. */
  #stopping: Promise<void> = Promise.resolve();
  /** Ends what loads for the thread on show. */
  #loading = new AbortController();
  #opening: Promise<void> = Promise.resolve();
  /** A message that never reached the server: trying again sends it. */
  #unsent: Message | null = null;

  constructor(client: Client, delegate: ChatDelegate) {
    this.#store = new Store(client, delegate);
    this.history = new ChatHistory(this.#store);
    this.composing = new Composing(this.#store);
    this.uploads = new Uploads(this.#store);
    this.dictation = new Dictation(this.#store);
    this.#line = new WaitingLine(this.#store);
    this.#tools = new ClientTools(this.#store);
    this.#onlooker = new Onlooker(this.#store, this.#inView());
  }

  get state() {
    return this.#store.state;
  }

  /** The answer on show, for who looks on in it. */
  #inView(): InView {
    const current = () => this.#turn;
    const goneBy = () => this.#loading.signal.aborted;
    const stopping = () => this.#stopping;
    return {
      get turn() {
        return current();
      },
      get isGone() {
        return goneBy();
      },
      get stopping() {
        return stopping();
      },
      take: (turn) => (this.#turn = turn),
      read: (frame) => this.#read(frame),
      flush: () => this.#batch.flush(),
      load: (threadId, isWanted) => this.#load(threadId, this.#loading.signal, isWanted),
      goOn: (turn) => void this.#run(turn, null),
      pendingCall: () => this.#tools.pending,
      stop: (turn) => this.#stopRun(turn),
      end: (turn, error) => this.#end(turn, error),
      sendLater: (turn, message) => this.#sendLater(turn, message),
      sendNext: () => this.#sendNext(),
      unreadable: (data) => this.#noteUnreadable(data),
    };
  }

  get clientUrl(): string {
    return this.#store.client.url;
  }

  /** Where the server gives a file back; `undefined` where that is not known. */
  fileAddress(attachmentId: string): string | undefined {
    return this.#store.client.fileAddress(attachmentId);
  }

  /** Talks to the server in another way from now on; a chat with another server begins anew. */
  useClient(client: Client): void {
    const before = this.#store.client;
    this.#store.client = client;
    if (client.url === before.url) {
      client.resumes = before.resumes;
      return;
    }
    this.leave();
    this.uploads.reset();
    this.history.reset();
    this.#store.reset();
  }

  /** Ends every request, as when the element leaves the page. What is on show stays. */
  leave(): void {
    if (this.state.dictation.phase !== 'idle') this.dictation.cancel();
    this.#loading.abort();
    this.#onlooker.leave();
    this.#batch.drop();
    const turn = this.#turn;
    this.#turn = null;
    turn?.abandon();
    if (turn) this.#store.set({ activity: 'idle', conversation: endTurn(this.state.conversation) });
  }

  /** Goes on after {@link leave}: what happened meanwhile is taken over. */
  async comeBack(): Promise<void> {
    this.#loading = new AbortController();
    this.#onlooker.upToDate = false;
    if (this.#store.client.resumes) await this.#onlooker.follow();
    else await this.fetchUpdates();
  }

  /** Looks on in the thread while somebody sees it, and not otherwise: a browser has few connections to a server. */
  attend(attended: boolean): void {
    this.#onlooker.attend(attended);
  }

  /** The browser has a network again, or has lost it. */
  networkChanged(online: boolean): void {
    if (online) {
      this.#onlooker.hurry();
      this.#hurry();
      this.#sendNext();
    } else if (this.#store.client.resumes && this.state.threadId !== null) {
      // Connections do not always notice. What they would have brought is caught up with.
      this.#turn?.disconnect();
      if (this.#onlooker.watching) void this.#onlooker.follow();
      this.#onlooker.noteLoss(1);
    }
  }

  /** Shows a new, empty thread. */
  openNew(): void {
    this.#switchTo(null);
  }

  /** Shows a thread. Resolves once its newest items are here; rejects when it cannot be loaded. */
  open(threadId: string): Promise<void> {
    const opening = this.#open(threadId);
    this.#opening = opening.catch(() => undefined);
    return opening;
  }

  /** Resolves once the thread on show is loaded, or has failed to. */
  whenLoaded(): Promise<void> {
    return this.#opening;
  }

  async #open(threadId: string): Promise<void> {
    this.#switchTo(threadId);
    this.#store.set({ activity: 'loading' });
    this.#store.emit('chatkit.thread.load.start', { threadId });
    const { signal } = this.#loading;
    try {
      // Who looks on before the thread is loaded misses nothing. A server that was never asked must say first whether one can.
      const looksOn = await this.#onlooker.follow();
      if (!looksOn) await this.#load(threadId, signal);
      if (signal.aborted) return;
      if (this.state.activity === 'loading') this.#store.set({ activity: 'idle' });
      // Between this loading and the looking on that now begins something may happen.
      if (!looksOn) {
        this.#onlooker.upToDate = false;
        void this.#onlooker.follow();
      }
      this.#takeUpCall();
    } catch (error) {
      if (signal.aborted) return;
      this.#onlooker.leave();
      const reported = this.#store.report(error);
      this.#store.set({ activity: 'failed', loadFailure: failureOf(reported) });
      throw reported;
    } finally {
      this.#store.emit('chatkit.thread.load.end', { threadId });
    }
  }

  /** Loads the page before the items that are here, if there is one and none is on its way. */
  async loadEarlier(): Promise<void> {
    const { threadId, earlier, loadingEarlier } = this.state;
    if (threadId === null || earlier === null || loadingEarlier) return;
    const { signal } = this.#loading;
    this.#store.set({ loadingEarlier: true });
    try {
      const page = await earlierItems(this.#store.client, threadId, earlier, signal);
      if (signal.aborted) return;
      this.#noteUnknownItems(page.items);
      this.#store.set({
        loadingEarlier: false,
        earlier: page.earlier,
        conversation: prependItems(this.state.conversation, page.items),
      });
    } catch (error) {
      if (signal.aborted) return;
      this.#store.report(error);
      this.#store.set({ loadingEarlier: false, announcement: { key: 'error.action' } });
    }
  }

  /** Takes over what changed on the server: the thread on show, and the list of threads where it is open. */
  async fetchUpdates(): Promise<void> {
    const { threadId, historyOpen } = this.state;
    if (isBusy(this.state)) throw new BusyError();
    const { signal } = this.#loading;
    if (historyOpen) await this.history.refresh();
    if (threadId === null) return;
    await this.#load(threadId, signal).catch((error: unknown) => {
      if (!signal.aborted) throw this.#store.report(error);
    });
  }

  /**
   * Says something. Resolves once the server has it; without a network it waits until there is one.
   * Rejects with {@link BusyError}, {@link ThreadClosedError}, or what kept it from arriving.
   */
  send(message: Message): Promise<void> {
    const closed = closedReason(this.state.conversation.thread);
    if (closed) return Promise.reject(new ThreadClosedError(closed.reason));
    if (isBusy(this.state)) return Promise.reject(new BusyError());
    const turn = new Turn({ message });
    if (navigator.onLine && this.#line.isEmpty) this.#begin(this.#requestFor(message), turn);
    else this.#line.add(turn, message, 'end');
    return turn.accepted;
  }

  /** Takes back a message that waits; it goes back to the composer. */
  cancelWaiting(key: number): void {
    for (const { turn, message } of this.#line.remove(key)) this.#takeBack(turn, message);
  }

  #requestFor(message: Message): StreamingReq {
    const { threadId } = this.state;
    const input = {
      content: [...message.content],
      attachments: message.attachments?.map(({ id }) => id) ?? [],
      ...(message.quotedText !== undefined && { quoted_text: message.quotedText }),
      inference_options: {
        ...(message.toolId !== undefined && { tool_choice: { id: message.toolId } }),
        ...(message.model !== undefined && { model: message.model }),
      },
    };
    return threadId === null
      ? { type: 'threads.create', params: { input } }
      : { type: 'threads.add_user_message', params: { thread_id: threadId, input } };
  }

  /** Has the last message answered again, or sends the one that never arrived. */
  async retry(): Promise<void> {
    if (isBusy(this.state)) throw new BusyError();
    if (this.#unsent) {
      const message = this.#unsent;
      this.composing.forget(message);
      return this.send(message);
    }
    const { threadId, conversation } = this.state;
    const question = lastUserMessage(conversation.items);
    if (threadId === null || !question) return;
    this.#store.set({ conversation: cutAfter(conversation, question.id) });
    const params = { thread_id: threadId, item_id: question.id };
    await this.#ask({ type: 'threads.retry_after_item', params }).catch((error: unknown) => {
      // It never reached the server: the answer that was there still is.
      const isShown = this.state.threadId === threadId;
      if (isShown) this.#store.set({ conversation: { ...this.state.conversation, items: conversation.items } });
      throw error;
    });
  }

  /**
   * Stops the answer; what has arrived of it stays. Where answers outlive their readers the server is told, as soon as
   * it has said which run it is; asked a second time, that is not waited for. Elsewhere leaving is what stops.
   */
  stop(): void {
    const turn = this.#turn;
    if (!turn) return;
    if (turn.place.run !== null) this.#stopRun(turn);
    else if (turn.calling) turn.stop();
    else if (this.#store.client.resumes && !turn.stopWanted) turn.stopWanted = true;
    else turn.stop();
  }

  #stopRun(turn: Turn): void {
    const { threadId } = this.state;
    turn.stopWanted = true;
    if (threadId === null) return; // the thread's first event comes next, and then this again
    this.#batch.flush();
    if (turn !== this.#turn) return;
    this.#onlooker.leave();
    this.#onlooker.upToDate = false;
    const { run } = turn.place;
    this.#stopping = this.#store.client.stop(threadId).then(
      () => undefined,
      (error: unknown) => {
        this.#store.report(error);
        if (error instanceof NetworkError) this.#onlooker.unstopped = run;
        else this.announce('error.action');
      },
    );
    turn.stop();
    this.#end(turn, null);
  }

  /** Sends an action of the page to the server. */
  sendAction(action: { type: string; payload?: Record<string, unknown> }, itemId?: string): Promise<void> {
    const { threadId } = this.state;
    if (threadId === null) {
      return Promise.reject(new ChatKitError('thread.none', 'A custom action needs a thread, and none is open.'));
    }
    const params = {
      thread_id: threadId,
      action: { type: action.type, payload: action.payload ?? {} },
      ...(itemId !== undefined && { item_id: itemId }),
    };
    return this.#ask({ type: 'threads.custom_action', params });
  }

  /** Answers a form of the assistant. */
  submitForm(itemId: string, input: StructuredInputSubmission): Promise<void> {
    const { threadId } = this.state;
    if (threadId === null) return Promise.resolve();
    return this.#ask({
      type: 'threads.add_structured_input',
      params: { thread_id: threadId, item_id: itemId, input },
    });
  }

  /** Says whether an answer was good. Shown at once, taken back when the server does not take it. */
  async giveFeedback(itemIds: readonly string[], kind: FeedbackKind): Promise<void> {
    const { threadId, feedback } = this.state;
    if (threadId === null) return;
    this.#store.set({ feedback: { ...feedback, ...Object.fromEntries(itemIds.map((id) => [id, kind])) } });
    try {
      await this.#store.client.giveFeedback(threadId, itemIds, kind);
      this.announce('action.thanks');
    } catch (error) {
      this.#store.report(error);
      this.#store.set({ feedback });
      this.announce('error.action');
    }
  }

  async deleteThread(threadId: string): Promise<void> {
    const gone = await this.history.delete(threadId);
    if (gone && threadId === this.state.threadId) this.openNew();
  }

  dismissFailure(): void {
    this.#unsent = null;
    this.#store.set({ conversation: { ...this.state.conversation, failure: null } });
  }

  dismissNotice(index: number): void {
    const { conversation } = this.state;
    this.#store.set({ conversation: { ...conversation, notices: conversation.notices.toSpliced(index, 1) } });
  }

  announce(key: NonNullable<typeof this.state.announcement>['key'], text?: string): void {
    this.#store.set({ announcement: { key, ...(text !== undefined && { text }) } });
  }

  /** Tells the page something from the views: a link of the chat's own kind was clicked, say. */
  get emit(): Store['emit'] {
    return this.#store.emit.bind(this.#store);
  }

  #switchTo(threadId: string | null): void {
    const changed = threadId !== this.state.threadId;
    this.leave();
    this.#loading = new AbortController();
    this.#unsent = null;
    for (const { turn, message } of this.#line.remove()) this.#takeBack(turn, message);
    this.#onlooker.upToDate = false;
    const { history, historyOpen, drafts, toolId, modelId } = this.state;
    this.#store.set({ ...initialState, history, historyOpen, drafts, toolId, modelId, threadId });
    if (changed) this.#store.emit('chatkit.thread.change', { threadId });
  }

  async #load(threadId: string, signal: AbortSignal, isWanted = () => true): Promise<void> {
    const thread = await this.#store.client.getThread(threadId, signal);
    const page = await newestItems(this.#store.client, thread, signal);
    if (signal.aborted || !isWanted()) return;
    this.#noteUnknownItems(page.items);
    this.#store.set(this.#merged(thread, page.items, page.earlier));
    this.#onlooker.upToDate = true;
  }

  /** The loaded page, after the earlier items that are here already when the two meet. */
  #merged(thread: Thread, newest: readonly ThreadItem[], earlier: string | null) {
    const { items } = this.state.conversation;
    const meeting = items.findIndex(({ id }) => id === newest[0]?.id);
    const fresh = loadedConversation({ ...thread, items: { data: [...newest], has_more: false } });
    const loaded = syncedConversation(this.state.conversation, fresh);
    if (meeting <= 0) return { conversation: loaded, earlier };
    return { conversation: prependItems(loaded, items.slice(0, meeting)) };
  }

  #ask(request: StreamingReq): Promise<void> {
    if (isBusy(this.state)) return Promise.reject(new BusyError());
    const turn = new Turn();
    this.#begin(request, turn);
    return turn.accepted;
  }

  #begin(request: StreamingReq, turn: Turn): void {
    const { message } = turn;
    this.#onlooker.leave();
    this.#turn = turn;
    this.#unsent = null;
    turn.before = lastUserMessage(this.state.conversation.items)?.id;
    const outgoing: Outgoing | null = message && {
      content: message.content,
      quotedText: message.quotedText,
      attachments: message.attachments,
    };
    this.#store.set({
      activity: 'waiting',
      loadFailure: null,
      announcement: null,
      turnsBegun: this.state.turnsBegun + 1,
      conversation: beginTurn(this.state.conversation, outgoing),
    });
    void this.#run(turn, request);
  }

  /** Sends the request, or what answers a call that is here already, and whatever the answers ask for. */
  async #run(turn: Turn, request: StreamingReq | null): Promise<void> {
    turn.reading = true;
    try {
      let next = request ?? (await this.#answerClientTool(turn));
      while (next) {
        request = next;
        await this.#readAnswer(turn, next);
        next = await this.#answerClientTool(turn);
      }
      this.#end(turn, this.#interruption(turn));
    } catch (error) {
      turn.reading = false;
      this.#fail(turn, error, request);
    }
  }

  /** Reads the response to a request to its end. Throws when it breaks off, or says that its run goes on. */
  async #readAnswer(turn: Turn, request: StreamingReq): Promise<void> {
    turn.place = NOWHERE;
    const signal = turn.connect();
    await this.#stopping;
    try {
      let last: RunNews | undefined;
      for await (const frame of this.#store.client.stream(request, signal, (data) => this.#noteUnreadable(data), turn.key)) {
        if (turn !== this.#turn) return;
        turn.accept();
        turn.tries = 0;
        if (this.state.connectionLost) this.#store.set({ connectionLost: false });
        if (frame.run?.state === 'stopped') turn.stopped = true;
        if (frame.run) last = frame.run;
        this.#read(frame);
      }
      if (last?.state === 'running') throw new NetworkError('network.lost', 'The response ended before the answer.');
      // Before one looks on again somebody else may have said something.
      this.#onlooker.upToDate = false;
    } finally {
      if (turn === this.#turn) this.#batch.flush();
    }
  }

  #fail(turn: Turn, error: unknown, request: StreamingReq | null): void {
    if (turn !== this.#turn) {
      settle(turn, error);
      return;
    }
    const { resumes } = this.#store.client;
    const canComeBack = resumes && !turn.stopped && this.state.threadId !== null;
    const isLost = error instanceof NetworkError || turn.disconnected;
    const isRefused = error instanceof ApiError && error.code === 'shutting_down';
    if (canComeBack && isLost) {
      this.#onlooker.noteLoss(0);
      void this.#onlooker.follow();
    } else if (resumes && request && !turn.signal.aborted && (isLost || isRefused)) {
      void this.#sendAgain(turn, request);
    } else if (canComeBack && turn.message && error instanceof ApiError && error.code === 'run_active') {
      this.#sendLater(turn, turn.message);
    } else if (turn.submits && error instanceof ApiError && ANSWERED.has(error.code)) {
      // Another tab has answered the call. Nothing changed by our trying, and what came of it is loaded.
      this.#end(turn, null);
      void this.fetchUpdates().catch(() => undefined);
    } else {
      this.#end(turn, turn.stopped ? null : error);
    }
  }

  /** The request got no answer, and there is no thread yet in which one could look on: it goes again, under its key. */
  async #sendAgain(turn: Turn, request: StreamingReq): Promise<void> {
    this.#onlooker.noteLoss(turn.tries);
    const wait = pause(retryDelay(turn.tries), turn.signal);
    this.#hurry = wait.end;
    turn.tries += 1;
    await wait.over;
    if (turn !== this.#turn) return;
    if (turn.signal.aborted) this.#end(turn, null);
    else void this.#run(turn, request);
  }

  /** The message waits for its turn, as if it had not been sent. */
  #sendLater(turn: Turn, message: Message): void {
    this.#turn = null;
    this.#onlooker.upToDate = false;
    this.#store.set({ activity: 'idle', conversation: endTurn({ ...this.state.conversation, outgoing: null }) });
    this.#line.add(turn, message, 'front');
    if (!this.#onlooker.watching) void this.#onlooker.follow();
  }

  #sendNext(): void {
    if (this.#line.isEmpty || !navigator.onLine || this.state.activity !== 'idle') return;
    const turn = this.#line.next();
    if (turn?.message) this.#begin(this.#requestFor(turn.message), turn);
  }

  #read(frame: Frame): void {
    const turn = this.#turn;
    if (!turn) return;
    turn.place = placeAfter(turn.place, frame);
    if (frame.event) this.#batch.push(frame.event);
  }

  #noteUnreadable(data: string): void {
    this.#store.logOnce('stream.unreadable', { data: data.slice(0, 200) });
  }

  /** A batch of events, folded into the state in one go; then the page hears what concerns it. */
  #apply(events: readonly ThreadStreamEvent[]): void {
    const turn = this.#turn;
    if (!turn) return;
    const conversation = events.reduce(applyEvent, this.state.conversation);
    const begins = !turn.answered && events.some(isAnswer);
    const threadId = conversation.thread?.id ?? this.state.threadId;
    const changed = threadId !== this.state.threadId;
    // What is typed while the first answer makes the thread belongs to that thread.
    const drafts = changed ? moveDraft(this.state.drafts, this.state.threadId, threadId) : this.state.drafts;
    this.#store.set({ conversation, threadId, drafts, ...(begins && { activity: 'answering' }) });
    if (changed) this.#store.emit('chatkit.thread.change', { threadId });
    if (begins) {
      turn.answered = true;
      this.#store.emit('chatkit.response.start', undefined);
    }
    for (const event of events) this.#tellPage(event, turn);
    if (turn.stopWanted && turn.place.run !== null) this.#stopRun(turn);
  }

  #tellPage(event: ThreadStreamEvent, turn: Turn): void {
    if (!isKnownEvent(event.type)) {
      this.#store.logOnce('event.unknown', { type: (event as { type: string }).type });
    } else if (event.type === 'client_effect') {
      // Effects are for the page that asked: one that looks on, or was reloaded, has not.
      if (turn.own) this.#store.emit('chatkit.effect', { name: event.name, data: event.data });
    } else if (event.type === 'error') {
      const { doc_url: docUrl, request_id: requestId } = event as { doc_url?: string; request_id?: string };
      const message = event.message ?? 'The server ended the answer with an error.';
      this.#store.report(new ChatKitError(event.code, message, { docUrl, requestId }));
    } else if (event.type === 'thread.item.updated' && !isKnownUpdate(event.update.type)) {
      this.#store.logOnce('update.unknown', { type: (event.update as { type: string }).type });
    } else if ('item' in event) {
      this.#noteUnknownItems([event.item]);
    }
  }

  #noteUnknownItems(items: readonly ThreadItem[]): void {
    for (const { type } of items) if (!isKnownItem(type)) this.#store.logOnce('item.unknown', { type });
  }

  /** The stream ended in peace, but before or in the middle of a message: something on the way has cut it. */
  #interruption(turn: Turn): NetworkError | null {
    const { items, unfinished, outgoing, failure } = this.state.conversation;
    const cut = items.some(({ id, type }) => type === 'assistant_message' && unfinished.has(id));
    if (turn.stopped || failure || (!cut && !outgoing)) return null;
    return interrupted();
  }

  #end(turn: Turn, error: unknown): void {
    settle(turn, error);
    if (turn !== this.#turn) return;
    this.#turn = null;
    const { conversation } = this.state;
    const unsent = conversation.outgoing && turn.message;
    const failure = error ? failureOf(this.#store.report(error)) : null;
    if (unsent) this.#keepUnsent(unsent, failure ?? conversation.failure);
    this.#store.set({
      activity: 'idle',
      conversation: endTurn(conversation, failure),
      announcement: announcementOf(turn, conversation, failure ?? conversation.failure),
    });
    if (turn.answered) this.#store.emit('chatkit.response.end', undefined);
    if (!this.#onlooker.watching) void this.#onlooker.follow();
    this.#sendNext();
  }

  /** The message never became an item: it goes back to the composer. */
  #keepUnsent(message: Message, failure: Failure | null): void {
    if (failure?.allowRetry) this.#unsent = message;
    this.composing.giveBack(message);
  }

  #takeBack(turn: Turn, message: Message): void {
    turn.refuse(new ChatKitError('stopped', 'It was taken back before it was sent.'));
    this.composing.giveBack(message);
  }

  /** When the answer ended by calling a tool of the page: runs it, and returns the request that carries its result. */
  async #answerClientTool(turn: Turn): Promise<StreamingReq | null> {
    const { threadId } = this.state;
    const call = this.#tools.pending;
    if (turn !== this.#turn || threadId === null || !call) return null;
    turn.calling = true;
    const answered = await this.#tools.run(call, turn.signal);
    turn.calling = false;
    if (!answered || turn !== this.#turn) return null;
    turn.submits = true;
    turn.key = newKey();
    this.#store.set({ conversation: answerToolCall(this.state.conversation, call.id, answered.result) });
    return { type: 'threads.add_client_tool_output', params: { thread_id: threadId, result: answered.result } };
  }

  /** A call that was being answered when the page went away is run again; whoever only looks on has no tools. */
  #takeUpCall(): void {
    if (this.#turn || isBusy(this.state) || !this.#tools.available || !this.#tools.pending) return;
    if (closedReason(this.state.conversation.thread)) return;
    const turn = new Turn();
    turn.calling = true;
    this.#onlooker.leave();
    this.#turn = turn;
    this.#store.set({ activity: 'waiting', announcement: null });
    void this.#run(turn, null);
  }
}

/** What a server says to the result of a call that has one already, and while an answer to that is being written. */
const ANSWERED: ReadonlySet<string> = new Set(['invalid_request', 'run_active']);

/** Tells who waits for a turn that has ended. A stream that ended well was accepted, even if it said nothing. */
function settle(turn: Turn, error: unknown): void {
  if (turn.signal.aborted) turn.refuse(new ChatKitError('stopped', 'It was stopped before the server had it.'));
  else if (error) turn.refuse(error);
  else turn.accept();
}

/** Whether an event is part of the answer, and not of the bookkeeping before it. */
function isAnswer(event: ThreadStreamEvent): boolean {
  if (event.type === 'thread.item.added' || event.type === 'thread.item.done') return event.item.type !== 'user_message';
  return event.type === 'progress_update' || event.type === 'thread.item.updated' || event.type === 'thread.item.replaced';
}

function announcementOf(turn: Turn, { items }: Conversation, failure: Failure | null) {
  if (failure) return null;
  if (turn.stopped) return { key: 'thread.stopped' } as const;
  const text = spokenText(answerText(turnsOf(items).at(-1)?.answers ?? []));
  return { key: 'thread.finished', text } as const;
}
