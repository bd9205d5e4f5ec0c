import type { ChatKitOptions } from '@openai/chatkit';

import type { Attachment } from '../api/wire';
import type { Store } from '../chat/store';
import { ChatKitError } from '../errors';
import { draftOf } from '../state/chat';
import type { Draft, Upload } from '../state/draft';
import type { AttachmentOptions } from './limits';
import { maxCount, refusalOf } from './limits';
import { mayEndBetter, sendFile } from './transport';

type Strategy = NonNullable<Extract<ChatKitOptions['api'], { url: string }>['uploadStrategy']>;

/** How files are taken and where they go. */
export interface UploadConfig {
  readonly options: AttachmentOptions;
  readonly strategy: Strategy;
}

/** How many files are sent at once; the others wait. */
const AT_ONCE = 3;

interface Job {
  readonly file: File;
  readonly abort: AbortController;
}

/** Files on their way to the server. Each belongs to the draft it was added to, whichever thread is on show. */
export class Uploads {
  config: UploadConfig | null = null;
  readonly #store: Store;
  readonly #jobs = new Map<number, Job>();
  readonly #pictures = new Map<string, string>();
  /** In which order files were added: they are shown in it, whichever arrives first. */
  readonly #order = new Map<string, number>();
  #queue: number[] = [];
  #running = 0;
  #keys = 0;
  #send: (() => void) | null = null;

  constructor(store: Store) {
    this.#store = store;
  }

  get enabled(): boolean {
    return this.config?.options.enabled ?? false;
  }

  /** What is on its way, or could not be sent, for the thread on show. */
  get current(): readonly Upload[] {
    return draftOf(this.#store.state).uploads ?? [];
  }

  /** Takes files into the draft on show, and begins to send them. What is not taken says why. */
  add(files: readonly File[]): void {
    const { config } = this;
    if (!config || files.length === 0) return;
    const draft = draftOf(this.#store.state);
    const limit = maxCount(config.options);
    const room = limit - draft.attachments.length - (draft.uploads?.filter(({ state }) => state !== 'failed').length ?? 0);
    const uploads = files.slice(0, Math.max(0, room)).map((file) => this.#begin(file, config.options));
    this.#change({
      ...draft,
      uploads: [...(draft.uploads ?? []), ...uploads],
      tooMany: files.length > room ? limit : undefined,
    });
    if (uploads.length > 0) this.#announce('attach.adding', uploads.map(({ name }) => name).join(', '));
    this.#pump();
  }

  /** Takes a file out that is on its way, or could not be sent. */
  cancel(key: number): void {
    this.#jobs.get(key)?.abort.abort(new DOMException('The file was removed.', 'AbortError'));
    this.#forget(key);
    this.#edit(key, (draft) => ({ ...draft, tooMany: undefined }));
    this.#replace(key, () => null);
    this.#sendIfReady();
  }

  /** Sends a file again. */
  retry(key: number): void {
    const job = this.#jobs.get(key);
    if (!job) return;
    this.#jobs.set(key, { file: job.file, abort: new AbortController() });
    this.#replace(key, (upload) => ({ ...upload, state: 'waiting', progress: null, error: undefined }));
    this.#queue.push(key);
    this.#pump();
  }

  /** Takes a file out that was sent; the server deletes it. */
  remove(attachment: Attachment): void {
    const draft = draftOf(this.#store.state);
    this.#change({ ...draft, attachments: draft.attachments.filter(({ id }) => id !== attachment.id), tooMany: undefined });
    this.#announce('attach.removed', attachment.name);
    // It is out of the message; what the server does not delete now it collects later.
    void this.#store.client.deleteAttachment(attachment.id).catch((error: unknown) => this.#store.report(error));
  }

  /** A picture of a file that is here, so that nothing has to be loaded. */
  picture(attachment: Attachment): string | undefined {
    return this.#pictures.get(attachment.id);
  }

  /** Whether files are still on their way, or could not be sent: then a message cannot go. */
  get unfinished(): boolean {
    return this.current.length > 0;
  }

  /** Sends, as soon as all files of the draft on show are there. Asked again, it is called off. */
  sendWhenReady(send: () => void): void {
    const draft = draftOf(this.#store.state);
    const failed = this.current.some(({ state }) => state === 'failed');
    const held = !draft.held && !failed;
    this.#send = held ? send : null;
    this.#change({ ...draft, held });
    if (held || failed) this.#announce(held ? 'attach.held' : 'attach.failed');
  }

  /** Ends everything, as when the element talks to another server. */
  reset(): void {
    for (const { abort } of this.#jobs.values()) abort.abort(new DOMException('The chat has left.', 'AbortError'));
    this.#jobs.clear();
    this.#queue = [];
    this.#send = null;
    for (const url of this.#pictures.values()) URL.revokeObjectURL(url);
    this.#pictures.clear();
  }

  #begin(file: File, options: AttachmentOptions): Upload {
    this.#keys += 1;
    const key = this.#keys;
    const about = { key, name: file.name, type: file.type, size: file.size, progress: null };
    const refusal = refusalOf(file, options);
    if (refusal) return { ...about, state: 'failed', refusal };
    this.#jobs.set(key, { file, abort: new AbortController() });
    this.#queue.push(key);
    const picture = /^image\/(png|jpeg|gif|webp)$/.test(file.type) ? URL.createObjectURL(file) : undefined;
    return { ...about, state: 'waiting', ...(picture && { picture }) };
  }

  #pump(): void {
    while (this.#running < AT_ONCE) {
      const key = this.#queue.shift();
      if (key === undefined) return;
      const job = this.#jobs.get(key);
      if (!job) continue;
      this.#running += 1;
      void this.#run(key, job).finally(() => {
        this.#running -= 1;
        this.#pump();
      });
    }
  }

  async #run(key: number, { file, abort: { signal } }: Job): Promise<void> {
    this.#replace(key, (upload) => ({ ...upload, state: 'sending' }));
    const onProgress = (progress: number) => this.#replace(key, (upload) => ({ ...upload, progress }));
    try {
      const attachment = await this.#deliver(file, signal, onProgress);
      if (signal.aborted) void this.#store.client.deleteAttachment(attachment.id).catch(() => undefined);
      else this.#finish(key, attachment);
    } catch (error) {
      if (!signal.aborted) this.#fail(key, error);
    }
  }

