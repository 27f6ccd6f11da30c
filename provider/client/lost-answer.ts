import { PlatformError, Unavailable, UnexpectedAnswer } from "./errors.js";
import type { Pause, RetryPolicy } from "./retry.js";
import { waitBefore } from "./retry.js";

/** Gateways that give up, while what is behind them may go on. */
const GAVE_UP = [502, 504];

/** Whether a write that failed so may have been carried out, or may still be. */
export function mayBeDone(error: unknown): error is PlatformError {
  if (error instanceof Unavailable) return !error.notExecuted;
  return error instanceof UnexpectedAnswer && error.status >= 200 && error.status < 300;
}

/**
 * Looks for what a write made whose answer was lost, by `find`. Where nothing was answered at all, the platform may still
 * be at it: then it looks as often as a read is tried. Throws `failure`, with what was seen, when it is not there.
 */
export async function lookFor<T>(
  failure: PlatformError,
  policy: RetryPolicy,
  pause: Pause,
  find: () => Promise<T | undefined>,
): Promise<T> {
  const isOpen = failure.status === 0 || GAVE_UP.includes(failure.status);
  for (let looks = 0; ; looks++) {
    const found = await find().catch((error: unknown) => {
      if (!(error instanceof PlatformError)) throw error;
      failure.message += `; whether it was made all the same is not known: ${error.message}`;
      throw failure;
    });
    if (found !== undefined) return found;
    if (!isOpen || looks >= policy.retries) break;
    await pause(waitBefore(policy, looks, undefined), failure);
  }
  failure.message += "; it was looked for and is not there";
  throw failure;
}
