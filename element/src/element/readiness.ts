/** A promise of something that will be there, or not. It can be asked for again after it was interrupted. */
export class Readiness<Value> {
  #promise!: Promise<Value>;
  #resolve!: (value: Value) => void;
  #reject!: (reason: Error) => void;
  #value: Value | undefined;

  constructor() {
    this.#renew();
  }

  get promise(): Promise<Value> {
    return this.#promise;
  }

  succeed(value: Value): void {
    this.#value = value;
    this.#resolve(value);
    this.#promise = Promise.resolve(value);
  }

  /** It will not be there, unless something changes that lets it succeed after all. */
  fail(reason: Error): void {
    this.#value = undefined;
    this.#reject(reason);
    this.#renew();
    this.#reject(reason);
  }

  /** Whoever waits is turned away; what is there already stays. */
  interrupt(reason: Error): void {
    if (this.#value !== undefined) return;
    this.#reject(reason);
    this.#renew();
  }

  #renew(): void {
    this.#promise = new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
    // Nobody may be waiting; then nobody needs to hear of it.
    this.#promise.catch(() => undefined);
  }
}
