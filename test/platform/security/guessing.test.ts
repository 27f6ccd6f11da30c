import { expect, test } from "vitest";
import { startTestPlatform, TOKEN, type TestPlatform } from "../platform-fixture.js";

const LIMIT = 3;
const PASSWORD = "a-long-password";
const ALICE = "alice@example.com";
const SHORT_TOKEN = "my-token";
const PROXY = "sluice.example.com";

async function startLimited(token = TOKEN): Promise<TestPlatform> {
  const settings = { failedSignInsPerMinute: LIMIT, hosts: [PROXY] };
  const platform = await startTestPlatform({ token, settings });
  const admin = { authorization: `Bearer ${token}` };
  for (const email of [ALICE, "bob@example.com"])
    expect((await platform.callAs(admin, "POST", "/v4/people", { email, password: PASSWORD })).status).toBe(
      201,
    );
  return platform;
}

function signIn(platform: TestPlatform, authorization: string, address?: string) {
  const forwarded = address === undefined ? {} : { "x-forwarded-for": address };
  return platform.callAs({ authorization, ...forwarded }, "GET", "/v4/flows");
}

const basic = (email: string, password: string) => `Basic ${btoa(`${email}:${password}`)}`;

async function guess(platform: TestPlatform, guesses: readonly string[], address?: string) {
  const statuses: number[] = [];
  for (const one of guesses) statuses.push((await signIn(platform, one, address)).status);
  return statuses;
}

const passwordsOf = (email: string) =>
  Array.from({ length: LIMIT + 2 }, (_, index) => basic(email, `guess-${index}`));

test.each([ALICE, "unknown@example.com"])(
  "passwords of %s are looked at so often in a minute, and then not, whether there is such a person or not",
  async (email) => {
    const platform = await startLimited();
    expect(await guess(platform, passwordsOf(email))).toEqual([401, 401, 401, 429, 429]);
    const { status, headers, body } = await signIn(platform, basic(email, PASSWORD));
    expect([status, body.exception.name]).toEqual([429, "TooManyRequestsException"]);
    expect(body.exception.details).toMatch(/^3 sign-ins failed within a minute.* wait \d+ seconds/);
    const wait = Number(headers.get("x-retry-after"));
    expect(wait).toBeGreaterThan(50);
    expect(wait).toBeLessThanOrEqual(60);
  },
);

test("who guesses locks out nobody: not another person, not the same one with a token, not from elsewhere", async () => {
  const platform = await startLimited();
  expect(await guess(platform, passwordsOf(ALICE))).toContain(429);
  expect((await signIn(platform, basic("bob@example.com", PASSWORD))).status).toBe(200);
  expect((await signIn(platform, `Bearer ${TOKEN}`)).status).toBe(200);
  expect((await signIn(platform, basic(ALICE, PASSWORD), "192.0.2.1")).status).toBe(200);
});

test("the address that a proxy adds counts, and not those before it, which the caller made up", async () => {
  const platform = await startLimited();
  const moving = passwordsOf(ALICE).map(
    async (one, index) => (await signIn(platform, one, `198.51.100.${index}, 192.0.2.7`)).status,
  );
  expect((await Promise.all(moving)).filter((status) => status === 401).length).toBeLessThanOrEqual(LIMIT);
  expect((await signIn(platform, basic(ALICE, PASSWORD), "192.0.2.7")).status).toBe(429);
});

test("without a proxy's name nothing that a caller says of its address counts", async () => {
  const platform = await startTestPlatform({ settings: { failedSignInsPerMinute: LIMIT } });
  const statuses: number[] = [];
  for (const [index, one] of passwordsOf(ALICE).entries())
    statuses.push((await signIn(platform, one, `198.51.100.${index}`)).status);
  expect(statuses).toEqual([401, 401, 401, 429, 429]);
});

test("guesses that are made at the same time learn no more than those one after the other", async () => {
  const platform = await startLimited();
  const guesses = Array.from({ length: 40 }, (_, index) => basic(ALICE, `guess-${index}`));
  const answers = await Promise.all(guesses.map((one) => signIn(platform, one)));
  expect(answers.filter(({ status }) => status === 401)).toHaveLength(LIMIT);
});

test("a person who signs in rightly is never counted, however often at the same time", async () => {
  const platform = await startLimited();
  const rightly = () => signIn(platform, basic(ALICE, PASSWORD));
  const answers = await Promise.all(Array.from({ length: 4 * LIMIT }, rightly));
  expect(answers.map(({ status }) => status)).toEqual(answers.map(() => 200));
});

test("a token that is short enough to be guessed is not looked at either; a long one always is", async () => {
  const platform = await startLimited(SHORT_TOKEN);
  const guesses = ["my-t0ken", "mytoken1", "any-token", "your-token"].map((token) => `Bearer ${token}`);
  expect(await guess(platform, guesses)).toEqual([401, 401, 401, 429]);
  expect((await signIn(platform, `Bearer ${SHORT_TOKEN}`)).status).toBe(429);
  expect(await guess(platform, Array<string>(LIMIT + 2).fill(`Bearer ${TOKEN}`))).not.toContain(429);
});

test("asking whether one has access is a way to guess, too", async () => {
  const platform = await startLimited();
  const ask = (password: string) =>
    platform.callAs({ authorization: basic(ALICE, password) }, "GET", "/v4/auth");
  for (const { status, body } of [await ask("1"), await ask("2"), await ask("3")])
    expect([status, body.body]).toEqual([200, "Unauthorized"]);
  expect((await ask(PASSWORD)).status).toBe(429);
});

test("there is a limit unless it is switched off", async () => {
  const platform = await startTestPlatform({ settings: { failedSignInsPerMinute: null } });
  const many = Array.from({ length: 25 }, (_, index) => basic(ALICE, `guess-${index}`));
  expect(new Set(await guess(platform, many))).toEqual(new Set([401]));
  const usual = await startTestPlatform();
  expect(await guess(usual, many)).toEqual([...Array<number>(20).fill(401), ...Array<number>(5).fill(429)]);
});
