import type { PlatformError } from "./errors.js";
import { Unavailable } from "./errors.js";

/**
 * Milliseconds for which a platform that has never answered is waited for while nobody is reached there: long enough for
 * one that is just starting, or a proxy on the way; longer would hide for nothing that the endpoint is wrong.
 */
const FIRST_CONTACT = 3000;

/** What the clients of one environment know together of whether its platform answers. */
export class Reachability {
  #hasAnswered = false;
  #failedFirst: number | undefined;
  /** Causes that people were told of since the last answer. */
  readonly #told = new Set<string>();

  /** Notes an answer, whatever it says. */
  noteAnswer(): void {
    this.#hasAnswered = true;
    this.#told.clear();
  }

  /** Milliseconds for which requests may still be tried after this failure; none are left when it is not positive. */
  patienceWith(failure: Unavailable): number {
    if (this.#hasAnswered || !isUnreached(failure)) return Infinity;
    const now = performance.now();
    this.#failedFirst ??= now;
    return this.#failedFirst + FIRST_CONTACT - now;
  }

  /** Whether this is a platform that does not answer, for a cause that nobody was told of yet; from now on somebody was. */
  isNews(failure: PlatformError): boolean {
    const { code } = failure;
    if (!(isUnreached(failure) || code === "TimeoutError") || this.#told.has(code)) return false;
    this.#told.add(code);
    return true;
  }
}

/** Whether there was not even a connection. */
function isUnreached(failure: PlatformError): boolean {
  return failure instanceof Unavailable && failure.status === 0 && failure.notExecuted;
}
