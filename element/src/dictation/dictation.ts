import { loadChunk } from '../chunks';
import type { Store } from '../chat/store';
import { ChatKitError } from '../errors';
import type { MessageKey } from '../i18n';
import type { Recorder } from './recorder';

type Chunk = typeof import('../chunks/dictation');

/** What dictation is doing, and why it cannot. */
export interface DictationState {
  readonly phase: 'idle' | 'starting' | 'recording' | 'working';
  /** How loud it is, from 0 to 1. */
  readonly level: number;
  readonly problem: MessageKey | null;
  /** The server's own words for it. */
  readonly reason?: string | undefined;
}

export const idleDictation: DictationState = { phase: 'idle', level: 0, problem: null };

/** Longest recording, in ms: then it is turned into text by itself. */
const LONGEST = 120_000;
/** Between two looks at the level, in ms. */
const LOOK = 120;

/** Records, has the server turn it into text, and gives that to whoever began. */
export class Dictation {
  enabled = false;
  readonly #store: Store;
  #recorder: Recorder | null = null;
  #insert: (text: string) => void = () => undefined;
  #look: ReturnType<typeof setInterval> | undefined;
  #end: ReturnType<typeof setTimeout> | undefined;
  /** Changes when what is under way is no longer wanted. */
  #attempt = 0;

  constructor(store: Store) {
    this.#store = store;
  }

  /** Begins to record; the text goes to `insert`. */
  async start(insert: (text: string) => void): Promise<void> {
    if (this.#store.state.dictation.phase !== 'idle') return;
    // Outside of a secure context browsers hide the microphone altogether.
    if (!window.isSecureContext || !('mediaDevices' in navigator)) {
      this.#explain('dictate.insecure');
      return;
    }
    this.#attempt += 1;
    const attempt = this.#attempt;
    this.#insert = insert;
    this.#set({ phase: 'starting', problem: null });
    try {
      const { Recorder: Recording } = await loadChunk<Chunk>('dictation');
      const [type] = Recording.types();
      if (type === undefined) {
        this.#explain('dictate.unsupported');
        return;
      }
      const recorder = await Recording.start(type);
      if (attempt !== this.#attempt) {
        recorder.cancel();
        return;
      }
      this.#recorder = recorder;
      this.#set({ phase: 'recording' });
      this.#store.set({ announcement: { key: 'dictate.recording' } });
      this.#look = setInterval(() => this.#set({ level: recorder.level }), LOOK);
      this.#end = setTimeout(() => void this.finish(), LONGEST);
    } catch (error) {
      if (attempt === this.#attempt) this.#explain(problemOf(error), error);
    }
  }

  /** Ends the recording and inserts what was said. */
  async finish(): Promise<void> {
    const recorder = this.#take();
    if (!recorder) return;
    const attempt = this.#attempt;
    this.#set({ phase: 'working', level: 0 });
    try {
      const { blob, type } = await recorder.stop();
      const text = await this.#store.client.transcribe(await base64(blob), type);
      if (attempt !== this.#attempt) return;
      if (text.trim() === '') {
        this.#explain('dictate.nothing');
        return;
      }
      this.#set({ phase: 'idle' });
      this.#insert(text);
      this.#store.set({ announcement: { key: 'dictate.inserted', text } });
    } catch (error) {
      if (attempt === this.#attempt) this.#explain('dictate.failed', error);
    }
  }

  /** Forgets what was recorded, or is being turned into text. */
  cancel(): void {
    this.#attempt += 1;
    this.#take()?.cancel();
    this.#set(idleDictation);
  }

  #take(): Recorder | null {
    clearInterval(this.#look);
    clearTimeout(this.#end);
    const recorder = this.#recorder;
    this.#recorder = null;
    return recorder;
  }

  #explain(problem: MessageKey, error?: unknown): void {
    const reported = error === undefined ? undefined : this.#store.report(error instanceof DOMException ? refused(error) : error);
    const reason = problem === 'dictate.failed' ? reported?.message : undefined;
    this.#set({ phase: 'idle', level: 0, problem, reason });
  }

  #set(change: Partial<DictationState>): void {
    this.#store.set({ dictation: { ...this.#store.state.dictation, ...change } });
  }
}

function refused(cause: DOMException): ChatKitError {
  return new ChatKitError('dictation.no_microphone', `The browser gives no microphone: ${cause.message}`, { cause });
}

function problemOf(error: unknown): MessageKey {
  const name = error instanceof DOMException ? error.name : '';
  if (name === 'NotAllowedError' || name === 'SecurityError') return 'dictate.denied';
  return name === 'NotFoundError' || name === 'NotReadableError' ? 'dictate.noMicrophone' : 'dictate.failed';
}

function base64(blob: Blob): Promise<string> {
  return new Promise((resolve, reject) => {
    const reader = new FileReader();
    reader.onload = () => resolve((reader.result as string).replace(/^[^,]*,/, ''));
    reader.onerror = () => reject(new ChatKitError('dictation.unreadable', 'The recording could not be read.', { cause: reader.error }));
    reader.readAsDataURL(blob);
  });
}
