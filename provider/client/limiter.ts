/**
 * A token bucket: at most `requestsPerSecond` on average, bursts of one second's worth.
 * Waiting callers go in the order in which they came.
 */
export class RateLimiter {
  readonly #capacity: number;
  readonly #rate: number;
  #tokens: number;
  #refilledAt: number;
  #queue: Promise<void> = Promise.resolve();

  /** @param requestsPerSecond 0 means no limit. */
  constructor(requestsPerSecond: number) {
    this.#rate = requestsPerSecond;
    this.#capacity = Math.max(1, Math.floor(requestsPerSecond));
    this.#tokens = this.#capacity;
    this.#refilledAt = performance.now();
  }

  /** Resolves when one request may go out. */
  take(): Promise<void> {
    if (this.#rate <= 0) return Promise.resolve();
    const turn = this.#queue.then(() => this.#takeNext());
    this.#queue = turn;
    return turn;
  }

  async #takeNext(): Promise<void> {
    this.#refill();
    if (this.#tokens < 1) {
      await wait(((1 - this.#tokens) / this.#rate) * 1000);
      this.#refill();
    }
    this.#tokens -= 1;
  }

  #refill(): void {
    const now = performance.now();
    this.#tokens = Math.min(this.#capacity, this.#tokens + ((now - this.#refilledAt) / 1000) * this.#rate);
    this.#refilledAt = now;
  }
}

/** Resolves after `milliseconds`. */
export function wait(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}
