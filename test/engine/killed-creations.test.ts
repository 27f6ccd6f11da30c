import { execFile } from "node:child_process";
import { createRequire } from "node:module";
import { resolve } from "node:path";
import { promisify, stripVTControlCharacters } from "node:util";
import * as pulumi from "@pulumi/pulumi";
import type * as Plugin from "pulumi-sluice/plugin";
import { describe, expect, it, onTestFinished } from "vitest";
import { TOKEN } from "../platform/platform-fixture.js";
import { request } from "../platform/platform-process.js";
import { openStage } from "./kill-matrix/stage.js";
import type { Stage } from "./kill-matrix/stage.js";
import { killVictim } from "./kill-matrix/victims.js";
import type { Host, Victim } from "./kill-matrix/victims.js";
import { isWithoutEngine, sluice, startEngineTest } from "./stack.js";
import type { EngineTest, Program } from "./stack.js";

const plugin = createRequire(__filename)("pulumi-sluice/plugin") as typeof Plugin;

/** What cannot be told from somebody else's when an update broke off right after it was made, in the order of the program. */
const CREATIONS = ["connections", "deployments", "deploymentSchedules"] as const;
type Creation = (typeof CREATIONS)[number];

/** The whole of the program up to one of them. On the plugin host one is in a component, and has a provider of its own. */
function programUpTo(host: Host, last: Creation, adopted: readonly Creation[] = []): Program {
  const sdk = (host === "dynamic" ? sluice : plugin) as typeof plugin;
  const options = () => ({
    parent: new pulumi.ComponentResource("shop:Team", "reports"),
    provider: new plugin.Provider("own"),
  });
  const count = CREATIONS.indexOf(last) + 1;
  const adopt = (creation: Creation) => (adopted.includes(creation) ? { adopt: true } : {});
  return () => {
    const credentials = { username: "loader", password: "first-password" };
    new sdk.Connection("the warehouse", {
      name: "warehouse",
      vendor: "postgres",
      credentials,
      ...adopt("connections"),
    });
    if (count < 2) return Promise.resolve();
    const deployment = new sdk.Deployment(
      "orders",
      { name: "orders", ...adopt("deployments") },
      host === "plugin" ? options() : {},
    );
    if (count < 3) return Promise.resolve();
    new sdk.Schedule("nightly", {
      deploymentId: deployment.id,
      name: "nightly",
      triggers: [{ daily: { hourOfDay: 2, minuteOfHour: 0 }, timezone: "Europe/Berlin" }],
      ...adopt("deploymentSchedules"),
    });
    return Promise.resolve();
  };
}

interface Scene {
  readonly test: EngineTest;
  readonly stage: Stage;
  /** Updates, and kills somebody when the platform has made the object and nobody has heard of it. */
  readonly killAfterMaking: (creation: Creation, victim: Victim) => Promise<void>;
  /** Names of all objects of a kind at the platform. */
  readonly names: (creation: Creation) => Promise<string[]>;
  readonly pendingOperations: () => Promise<number>;
}

async function setScene(host: Host): Promise<Scene> {
  const stage = await openStage();
  onTestFinished(() => stage.close());
  const test = await startEngineTest({
    config: {},
    token: TOKEN,
    environment: { SLUICE_ENDPOINT: stage.endpoint, SLUICE_TOKEN: TOKEN },
    ...(host === "plugin" && { plugin: resolve("bin") }),
  });
  onTestFinished(() => test.close());
  const platform = test.platform.endpoint("dev");
  stage.lead(platform);
  return {
    test,
    stage,
    killAfterMaking: async (creation, victim) => {
      stage.takeWrites();
      const stopped = stage.stopAt({ kind: `POST /v4/${creation}`, occurrence: 0 }, "after");
      const ended = test.failureOf(() => test.stack.up());
      const early = await Promise.race([stopped, ended]);
      if (early !== undefined) throw new Error(`it ended before it could be killed: ${early}`);
      expect(await killVictim(victim, host, 0)).toBeGreaterThan(0);
      stage.letGo();
      await ended;
      if (victim === "engine") await test.unlock();
    },
    names: async (creation) => {
      const answer = await request(platform, "GET", `/v4/${creation}`);
      return (answer.body as { data: { name: string }[] }).data.map(({ name }) => name);
    },
    pendingOperations: async () => {
      const { checkpoint } = JSON.parse(await test.state()) as {
        checkpoint: { latest: { pending_operations?: unknown[] } };
      };
      return checkpoint.latest.pending_operations?.length ?? 0;
    },
  };
}

