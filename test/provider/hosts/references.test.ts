import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it, onTestFinished, vi } from "vitest";
import { startPlatformProxy } from "../../engine/platform-proxy.js";
import { dynamicHost, startProviderTest } from "../provider-test.js";
import type { Host, Values } from "../provider-test.js";
import { PluginHost } from "./plugin/plugin-host.js";

const VARIABLE = "SLUICE_TEST_WAREHOUSE_PASSWORD";
const connection = (password: unknown): Values => ({
  name: "warehouse",
  vendor: "postgres",
  credentials: { username: "loader", password },
});

let plugin: PluginHost;
beforeAll(async () => {
  // The plugin's process has the variables of this one from its start; a file is what changes there.
  vi.stubEnv(VARIABLE, "canary-by-variable");
  plugin = await PluginHost.start();
});
afterAll(async () => {
  vi.unstubAllEnvs();
  await plugin.close();
});

const hosts: { name: string; hostOf: () => Host }[] = [
  { name: "dynamic", hostOf: () => dynamicHost },
  { name: "plugin", hostOf: () => plugin },
];

describe.each(hosts)("secrets by reference on the $name host", ({ hostOf }) => {
  it("are an update when what they point to was rotated, and none while it is the same", async () => {
    const test = await startProviderTest({}, {}, hostOf());
    const file = join(test.folder, "password");
    await writeFile(file, "canary-first\n");
    const resource = test.resource("Connection");
    await resource.up(connection({ fromFile: file }));
    const before = JSON.stringify(resource.state);
    expect(await resource.up(connection({ fromFile: file }))).toBe("same");
    await writeFile(file, "canary-second\n");
    expect(await resource.diff(connection({ fromFile: file }))).toMatchObject({
      changes: true,
      replaces: [],
    });
    expect(await resource.up(connection({ fromFile: file }))).toBe("update");
    expect(await resource.up(connection({ fromFile: file }))).toBe("same");
    // The same password under another kind of reference is the same password.
    await writeFile(file, "canary-by-variable");
    await resource.up(connection({ fromFile: file }));
    expect((await resource.diff(connection({ fromEnv: VARIABLE }))).changes).toBe(false);
    const after = JSON.stringify(resource.state);
    for (const canary of ["canary-first", "canary-second", "canary-by-variable"])
      expect(before + after).not.toContain(canary);
  });

  it("have a fingerprint of their own in every resource: two with one password cannot be told to have it", async () => {
    const test = await startProviderTest({}, {}, hostOf());
    const [one, two] = ["one", "two"].map((name) => test.resource("Connection", name));
    await one?.up({ ...connection({ fromEnv: VARIABLE }), name: "one" });
    await two?.up({ ...connection({ fromEnv: VARIABLE }), name: "two" });
    const prints = [one, two].map((resource) => JSON.stringify(resource?.state["secretFingerprints"]));
    expect(prints[0]).toMatch(/[0-9a-f]{32}\.[0-9a-f]{64}/);
    expect(prints[0]).not.toBe(prints[1]);
  });

  it("are in no message of a platform that quotes what it was sent, nor is the token", async () => {
    const test = await startProviderTest({}, {}, hostOf());
    const proxy = await startPlatformProxy(test.platform.endpoint("prod"));
    onTestFinished(() => proxy.close());
    const token = join(test.folder, "token");
    await writeFile(token, test.platform.token ?? "");
    const resource = test.resource("Connection", "it", "shop/prod", {
      "sluice:endpoint": proxy.endpoint,
      "sluice:token": JSON.stringify({ fromFile: token }),
    });
    const file = join(test.folder, "password");
    await writeFile(file, 'canary "file"');
    const credentials = { literal: "canary-literal", env: { fromEnv: VARIABLE }, file: { fromFile: file } };
    proxy.interfere(({ method }) => (method === "GET" ? undefined : { kind: "echo" }));
    const failure = await resource.up({ ...connection(""), credentials }).then(
      () => expect.fail(),
      (error: unknown) => error as Error,
    );
    const said = `${failure.message} ${failure.stack ?? ""}`;
    expect(said).toContain('creating Connection "it": POST');
    expect(said).toContain("[secret]");
    expect(said).not.toContain("canary");
    expect(said).not.toContain(test.platform.token);
  });
});
