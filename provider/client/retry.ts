import type { PlatformError } from "./errors.js";
import { Unavailable } from "./errors.js";

export interface RetryPolicy {
  /** Attempts after the first. */
  retries: number;
  /** Upper bound of one wait, in seconds, also for what the platform asks. */
  longestWaitSeconds: number;
  /** First back-off in milliseconds; doubles with every attempt. */
  firstWaitMilliseconds: number;
}

/** Waits before the next attempt after a failure; throws when there shall be none. */
export type Pause = (milliseconds: number, failure: PlatformError) => Promise<void>;

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
    try {
      return await attempt();
    } catch (error) {
      if (!(error instanceof Unavailable)) throw error;
      const isHarmless = isRepeatable || error.notExecuted;
      if (!isHarmless || failures >= policy.retries) {
        error.message += isHarmless ? triedText(failures + 1, error.retryAfter) : UNREPEATED;
        throw error;
      }
      await pause(waitBefore(policy, failures, error.retryAfter), error);
    }
  }
}

/** Milliseconds to wait after so many failures before this one. */
export function waitBefore(policy: RetryPolicy, failures: number, retryAfter: number | undefined): number {
  const longest = policy.longestWaitSeconds * 1000;
  if (retryAfter !== undefined) return Math.min(longest, retryAfter * 1000);
  const backOff = policy.firstWaitMilliseconds * 2 ** failures;
  // Jitter keeps many providers that were refused together from coming back together.
  return Math.min(longest, backOff * (0.5 + Math.random() / 2));
}

function triedText(attempts: number, retryAfter = 0): string {
  const tried = `; tried ${attempts === 1 ? "once" : `${attempts} times`}`;
  const asked = retryAfter >= 1 ? `, and it asks to wait ${Math.ceil(retryAfter)} s` : "";
  return `${tried}${asked}: run it again when the platform answers`;
}
