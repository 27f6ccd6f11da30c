import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Interference } from "../../engine/platform-proxy.js";
import { startPlatformProxy } from "../../engine/platform-proxy.js";
import { importByHand } from "../by-hand.js";
import { errorOf, exception } from "../client/scripted-server.js";
import { withoutSecrets } from "../hosts/plugin/engine-form.js";
import { PluginHost } from "../hosts/plugin/plugin-host.js";
import { dynamicHost, writesOf } from "../provider-test.js";
import type { Host, ManagedResource, ProviderTest, Values } from "../provider-test.js";
import { RUNNABLE, startRunnableOrders } from "../runnable-orders.js";

const RUN = "POST /v4/deployments/N/run";
const IMPORT = ["POST /v4/deployments/N/releases", "PATCH /v4/releases/N"];
const ACTIVATION = ["PATCH /v4/releases/N"];

let plugin: PluginHost;
beforeAll(async () => {
  plugin = await PluginHost.start();
});
afterAll(() => plugin.close());

const hosts: { hostName: string; hostOf: () => Host }[] = [
  { hostName: "dynamic", hostOf: () => dynamicHost },
  { hostName: "plugin", hostOf: () => plugin },
];

/** Ids of all releases, the active one with a star. */
async function picture(test: ProviderTest): Promise<string> {
  const { data } = await test.call<{ data: { id: number; active: boolean | null }[] }>(
    "GET",
    "/v4/releases?limit=100",
  );
  return data
    .sort((a, b) => a.id - b.id)
    .map(({ id, active }) => `${id}${active === true ? "*" : ""}`)
    .join(" ");
}

async function writes(test: ProviderTest, action: () => Promise<unknown>): Promise<string[]> {
  return writesOf(await test.requestsDuring(action));
}

function stateOf(release: ManagedResource): Values {
  return withoutSecrets(release.state) as Values;
}

async function statusOf(test: ProviderTest, jobGroup: number): Promise<string> {
  const { status } = await test.call<{ status: string }>("GET", `/v4/jobGroups/${jobGroup}`);
  return status;
}

