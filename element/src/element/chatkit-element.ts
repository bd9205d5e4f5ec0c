import type { ChatKitEvents, ChatKitOptions, EventHandler, OpenAIChatKit } from '@openai/chatkit';
import type { PropertyValues } from 'lit';
import { LitElement, nothing } from 'lit';

import { Client } from '../api/client';
import { Chat } from '../chat/chat';
import type { ChatDelegate } from '../chat/store';
import { ArgumentError, ChatKitError, DisconnectedError, NotSupportedError } from '../errors';
import type { Locale, Translate } from '../i18n';
import { builtInMessages, loadMessages, resolveLocale, translator } from '../i18n';
import type { ChatState } from '../state/chat';
import { initialState } from '../state/chat';
import { joined } from '../state/draft';
import { absoluteHref, parseChatLink } from '../state/links';
import { styles } from '../styles';
import { ThemeSheet } from '../theme/apply';
import { normalizeTheme } from '../theme/theme';
import { placeCaret } from '../views/composer/editor';
import { fitTextarea } from '../views/composer/input';
import { Suggestions } from '../views/composer/suggestions';
import { Previews } from '../views/entity';
import { SendKey } from '../views/keys';
import { hostedView, rootView } from '../views/root';
import type { ScrollChange } from '../views/scroller';
import { Scroller } from '../views/scroller';
import { Revealed } from '../views/past';
import { TurnKeys } from '../views/turn-keys';
import type { LocalState, Screen } from '../views/ui';
import { initialLocalState } from '../views/ui';
import { Advice } from './advice';
import { attachmentsIn, contentIn, offered } from './arguments';
import { payAttention } from './attention';
import { defaultOptions, isHosted, uploadConfig } from './options';
import { Readiness } from './readiness';

type Parameters1<Method extends (...args: never[]) => unknown> = Parameters<Method>[0];

/**
 * `<openai-chatkit>`: ChatKit's element, on the page's own server.
 *
 * Without `setOptions` it talks to the server beside its script. Every method waits until the element is in the page
 * and drawn; it rejects with a {@link ChatKitError} (see errors.ts), `DisconnectedError` among them.
 */
export class ChatKitElement extends LitElement implements OpenAIChatKit {
  static override readonly styles = styles;

  /** Tells this element's class from OpenAI's, which has the same name on the page. */
  static readonly implementation = 'teahouse';

  /** Defines the element, under another name if wanted. Where the name is taken nothing happens. */
  static define(name = 'openai-chatkit', registry = customElements): void {
    if (!registry.get(name)) registry.define(name, this);
  }

  #options: ChatKitOptions | null = null;
  #chat: Chat | null = null;
  #locale: Locale = 'en';
  #t: Translate = translator(builtInMessages('en'), 'en');
  #local: LocalState = initialLocalState;
  #drawn: ChatState = initialState;
  /** How often the reader had been shown more of the thread when it was drawn. */
  #revealed = 0;
  /** Events that wait for `chatkit.ready`, which comes first; `null` once it has. */
  #held: Event[] | null = [];
  /** The text the composer was last made to fit: measuring is not for every drawing. */
  #fitted = '';
  #focusWanted = false;
  /** What one wrote in when the drawing began. */
  #writing: HTMLElement | null = null;
  #usesDefaults = false;
  #left = false;
  /** Ends when the element leaves the page. */
  #presence: AbortController | null = null;
  readonly #previews = new Previews(() => this.requestUpdate());
  readonly #suggestions = new Suggestions(() => this.requestUpdate());
  readonly #ready = new Readiness<Chat>();
  readonly #theme = new ThemeSheet();
  readonly #advice = new Advice((error) => this.#dispatch('chatkit.error', { error }));
  readonly #memory = { sendKey: new SendKey(), thread: { keys: new TurnKeys(), revealed: new Revealed() } };
  readonly #scroller = new Scroller((atEnd) => this.#setLocal({ atEnd }));

