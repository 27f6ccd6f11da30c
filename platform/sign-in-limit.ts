import { TooManyRequestsException } from "./errors.js";

const MINUTE = 60_000;
/** Windows that are kept at most. To push one out, somebody would have to fail more often than a minute has time for. */
const MOST_WINDOWS = 20_000;

interface Window {
  readonly until: number;
  failed: number;
}

/**
 * Counts sign-ins that fail, for each key, in fixed windows of a minute. A key says who is claimed to sign in, and from where:
 * who guesses shall lock nobody else out.
 */
export class SignInLimit {
  readonly #windows = new Map<string, Window>();

  /** @param failures that a key may have in a window; null: no limit. */
  constructor(private readonly failures: number | null) {}

  /**
   * Runs a sign-in, which gives null when it fails. Throws `TooManyRequestsException` without running it when too many failed,
   * and in place of its outcome when they did while it ran: guesses that are made at the same time learn no more than others.
   */
  async attempt<T>(key: string, signIn: () => Promise<T | null>): Promise<T | null> {
    this.#refuseAbove(key);
    const found = await signIn();
    this.#refuseAbove(key);
    if (found === null) this.#count(key);
    return found;
  }

  #refuseAbove(key: string): void {
    const window = this.#windows.get(key);
    const left = (window?.until ?? 0) - Date.now();
    if (this.failures === null || window === undefined || left <= 0 || window.failed < this.failures) return;
    const seconds = Math.ceil(left / 1000);
    throw new TooManyRequestsException(
      `${this.failures} sign-ins failed within a minute, and others are not looked at: wait ${seconds} seconds, and check the password or token`,
      seconds,
    );
  }

  #count(key: string): void {
    if (this.failures === null) return;
    const now = Date.now();
    const known = this.#windows.get(key);
    if (known && known.until > now) {
      known.failed += 1;
      return;
    }
    // Windows lie in the order of their ends.
    this.#windows.delete(key);
    for (const [oldest, { until }] of this.#windows) {
      if (until > now && this.#windows.size < MOST_WINDOWS) break;
      this.#windows.delete(oldest);
    }
    this.#windows.set(key, { until: now + MINUTE, failed: 1 });
  }
}
