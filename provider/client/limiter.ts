/**
 * A token bucket: at most `requestsPerSecond` on average, bursts of one second's worth.
 * Callers go in the order in which they came.
 */
export class RateLimiter {
  readonly #capacity: number;
  readonly #rate: number;
  #tokens: number;
  #refilledAt: number;

  /** @param requestsPerSecond 0 means no limit. */
  constructor(requestsPerSecond: number) {
    this.#rate = requestsPerSecond;
    this.#capacity = Math.max(1, Math.floor(requestsPerSecond));
    this.#tokens = this.#capacity;
    this.#refilledAt = performance.now();
  }

  /** Takes the next place; gives the milliseconds until its request may go out. */
  take(): number {
    if (this.#rate <= 0) return 0;
    const now = performance.now();
    this.#tokens = Math.min(this.#capacity, this.#tokens + ((now - this.#refilledAt) / 1000) * this.#rate);
    this.#refilledAt = now;
    this.#tokens -= 1;
    return this.#tokens >= 0 ? 0 : (-this.#tokens / this.#rate) * 1000;
  }
}
