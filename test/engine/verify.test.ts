import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { stripVTControlCharacters } from "node:util";
import type { CustomResourceOptions } from "@pulumi/pulumi";
import type * as Plugin from "pulumi-sluice/plugin";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { writePackage } from "../../flow/index.js";
import { fillBucket, RUNNABLE } from "../provider/runnable-orders.js";
import { interruptEngine, killEngine } from "./kill-engine.js";
import { actionIn, releasesOf } from "./orders.js";
import { startPlatformProxy } from "./platform-proxy.js";
import type { PlatformProxy } from "./platform-proxy.js";
import { isWithoutEngine, outputOf, sluice, startEngineTest, TOKEN, writesOf } from "./stack.js";
import type { EngineTest, Program } from "./stack.js";

const plugin = createRequire(__filename)("pulumi-sluice/plugin") as typeof Plugin;

const IMPORT = ["POST /vN/deployments/N/releases", "PATCH /vN/releases/N"];
const ACTIVATION = ["PATCH /vN/releases/N"];
const RUN = "POST /vN/deployments/N/run";

let bucket: string;
beforeAll(async () => {
  bucket = await mkdtemp(join(tmpdir(), "sluice-bucket-"));
  fillBucket(bucket);
});
afterAll(() => rm(bucket, { recursive: true, force: true }));

async function start(options: Parameters<typeof startEngineTest>[0] = {}): Promise<EngineTest> {
  const test = await startEngineTest({
    settings: { storage: { mappings: { "s3://acme-dev": bucket } } },
    ...options,
  });
  for (const [name, make] of Object.entries(RUNNABLE))
    await writeFile(join(test.folder, `${name}.zip`), await writePackage(make()));
  return test;
}

/** A deployment and its release, as either SDK makes them. */
function program(
  sdk: typeof sluice | typeof plugin,
  name: keyof typeof RUNNABLE,
  verify?: Plugin.types.input.VerificationArgs,
  options?: CustomResourceOptions,
): Program {
  return () => {
    const deployment = new sdk.Deployment("orders", { name: "orders" });
    const inputs = { deploymentId: deployment.id, package: `${name}.zip`, ...(verify && { verify }) };
    const release = new (sdk.Release as typeof plugin.Release)("orders", inputs, options);
    return Promise.resolve({ releaseId: release.releaseId, verified: release.verified });
  };
}

async function picture(test: EngineTest): Promise<string> {
  return (await releasesOf(test)).map(({ id, active }) => `${id}${active ? "*" : ""}`).join(" ");
}

async function statusOf(test: EngineTest, jobGroup: number): Promise<string | undefined> {
  const { data } = await test.call<{ data: { id: number; status: string }[] }>(
    "GET",
    "/v4/jobGroups?limit=100",
  );
  return data.find(({ id }) => id === jobGroup)?.status;
}

/** Updates to the package that runs without end, and does something as soon as its job is seen to run. */
async function failWhileRunning(test: EngineTest, jobGroup: number, act: () => unknown): Promise<string> {
  const failure = test.failureOf(() => test.stack.up());
  await expect.poll(() => statusOf(test, jobGroup), { timeout: 60_000 }).toBe("InProgress");
  await act();
  return failure;
}

interface ReleaseState {
  inputs: Record<string, unknown>;
  outputs: Record<string, unknown>;
  initErrors?: string[];
}

async function stateOfRelease(test: EngineTest): Promise<ReleaseState | undefined> {
  const { checkpoint } = JSON.parse(await test.state()) as {
    checkpoint: { latest: { resources: (ReleaseState & { urn: string })[] } };
  };
  return checkpoint.latest.resources.find(({ urn }) => urn.endsWith("Release::orders"));
}

