/** ChatKit's three types of recordings, the smallest first. Safari has the second alone. */
const TYPES = ['audio/webm;codecs=opus', 'audio/mp4', 'audio/ogg;codecs=opus'];
/** Enough for speech; two minutes are half a megabyte. */
const BITS_PER_SECOND = 32_000;

/** A recording: its bytes, and its type as ChatKit names it. */
export interface Recording {
  readonly blob: Blob;
  readonly type: string;
}

/** Records the microphone, and tells how loud it is. */
export class Recorder {
  readonly #stream: MediaStream;
  readonly #recorder: MediaRecorder;
  readonly #type: string;
  readonly #context = new AudioContext();
  readonly #analyser: AnalyserNode;
  readonly #samples: Uint8Array<ArrayBuffer>;
  readonly #pieces: Blob[] = [];

  /** The types this browser can record; none where it cannot record at all. */
  static types(): string[] {
    return typeof MediaRecorder === 'undefined' ? [] : TYPES.filter((type) => MediaRecorder.isTypeSupported(type));
  }

  /** Asks for the microphone and begins. Rejects with the browser's `DOMException` where it is not given. */
  static async start(type: string): Promise<Recorder> {
    const stream = await navigator.mediaDevices.getUserMedia({ audio: { echoCancellation: true, noiseSuppression: true } });
    return new Recorder(stream, type);
  }

  private constructor(stream: MediaStream, type: string) {
    this.#stream = stream;
    this.#type = type;
    this.#recorder = new MediaRecorder(stream, { mimeType: type, audioBitsPerSecond: BITS_PER_SECOND });
    this.#recorder.ondataavailable = ({ data }) => this.#pieces.push(data);
    this.#analyser = this.#context.createAnalyser();
    this.#analyser.fftSize = 512;
    this.#samples = new Uint8Array(this.#analyser.fftSize);
    this.#context.createMediaStreamSource(stream).connect(this.#analyser);
    this.#recorder.start();
  }

  /** How loud it is now, from 0 to 1. */
  get level(): number {
    this.#analyser.getByteTimeDomainData(this.#samples);
    const power = this.#samples.reduce((sum, sample) => sum + ((sample - 128) / 128) ** 2, 0) / this.#samples.length;
    // Speech lies between -50 and -10 decibels; what one hears as twice as loud is 10 more.
    const decibels = 10 * Math.log10(power + 1e-9);
    return Math.min(1, Math.max(0, (decibels + 50) / 40));
  }

  /** Ends the recording, and gives it. */
  async stop(): Promise<Recording> {
    const ended = new Promise((resolve) => (this.#recorder.onstop = resolve));
    this.#recorder.stop();
    await ended;
    this.#release();
    return { blob: new Blob(this.#pieces, { type: this.#type }), type: this.#type };
  }

  /** Ends the recording, and forgets it. */
  cancel(): void {
    this.#recorder.onstop = null;
    if (this.#recorder.state !== 'inactive') this.#recorder.stop();
    this.#release();
  }

  /** The browser shows that the microphone is listening until its tracks are stopped. */
  #release(): void {
    for (const track of this.#stream.getTracks()) track.stop();
    void this.#context.close();
  }
}
