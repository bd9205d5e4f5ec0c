/**
 * Puts ChatKit on a page: ours, OpenAI's, or OpenAI's with ours when it does not come.
 *
 *     const loader = Teahouse.load({ mode: 'auto', target: '#chat', session: '/api/chatkit/session' });
 *     loader.addEventListener('state', () => console.log(loader.state, loader.problem));
 */
import type { ChatKitOptions, OpenAIChatKit } from '@openai/chatkit';

import { clientSecret } from './client-secret';
import type { State } from './machine';
import { mayFollow } from './machine';
import { Panel } from './panel';
import { isAboutTheDomain, LoadProblem } from './problems';
import { loadElement } from './script';

export type Mode = 'own' | 'official' | 'auto';
export type Implementation = 'own' | 'official';
type Options = Partial<ChatKitOptions>;
type Api = ChatKitOptions['api'];

export interface LoaderOptions {
  /** Which ChatKit. Without it the server says, and without that it is `own`. */
  mode?: Mode | undefined;
  /** An `<openai-chatkit>`, or what one is put into. By default the first one on the page. */
  target?: string | HTMLElement | undefined;
  /** What `setOptions` is given. `api` may be left out. `'page'`: the page calls `setOptions` itself. */
  options?: Options | 'page' | undefined;
  /** Where the server makes sessions of a hosted workflow; the official element then uses those. */
  session?: string | undefined;
  /** The domain key for the official element with a server of one's own. */
  domainKey?: string | undefined;
  /** How long the script may take, and then what it brings, in ms. */
  timeout?: number | undefined;
  /** The language of the panel. */
  locale?: string | undefined;
  /** Where OpenAI's script is. */
  officialUrl?: string | undefined;
}

const TAG = 'openai-chatkit';
/** Ours, where the official one has taken the name and then failed. */
const OTHER_TAG = 'teahouse-chatkit';
const OFFICIAL_URL = 'https://cdn.platform.openai.com/deployments/chatkit/chatkit.js';
const TIMEOUT = 10_000;

/** `state` is announced by an event of that name, and on the page by `teahouse.loader`, which bubbles. */
export class Loader extends EventTarget {
  readonly #base: string;
  readonly #given: LoaderOptions;
  readonly #panel: Panel;
  /** Where the element stands, should it be taken away. */
  readonly #place = document.createComment('chat');
  #state: State = 'idle';
  #implementation: Implementation | null = null;
  #problem: LoadProblem | null = null;
  #element: OpenAIChatKit | null = null;
  #display: string | null = null;
  #session: string | undefined;
  /** Rejects what waits for the official element, with what it failed for. */
  #refuse: ((problem: LoadProblem) => void) | null = null;

  /** @param base the address of the server, which is where loader.js came from */
  constructor(given: LoaderOptions, base: string) {
    super();
    this.#given = given;
    this.#base = base;
    this.#session = given.session;
    this.#panel = new Panel({ locale: given.locale ?? navigator.language, base, retry: () => this.retry() });
  }

  get state(): State {
    return this.#state;
  }

  /** Why it failed; `null` when it has not. */
  get problem(): LoadProblem | null {
    return this.#problem;
  }

  /** Which ChatKit is on the page. */
  get implementation(): Implementation | null {
    return this.#implementation;
  }

  /** The chat on the page; in `auto` it may become another one. */
  get element(): OpenAIChatKit | null {
    return this.#element;
  }