  async #deliver(file: File, signal: AbortSignal, onProgress: (part: number) => void): Promise<Attachment> {
    const { client } = this.#store;
    const { strategy } = this.config ?? {};
    if (strategy?.type === 'direct') {
      const body = new FormData();
      body.append('file', file, file.name);
      const url = new URL(strategy.uploadUrl, document.baseURI).href;
      const text = await sendFile({ url, method: 'POST', headers: client.headers, body, signal, onProgress, fetch: client.fetch });
      return attachmentIn(text, url);
    }
    const announced = await client.createAttachment({ name: file.name, size: file.size, mime_type: file.type || 'application/octet-stream' }, signal);
    const { upload_descriptor: descriptor, ...attachment } = announced;
    if (!descriptor) return attachment;
    try {
      // Not with the page's fetch: the address carries its own leave, and stores refuse headers they did not sign.
      const text = await sendFile({ url: descriptor.url, method: descriptor.method, headers: descriptor.headers ?? {}, body: file, signal, onProgress });
      return parsed(text) ?? attachment;
    } catch (error) {
      void client.deleteAttachment(attachment.id).catch(() => undefined);
      throw error;
    }
  }

  #finish(key: number, attachment: Attachment): void {
    let picture: string | undefined;
    this.#edit(key, (draft) => {
      picture = draft.uploads?.find((upload) => upload.key === key)?.picture;
      const later = draft.attachments.findIndex(({ id }) => (this.#order.get(id) ?? 0) > key);
      const attachments = draft.attachments.toSpliced(later < 0 ? Infinity : later, 0, attachment);
      return { ...draft, attachments, uploads: draft.uploads?.filter((upload) => upload.key !== key) };
    });
    this.#order.set(attachment.id, key);
    if (picture) this.#pictures.set(attachment.id, picture);
    this.#jobs.delete(key);
    this.#announce('attach.added', attachment.name);
    this.#sendIfReady();
  }

  #fail(key: number, error: unknown): void {
    const reported = this.#store.report(error);
    this.#replace(key, (upload) => ({ ...upload, state: 'failed', progress: null, error: reported, mayRetry: mayEndBetter(error) }));
    this.#edit(key, (draft) => ({ ...draft, held: false }));
    this.#announce('attach.failed');
  }

  #sendIfReady(): void {
    const send = this.#send;
    if (!send || this.unfinished || !draftOf(this.#store.state).held) return;
    this.#send = null;
    this.#change({ ...draftOf(this.#store.state), held: false });
    send();
  }

  #forget(key: number): void {
    const { picture } = this.current.find((upload) => upload.key === key) ?? {};
    if (picture) URL.revokeObjectURL(picture);
    this.#jobs.delete(key);
    this.#queue = this.#queue.filter((queued) => queued !== key);
  }

  /** Changes one upload, wherever its draft is by now; `null` takes it out. */
  #replace(key: number, change: (upload: Upload) => Upload | null): void {
    this.#edit(key, (draft) => ({
      ...draft,
      uploads: draft.uploads?.flatMap((upload) => (upload.key === key ? (change(upload) ?? []) : [upload])),
    }));
  }

  #edit(key: number, change: (draft: Draft) => Draft): void {
    const { drafts } = this.#store.state;
    const found = Object.entries(drafts).find(([, { uploads }]) => uploads?.some((upload) => upload.key === key));
    if (found) this.#store.set({ drafts: { ...drafts, [found[0]]: change(found[1]) } });
  }

  #change(draft: Draft): void {
    const { drafts, threadId } = this.#store.state;
    this.#store.set({ drafts: { ...drafts, [threadId ?? '']: draft } });
  }

  #announce(key: 'attach.adding' | 'attach.added' | 'attach.removed' | 'attach.held' | 'attach.failed', text?: string): void {
    this.#store.set({ announcement: { key, ...(text !== undefined && { text }) } });
  }
}

function attachmentIn(text: string, url: string): Attachment {
  const attachment = parsed(text);
  if (attachment) return attachment;
  throw new ChatKitError('upload.not_chatkit', `${url} did not answer with an attachment. Is api.uploadStrategy.uploadUrl right?`);
}

/** The attachment in an answer; stores of other makers answer with nothing. */
function parsed(text: string): Attachment | null {
  try {
    const attachment = { ...(JSON.parse(text) as Attachment) };
    delete attachment.upload_descriptor;
    return typeof attachment.id === 'string' && typeof attachment.name === 'string' ? attachment : null;
  } catch {
    return null;
  }
}
