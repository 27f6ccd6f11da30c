import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { SignInLimit } from "../../platform/sign-in-limit.js";

beforeEach(() => void vi.useFakeTimers({ toFake: ["Date"] }));
afterEach(() => void vi.useRealTimers());

const fail = () => Promise.resolve(null);
const succeed = () => Promise.resolve("alice");

test("after a minute sign-ins are looked at again", async () => {
  const limit = new SignInLimit(1);
  await limit.attempt("a", fail);
  vi.advanceTimersByTime(59_000);
  await expect(limit.attempt("a", succeed)).rejects.toMatchObject({ status: 429, retryAfter: 1 });
  vi.advanceTimersByTime(1000);
  expect(await limit.attempt("a", succeed)).toBe("alice");
});

test("a sign-in that succeeds does not make up for those that failed", async () => {
  const limit = new SignInLimit(2);
  await limit.attempt("a", fail);
  await limit.attempt("a", succeed);
  await limit.attempt("a", fail);
  await expect(limit.attempt("a", succeed)).rejects.toMatchObject({ status: 429 });
});

test("names that somebody makes up fill no memory, and give nobody more guesses", async () => {
  const limit = new SignInLimit(1);
  for (let index = 0; index < 19_999; index += 1) await limit.attempt(`made up ${index}`, fail);
  await limit.attempt("alice", fail);
  await limit.attempt("one more", fail);
  await expect(limit.attempt("alice", succeed)).rejects.toMatchObject({ status: 429 });
  expect(await limit.attempt("made up 0", succeed)).toBe("alice");
});