  /** Begins. Resolves once one can chat, or once it is said why not. */
  async load(): Promise<void> {
    if (!mayFollow(this.#state, 'loading')) return;
    this.#enter('loading');
    try {
      await this.#load();
      this.#succeed();
    } catch (error) {
      this.#fail(error instanceof LoadProblem ? error : new LoadProblem('element_not_defined', error));
    }
  }

  /** Tries again, without the page being loaded anew. */
  retry(): void {
    this.#panel.showTrying();
    void this.load();
  }

  async #load(): Promise<void> {
    this.#element ??= this.#findElement();
    const mode = this.#given.mode ?? (await this.#askServer());
    // What was given way to is not tried a second time: its name may be taken by then.
    if (mode === 'own' || this.#implementation === 'own') return this.#loadOwn();
    try {
      await this.#loadOfficial();
    } catch (problem) {
      if (mode !== 'auto') throw problem;
      this.#enter('fallback');
      await this.#loadOwn();
    }
  }

  /** The element on the page, or a new one where it should be. */
  #findElement(): OpenAIChatKit {
    const { target = TAG } = this.#given;
    const found = typeof target === 'string' ? document.querySelector<HTMLElement>(target) : target;
    let element = found?.localName === TAG ? found : null;
    if (!element) {
      element = document.createElement(TAG);
      (found ?? document.body).append(element);
    }
    element.before(this.#place);
    return element as OpenAIChatKit;
  }

  /** How the server wants ChatKit to be loaded; a server that cannot be asked wants nothing. */
  async #askServer(): Promise<Mode> {
    try {
      const response = await fetch(new URL('api', this.#base), { signal: AbortSignal.timeout(this.#timeout) });
      const { loader } = (await response.json()) as { loader?: { mode?: Mode; session?: string | null } };
      if (loader?.session) this.#session ??= new URL(loader.session, this.#base).href;
      return loader?.mode ?? 'own';
    } catch {
      return 'own';
    }
  }

  async #loadOwn(): Promise<void> {
    this.#implementation = 'own';
    const isTaken = customElements.get(TAG) !== undefined && !isOurs(TAG);
    const tag = isTaken ? OTHER_TAG : TAG;
    prepareForOurs(this.#ownApi);
    const url = new URL('chatkit.js', this.#base).href;
    await loadElement({ url, tag, limit: this.#timeout, ...(isTaken && { data: { tag } }) });
    if (isTaken) this.#replaceElement(tag);
    const { options } = this.#given;
    const element = this.#element;
    if (options && options !== 'page') element?.setOptions({ ...options, api: options.api ?? this.#ownApi });
  }

  get #ownApi(): Api {
    return { url: new URL('chatkit', this.#base).href, domainKey: '' };
  }

  /** Puts ours where the official one was. */
  #replaceElement(tag: string): void {
    const before = this.#element;
    const made: HTMLElement = document.createElement(tag);
    const element = made as OpenAIChatKit;
    for (const { name, value } of before?.attributes ?? []) if (name !== 'style') element.setAttribute(name, value);
    takeSize(element, before);
    before?.remove();
    this.#place.after(element);
    this.#element = element;
    this.#display = null;
  }

  async #loadOfficial(): Promise<void> {
    this.#implementation = 'official';
    // It uses what browsers keep for secure contexts, and fails there without a word.
    if (!isSecureContext) throw new LoadProblem('insecure_context');
    await loadElement({ url: this.#given.officialUrl ?? OFFICIAL_URL, tag: TAG, limit: this.#timeout });
    const { options } = this.#given;
    if (options === 'page') return;
    this.#show();
    await this.#officialReady(() => this.#element?.setOptions({ ...options, api: this.#officialApi(options?.api) }));
  }

  #officialApi(api: Api | undefined): Api {
    if (api && !('getClientSecret' in api)) return api;
    if (!api && !this.#session) {
      return { url: new URL('chatkit', this.#base).href, domainKey: this.#given.domainKey ?? '' };
    }
    const get = api?.getClientSecret ?? clientSecret({ url: this.#session ?? '', locale: this.#given.locale });
    return { getClientSecret: (current) => this.#guarded(get, current) };
  }

  async #guarded(get: (current: string | null) => Promise<string>, current: string | null): Promise<string> {
    try {
      const secret = await get(current);
      if (this.#problem?.code === 'session_refused' && this.#state === 'failed') this.#succeed();
      return secret;
    } catch (error) {
      const problem = new LoadProblem('session_refused', error);
      if (this.#refuse) this.#refuse(problem);
      else this.#fail(problem);
      throw error;
    }
  }

  /** Resolves when the official element says that it is ready; it has other ways to say that it will not be. */
  #officialReady(begin: () => void): Promise<void> {
    const element = this.#element;
    if (!element) return Promise.reject(new LoadProblem('element_not_defined'));
    const watched = new AbortController();
    const { signal } = watched;
    return new Promise<void>((resolve, reject) => {
      this.#refuse = reject;
      const timer = setTimeout(() => reject(new LoadProblem('frame_late')), this.#timeout);
      signal.addEventListener('abort', () => clearTimeout(timer));
      element.addEventListener('chatkit.ready', () => resolve(), { signal });
      element.addEventListener(
        'chatkit.error',
        ({ detail }) => {
          if (isAboutTheDomain(detail.error)) reject(new LoadProblem('frame_refused', detail.error));
        },
        { signal },
      );
      // On a host that OpenAI does not know it has been seen to take itself away without a word.
      const away = new MutationObserver(() => {
        if (!element.isConnected) reject(new LoadProblem('frame_refused'));
      });
      away.observe(document, { childList: true, subtree: true });
      signal.addEventListener('abort', () => away.disconnect());
      begin();
    }).finally(() => {
      this.#refuse = null;
      watched.abort();
    });
  }

  #succeed(): void {
    const hadFocus = this.#panel.hasFocus;
    this.#problem = null;
    this.#panel.remove();
    this.#show();
    this.#enter('ready');
    if (hadFocus) this.#element?.focus();
  }

  #fail(problem: LoadProblem): void {
    const couldChat = this.#state === 'ready';
    this.#problem = problem;
    // What is on the page already is not taken away: one may want to read it.
    if (!couldChat) this.#hide();
    this.#place.after(this.#panel.element);
    this.#panel.show(problem);
    this.#enter('failed');
    if (problem.code === 'offline') addEventListener('online', () => this.retry(), { once: true });
  }

  #hide(): void {
    if (!this.#element || this.#display !== null) return;
    this.#display = this.#element.style.display;
    this.#element.style.display = 'none';
  }

  #show(): void {
    const element = this.#element;
    if (!element) return;
    if (!element.isConnected) this.#place.after(element);
    if (this.#display !== null) element.style.display = this.#display;
    this.#display = null;
  }

  #enter(state: State): void {
    if (state === this.#state || !mayFollow(this.#state, state)) return;
    this.#state = state;
    const detail = { state, implementation: this.#implementation, problem: this.#problem };
    this.dispatchEvent(new CustomEvent('state', { detail }));
    const where = this.#element?.isConnected ? this.#element : document;
    where.dispatchEvent(new CustomEvent('teahouse.loader', { detail, bubbles: true, composed: true }));
  }

  get #timeout(): number {
    return this.#given.timeout ?? TIMEOUT;
  }
}

/** The page's style sheet knows the official element's name, and not this one. */
function takeSize(element: HTMLElement, before: HTMLElement | null): void {
  const height = before?.offsetHeight ?? 0;
  const fills = height === 0 || height === before?.parentElement?.clientHeight;
  element.style.display = 'block';
  element.style.blockSize = fills ? '100%' : `${height}px`;
}

/** Whether an element's class is ours. */
function isOurs(tag: string): boolean {
  return isOurClass(customElements.get(tag));
}

function isOurClass(definition: CustomElementConstructor | undefined): boolean {
  return definition !== undefined && Reflect.get(definition, 'implementation') === 'teahouse';
}

let isPrepared = false;

/**
 * From now on the name is for ours alone: the official script may come after all, late, and would take the name before
 * ours, or throw because ours has it. And ours is made to understand pages that were written for a hosted workflow,
 * before anybody who waits for the definition can set options.
 */
function prepareForOurs(api: Api): void {
  const known = customElements.get(TAG);
  if (known && isOurClass(known)) adaptOptions(known, api);
  if (isPrepared) return;
  isPrepared = true;
  const define = customElements.define.bind(customElements);
  customElements.define = (name, definition, options) => {
    if (isOurClass(definition)) adaptOptions(definition, api);
    else if (name === TAG) return;
    define(name, definition, options);
  };
}

const adapted = new WeakSet<object>();

/** `getClientSecret` becomes our server's address. */
function adaptOptions(definition: CustomElementConstructor, api: Api): void {
  const prototype = definition.prototype as OpenAIChatKit;
  if (adapted.has(prototype)) return;
  adapted.add(prototype);
  // eslint-disable-next-line @typescript-eslint/unbound-method -- called with its own element below
  const { setOptions } = prototype;
  prototype.setOptions = function (this: OpenAIChatKit, options) {
    const isHosted = options?.api && 'getClientSecret' in options.api && !('url' in options.api);
    setOptions.call(this, isHosted ? { ...options, api } : options);
  };
}
