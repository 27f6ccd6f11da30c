/** Milliseconds by which a second's worth keeps away from the next: requests do not arrive as evenly as they are sent. */
const MARGIN = 25;
/** Milliseconds for which a refusal is about all requests. Quotas of minutes are each of one operation (v4 API, rate limits). */
const LONGEST_FOR_ALL = 2000;

/**
 * At most `requestsPerSecond` in any second: a second's worth may go at once, and each request after it no sooner than a second
 * after the one that it takes the place of. Callers go in the order in which they came, and later when the platform asks for it.
 */
export class RateLimiter {
  /** When the latest requests went or will go, as many as may go at once, the oldest at `#oldest`. */
  readonly #turns: number[];
  /** Milliseconds between a request and the one that takes its place. */
  readonly #span: number;
  #oldest = 0;
  /** Until when the platform wants no request, and none of a kind. */
  #heldUntil = 0;
  readonly #kindHeldUntil = new Map<string, number>();

  /** @param requestsPerSecond 0 means no limit of our own; from 1 on it is rounded down. */
  constructor(requestsPerSecond: number) {
    const atOnce = requestsPerSecond > 0 ? Math.max(1, Math.floor(requestsPerSecond)) : 0;
    this.#turns = Array.from({ length: atOnce }, () => -Infinity);
    this.#span = 1000 / Math.min(1, requestsPerSecond) + MARGIN;
  }

  /** Takes the next place for a request of this kind; gives the milliseconds until it may go out, unless {@link isHeld} then. */
  take(kind: string): number {
    const now = performance.now();
    const oldest = this.#turns[this.#oldest];
    if (oldest === undefined) return Math.max(0, this.#endOfHold(kind) - now);
    const turn = Math.max(now, oldest + this.#span, this.#endOfHold(kind));
    this.#turns[this.#oldest] = turn;
    this.#oldest = (this.#oldest + 1) % this.#turns.length;
    return turn - now;
  }

  /** Notes that the platform refused a request of this kind as one too many, and for how long it wants no more. */
  hold(kind: string, milliseconds: number): void {
    const now = performance.now();
    this.#kindHeldUntil.set(kind, Math.max(this.#kindHeldUntil.get(kind) ?? 0, now + milliseconds));
    if (milliseconds <= LONGEST_FOR_ALL) this.#heldUntil = Math.max(this.#heldUntil, now + milliseconds);
  }

  /** Whether the platform refused requests of this kind since they took their place, and wants none yet. */
  isHeld(kind: string): boolean {
    return this.#endOfHold(kind) > performance.now();
  }

  #endOfHold(kind: string): number {
    return Math.max(this.#heldUntil, this.#kindHeldUntil.get(kind) ?? 0);
  }
}
