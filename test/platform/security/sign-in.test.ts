import { performance } from "node:perf_hooks";
import { expect, test, vi } from "vitest";
import { openDatabase } from "../../../platform/store/database.js";
import { hashToken } from "../../../platform/auth.js";
import { startTestPlatform, TOKEN } from "../platform-fixture.js";

/** At least, for a least time of each; and at most, as more failed sign-ins of one person are put off. */
const ROUNDS = { least: 9, most: 18 };

test("how long a refusal takes does not tell who is known, and who has a password", async () => {
  const platform = await startTestPlatform();
  await platform.call("POST", "/v4/people", { email: "known@example.com", password: "a-long-password" });
  const people = ["known@example.com", "unknown@example.com", "admin@sluice.local"];
  const times = new Map(people.map((email): [string, number[]] => [email, []]));
  const ratios = () => {
    const [known = 0, ...others] = [...times.values()].map((list) => Math.min(...list));
    return others.map((other) => other / known);
  };
  // Working a password out takes tens of milliseconds, and looking a person up less than one.
  const isAlike = () => ratios().every((ratio) => ratio > 0.6);
  // On a busy machine the least time of few rounds is not the least.
  for (let round = 0; round < ROUNDS.least || (round < ROUNDS.most && !isAlike()); round += 1)
    for (const email of people) {
      const started = performance.now();
      const headers = { authorization: `Basic ${btoa(`${email}:wrong-password`)}` };
      expect((await platform.callAs(headers, "GET", "/v4/flows")).status).toBe(401);
      times.get(email)?.push(performance.now() - started);
    }
  for (const ratio of ratios()) expect(ratio).toBeGreaterThan(0.6);
});

test("refusals are the same, whatever was wrong", async () => {
  const platform = await startTestPlatform();
  await platform.call("POST", "/v4/people", { email: "known@example.com", password: "a-long-password" });
  const basic = (pair: string) => `Basic ${btoa(pair)}`;
  const answers = await Promise.all(
    [
      undefined,
      "Bearer",
      "Bearer wrong",
      `Bearer ${TOKEN}x`,
      `Bearer ${hashToken(TOKEN)}`,
      `Digest ${TOKEN}`,
      basic("known@example.com:wrong"),
      basic("unknown@example.com:wrong"),
      basic(`known@example.com:${TOKEN}`),
      basic("no-colon"),
      "Basic ====",
    ].map((authorization) => platform.callAs(authorization ? { authorization } : {}, "GET", "/v4/flows")),
  );
  for (const { status, body } of answers) expect([status, body]).toEqual([401, answers[0]?.body]);
});

test("of a token the store has its hash alone, and a password is salted", async () => {
  const platform = await startTestPlatform();
  for (const email of ["a@example.com", "b@example.com"])
    await platform.call("POST", "/v4/people", { email, password: "the-same-password" });
  const made = await platform.call("POST", "/v4/apiAccessTokens", { lifetimeSeconds: 60 });
  const value = made.body.tokenValue as string;
  expect(Buffer.from(value, "base64url")).toHaveLength(32);
  await platform.close();
  const database = openDatabase(platform.directory);
  const tokens = await database.selectFrom("apiAccessTokens").select("tokenHash").execute();
  const people = await database
    .selectFrom("people")
    .select("passwordHash")
    .where("isAdmin", "=", 0)
    .execute();
  await database.destroy();
  expect(tokens.map(({ tokenHash }) => tokenHash)).toContain(hashToken(value));
  expect(JSON.stringify(tokens)).not.toContain(value);
  expect(new Set(people.map(({ passwordHash }) => passwordHash)).size).toBe(2);
});

test("a token that is over gives no access", async () => {
  const platform = await startTestPlatform();
  const made = await platform.call("POST", "/v4/apiAccessTokens", { lifetimeSeconds: 1 });
  const headers = { authorization: `Bearer ${made.body.tokenValue}` };
  const status = async () => (await platform.callAs(headers, "GET", "/v4/people/current")).status;
  await vi.waitFor(async () => expect(await status()).toBe(401), { timeout: 10_000, interval: 50 });
  const endless = await platform.call("POST", "/v4/apiAccessTokens", { lifetimeSeconds: -1 });
  const authorization = `Bearer ${endless.body.tokenValue}`;
  expect((await platform.callAs({ authorization }, "GET", "/v4/people/current")).status).toBe(200);
});

test("a token that is revoked or of another environment gives no access", async () => {
  const platform = await startTestPlatform();
  const made = await platform.call("POST", "/v4/apiAccessTokens", { lifetimeSeconds: 3600 });
  const headers = { authorization: `Bearer ${made.body.tokenValue}` };
  expect((await platform.callAs(headers, "GET", "/v4/flows")).status).toBe(200);
  const elsewhere = await fetch(`${platform.endpoint("prod")}/v4/flows`, { headers });
  expect(elsewhere.status).toBe(401);
  await platform.call("DELETE", `/v4/apiAccessTokens/${made.body.tokenInfo.tokenId}`);
  expect((await platform.callAs(headers, "GET", "/v4/flows")).status).toBe(401);
});
