import type { FastifyReply } from "fastify";
import { TooManyRequestsException } from "./errors.js";
import type { Caller } from "./platform.js";

const WINDOW_MILLISECONDS = 60_000;

/** Counts a person's requests; sets the rate headers and throws `TooManyRequestsException` above the limit. */
export type RateLimiter = (caller: Caller, reply: FastifyReply) => void;

/** A limiter with fixed windows of one minute per person, with the headers that the product sends. */
export function createRateLimiter(requestsPerMinute: number): RateLimiter {
  const windows = new Map<number, { until: number; used: number }>();
  return (caller, reply) => {
    const now = Date.now();
    let window = windows.get(caller.personId);
    if (!window || window.until <= now) {
      window = { until: now + WINDOW_MILLISECONDS, used: 0 };
      windows.set(caller.personId, window);
    }
    window.used += 1;
    reply.header("x-rate-limit-user-limit", requestsPerMinute);
    reply.header("x-rate-limit-user-remaining", Math.max(0, requestsPerMinute - window.used));
    reply.header("x-rate-limit-user-reset", window.until);
    if (window.used <= requestsPerMinute) return;
    const seconds = Math.ceil((window.until - now) / 1000);
    reply.header("x-retry-after", seconds);
    throw new TooManyRequestsException(
      `API quota reached. Wait ${seconds} seconds before the next request (at most ${requestsPerMinute} requests per minute and user)`,
    );
  };
}
