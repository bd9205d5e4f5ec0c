/**
 * The page at /: the element over the whole window, in the browser's language and the system's colours.
 * It uses the element as any page would, through its documented options, methods and events.
 */
import type { ChatKitIcon, ChatKitOptions, OpenAIChatKit, SupportedLocale } from '@openai/chatkit';

import { resolveLocale } from '../i18n/locale';

/** What the server says about itself, in the reader's language. */
interface About {
  readonly name: string;
  readonly page: {
    readonly title: string;
    readonly greeting: string;
    readonly prompts: readonly { readonly label: string; readonly prompt: string; readonly icon?: ChatKitIcon }[];
  };
  readonly dictation: boolean;
  readonly attachments: NonNullable<ChatKitOptions['composer']>['attachments'] | null;
}

const TEXTS = {
  en: { failed: 'The chat could not be loaded. Check your connection, then try again.', retry: 'Try again' },
  zh: { failed: '聊天加载失败。请检查网络后重试。', retry: '重试' },
};

const ACCENT = { light: '#2f7d5b', dark: '#4fae86' } as const;

const locale = resolveLocale(navigator.languages);
const dark = matchMedia('(prefers-color-scheme: dark)');

document.documentElement.lang = locale;
void start();

async function start(): Promise<void> {
  const [about] = await Promise.all([fetchAbout(), elementDefined()]).catch((): [null] => [null]);
  if (about) showChat(about);
  else showFailure();
}

async function fetchAbout(): Promise<About> {
  const response = await fetch(new URL('api', import.meta.url), { headers: { 'Accept-Language': locale } });
  if (!response.ok) throw new Error(`/api answered with ${response.status}`);
  return (await response.json()) as About;
}

/** Resolves once chatkit.js has run; rejects when it could not be loaded, before or after this script began. */
function elementDefined(): Promise<unknown> {
  const script = document.querySelector<HTMLScriptElement>('script[src$="chatkit.js"]');
  const failed = new Promise((_, reject) => {
    script?.addEventListener('error', reject);
    // The script may have failed before anyone listened; by the time the window has loaded it has either run or failed.
    const judge = () => window.ChatKit ?? reject(new Error('chatkit.js did not run'));
    if (document.readyState === 'complete') judge();
    else window.addEventListener('load', judge);
  });
  return Promise.race([customElements.whenDefined('openai-chatkit'), failed]);
}

function showChat(about: About): void {
  document.title = about.page.title;
  for (const heading of document.querySelectorAll('h1')) heading.textContent = about.page.title;
  const chat = document.createElement('openai-chatkit');
  chat.addEventListener('chatkit.thread.change', ({ detail }) => rememberThread(detail.threadId));
  chat.addEventListener('chatkit.deeplink', ({ detail: { name, data } }) => {
    if (name === 'ask' && typeof data?.text === 'string') void ask(chat, data.text);
  });
  const apply = () => chat.setOptions(optionsFor(about));
  apply();
  dark.addEventListener('change', apply);
  document.querySelector('main')?.append(chat);
  // With a keyboard one may begin to type; on a touch screen the focus would only bring one up.
  if (matchMedia('(hover: hover)').matches) void chat.focusComposer();
}

/** A follow-up question was chosen. While an answer is being written it waits in the composer instead. */
async function ask(chat: OpenAIChatKit, text: string): Promise<void> {
  await chat.sendUserMessage({ text }).catch(() => chat.setComposerValue({ text }));
}

function optionsFor({ name, page, attachments, dictation }: About): ChatKitOptions {
  const colorScheme = dark.matches ? 'dark' : 'light';
  return {
    api: {
      url: new URL('chatkit', import.meta.url).href,
      domainKey: '',
      uploadStrategy: { type: 'direct', uploadUrl: new URL('chatkit/files', import.meta.url).href },
    },
    locale: locale satisfies SupportedLocale,
    frameTitle: name,
    initialThread: new URLSearchParams(location.search).get('thread'),
    theme: {
      colorScheme,
      color: { accent: { primary: ACCENT[colorScheme], level: 1 }, grayscale: { hue: 155, tint: 1 } },
    },
    history: { enabled: true, showDelete: true, showRename: true },
    threadItemActions: { feedback: true, retry: true },
    composer: { ...(attachments && { attachments }), dictation: { enabled: dictation } },
    startScreen: { greeting: page.greeting, prompts: [...page.prompts] },
  };
}

/** Keeps the open thread in the address, so that a reload, or a bookmark, comes back to it. */
function rememberThread(threadId: string | null): void {
  const url = new URL(location.href);
  if (threadId === null) url.searchParams.delete('thread');
  else url.searchParams.set('thread', threadId);
  history.replaceState(null, '', url);
}

function showFailure(): void {
  const { failed, retry } = locale.startsWith('zh') ? TEXTS.zh : TEXTS.en;
  const message = document.createElement('div');
  message.className = 'message';
  message.setAttribute('role', 'alert');
  const button = document.createElement('button');
  button.type = 'button';
  button.textContent = retry;
  button.addEventListener('click', () => location.reload());
  message.append(failed, button);
  document.querySelector('main')?.replaceChildren(message);
}
