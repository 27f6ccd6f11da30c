import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import {
  ConfigurationError,
  fromStackConfiguration,
  readSettings as readOwnSettings,
  secretSettings,
  settings,
  targetOf,
} from "../../provider/config.js";
import type { Settings } from "../../provider/config.js";

const readSettings = (configuration: Record<string, unknown>) =>
  readOwnSettings(fromStackConfiguration(configuration));

const CANARY = "canary-3b9e";
const plain = { "sluice:endpoint": "https://example.com/prod", "sluice:token": CANARY };

function messageOf(action: () => unknown): string {
  try {
    action();
  } catch (error) {
    expect(error).toBeInstanceOf(ConfigurationError);
    return (error as Error).message;
  }
  throw new Error("expected a ConfigurationError");
}

describe("settings", () => {
  it("are read out of the stack's configuration, where all is text", () => {
    const read = readSettings({
      ...plain,
      "sluice:username": "loader",
      "sluice:password": CANARY,
      "sluice:environments": JSON.stringify({ dev: { endpoint: "https://example.com/dev", token: CANARY } }),
      "sluice:requestsPerSecond": "12.5",
      "sluice:timeoutSeconds": "30",
      "sluice:retries": "2",
      "sluice:sourceMarkers": '["acme-dev"]',
      "sluice:views": "off",
      "sluice:expect": "prod",
    });
    expect(read).toEqual({
      endpoint: "https://example.com/prod",
      token: CANARY,
      username: "loader",
      password: CANARY,
      environments: { dev: { endpoint: "https://example.com/dev", token: CANARY } },
      requestsPerSecond: 12.5,
      timeoutSeconds: 30,
      retries: 2,
      sourceMarkers: ["acme-dev"],
      views: "off",
      expect: "prod",
    });
    expect(Object.keys(read).sort()).toEqual(Object.keys(settings.shape).sort());
  });

  it("have defaults", () => {
    expect(readSettings({})).toEqual({
      sourceMarkers: [],
      requestsPerSecond: 0,
      timeoutSeconds: 60,
      retries: 4,
      views: "preview",
    });
  });

  it("of other namespaces and empty ones are none of ours", () => {
    expect(readSettings({ "aws:region": "eu", "project:sluice": "x", "sluice:token": "" })).toEqual(
      readSettings({}),
    );
  });

  it.each(["12345", "true", "null", '"quoted"', "{", '{"a":1}', "[1]"])("a token %s stays text", (token) => {
    expect(readSettings({ "sluice:token": token }).token).toBe(token);
  });

  it.each(["token", "password"])("a %s may be a reference, in JSON or as an object", (name) => {
    for (const reference of [{ fromEnv: "VARIABLE" }, { fromFile: "token.txt" }]) {
      const read = readSettings({ [`sluice:${name}`]: JSON.stringify(reference) });
      expect(read).toMatchObject({ [name]: reference });
      expect(readSettings({ [`sluice:${name}`]: reference })).toMatchObject({ [name]: reference });
    }
    expect(messageOf(() => readSettings({ [`sluice:${name}`]: '{"fromEnv":"A","fromFile":"B"}' }))).toBe(
      `the stack's configuration cannot be used: sluice:${name}: must be the text itself, or an object of either \`fromEnv\` or \`fromFile\``,
    );
  });

  it.each([
    ["prod", { name: "prod" }],
    ["2024", { name: "2024" }],
    ['{"name":"prod","stage":"production"}', { name: "prod", stage: "production" }],
    ['{"id":"7"}', { id: "7" }],
  ])("what is expected of the environment is a name or an object: %s", (text, expected) => {
    const read = readSettings({ ...plain, "sluice:expect": text });
    expect(targetOf(read, undefined, {}).expect).toEqual(expected);
  });

  it.each(['{"nme":"prod"}', '{"id":7}', '{"stage":""}'])("an expectation %s is refused", (text) => {
    expect(messageOf(() => readSettings({ "sluice:expect": text }))).toContain(
      "sluice:expect: must be the environment's name, or an object of `name`, `id` and `stage`",
    );
  });

  it.each([
    ["tokn", "token"],
    ["endPoint", "endpoint"],
    ["timeout", "timeoutSeconds"],
    ["environment", "environments"],
  ])("the unknown key %s is refused; %s is named", (key, near) => {
    const message = messageOf(() => readSettings({ [`sluice:${key}`]: CANARY }));
    expect(message).toContain(`sluice:${key} is not a setting`);
    expect(message).toContain(near);
  });

  it("an unknown key of an environment is refused with its place and the nearest name", () => {
    const environments = JSON.stringify({ dev: { endpoint: "https://example.com", tokne: CANARY } });
    expect(messageOf(() => readSettings({ "sluice:environments": environments }))).toBe(
      `the stack's configuration cannot be used: sluice:environments.dev.tokne is not a setting (did you mean "token"?)`,
    );
  });

  it("all problems come at once, without a value", () => {
    const message = messageOf(() =>
      readSettings({
        "sluice:endpoint": `ftp://${CANARY}`,
        "sluice:retries": "-1",
        "sluice:timeoutSeconds": CANARY,
        "sluice:requestsPerSecond": "-3",
        "sluice:environments": CANARY,
        "sluice:nonsense": CANARY,
      }),
    );
    for (const name of [
      "endpoint",
      "retries",
      "timeoutSeconds",
      "requestsPerSecond",
      "environments",
      "nonsense",
    ])
      expect(message).toContain(`sluice:${name}`);
    expect(message).not.toContain(CANARY);
  });

  it.each([
    [`https://user:${CANARY}@example.com`, "must not hold a user or password"],
    [`https://example.com/?token=${CANARY}`, "must be a base URL, without ? or #"],
    ["example.com", "must be an http or https URL"],
    ["https://example.com/prod/v4/", "must be the base URL: leave out the /v4 at its end"],
  ])("the endpoint %s is refused", (endpoint, said) => {
    const message = messageOf(() => readSettings({ "sluice:endpoint": endpoint }));
    expect(message).toContain(`sluice:endpoint: ${said}`);
    expect(message).not.toContain(CANARY);
  });

  it("what can hold a credential is secret", () => {
    expect(secretSettings).toEqual(["token", "password", "environments"]);
  });
});

