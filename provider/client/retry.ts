import type { PlatformError } from "./errors.js";
import { Unavailable } from "./errors.js";

export interface RetryPolicy {
  /** Attempts after the first. */
  retries: number;
  /** Upper bound of one wait, in seconds, also for what the platform asks. */
  longestWaitSeconds: number;
  /** First back-off in milliseconds; doubles with every attempt. */
  firstWaitMilliseconds: number;
  /** Milliseconds within which another attempt may begin after this failure; none may when it is not positive. */
  patienceWith: (failure: Unavailable) => number;
}

/**
 * Waits before the next attempt after a failure; throws when there shall be none. `left` are the milliseconds that all
 * attempts to come will take at most, when they fail as this one did; undefined where attempts are not counted.
 */
export type Pause = (milliseconds: number, failure: PlatformError, left?: number) => Promise<void>;

const UNREPEATED = "; not repeated, as it may have been carried out: run it again to see";

/**
 * Runs `attempt` again while it fails with {@link Unavailable} and repeating is harmless: always for
 * requests that are safe to repeat, else only when the platform cannot have carried the request out. Says at the end of the
 * last failure's message how often it was tried.
 */
export async function withRetries<T>(
  policy: RetryPolicy,
  isRepeatable: boolean,
  pause: Pause,
  attempt: () => Promise<T>,
): Promise<T> {
  for (let failures = 0; ; failures++) {
    const started = performance.now();
    try {
      return await attempt();
    } catch (error) {
      if (!(error instanceof Unavailable)) throw error;
      const isHarmless = isRepeatable || error.notExecuted;
      const patience = policy.patienceWith(error);
      if (!isHarmless || failures >= policy.retries || patience <= 0) {
        error.message += isHarmless ? triedText(failures + 1, error.retryAfter) : UNREPEATED;
        throw error;
      }
      const wait = Math.min(patience, waitBefore(policy, failures, error.retryAfter));
      const left = Math.min(patience, timeOfRest(policy, failures, performance.now() - started));
      await pause(wait, error, left);
    }
  }
}

/** Milliseconds that the attempts after this failure take at most, waits included, when each takes as long as the last one. */
function timeOfRest(policy: RetryPolicy, failures: number, attemptMilliseconds: number): number {
  let milliseconds = 0;
  for (let before = failures; before < policy.retries; before++)
    milliseconds += longestWait(policy, before) + attemptMilliseconds;
  return milliseconds;
}

/** Milliseconds to wait after so many failures before this one. */
export function waitBefore(policy: RetryPolicy, failures: number, retryAfter: number | undefined): number {
  if (retryAfter !== undefined) return Math.min(policy.longestWaitSeconds, retryAfter) * 1000;
  // Jitter keeps many providers that were refused together from coming back together.
  return longestWait(policy, failures) * (0.5 + Math.random() / 2);
}

/** Milliseconds of the longest wait of our own after so many failures before this one. */
function longestWait(policy: RetryPolicy, failures: number): number {
  return Math.min(policy.longestWaitSeconds * 1000, policy.firstWaitMilliseconds * 2 ** failures);
}

function triedText(attempts: number, retryAfter = 0): string {
  const tried = `; tried ${attempts === 1 ? "once" : `${attempts} times`}`;
  const asked = retryAfter >= 1 ? `, and it asks to wait ${Math.ceil(retryAfter)} s` : "";
  return `${tried}${asked}: run it again when the platform answers`;
}