/** What is left of the kills are pending operations in state; nothing else is there to do, and all can be destroyed. */
async function expectRest({ test, stage, names, pendingOperations }: Scene): Promise<void> {
  stage.takeWrites();
  await test.pulumi("refresh", "--yes", "--clear-pending-creates");
  expect(await pendingOperations()).toBe(0);
  await test.stack.up({ expectNoChanges: true });
  expect(stage.takeWrites()).toEqual([]);
  await test.stack.destroy();
  expect(await Promise.all(CREATIONS.map(names))).toEqual([[], [], []]);
}

/** Runs a command as a person would paste it into a terminal, in the program's folder, and confirm it. */
async function paste(test: EngineTest, command: string): Promise<string> {
  const environment = { ...process.env, ...test.stack.workspace.envVars, PULUMI_SKIP_CONFIRMATIONS: "true" };
  const { stdout } = await promisify(execFile)("sh", ["-c", command], {
    cwd: test.folder,
    env: environment,
  });
  return stripVTControlCharacters(stdout);
}

/** Both kill the same request; both on both hosts take minutes. */
const isFull = (process.env["SLUICE_KILL_MATRIX"] ?? "some") !== "some";
const victims = (usual: Victim): Victim[] => (isFull ? ["engine", "provider"] : [usual]);

describe.skipIf(isWithoutEngine)("what was made right before a kill, in a program without `adopt`", () => {
  it.each(victims("engine"))(
    "is taken into state by the command in the error, when the %s of the plugin host was killed",
    { timeout: 400_000 },
    async (victim) => {
      const scene = await setScene("plugin");
      const { test, killAfterMaking, names, pendingOperations } = scene;
      for (const creation of CREATIONS) {
        test.use(programUpTo("plugin", creation));
        await killAfterMaking(creation, victim);
        expect(await pendingOperations()).toBeGreaterThanOrEqual(victim === "engine" ? 1 : 0);
        const message = await test.failureOf(() => test.stack.up());
        const command = /already exists \(id 1\).*, run `([^`]+)` to take it into this stack/.exec(
          message,
        )?.[1];
        expect(command, message).toMatch(/^pulumi import .*sluice:index:/);
        const complete = command?.replace("<name of the shop:Team>", "reports") ?? "";
        expect(await paste(test, complete)).toContain("1 imported");
        await test.stack.up();
        await test.stack.preview({ expectNoChanges: true });
        expect(await names(creation)).toHaveLength(1);
      }
      await expectRest(scene);
    },
  );

  it.each(victims("provider"))(
    "is taken over with `adopt: true` for one update, when the %s of the dynamic host was killed, which cannot import",
    { timeout: 400_000 },
    async (victim) => {
      const scene = await setScene("dynamic");
      const { test, killAfterMaking, names } = scene;
      for (const creation of CREATIONS) {
        test.use(programUpTo("dynamic", creation));
        await killAfterMaking(creation, victim);
        const message = await test.failureOf(() => test.stack.up());
        expect(message).toMatch(/already exists \(id 1\).*; set `adopt: true` to take it over, or/);
        test.use(programUpTo("dynamic", creation, [creation]));
        await test.stack.up();
        expect(await names(creation)).toHaveLength(1);
        test.use(programUpTo("dynamic", creation));
        await test.stack.preview({ expectNoChanges: true });
      }
      await expectRest(scene);
    },
  );
});
