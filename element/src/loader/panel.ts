/** The panel that stands where the chat should be, and says why it does not. */
import type { LoadProblem } from './problems';
import { pageOf } from './problems';
import { SessionError } from './session-error';
import type { Texts } from './texts';
import { en, zh } from './texts';

const CSS = `
:host { display: block; container-type: inline-size; color-scheme: light dark }
:host([hidden]) { display: none }
.panel { box-sizing: border-box; max-inline-size: 30rem; margin: 0 auto; padding: 2.5rem 1.5rem; text-align: center;
  font: 400 1rem/1.6 system-ui, -apple-system, 'Segoe UI', Roboto, 'Noto Sans', 'PingFang SC', 'Microsoft YaHei', sans-serif;
  color: light-dark(#1b1b1b, #ebebeb); background: light-dark(#fff, #161616); overflow-wrap: anywhere; border-radius: 1rem }
h2 { margin: 0 0 .5rem; font-size: 1.125rem; line-height: 1.4 }
p { margin: 0 0 .5rem }
.said, .ids { color: light-dark(#5c5c5c, #a6a6a6); font-size: .875rem }
button, a { font: inherit; border-radius: 999px }
button { min-block-size: 2.75rem; margin: .75rem 0; padding: .5rem 1.5rem; border: 1px solid currentColor; background: none;
  color: inherit; cursor: pointer }
button:disabled { opacity: .6; cursor: default }
a { color: light-dark(#1f6b4a, #6cc79f); text-underline-offset: .2em }
:focus-visible { outline: 2px solid light-dark(#1f6b4a, #6cc79f); outline-offset: 2px }
`;

export interface PanelOptions {
  readonly locale: string;
  /** Where the documentation is served. */
  readonly base: string;
  /** Called when the person wants another try. */
  readonly retry: () => void;
}

/** Made once for each loader; it is put into the page when it is needed. */
export class Panel {
  readonly element = document.createElement('div');
  readonly #options: PanelOptions;
  readonly #language: 'en' | 'zh';
  readonly #texts: Texts;
  readonly #root: ShadowRoot;
  #button: HTMLButtonElement | null = null;

  constructor(options: PanelOptions) {
    this.#options = options;
    this.#language = options.locale.toLowerCase().startsWith('zh') ? 'zh' : 'en';
    this.#texts = this.#language === 'zh' ? zh : en;
    this.element.lang = this.#language === 'zh' ? 'zh-CN' : 'en';
    this.element.dir = 'ltr'; // both languages that it speaks are
    this.element.className = 'teahouse-loader-panel';
    this.#root = this.element.attachShadow({ mode: 'open' });
    const sheet = new CSSStyleSheet(); // lives under a strict Content-Security-Policy, where <style> does not
    sheet.replaceSync(CSS);
    this.#root.adoptedStyleSheets = [sheet];
  }

  /** Whether the person is in it: then whatever takes its place should have the focus. */
  get hasFocus(): boolean {
    return this.#root.activeElement !== null;
  }

  show(problem: LoadProblem): void {
    const hadFocus = this.hasFocus;
    const [title, text] = this.#texts.problems[problem.code];
    const said = problem.cause instanceof SessionError ? problem.cause : null;
    const box = make('div', 'panel');
    box.setAttribute('role', 'alert');
    box.append(make('h2', '', title), make('p', '', text));
    if (said) box.append(make('p', 'said', said.message));
    this.#button = make('button', '', this.#texts.retry);
    this.#button.type = 'button';
    this.#button.addEventListener('click', this.#options.retry);
    box.append(this.#button, this.#link(problem), this.#ids(problem, said));
    this.#root.replaceChildren(box);
    if (hadFocus) this.#button.focus();
  }

  /** Another try is being made. The button keeps the focus, and so stays enabled for assistive technology. */
  showTrying(): void {
    if (!this.#button) return;
    this.#button.textContent = this.#texts.trying;
    this.#button.setAttribute('aria-disabled', 'true');
  }

  remove(): void {
    this.element.remove();
  }

  #link(problem: LoadProblem): HTMLElement {
    const line = make('p');
    const link = make('a', '', this.#texts.more);
    link.href = pageOf(problem, this.#language, this.#options.base);
    link.target = '_blank';
    link.rel = 'noopener';
    line.append(link);
    return line;
  }

  #ids(problem: LoadProblem, said: SessionError | null): HTMLElement {
    const { code, request } = this.#texts;
    const ids = [`${code}: ${said?.code ?? problem.code}`];
    if (said?.requestId) ids.push(`${request}: ${said.requestId}`);
    return make('p', 'ids', ids.join(' · '));
  }
}

function make<Tag extends keyof HTMLElementTagNameMap>(tag: Tag, className = '', text = ''): HTMLElementTagNameMap[Tag] {
  const element = document.createElement(tag);
  if (className) element.className = className;
  if (text) element.textContent = text;
  return element;
}