// One life of one stack on each host: each test goes on where the one before it ended.
describe.skipIf(isWithoutEngine)("verifying on the dynamic host", () => {
  let test: EngineTest;
  beforeAll(async () => {
    test = await start();
  });
  afterAll(() => test.close());

  it("runs the deployment in an update, never in a preview", async () => {
    test.use(program(sluice, "good", { minRows: 4, outputs: { "result.csv": { columns: ["order_id"] } } }));
    const previewed = await test.requestsDuring(() => test.stack.preview());
    expect(writesOf(previewed)).toEqual([]);
    let outputs = {};
    const updated = await test.requestsDuring(async () => {
      ({ outputs } = await test.stack.up());
    });
    expect(writesOf(updated)).toEqual(["POST /vN/deployments", ...IMPORT, RUN]);
    expect(outputOf(outputs, "verified")).toMatch(/^result\.csv 4 rows \(job group 1, /);
  });

  it("fails the update and goes back to the release before, as often as it is tried", async () => {
    test.use(program(sluice, "fewer", { minRows: 4 }));
    const { stdout } = await test.stack.preview({ diff: true });
    expect(actionIn(stdout)).toBe(
      "deploy: a package that was not imported here before; then verified by a run within 1800 s, or taken back",
    );
    const before = await stateOfRelease(test);
    const fail = async () => {
      expect(await test.failureOf(() => test.stack.up())).toMatch(
        /updating Release "orders": release #2 did not pass its verification: s3:\/\/acme-dev\/out\/result\.csv has 3 rows, expected at least 4\. Release #1 of \S+ \S+ is active again; release #2 stays imported, inactive/,
      );
    };
    expect(writesOf(await test.requestsDuring(fail))).toEqual([...IMPORT, RUN, ...ACTIVATION]);
    expect(await picture(test)).toBe("1* 2");
    expect(await stateOfRelease(test)).toEqual(before);

    const again = await test.stack.preview({ diff: true });
    expect(again.changeSummary).toEqual({ same: 2, update: 1 });
    expect(actionIn(again.stdout)).toMatch(/^roll-forward to release #2 of .*; then verified by a run/);
    expect(writesOf(await test.requestsDuring(fail))).toEqual([...ACTIVATION, RUN, ...ACTIVATION]);

    test.use(program(sluice, "fewer", { minRows: 3 }));
    expect(writesOf(await test.requestsDuring(() => test.stack.up()))).toEqual([...ACTIVATION, RUN]);
    expect(await picture(test)).toBe("1 2*");
    expect((await test.stack.refresh()).summary.resourceChanges).toEqual({ same: 3 });
  });

  it("cancels a run that takes too long", async () => {
    test.use(program(sluice, "endless", { timeoutSeconds: 1 }));
    expect(await test.failureOf(() => test.stack.up())).toContain(
      "did not end within 1 s (`verify.timeoutSeconds`) and was cancelled. Release #2",
    );
    await expect.poll(() => statusOf(test, 5), { timeout: 20_000 }).toBe("Canceled");
    expect(await picture(test)).toBe("1 2* 3");
  });

  it("goes on to its time limit when a person interrupts, as this host does not hear of that", async () => {
    test.use(program(sluice, "endless", { timeoutSeconds: 4 }));
    const message = await failWhileRunning(test, 6, interruptEngine);
    expect(message).toContain(
      "did not end within 4 s (`verify.timeoutSeconds`) and was cancelled. Release #2",
    );
    expect(await picture(test)).toBe("1 2* 3");
  });

  it("verifies with the next update what an engine that was killed had activated, and goes back", async () => {
    test.use(program(sluice, "endless", { timeoutSeconds: 60 }));
    await failWhileRunning(test, 7, killEngine);
    await test.unlock();
    expect(await picture(test)).toBe("1 2 3*");
    await test.call("POST", "/v4/jobGroups/7/cancel", {});

    test.use(program(sluice, "endless", { timeoutSeconds: 1 }));
    const again = await test.requestsDuring(async () => {
      expect(await test.failureOf(() => test.stack.up())).toMatch(/Release #2 of \S+ \S+ is active again/);
    });
    expect(writesOf(again)).toEqual([RUN, "POST /vN/jobGroups/N/cancel", ...ACTIVATION]);
    expect(await picture(test)).toBe("1 2* 3");
  });

  it("needs no request when only what is expected changes", async () => {
    test.use(program(sluice, "fewer", { minRows: 2 }));
    let changes: unknown;
    const updated = await test.requestsDuring(async () => {
      changes = (await test.stack.up()).summary.resourceChanges;
    });
    expect(changes).toEqual({ same: 3 });
    expect(writesOf(updated)).toEqual([]);
  });
});

describe.skipIf(isWithoutEngine)("verifying on the plugin host", () => {
  let test: EngineTest;
  let proxy: PlatformProxy;
  beforeAll(async () => {
    test = await start({ plugin: resolve("bin"), config: {} });
    proxy = await startPlatformProxy(test.platform.endpoint("prod"));
    await test.stack.setAllConfig({
      "sluice:endpoint": { value: proxy.endpoint },
      "sluice:token": { value: TOKEN, secret: true },
      "sluice:retries": { value: "1" },
    });
  });
  afterAll(async () => {
    await proxy.close();
    await test.close();
  });

  it("keeps a first release that fails in state as not active, and tries it again without an import", async () => {
    test.use(program(plugin, "good", { columns: ["gone"] }));
    expect(await test.failureOf(() => test.stack.up())).toContain(
      'creating Release "orders": release #1 did not pass its verification: s3://acme-dev/out/result.csv has no column "gone"',
    );
    expect(await picture(test)).toBe("1");
    expect(await stateOfRelease(test)).toMatchObject({
      outputs: { releaseId: "1", active: false, verified: "pending" },
      initErrors: [expect.any(String)],
    });

    test.use(program(plugin, "good", { columns: ["order_id"] }));
    const { stdout } = await test.stack.preview({ diff: true });
    expect(actionIn(stripVTControlCharacters(stdout))).toMatch(
      /^activate release #1 of .*; then verified by a run/,
    );
    expect(writesOf(await test.requestsDuring(() => test.stack.up()))).toEqual([...ACTIVATION, RUN]);
    expect(await picture(test)).toBe("1*");
    expect(await stateOfRelease(test)).not.toHaveProperty("initErrors");
  });

  it("cancels the run and goes back when a person interrupts", async () => {
    test.use(program(plugin, "endless", {}));
    const before = await stateOfRelease(test);
    const message = await failWhileRunning(test, 3, interruptEngine);
    expect(message).toMatch(
      /release #2 did not pass its verification: the update was interrupted before its run had ended\. Release #1 of \S+ \S+ is active again/,
    );
    await expect.poll(() => statusOf(test, 3), { timeout: 20_000 }).toBe("Canceled");
    expect(await picture(test)).toBe("1* 2");
    const { inputs, outputs } = (await stateOfRelease(test)) ?? {};
    expect({ inputs, outputs }).toEqual({ inputs: before?.inputs, outputs: before?.outputs });
  });

  it("goes back in time when the program allows less time", async () => {
    test.use(program(plugin, "endless", {}, { customTimeouts: { update: "3s" } }));
    expect(await test.failureOf(() => test.stack.up())).toMatch(
      /its run takes longer than `customTimeouts` of the resource allows; allow more\. Release #1 of \S+ \S+ is active again/,
    );
    expect(await picture(test)).toBe("1* 2");
  });

  it("says what to do when the platform goes away for good, and does it when it is back", async () => {
    test.use(program(plugin, "endless", { timeoutSeconds: 6 }));
    const message = await failWhileRunning(test, 5, () =>
      proxy.interfere(() => ({ kind: "answer", status: 503 })),
    );
    expect(message).toMatch(/did not pass its verification: GET \S+\/status answered 503/);
    expect(message).toMatch(/Its run could not be cancelled and may go on \(job groups 5\): /);
    expect(message).toMatch(/failed as well, so release #2 may still be active: GET \S+ answered 503/);
    expect(await picture(test)).toBe("1 2*");
    proxy.interfere(undefined);
    await test.call("POST", "/v4/jobGroups/5/cancel", {});

    test.use(program(plugin, "endless", { timeoutSeconds: 1 }));
    const preview = stripVTControlCharacters((await test.stack.preview({ diff: true })).stdout);
    expect(preview).toContain('"keep: the release is active already; then verified by a run within 1 s');
    const again = await test.requestsDuring(async () => {
      expect(await test.failureOf(() => test.stack.up())).toMatch(/Release #1 of \S+ \S+ is active again/);
    });
    expect(writesOf(again)).toEqual([RUN, "POST /vN/jobGroups/N/cancel", ...ACTIVATION]);
    expect(await picture(test)).toBe("1* 2");
    test.use(program(plugin, "good", {}));
    expect(writesOf(await test.requestsDuring(() => test.stack.up()))).toEqual([]);
  });
});
