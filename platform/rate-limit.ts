import type { FastifyReply } from "fastify";
import { TooManyRequestsException } from "./errors.js";
import type { Caller } from "./platform.js";

const MINUTE = 60_000;

/** Counts a person's requests; sets the rate headers and throws `TooManyRequestsException` above the limit. */
export type RateLimiter = (caller: Caller, reply: FastifyReply) => void;

/** A limiter with fixed windows per person, of one minute when not given, with the headers that the product sends. */
export function createRateLimiter(requests: number, windowMilliseconds = MINUTE): RateLimiter {
  const unit = windowMilliseconds === MINUTE ? "minute" : `${windowMilliseconds / 1000} seconds`;
  const windows = new Map<number, { until: number; used: number }>();
  return (caller, reply) => {
    const now = Date.now();
    let window = windows.get(caller.personId);
    if (!window || window.until <= now) {
      window = { until: now + windowMilliseconds, used: 0 };
      windows.set(caller.personId, window);
    }
    window.used += 1;
    reply.header("x-rate-limit-user-limit", requests);
    reply.header("x-rate-limit-user-remaining", Math.max(0, requests - window.used));
    reply.header("x-rate-limit-user-reset", window.until);
    if (window.used <= requests) return;
    const seconds = Math.ceil((window.until - now) / 1000);
    throw new TooManyRequestsException(
      `API quota reached. Wait ${seconds} seconds before the next request (at most ${requests} requests per ${unit} and user)`,
      seconds,
    );
  };
}