  override connectedCallback(): void {
    super.connectedCallback();
    this.#scroller.restore();
    if (this.#options) this.#start(this.#options);
    // Pages call setOptions right after they made the element, frameworks in the same task: they go first.
    else setTimeout(() => this.#useDefaults());
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    // Moving is not leaving: an element that is put elsewhere is back by the end of the task's microtasks.
    queueMicrotask(() => {
      if (!this.isConnected) this.#leave();
    });
  }

  /**
   * Replaces all options. The conversation, what is typed and where one reads stay, unless `api.url` is another.
   * What cannot be used is left out, and told of in the console and in `chatkit.error`.
   */
  setOptions(options: ChatKitOptions): void {
    const usable = this.#advice.on(options);
    this.#options = usable;
    this.#dropToolThatIsGone();
    this.#useLocale(usable.locale ? [usable.locale] : navigator.languages);
    this.#theme.apply(normalizeTheme(usable.theme));
    this.#scroller.follow = usable.thread?.autoScroll ?? false;
    if (this.isConnected) this.#start(usable);
    this.requestUpdate();
  }

  /** Focuses the composer. */
  override focus(): void {
    void this.focusComposer().catch(() => undefined);
  }

  /** Focuses the composer. Resolves once it has the focus, or cannot have it because the thread is closed. */
  async focusComposer(): Promise<void> {
    await this.#loaded();
    await this.updateComplete;
    this.#composer?.focus();
  }

  /** Shows a thread, or a new one. Resolves once its newest items are here; rejects when it cannot be loaded. */
  async setThreadId(threadId: string | null): Promise<void> {
    const chat = await this.#ready.promise;
    if (threadId === null) chat.openNew();
    else await chat.open(threadId);
  }

  /** Sends an action to the server. Resolves once the server has it. */
  async sendCustomAction(...[action, itemId]: Parameters<OpenAIChatKit['sendCustomAction']>): Promise<void> {
    const chat = await this.#loaded();
    await chat.sendAction(action, itemId);
  }

  /** Says something as the user. Resolves once the server has it; rejects with what kept it from arriving. */
  async sendUserMessage(message: Parameters1<OpenAIChatKit['sendUserMessage']>): Promise<void> {
    const { reply, newThread, toolChoice, model } = message;
    const content = contentIn(message) ?? [];
    const attachments = attachmentsIn(message);
    if (!content.length && !attachments?.length) throw new ArgumentError('text', 'nothing', 'a text, content or attachments');
    const chat = await this.#loaded();
    if (newThread) chat.openNew();
    await chat.send({ content, quotedText: reply, attachments, toolId: toolChoice?.id, model });
  }

  /**
   * Changes what is in the composer; what is not named stays. Resolves once it is there; rejects with
   * {@link ArgumentError}, having changed nothing, when a tool or a model is not among the options.
   */
  async setComposerValue(value: Parameters1<OpenAIChatKit['setComposerValue']>): Promise<void> {
    const { reply, files, selectedToolId, selectedModelId } = value;
    const content = contentIn(value);
    const attachments = attachmentsIn(value);
    const chat = await this.#loaded();
    if (files?.length && !chat.uploads.enabled) {
      throw new ChatKitError('attachments.disabled', 'Files need composer.attachments.enabled.');
    }
    const { tools, models } = this.#options?.composer ?? {};
    const toolId = selectedToolId && offered('selectedToolId', selectedToolId, tools);
    const modelId = selectedModelId && offered('selectedModelId', selectedModelId, models);
    this.#suggestions.know(content ?? []);
    chat.composing.change({
      ...(content && { content: joined(content) }),
      ...(attachments && { attachments }),
      ...(reply !== undefined && { quotedText: reply || undefined }),
    });
    if (files) chat.uploads.add(files);
    if (toolId !== undefined) chat.composing.selectTool(toolId);
    if (modelId) chat.composing.selectModel(modelId);
    await this.updateComplete;
  }

  /** Opens the list of threads. Resolves once it is shown. */
  async showHistory(): Promise<void> {
    const chat = await this.#ready.promise;
    chat.history.show();
    await this.updateComplete;
  }

  /** Closes the list of threads. */
  async hideHistory(): Promise<void> {
    const chat = await this.#ready.promise;
    chat.history.hide();
    await this.updateComplete;
  }

  /** Takes over what changed on the server. Resolves once it is here; rejects with `BusyError` during an answer. */
  async fetchUpdates(): Promise<void> {
    const chat = await this.#loaded();
    await chat.fetchUpdates();
  }

  override addEventListener<K extends keyof ChatKitEvents>(
    type: K,
    listener: EventHandler<K>,
    options?: boolean | AddEventListenerOptions,
  ): void;
  override addEventListener(
    type: string,
    listener: EventListenerOrEventListenerObject | null,
    options?: boolean | AddEventListenerOptions,
  ): void;
  override addEventListener(
    type: string,
    listener: EventListenerOrEventListenerObject | null,
    options?: boolean | AddEventListenerOptions,
  ): void {
    super.addEventListener(type, listener as EventListener, options);
  }

  override removeEventListener<K extends keyof ChatKitEvents>(
    type: K,
    listener: EventHandler<K>,
    options?: boolean | EventListenerOptions,
  ): void;
  override removeEventListener(
    type: string,
    listener: EventListenerOrEventListenerObject | null,
    options?: boolean | EventListenerOptions,
  ): void;
  override removeEventListener(
    type: string,
    listener: EventListenerOrEventListenerObject | null,
    options?: boolean | EventListenerOptions,
  ): void {
    super.removeEventListener(type, listener as EventListener, options);
  }

  protected override createRenderRoot(): HTMLElement | DocumentFragment {
    const root = super.createRenderRoot();
    if (root instanceof ShadowRoot) root.adoptedStyleSheets.push(this.#theme.sheet);
    return root;
  }

  protected override willUpdate(): void {
    this.#scroller.beforeUpdate();
    this.#writing = this.#composer?.matches(':focus') ? this.#composer : null;
  }

  protected override render(): unknown {
    if (!this.#options) return nothing;
    const screen = this.#screen(this.#options);
    if (isHosted(this.#options)) return hostedView(screen);
    const chat = this.#chat;
    return chat ? rootView({ ...screen, chat, state: chat.state }, this.#memory) : nothing;
  }

  protected override updated(changed: PropertyValues): void {
    super.updated(changed);
    const { renderRoot } = this;
    const state = this.#chat?.state ?? initialState;
    this.#scroller.afterUpdate(renderRoot.querySelector<HTMLElement>('.scroller'), this.#scrollChange());
    if (this.#drawn.historyOpen && !state.historyOpen && !this.#focusWanted) this.#focusHistoryButton();
    this.#drawn = state;
    this.#revealed = this.#memory.thread.revealed.times;
    // Without its place the card stays out of sight.
    void this.#previews.place(renderRoot.querySelector<HTMLElement>('.preview')).catch(() => undefined);
    const composer = this.#composer;
    if (!composer) return;
    this.#fit(composer);
    this.#placeCaret(composer);
    if (this.#focusWanted && !isDisabled(composer)) {
      this.#focusWanted = false;
      composer.focus();
    }
  }

  #fit(composer: HTMLElement): void {
    if (!(composer instanceof HTMLTextAreaElement)) return;
    if (composer.value !== this.#fitted) fitTextarea(composer);
    this.#fitted = composer.value;
  }

  #placeCaret(composer: HTMLElement): void {
    const { caret } = this.#suggestions;
    this.#suggestions.caret = null;
    if (caret !== null) placeCaret(composer, caret);
    // A text area took the place of an editable element, or the other way round.
    else if (this.#writing && this.#writing !== composer) composer.focus();
  }

  get #composer(): HTMLElement | null {
    return this.renderRoot.querySelector<HTMLElement>('.composer-input');
  }

  /** The focus goes back to where the panel was opened from. */
  #focusHistoryButton(): void {
    this.renderRoot.querySelector<HTMLElement>('[part=history-button]')?.focus();
  }

  /** The chat, once the thread on show is loaded or has failed to. */
  async #loaded(): Promise<Chat> {
    const chat = await this.#ready.promise;
    await chat.whenLoaded();
    return chat;
  }

  #useDefaults(): void {
    if (!this.isConnected || this.#options) return;
    this.setOptions(defaultOptions());
    this.#usesDefaults = true;
  }

  /** Begins to talk to the server, or goes on with new options. */
  #start(options: ChatKitOptions): void {
    if (isHosted(options)) {
      this.#ready.fail(new NotSupportedError('sessions of workflows hosted by OpenAI (api.getClientSecret)'));
      void this.#letGo();
      return;
    }
    const client = this.#createClient(options);
    const before = this.#chat;
    const moved = before !== null && before.clientUrl !== client.url;
    this.#chat = before ?? new Chat(client, this.#delegate());
    this.#chat.useClient(client);
    this.#chat.uploads.config = uploadConfig(options);
    this.#chat.dictation.enabled = options.composer?.dictation?.enabled ?? false;
    this.#attend(this.#chat);
    if (!before || moved || this.#usesDefaults) this.#open(this.#chat, options.initialThread ?? null);
    else if (this.#left) void this.#chat.comeBack().catch(() => undefined);
    this.#left = false;
    this.#usesDefaults = false;
    if (!before) void this.#announceReady(this.#chat);
  }

  #open(chat: Chat, threadId: string | null): void {
    // Its failure is shown in place of the thread.
    if (threadId !== null) void chat.open(threadId).catch(() => undefined);
  }

  async #announceReady(chat: Chat): Promise<void> {
    this.requestUpdate();
    await this.updateComplete;
    this.#ready.succeed(chat);
    await this.#letGo(new CustomEvent('chatkit.ready', { bubbles: true, composed: true }));
  }

  /** Lets the events go that waited until somebody could hear them, after one that comes first. */
  async #letGo(...first: readonly Event[]): Promise<void> {
    await listenersAttached();
    const held = this.#held ?? [];
    this.#held = null;
    for (const event of [...first, ...held]) this.dispatchEvent(event);
  }

  #dropToolThatIsGone(): void {
    const selected = this.#chat?.state.toolId ?? null;
    const isOffered = this.#options?.composer?.tools?.some(({ id }) => id === selected);
    if (selected !== null && !isOffered) this.#chat?.composing.selectTool(null);
  }

  #attend(chat: Chat): void {
    if (this.#presence) return;
    this.#presence = new AbortController();
    payAttention(chat, this.#presence.signal);
  }

  #leave(): void {
    this.#left = true;
    this.#presence?.abort();
    this.#presence = null;
    this.#chat?.leave();
    this.#ready.interrupt(new DisconnectedError());
  }

  #createClient({ api }: ChatKitOptions): Client {
    const { url, fetch } = 'url' in api ? api : { url: '', fetch: undefined };
    // Absolute, so that two spellings of one address are one server.
    const absolute = URL.canParse(url, document.baseURI) ? new URL(url, document.baseURI).href : url;
    return new Client({ url: absolute, fetch, locale: () => this.#locale });
  }

  #delegate(): ChatDelegate {
    const current = () => this.#options?.onClientTool;
    return {
      chatChanged: () => this.requestUpdate(),
      chatEmitted: (name, detail) => this.#dispatch(name, detail),
      get clientTool() {
        return current();
      },
    };
  }

  #dispatch<Name extends keyof ChatKitEvents>(name: Name, detail: ChatKitEvents[Name]['detail']): void {
    const event = new CustomEvent(name, { detail, bubbles: true, composed: true });
    if (this.#held) this.#held.push(event);
    else this.dispatchEvent(event);
  }

  #useLocale(wishes: readonly string[]): void {
    const locale = resolveLocale(wishes);
    if (locale === this.#locale) return;
    this.#locale = locale;
    this.#t = translator(builtInMessages(locale), locale);
    void loadMessages(locale).then((messages) => {
      if (locale !== this.#locale) return;
      this.#t = translator(messages, locale);
      this.requestUpdate();
    });
  }

  #setLocal(change: Partial<LocalState>): void {
    this.#local = { ...this.#local, ...change };
    this.requestUpdate();
  }

  #screen(options: ChatKitOptions): Screen {
    return {
      options,
      t: this.#t,
      locale: this.#locale,
      local: this.#local,
      setLocal: (change) => this.#setLocal(change),
      followLink: (href) => this.#followLink(href),
      address: (href) => absoluteHref(href, this.#chat?.clientUrl ?? document.baseURI),
      suggestions: this.#suggestions,
      previews: this.#previews,
      current: () => this.#options ?? options,
      focusComposer: () => {
        // On a touch screen the focus brings the keyboard, which hides what the reader came to read.
        this.#focusWanted = !matchMedia('(pointer: coarse)').matches;
        this.requestUpdate();
      },
      scrollToEnd: () => this.#scroller.scrollToEnd(),
    };
  }

  /** Links of the chat's own kind go to the page as events; all others open as links do. */
  #followLink(href: string): boolean {
    const link = parseChatLink(href);
    if (link) this.#dispatch('chatkit.deeplink', link);
    return link !== undefined;
  }

  #scrollChange(): ScrollChange {
    const before = this.#drawn;
    const now = this.#chat?.state ?? before;
    if (now.turnsBegun > before.turnsBegun) return 'begun';
    if (before.activity === 'loading' && now.activity !== 'loading') return 'opened';
    if (now.waiting.length > before.waiting.length) return 'opened';
    if (this.#memory.thread.revealed.times > this.#revealed) return 'prepended';
    const first = before.conversation.items[0]?.id;
    const sameThread = before.threadId === now.threadId;
    return sameThread && first !== undefined && first !== now.conversation.items[0]?.id ? 'prepended' : 'other';
  }
}

function isDisabled(composer: HTMLElement): boolean {
  return composer instanceof HTMLTextAreaElement ? composer.disabled : !composer.isContentEditable;
}

/** Longest wait for a frame, in ms: a tab in the background draws none. */
const NO_FRAME = 100;

/**
 * Resolves once whoever made the element has had the time to listen to it. Frameworks set options while they commit,
 * and attach listeners in effects that run after the next paint: an earlier `chatkit.ready` would be heard by nobody.
 */
function listenersAttached(): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, NO_FRAME);
    requestAnimationFrame(() => {
      clearTimeout(timer);
      setTimeout(resolve);
    });
  });
}