describe("the target of requests", () => {
  const none = {};

  function authorizationOf(
    read: Settings,
    environment?: string,
    variables: NodeJS.ProcessEnv = none,
  ): string {
    return targetOf(read, environment, variables).authorization();
  }

  it("is the stack's own environment with its token", () => {
    expect(targetOf(readSettings(plain), undefined, none)).toMatchObject({
      environment: undefined,
      endpoint: "https://example.com/prod",
      expect: undefined,
    });
    expect(authorizationOf(readSettings(plain))).toBe(`Bearer ${CANARY}`);
  });

  it("falls back to the variables", () => {
    const variables = { SLUICE_ENDPOINT: "https://example.com/env", SLUICE_TOKEN: "from-env" };
    expect(targetOf(readSettings({}), undefined, variables).endpoint).toBe("https://example.com/env");
    expect(authorizationOf(readSettings({}), undefined, variables)).toBe("Bearer from-env");
    expect(targetOf(readSettings(plain), undefined, variables).endpoint).toBe("https://example.com/prod");
    expect(authorizationOf(readSettings(plain), undefined, variables)).toBe(`Bearer ${CANARY}`);
  });

  it("takes user and password as Basic, also when a variable holds a token", () => {
    const read = readSettings({
      "sluice:endpoint": "https://example.com",
      "sluice:username": "loader",
      "sluice:password": "päss",
    });
    const expected = `Basic ${Buffer.from("loader:päss").toString("base64")}`;
    expect(authorizationOf(read)).toBe(expected);
    expect(authorizationOf(read, undefined, { SLUICE_TOKEN: "other" })).toBe(expected);
  });

  it("of a named environment comes from its own settings alone", () => {
    const environments = JSON.stringify({ dev: { endpoint: "https://example.com/dev", token: "dev-token" } });
    const read = readSettings({ ...plain, "sluice:environments": environments });
    expect(targetOf(read, "dev", none)).toMatchObject({
      environment: "dev",
      endpoint: "https://example.com/dev",
    });
    expect(authorizationOf(read, "dev")).toBe("Bearer dev-token");
  });

  it("a named environment does not borrow the stack's token or a variable: they are for another place", () => {
    const read = readSettings({
      ...plain,
      "sluice:environments": JSON.stringify({ dev: { endpoint: "https://example.com/dev" } }),
    });
    const message = messageOf(() => targetOf(read, "dev", { SLUICE_TOKEN: CANARY }));
    expect(message).toBe(
      "no token for https://example.com/dev: run `pulumi config set --secret sluice:environments.dev.token …` (or sluice:environments.dev.username and sluice:environments.dev.password)",
    );
  });

  it("an environment that is not configured is refused with the nearest one", () => {
    const environments = JSON.stringify({ staging: {}, prod: {} });
    const read = readSettings({ ...plain, "sluice:environments": environments });
    expect(messageOf(() => targetOf(read, "stagin", none))).toContain(
      `environment "stagin" is not configured: add it to sluice:environments (did you mean "staging"?)`,
    );
    expect(messageOf(() => targetOf(read, "qa", none))).toContain("(there: staging, prod)");
    expect(messageOf(() => targetOf(readSettings(plain), "qa", none))).toMatch(
      /add it to sluice:environments$/,
    );
  });

  it("says what to run when the endpoint or the token is missing", () => {
    expect(messageOf(() => targetOf(readSettings({}), undefined, none))).toBe(
      "no platform is named: run `pulumi config set sluice:endpoint https://…` or set SLUICE_ENDPOINT",
    );
    const withEndpoint = readSettings({ "sluice:endpoint": "https://example.com" });
    expect(messageOf(() => targetOf(withEndpoint, undefined, none))).toBe(
      "no token for https://example.com: run `pulumi config set --secret sluice:token …` or set SLUICE_TOKEN (or sluice:username and sluice:password)",
    );
    const withUser = readSettings({ "sluice:endpoint": "https://example.com", "sluice:username": "a" });
    expect(messageOf(() => targetOf(withUser, undefined, none))).toContain("no token");
  });

  it.each([`https://user:${CANARY}@example.com`, CANARY])("refuses %s from the variable too", (endpoint) => {
    const variables = { SLUICE_ENDPOINT: endpoint, SLUICE_TOKEN: "token" };
    const message = messageOf(() => targetOf(readSettings({}), undefined, variables));
    expect(message).toContain("sluice:endpoint (or SLUICE_ENDPOINT): must");
    expect(message).not.toContain(CANARY);
  });

  it.each([`${CANARY}\n`, `${CANARY} x`, `${CANARY}é`])(
    "refuses a token that no header can hold",
    (token) => {
      const read = readSettings({ "sluice:endpoint": "https://example.com", "sluice:token": token });
      const message = messageOf(() => targetOf(read, undefined, none));
      expect(message).toContain("sluice:token (or SLUICE_TOKEN) holds a space");
      expect(message).not.toContain(CANARY);
    },
  );

  it("reads a token by reference anew whenever it is asked for", async () => {
    const folder = await mkdtemp(join(tmpdir(), "sluice-config-"));
    onTestFinished(() => rm(folder, { recursive: true, force: true }));
    const file = join(folder, "token");
    await writeFile(file, "first\n");
    const read = readSettings({ ...plain, "sluice:token": JSON.stringify({ fromFile: file }) });
    const { authorization } = targetOf(read, undefined, none);
    expect(authorization()).toBe("Bearer first");
    await writeFile(file, "second\n");
    expect(authorization()).toBe("Bearer second");
    await rm(file);
    expect(messageOf(authorization)).toBe(`sluice:token: the file ${file} cannot be read`);
  });

  it.each([
    [{ token: { fromEnv: "SLUICE_TEST_UNSET" } }, "token"],
    [{ username: "loader", password: { fromEnv: "SLUICE_TEST_UNSET" } }, "password"],
  ])("says at once which reference leads to nothing", (credentials, name) => {
    const environments = { dev: { endpoint: "https://example.com", ...credentials } };
    const read = readSettings({ "sluice:environments": JSON.stringify(environments) });
    expect(messageOf(() => targetOf(read, "dev", none))).toBe(
      `sluice:environments.dev.${name}: the environment variable SLUICE_TEST_UNSET is not set`,
    );
  });
});