describe.each(hosts)("a verified release on the $hostName host", ({ hostOf }) => {
  const start = (settings = {}) => startRunnableOrders(hostOf(), { settings });

  it("runs once after each activation, and then only", async () => {
    const { test, inputs } = await start();
    const release = test.resource("Release");
    const verify = { minRows: 4, columns: ["order_id", "status"], outputs: { R: { maxRows: 4 } } };
    const good = await inputs("good", { verify });
    expect(await writes(test, () => release.up(good))).toEqual([...IMPORT, RUN]);
    expect(stateOf(release)).toMatchObject({ releaseId: "1", active: true });
    expect(stateOf(release).verified).toMatch(/^result\.csv 4 rows \(job group 1, \d+\.\d s\)$/);
    expect(release.inputs.action).toBe(
      "deploy: the first release from this program; then verified by a run within 1800 s, or taken back",
    );

    const looser = await inputs("good", { verify: { minRows: 1 } });
    expect(await writes(test, () => release.up(looser))).toEqual([]);
    expect(await release.diff(await inputs("fewer", { verify }))).toMatchObject({ changes: true });
    const noted = { ...looser, notes: "words" };
    expect(await writes(test, () => release.up(noted))).toEqual(ACTIVATION);
    expect(stateOf(release).verified).toContain("job group 1");

    const fewer = await inputs("fewer", { verify: { minRows: 3 } });
    expect(await writes(test, () => release.up(fewer))).toEqual([...IMPORT, RUN]);
    expect(await writes(test, () => release.up(looser))).toEqual([...ACTIVATION, RUN]);
    expect(release.inputs.action).toMatch(/^rollback to release #1 of .*; then verified by a run/);
    expect(await picture(test)).toBe("1* 2");
  });

  it("is taken back when it falls short, and state stays what it was", async () => {
    const { test, inputs } = await start();
    const release = test.resource("Release");
    await release.up(await inputs("good"));
    const before = structuredClone({ state: release.state, inputs: release.inputs });

    const strict = await inputs("fewer", { verify: { minRows: 4, columns: ["order_id", "gone"] } });
    const failing = async () => {
      const { message } = await errorOf(release.up(strict));
      expect(message).toContain(
        "release #2 did not pass its verification: s3://acme-dev/out/result.csv has 3 rows, expected at least 4; " +
          's3://acme-dev/out/result.csv has no column "gone"; it has order_id, country, quantity, price, status. Release #1 of ',
      );
      expect(message).toMatch(
        /is active again; release #2 stays imported, inactive; `pulumi up` activates and verifies it again, without another import$/,
      );
    };
    expect(await writes(test, failing)).toEqual([...IMPORT, RUN, ...ACTIVATION]);
    expect(await picture(test)).toBe("1* 2");
    expect({ state: release.state, inputs: release.inputs }).toEqual(before);

    expect(await writes(test, failing)).toEqual([...ACTIVATION, RUN, ...ACTIVATION]);
    expect(await picture(test)).toBe("1* 2");
    const loose = await inputs("fewer", { verify: {} });
    expect(await writes(test, () => release.up(loose))).toEqual([...ACTIVATION, RUN]);
    expect(stateOf(release)).toMatchObject({ releaseId: "2", active: true });
  });

  it("says why its job failed", async () => {
    const { test, inputs } = await start();
    const release = test.resource("Release");
    await release.up(await inputs("good"));
    const { message } = await errorOf(release.up(await inputs("failing", { verify: {} })));
    expect(message).toMatch(/job group 1 \(R\) ended as Failed: .*s3:\/\/acme-dev\/orders\/gone\.csv/);
    expect(await picture(test)).toBe("1* 2");
  });

  it("that is the first one is kept in state as not active, and found again", async () => {
    const { test, inputs } = await start();
    const release = test.resource("Release");
    const strict = await inputs("good", { verify: { minRows: 5 } });
    const { message } = await errorOf(release.up(strict));
    expect(message).toContain(
      "There is no release to go back to, so none is active now; release #1 stays imported, inactive",
    );
    expect(await picture(test)).toBe("1");
    expect(stateOf(release)).toMatchObject({ releaseId: "1", active: false, verified: "pending" });
    await release.refresh();
    const loose = { ...strict, verify: { minRows: 4 } };
    expect(await release.diff(loose)).toMatchObject({ changes: true });
    expect(await writes(test, () => release.up(loose))).toEqual([...ACTIVATION, RUN]);
    expect(release.inputs.action).toMatch(/^activate release #1 of .*; then verified by a run/);
    expect(stateOf(release)).toMatchObject({ active: true });
    expect(await picture(test)).toBe("1*");
  });

  it("that is the first one is verified by the next update when state was lost in the middle", async () => {
    const { test, inputs } = await start();
    const release = test.resource("Release");
    await release.up(await inputs("good"));
    release.forget();
    expect(
      await writes(test, () => inputs("good", { verify: {} }).then((given) => release.up(given))),
    ).toEqual([RUN]);
  });

  it("is cancelled and taken back when the time limit passes", async () => {
    const { test, inputs } = await start();
    const release = test.resource("Release");
    await release.up(await inputs("good"));
    const { message } = await errorOf(release.up(await inputs("endless", { verify: { timeoutSeconds: 1 } })));
    expect(message).toContain(
      "job group 1 did not end within 1 s (`verify.timeoutSeconds`) and was cancelled. Release #1 of ",
    );
    await expect.poll(() => statusOf(test, 1), { timeout: 20_000 }).toBe("Canceled");
    expect(await picture(test)).toBe("1* 2");
  });

  it("waits for no other output when one has failed", async () => {
    const { test, inputs } = await start({ jobs: { workers: 2 } });
    const release = test.resource("Release");
    await release.up(await inputs("good"));
    const { message } = await errorOf(release.up(await inputs("mixed", { verify: { minRows: 1 } })));
    expect(message).toMatch(
      /did not pass its verification: job group 2 \(Gone\) ended as Failed: [^;]*gone\.csv[^;]*\. Release #1/,
    );
    await expect.poll(() => statusOf(test, 1), { timeout: 20_000 }).toBe("Canceled");
    expect(await picture(test)).toBe("1* 2");
  });

  it("leaves alone what somebody activated meanwhile", async () => {
    const { test, deploymentId, inputs } = await start();
    const release = test.resource("Release");
    await release.up(await inputs("good"));
    const updating = errorOf(release.up(await inputs("endless", { verify: { timeoutSeconds: 3 } })));
    await expect.poll(() => statusOf(test, 1).catch(() => ""), { timeout: 20_000 }).toBe("InProgress");
    await importByHand(test, deploymentId, RUNNABLE.fewer());
    const { message } = await updating;
    expect(message).toMatch(
      /Nothing was taken back: release #3 of \S+ \S+ was activated outside this program meanwhile, and stays active$/,
    );
    expect(await picture(test)).toBe("1 2 3*");
  });

  it("is verified by the next update when its import broke off before that", async () => {
    const { test, inputs } = await start();
    const proxy = await startPlatformProxy(test.platform.endpoint("prod"));
    try {
      const release = test.resource("Release", "it", "shop/prod", {
        "sluice:endpoint": proxy.endpoint,
        "sluice:retries": "0",
      });
      await release.up(await inputs("good"));
      proxy.interfere(({ method }) => (method === "PATCH" ? { kind: "answer", status: 503 } : undefined));
      const fewer = await inputs("fewer", { verify: { minRows: 4 } });
      expect((await errorOf(release.up(fewer))).message).toContain(
        "release 2 was imported, but not finished",
      );
      expect(stateOf(release)).toMatchObject({ releaseId: "2", verified: "pending, after release #1" });
      proxy.interfere(undefined);
      await release.refresh();
      const again = async () => {
        expect((await errorOf(release.up(fewer))).message).toContain("has 3 rows, expected at least 4");
      };
      expect(await writes(test, again)).toEqual([...ACTIVATION, RUN, ...ACTIVATION]);
      expect(await picture(test)).toBe("1* 2");
      expect(stateOf(release)).toMatchObject({ releaseId: "2", active: false });
      const loose = { ...fewer, verify: { minRows: 3 } };
      expect(await writes(test, () => release.up(loose))).toEqual([...ACTIVATION, RUN]);
      expect(stateOf(release)).toMatchObject({ releaseId: "2", active: true });
    } finally {
      await proxy.close();
    }
  });

  it("names both reasons when taking it back fails, and is verified by the next update", async () => {
    const { test, inputs } = await start();
    const proxy = await startPlatformProxy(test.platform.endpoint("prod"));
    try {
      const release = test.resource("Release", "it", "shop/prod", {
        "sluice:endpoint": proxy.endpoint,
        "sluice:retries": "0",
      });
      await release.up(await inputs("good"));
      const before = structuredClone(release.state);
      let hasRun = false;
      const away: Interference = { kind: "answer", status: 503 };
      proxy.interfere(({ method, path }) => {
        if (path.endsWith("/run")) hasRun = true;
        return hasRun && (method === "PATCH" || path.endsWith("/status")) ? away : undefined;
      });
      const fewer = await inputs("fewer", { verify: { timeoutSeconds: 1, minRows: 3 } });
      const { message } = await errorOf(release.up(fewer));
      expect(message).toMatch(/did not pass its verification: GET \S+\/jobGroups\/1\/status answered 503/);
      expect(message).toMatch(
        /Then activating release #1 of \S+ \S+ again failed as well, so release #2 may still be active: PATCH \S+ answered 503.* Do that by hand at the platform, or run `pulumi up` when it answers again: it verifies release #2 once more$/,
      );
      expect(await picture(test)).toBe("1 2*");
      expect(release.state).toEqual(before);

      proxy.interfere(undefined);
      const falling = { ...fewer, verify: { minRows: 4 } };
      expect(await writes(test, () => errorOf(release.up(falling)))).toEqual([RUN, ...ACTIVATION]);
      expect(await picture(test)).toBe("1* 2");
    } finally {
      await proxy.close();
    }
  });
});

describe("the check of a verification", () => {
  async function failuresOf(verify: Values, more: Values = {}, name: keyof typeof RUNNABLE = "good") {
    const { test, inputs } = await startRunnableOrders();
    const { failures } = await test.resource("Release").check(await inputs(name, { verify, ...more }));
    return failures.map(({ property, reason }) => `${property}: ${reason}`);
  }

  it("refuses what cannot be: a release that is not run, bounds that exclude each other", async () => {
    expect(await failuresOf({}, { active: false })).toEqual([
      "verify: a release that is not activated (`active: false`) is not run; leave `verify` out until it is to be active",
    ]);
    expect(await failuresOf({ minRows: 5, outputs: { R: { maxRows: 4 } } })).toEqual([
      "verify.outputs.R.minRows: at least 5 rows and at most 4 cannot both be",
    ]);
    expect(await failuresOf({ minRows: -1, timeoutSeconds: 0 })).toHaveLength(2);
  });

  it("names what the package has when it has no such output or parameter", async () => {
    expect(await failuresOf({ outputs: { "reslt.csv": {} }, parameters: { region: "eu" } })).toEqual([
      'verify.outputs.reslt.csv: the package has no output of this name (did you mean "result.csv"?); it has R, result.csv',
      "verify.parameters.region: the package has no parameter of this name; it has none",
    ]);
  });

  it("asks the platform for nothing but lists, and writes nothing", async () => {
    const { test, inputs } = await startRunnableOrders();
    const release = test.resource("Release");
    const given = await inputs("good", { verify: {} });
    expect(await writes(test, () => release.preview(given))).toEqual([]);
    await release.up(given);
    expect(await writes(test, () => release.preview(given))).toEqual([]);
  });
});

describe("an output that has a new name in every run", () => {
  it("is known by its name in the package", async () => {
    const { test, inputs } = await startRunnableOrders();
    const release = test.resource("Release");
    const numbered = (minRows: number) =>
      inputs("numbered", { verify: { outputs: { "result.csv": { minRows } } } });
    await release.up(await numbered(4));
    await test.call("PATCH", "/v4/releases/1", { active: false });
    await release.refresh();
    expect((await errorOf(release.up(await numbered(5)))).message).toContain(
      "s3://acme-dev/out/result_2.csv has 4 rows, expected at least 5",
    );
    expect(await picture(test)).toBe("1");
    await release.up(await numbered(4));
    expect(stateOf(release).verified).toContain("result_3.csv 4 rows");
  });
});

describe("a platform that schedules flows only", () => {
  it("goes on with the old flow until the new one is verified", async () => {
    const { test, deploymentId, inputs } = await startRunnableOrders(dynamicHost, {
      settings: { deploymentSchedules: false },
    });
    const release = test.resource("Release");
    await release.up(await inputs("good"));
    const triggers = [{ daily: { hourOfDay: 2, minuteOfHour: 0 } }];
    await test.resource("Schedule").up({ deploymentId, name: "nightly", triggers });
    const flowOfSchedule = async () => {
      const { data } = await test.call<{ data: { tasks: { runFlow: { flowId: number } }[] }[] }>(
        "GET",
        "/v4/schedules",
      );
      return String(data[0]?.tasks[0]?.runFlow.flowId);
    };
    const first = release.state.primaryFlowId;
    expect(await flowOfSchedule()).toBe(first);
    const failing = async () =>
      void (await errorOf(release.up(await inputs("fewer", { verify: { minRows: 4 } }))));
    expect(await writes(test, failing)).toEqual([...IMPORT, RUN, ...ACTIVATION]);
    expect(await flowOfSchedule()).toBe(first);
    const passing = async () => void (await release.up(await inputs("fewer", { verify: { minRows: 3 } })));
    expect(await writes(test, passing)).toEqual([...ACTIVATION, RUN, "PUT /v4/schedules/N"]);
    expect(await flowOfSchedule()).toBe(release.state.primaryFlowId);
  });
});

describe("a platform that tells less", () => {
  it("does not pass what cannot be checked, and passes jobs that ended well", async () => {
    const { test, inputs } = await startRunnableOrders();
    const proxy = await startPlatformProxy(test.platform.endpoint("prod"));
    try {
      const release = test.resource("Release", "it", "shop/prod", { "sluice:endpoint": proxy.endpoint });
      await release.up(await inputs("good"));
      const answer = (body: unknown, status = 200): Interference => ({
        kind: "answer",
        status,
        headers: { "content-type": "application/json" },
        body: JSON.stringify(body),
      });
      const bare = { files: [{ uri: "s3://acme-dev/out/result.csv" }], tables: [] };
      proxy.interfere(({ path }) => (path.endsWith("/outputs") ? answer(bare) : undefined));
      const strict = await inputs("fewer", { verify: { maxRows: 9, columns: ["order_id"] } });
      expect((await errorOf(release.up(strict))).message).toContain(
        "the platform does not tell how many rows s3://acme-dev/out/result.csv has, so they cannot be checked; " +
          "the platform does not tell which columns s3://acme-dev/out/result.csv has, so they cannot be checked. Release #1",
      );
      proxy.interfere(({ path }) =>
        path.endsWith("/outputs") ? answer(exception("RouteNotFoundException", "no"), 404) : undefined,
      );
      expect((await errorOf(release.up(strict))).message).toContain(
        "the platform does not tell what job group 2 (R) wrote, so rows and columns cannot be checked; leave the expectations out of `verify`",
      );
      await release.up({ ...strict, verify: {} });
      expect(stateOf(release).verified).toMatch(/^R \(job group 3, /);
    } finally {
      await proxy.close();
    }
  });
});
