import type { ChatKitOptions, OpenAIChatKit } from '@openai/chatkit';
import { afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';

import { ChatKitElement } from '../../src/element/chatkit-element';
import { FakeServer, LiveStream, json, stream } from '../server';
import { answer, firstTurn, page, question, thread } from '../wire';

let server: FakeServer;

const CHOICES: ChatKitOptions['composer'] = {
  tools: [
    { id: 'search', label: 'Search', icon: 'search', placeholderOverride: 'What to look for' },
    { id: 'draw', label: 'Draw', icon: 'images', persistent: true, pinned: true },
  ],
  models: [
    { id: 'small', label: 'Small' },
    { id: 'large', label: 'Large', description: 'Thinks longer', default: true },
    { id: 'old', label: 'Old', disabled: true },
  ],
};

beforeAll(() => ChatKitElement.define());

beforeEach(() => {
  server = new FakeServer();
  server.on('threads.create', () => stream(firstTurn('Hello', 'Welcome.')));
  server.on('threads.list', () => json(page([thread({ title: 'First' })])));
});

afterEach(() => document.body.replaceChildren());

function options(change: Partial<ChatKitOptions> = {}): ChatKitOptions {
  return { api: { url: '/chatkit', domainKey: 'any', fetch: server.fetch }, locale: 'en', ...change };
}

async function mount(change: Partial<ChatKitOptions> = {}): Promise<OpenAIChatKit> {
  const chat = document.createElement('openai-chatkit');
  chat.setOptions(options(change));
  document.body.append(chat);
  await chat.hideHistory(); // waits until it is drawn, and no longer
  return chat;
}

const find = (chat: Element, selector: string) => chat.shadowRoot?.querySelector<HTMLElement>(selector) ?? undefined;
const composer = (chat: Element) => find(chat, 'textarea') as HTMLTextAreaElement;
const shown = (chat: Element) => chat.shadowRoot?.textContent?.replace(/\s+/g, ' ') ?? '';
const drawn = (chat: Element) => (chat as unknown as { updateComplete: Promise<unknown> }).updateComplete;
const nextEvent = (chat: Element, name: string) =>
  new Promise<unknown>((resolve) => chat.addEventListener(name, (event) => resolve((event as CustomEvent).detail), { once: true }));

function type(chat: Element, text: string): void {
  composer(chat).value = text;
  composer(chat).dispatchEvent(new InputEvent('input', { bubbles: true }));
}

function press(chat: Element, key: string, change: KeyboardEventInit = {}): void {
  composer(chat).dispatchEvent(new KeyboardEvent('keydown', { key, bubbles: true, cancelable: true, ...change }));
}

describe('the element', () => {
  test('may be defined twice, and under another name', () => {
    ChatKitElement.define();
    class Other extends ChatKitElement {}
    Other.define('other-chatkit');
    expect(document.createElement('openai-chatkit')).toBeInstanceOf(ChatKitElement);
    expect(document.createElement('other-chatkit')).toBeInstanceOf(ChatKitElement);
  });

  test('says when it is ready, in a way that reaches the page', async () => {
    const heard = new Promise<Event>((resolve) => document.addEventListener('chatkit.ready', resolve, { once: true }));
    const chat = await mount();
    expect((await heard).target).toBe(chat);
  });

  test('tells those who begin to listen after the next paint, as frameworks do, readiness first', async () => {
    server.on('threads.get_by_id', () => json(thread()));
    const chat = document.createElement('openai-chatkit');
    chat.setOptions(options({ initialThread: 'thr_1' }));
    document.body.append(chat);
    const heard: string[] = [];
    await new Promise((resolve) => requestAnimationFrame(resolve));
    for (const name of ['chatkit.ready', 'chatkit.thread.change', 'chatkit.thread.load.start', 'chatkit.thread.load.end']) {
      chat.addEventListener(name, () => heard.push(name.replace('chatkit.', '')));
    }
    await vi.waitFor(() => expect(heard).toEqual(['ready', 'thread.change', 'thread.load.start', 'thread.load.end']));
  });

  test('talks to the server beside its script when the page says nothing', async () => {
    const fetched = vi.spyOn(globalThis, 'fetch').mockResolvedValue(json(page([])));
    const chat = document.createElement('openai-chatkit');
    document.body.append(chat);
    await chat.showHistory();
    expect(fetched.mock.calls[0]?.[0]).toBe('http://localhost:3000/chatkit');
  });

  test('follows a page that sets options after that', async () => {
    const chat = document.createElement('openai-chatkit');
    document.body.append(chat);
    await nextEvent(chat, 'chatkit.ready');
    server.on('threads.get_by_id', () => json(thread({ items: page([answer('Here again')]) })));
    chat.setOptions(options({ initialThread: 'thr_1' }));
    await vi.waitFor(() => expect(shown(chat)).toContain('Here again'));
  });

  test('is a region with the name the page gives it', async () => {
    const chat = await mount({ frameTitle: 'Support' });
    expect(find(chat, '[role=region]')?.getAttribute('aria-label')).toBe('Support');
  });

  test('speaks the language it is told, and writes from the right where that does', async () => {
    expect(shown(await mount({ locale: 'zh-CN' }))).toContain('今天想聊点什么？');
    expect(find(await mount({ locale: 'ar' }), '.root')?.dir).toBe('rtl');
  });

  test('shows what to use instead of a workflow hosted by OpenAI', async () => {
    const warned = vi.spyOn(console, 'error').mockImplementation(() => undefined);
    const chat = document.createElement('openai-chatkit');
    chat.setOptions({ api: { getClientSecret: () => Promise.resolve('') }, locale: 'en' });
    document.body.append(chat);
    await expect(chat.sendUserMessage({ text: 'Hello' })).rejects.toMatchObject({ name: 'NotSupportedError' });
    expect(shown(chat)).toContain('api.url');
    expect(warned).toHaveBeenCalledOnce();
  });

  test('tells the developer once of options that do nothing', async () => {
    const warned = vi.spyOn(console, 'warn').mockImplementation(() => undefined);
    const informed = vi.spyOn(console, 'info').mockImplementation(() => undefined);
    const chat = await mount({ widgets: { onAction: () => Promise.resolve() }, colour: 'red' } as Partial<ChatKitOptions>);
    chat.setOptions(options({ widgets: { onAction: () => Promise.resolve() }, colour: 'blue' } as Partial<ChatKitOptions>));
    expect(warned.mock.calls.map(String)).toEqual([expect.stringContaining('"colour"')]);
    expect(informed.mock.calls.map(String)).toEqual([expect.stringContaining('"widgets.onAction"')]);
  });

  test('says which option has a wrong value, in the console and as chatkit.error, and lives', async () => {
    const warned = vi.spyOn(console, 'warn').mockImplementation(() => undefined);
    const heard = nextEvent(document.body, 'chatkit.error');
    const wrong = { theme: { radius: 'oval' }, composer: { placeholder: 'Ask' } } as unknown as Partial<ChatKitOptions>;
    const chat = await mount(wrong);
    expect(composer(chat).placeholder).toBe('Ask');
    const { error } = (await heard) as { error: Error };
    expect(error).toMatchObject({ name: 'OptionsError', code: 'options.invalid', option: 'theme.radius' });
    expect(error.message).toBe('The option "theme.radius" was given "oval". Allowed: "pill", "round", "soft", "sharp".');
    chat.setOptions(options(wrong));
    expect(warned).toHaveBeenCalledOnce();
  });

  test('redraws nothing and asks for nothing when options come again with other closures', async () => {
    const same = () => options({ onClientTool: () => ({}), theme: { radius: 'soft' }, startScreen: { prompts: [{ label: 'a', prompt: 'b' }] } });
    const chat = await mount(same());
    await drawn(chat);
    const changes = vi.fn();
    const observer = new MutationObserver(changes);
    observer.observe(chat.shadowRoot ?? chat, { subtree: true, childList: true, attributes: true, characterData: true });
    for (let render = 0; render < 20; render += 1) chat.setOptions(same());
    await drawn(chat);
    expect(observer.takeRecords()).toEqual([]);
    expect(changes).not.toHaveBeenCalled();
    expect(server.requests).toEqual([]);
  });

  test('survives options without an api', () => {
    const warned = vi.spyOn(console, 'warn').mockImplementation(() => undefined);
    const chat = document.createElement('openai-chatkit');
    chat.setOptions(undefined as unknown as ChatKitOptions);
    expect(warned).toHaveBeenCalledOnce();
  });
});

describe('a conversation', () => {
  test('is typed, sent with Enter, and answered', async () => {
    const chat = await mount();
    const ended = nextEvent(chat, 'chatkit.response.end');
    type(chat, '  Hello  ');
    press(chat, 'Enter');
    await ended;
    expect(server.last?.params).toMatchObject({ input: { content: [{ type: 'input_text', text: 'Hello' }] } });
    await vi.waitFor(() => expect(find(chat, '.assistant')?.textContent).toContain('Welcome.'));
    expect(composer(chat).value).toBe('');
  });

  test('is not sent by the Enter of an input method, nor by Shift and Enter', async () => {
    const chat = await mount();
    type(chat, '你好');
    press(chat, 'Enter', { isComposing: true });
    press(chat, 'Enter', { keyCode: 229 });
    press(chat, 'Enter', { shiftKey: true });
    expect(server.requests).toEqual([]);
    expect(composer(chat).value).toBe('你好');
  });

  test('begins with a prompt of the start screen', async () => {
    const chat = await mount({ startScreen: { greeting: 'Tea?', prompts: [{ label: 'Green', prompt: 'Tell me of green tea' }] } });
    expect(shown(chat)).toContain('Tea?');
    find(chat, '.prompt')?.click();
    await nextEvent(chat, 'chatkit.response.end');
    expect(server.last?.params).toMatchObject({ input: { content: [{ text: 'Tell me of green tea' }] } });
  });

  test('announces the finished answer once, not each word', async () => {
    const chat = await mount();
    void chat.sendUserMessage({ text: 'Hello' });
    await nextEvent(chat, 'chatkit.response.end');
    await vi.waitFor(() => expect(find(chat, '.hidden[aria-live=polite]')?.textContent).toContain('Answer complete. Welcome.'));
  });

  test('stays where it is while options change', async () => {
    const chat = await mount();
    await chat.sendUserMessage({ text: 'Hello' });
    await nextEvent(chat, 'chatkit.response.end');
    type(chat, 'Half a thou');
    chat.setOptions(options({ theme: 'dark', composer: { placeholder: 'Ask' } }));
    await vi.waitFor(() => expect(composer(chat).placeholder).toBe('Ask'));
    expect([composer(chat).value, find(chat, '.assistant')?.textContent]).toEqual(['Half a thou', 'Welcome.']);
  });

  test('is not left by an element that moves in the page', async () => {
    let live!: LiveStream;
    server.on('threads.create', (_, signal) => (live = new LiveStream(signal)).response);
    const chat = await mount();
    const sent = chat.sendUserMessage({ text: 'Hello' });
    await vi.waitFor(() => expect(live).toBeDefined());
    live.send(...firstTurn('Hello', 'Welcome.').slice(0, -1));
    await sent;
    document.body.append(document.createElement('main'));
    document.querySelector('main')?.append(chat);
    live.send(...firstTurn('Hello', 'Welcome.').slice(-1));
    live.end();
    await vi.waitFor(() => expect(find(chat, '.actions')).toBeDefined());
    expect(find(chat, '.assistant')?.textContent).toBe('Welcome.');
  });

  test('is left when the element leaves: the request ends, and a message that waits is turned away', async () => {
    let signal: AbortSignal | null = null;
    server.on('threads.create', (_, given) => new LiveStream((signal = given)).response);
    const chat = await mount();
    const sent = chat.sendUserMessage({ text: 'Hello' });
    await vi.waitFor(() => expect(signal).not.toBeNull());
    chat.remove();
    await expect(sent).rejects.toMatchObject({ name: 'ChatKitError' });
    expect(signal).toMatchObject({ aborted: true });
  });

  test('that is locked says why and takes no text', async () => {
    server.on('threads.get_by_id', () => json(thread({ status: { type: 'locked', reason: 'Until tomorrow.' } })));
    const chat = await mount({ initialThread: 'thr_1' });
    await vi.waitFor(() => expect(shown(chat)).toContain('Until tomorrow.'));
    expect(composer(chat).disabled).toBe(true);
  });

  test('shows why it failed, and goes on when one tries again', async () => {
    server.on('threads.create', () => json({ error: { code: 'x', message: 'The kettle is cold.' } }, 503));
    const chat = await mount();
    await chat.sendUserMessage({ text: 'Hello' }).catch(() => undefined);
    await vi.waitFor(() => expect(find(chat, '[role=alert]')?.textContent).toContain('The kettle is cold.'));
    expect(composer(chat).value).toBe('Hello');
    server.on('threads.create', () => stream(firstTurn('Hello', 'Welcome.')));
    find(chat, '[role=alert] button')?.click();
    await vi.waitFor(() => expect(find(chat, '.assistant')?.textContent).toBe('Welcome.'));
    expect(find(chat, '[role=alert]')).toBeUndefined();
  });
});

describe('links', () => {
  test('of the chat’s own kind go to the page, and are not followed', async () => {
    server.on('threads.create', () => stream(firstTurn('Hello', 'See [more](chatkit-link://ask?text=More).')));
    const chat = await mount();
    await chat.sendUserMessage({ text: 'Hello' });
    await vi.waitFor(() => expect(find(chat, '.assistant a')).toBeDefined());
    const linked = nextEvent(chat, 'chatkit.deeplink');
    find(chat, '.assistant a')?.click();
    expect(await linked).toEqual({ name: 'ask', data: { text: 'More' } });
  });

  test('of an answer open beside the chat, those of the same site too', async () => {
    server.on('threads.create', () => stream(firstTurn('Hello', 'See [the docs](/docs/x).')));
    const chat = await mount();
    await chat.sendUserMessage({ text: 'Hello' });
    await vi.waitFor(() => expect(find(chat, '.assistant a')).toBeDefined());
    const link = find(chat, '.assistant a') as HTMLAnchorElement;
    link.click();
    expect([link.target, link.rel]).toEqual(['_blank', 'noopener noreferrer']);
  });
});

describe('methods', () => {
  test('wait until the element is in the page', async () => {
    const chat = document.createElement('openai-chatkit');
    chat.setOptions(options());
    const sent = chat.sendUserMessage({ text: 'Hello' });
    document.body.append(chat);
    await sent;
    expect(server.last?.type).toBe('threads.create');
  });

  test('reject when the element leaves before it is ready', async () => {
    const chat = document.createElement('openai-chatkit');
    document.body.append(chat);
    const focused = chat.focusComposer();
    chat.remove();
    await expect(focused).rejects.toMatchObject({ name: 'DisconnectedError' });
  });

  test('wait for the thread that is being loaded', async () => {
    let load!: (response: Response) => void;
    server.on('threads.get_by_id', () => new Promise((resolve) => (load = resolve)));
    server.on('threads.add_user_message', () => stream([]));
    const chat = await mount({ initialThread: 'thr_1' });
    const sent = chat.sendUserMessage({ text: 'Hello' });
    load(json(thread()));
    await sent.catch(() => undefined);
    expect(server.last).toMatchObject({ type: 'threads.add_user_message', params: { thread_id: 'thr_1' } });
  });

  test('setThreadId opens a thread, or a new one', async () => {
    server.on('threads.get_by_id', () => json(thread({ items: page([question('Old'), answer('Older')]) })));
    const chat = await mount();
    await chat.setThreadId('thr_1');
    await vi.waitFor(() => expect(shown(chat)).toContain('Older'));
    await chat.setThreadId(null);
    await vi.waitFor(() => expect(shown(chat)).not.toContain('Older'));
  });

  test('setThreadId rejects when there is no such thread', async () => {
    server.on('threads.get_by_id', () => json({ error: { code: 'not_found', message: 'Gone.' } }, 404));
    const chat = await mount();
    await expect(chat.setThreadId('thr_9')).rejects.toMatchObject({ name: 'ApiError', code: 'not_found' });
    await vi.waitFor(() => expect(shown(chat)).toContain('Gone.'));
  });

  test('setComposerValue puts a text there and sends nothing', async () => {
    const chat = await mount();
    await chat.setComposerValue({ text: 'A thought' });
    expect(composer(chat).value).toBe('A thought');
    expect(server.requests).toEqual([]);
  });

  test('setComposerValue puts content with tags, a reply and attachments there, and they are sent', async () => {
    const chat = await mount();
    const tag = { type: 'input_tag', id: 'tea', text: 'Longjing', data: { from: 'Hangzhou' } } as const;
    const file = { type: 'file', id: 'atc_1', name: 'a.txt', mime_type: 'text/plain' } as const;
    await chat.setComposerValue({ content: [{ type: 'input_text', text: 'About ' }, tag], reply: 'It was said', attachments: [file] });
    expect(find(chat, '.composer-quote')?.textContent).toContain('It was said');
    find(chat, '[part=send-button]')?.click();
    await nextEvent(chat, 'chatkit.response.end');
    expect(server.last?.params.input).toEqual({
      content: [{ type: 'input_text', text: 'About ' }, tag],
      quoted_text: 'It was said',
      attachments: ['atc_1'],
      inference_options: {},
    });
    expect(find(chat, '.composer-quote')).toBeUndefined();
  });

  test('setComposerValue selects a tool and a model for the next message, and says so', async () => {
    const chat = await mount({ composer: CHOICES });
    const changes: unknown[] = [];
    chat.addEventListener('chatkit.tool.change', ({ detail }) => void changes.push(detail.toolId));
    await chat.setComposerValue({ text: 'Find it', selectedToolId: 'search', selectedModelId: 'small' });
    expect(composer(chat).placeholder).toBe('What to look for');
    press(chat, 'Enter');
    await nextEvent(chat, 'chatkit.response.end');
    expect(server.last?.params.input).toMatchObject({ inference_options: { tool_choice: { id: 'search' }, model: 'small' } });
    await chat.setComposerValue({ selectedToolId: 'draw' });
    await chat.setComposerValue({ selectedToolId: null });
    expect(changes).toEqual(['search', null, 'draw', null]);
  });

  test('a tool that persists stays, until the options no longer have it', async () => {
    const chat = await mount({ composer: CHOICES });
    await chat.setComposerValue({ text: 'Paint', selectedToolId: 'draw' });
    press(chat, 'Enter');
    await nextEvent(chat, 'chatkit.response.end');
    expect(server.last?.params.input).toMatchObject({ inference_options: { tool_choice: { id: 'draw' }, model: 'large' } });
    expect(find(chat, '[part=tool-button][aria-pressed=true]')?.textContent).toContain('Draw');
    const dropped = nextEvent(chat, 'chatkit.tool.change');
    chat.setOptions(options());
    expect(await dropped).toEqual({ toolId: null });
  });

  test.each([
    ['files the page does not take', { text: 'x', files: [new File([], 'a.txt')] }, 'ChatKitError'],
    ['a tool the options do not have', { text: 'x', selectedToolId: 'cook' }, 'ArgumentError'],
    ['a model that is disabled', { text: 'x', selectedModelId: 'old' }, 'ArgumentError'],
    ['a number for a text', { text: 7 as unknown as string }, 'ArgumentError'],
    ['content that is none', { content: [{ type: 'image' }] as never }, 'ArgumentError'],
    ['attachments without an id', { attachments: [{ name: 'a.txt' }] as never }, 'ArgumentError'],
  ])('setComposerValue rejects %s by name, and changes nothing', async (_, value, name) => {
    const chat = await mount({ composer: CHOICES });
    await expect(chat.setComposerValue(value)).rejects.toMatchObject({ name });
    expect(composer(chat).value).toBe('');
  });

  test('sendUserMessage sends its own tool, model and attachments, not those of the composer', async () => {
    const chat = await mount({ composer: CHOICES });
    await chat.setComposerValue({ selectedToolId: 'search' });
    const file = { type: 'image', id: 'atc_2', name: 'a.png', mime_type: 'image/png', preview_url: '/a.png' } as const;
    await chat.sendUserMessage({ text: 'Now', toolChoice: { id: 'cook' }, model: 'any', attachments: [file], reply: 'before' });
    expect(server.last?.params.input).toMatchObject({
      attachments: ['atc_2'],
      quoted_text: 'before',
      inference_options: { tool_choice: { id: 'cook' }, model: 'any' },
    });
    expect(find(chat, '[part=tool-button][aria-pressed=true]')?.textContent).toContain('Search');
  });

  test('sendUserMessage rejects a message that says nothing', async () => {
    const chat = await mount();
    await expect(chat.sendUserMessage({})).rejects.toMatchObject({ name: 'ArgumentError', code: 'argument.invalid' });
  });

  test('setComposerValue takes files only where the page takes attachments', async () => {
    const chat = await mount();
    await expect(chat.setComposerValue({ files: [new File(['a'], 'a.txt')] })).rejects.toMatchObject({ code: 'attachments.disabled' });
  });

  test('showHistory and hideHistory open and close the list, and say so', async () => {
    const chat = await mount();
    const opened = nextEvent(chat, 'chatkit.history.open');
    await chat.showHistory();
    await opened;
    await vi.waitFor(() => expect(find(chat, '.history')?.textContent).toContain('First'));
    const closed = nextEvent(chat, 'chatkit.history.close');
    await chat.hideHistory();
    await closed;
    expect(find(chat, '.history')).toBeUndefined();
  });

  test('sendCustomAction needs a thread, and goes to it', async () => {
    server.on('threads.custom_action', () => stream([{ type: 'progress_update', text: 'On it' }]));
    const chat = await mount();
    await expect(chat.sendCustomAction({ type: 'order' })).rejects.toMatchObject({ code: 'thread.none' });
    await chat.sendUserMessage({ text: 'Hello' });
    await nextEvent(chat, 'chatkit.response.end');
    await chat.sendCustomAction({ type: 'order', payload: { pots: 2 } }, 'wd_1');
    expect(server.last?.params).toEqual({ thread_id: 'thr_1', item_id: 'wd_1', action: { type: 'order', payload: { pots: 2 } } });
  });
});
