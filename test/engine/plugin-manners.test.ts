import { spawn } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import { resolve } from "node:path";
import { createInterface } from "node:readline";
import type { EngineEvent } from "@pulumi/pulumi/automation/index.js";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { interruptEngine, killPlugin } from "./kill-engine.js";
import { pluginOrdersProgram } from "./orders-on-plugin.js";
import { releasesOf, writeOrdersPackages } from "./orders.js";
import { startPlatformProxy } from "./platform-proxy.js";
import type { PlatformProxy, ProxiedRequest } from "./platform-proxy.js";
import { isWithoutEngine, startEngineTest, TOKEN, writesOf } from "./stack.js";
import type { EngineTest } from "./stack.js";

const BIN = resolve("bin");
const EXECUTABLE = resolve(BIN, "pulumi-resource-sluice");
const NEVER = new Promise<never>(() => undefined);
/** 250 ms where Node.js itself needs 40. */
const LARGEST_START_RATIO = 6;

describe("the process of the plugin", () => {
  function start(...flags: string[]): ChildProcess {
    return spawn(EXECUTABLE, [...flags, "127.0.0.1:9"], { stdio: ["ignore", "pipe", "pipe"] });
  }

  async function portOf({ stdout }: ChildProcess): Promise<number> {
    if (stdout === null) throw new Error("the plugin has no output");
    const [line] = (await once(createInterface(stdout), "line")) as [string];
    return Number(line);
  }

  it("tells its port soon: within a few times what Node.js itself takes to start", async () => {
    const plugin: number[] = [];
    const bare: number[] = [];
    for (let round = 0; round < 5; round += 1) {
      const startedBare = performance.now();
      await once(spawn(process.execPath, ["-e", "0"]), "exit");
      bare.push(performance.now() - startedBare);
      const started = performance.now();
      const child = start();
      await portOf(child);
      plugin.push(performance.now() - started);
      child.kill("SIGINT");
      await once(child, "exit");
    }
    const fastest = { plugin: Math.min(...plugin), bare: Math.min(...bare) };
    const ratio = fastest.plugin / fastest.bare;
    process.stdout.write(
      `port after ${fastest.plugin.toFixed(0)} ms; bare Node.js ${fastest.bare.toFixed(0)} ms; ratio ${ratio.toFixed(1)}\n`,
    );
    expect(ratio).toBeLessThan(LARGEST_START_RATIO);
  });

  it("ends without a fault when the engine interrupts it, and has printed its port and nothing else", async () => {
    const child = start("--logtostderr", "-v=3", "--tracing", "file:./no engine.trace");
    let [output, complaint] = ["", ""];
    child.stdout?.on("data", (text: Buffer) => (output += text.toString()));
    child.stderr?.on("data", (text: Buffer) => (complaint += text.toString()));
    const port = await portOf(child);
    child.kill("SIGINT");
    expect(await once(child, "close")).toEqual([0, null]);
    expect({ output, complaint }).toEqual({ output: `${port}\n`, complaint: "" });
  });

  it("ends when its parent is killed", async () => {
    const parent = spawn(
      process.execPath,
      ["-e", `require("node:child_process").spawn(process.argv[1], { stdio: "inherit" })`, EXECUTABLE],
      { stdio: ["ignore", "pipe", "inherit"] },
    );
    await portOf(parent);
    // The pipe is the plugin's as well: it closes when the last that holds it is gone.
    const closed = parent.stdout && once(parent.stdout, "close");
    parent.kill("SIGKILL");
    await once(parent, "exit");
    await closed;
  });
});

// One life of one stack: each test goes on where the one before it ended.
describe.skipIf(isWithoutEngine)("the plugin in an engine", () => {
  let test: EngineTest;
  let proxy: PlatformProxy;

  beforeAll(async () => {
    test = await startEngineTest({ config: {}, plugin: BIN });
    proxy = await startPlatformProxy(test.platform.endpoint("prod"));
    const { envVars } = test.stack.workspace;
    test.stack.workspace.envVars = { ...envVars, SLUICE_ENDPOINT: proxy.endpoint, SLUICE_TOKEN: TOKEN };
    await writeOrdersPackages(test);
  });
  afterAll(async () => {
    await proxy.close();
    await test.close();
  });

  const isImport = ({ method, path }: ProxiedRequest) =>
    method === "POST" && /\/deployments\/\d+\/releases$/.test(path);
  const importsArrived = () => test.platform.requests.filter(isImport).length;

  /** Starts `up`, waits until the platform did what was asked, and answers what the run says at its end. */
  async function upUntilHeld(
    isHeld: (request: ProxiedRequest) => boolean,
    until: Promise<unknown>,
    onOutput: (text: string) => void = () => undefined,
  ): Promise<{ failure: Promise<string> }> {
    let isFirst = true;
    proxy.interfere((request) => {
      if (!isFirst || !isHeld(request)) return undefined;
      isFirst = false;
      return { kind: "hold-answer", until };
    });
    const held = proxy.held();
    const failure = test.failureOf(() => test.stack.up({ onOutput }));
    await Promise.race([
      held,
      failure.then((message) => Promise.reject(new Error(`the update ended before: ${message}`))),
    ]);
    return { failure };
  }

  it("finishes and records a long import that a person interrupts, and the next run does the rest", async () => {
    test.use(pluginOrdersProgram());
    let answer: () => void = () => undefined;
    const answered = new Promise<void>((done) => (answer = done));
    let output = "";
    const { failure } = await upUntilHeld(isImport, answered, (text) => {
      output += text;
      if (output.includes("cancelling")) answer();
    });
    await interruptEngine();
    expect(await failure).toMatch(
      /creating Release "orders": release 1 was imported, but not finished: PATCH http\S+ was interrupted; run `pulumi up` again\n/,
    );
    expect(await stateOf("Release")).toMatchObject({ id: "1", initErrors: [expect.any(String)] });

    const resumed = await test.requestsDuring(() => test.stack.up());
    expect(writesOf(resumed)).toEqual(["PATCH /vN/releases/N", "POST /vN/deploymentSchedules"]);
    expect(importsArrived()).toBe(1);
    expect(await releasesOf(test)).toMatchObject([{ id: 1, active: true }]);
    expect(await stateOf("Release")).not.toHaveProperty("initErrors");
  });

  it("waits for no answer to a question when a person interrupts it", async () => {
    test.use(pluginOrdersProgram({ version: "1.1.0" }));
    const { failure } = await upUntilHeld(({ method }) => method === "GET", NEVER);
    const interrupted = performance.now();
    await interruptEngine();
    expect(await failure).toMatch(/GET http\S+ was interrupted; run `pulumi up` again/);
    // Else it would be the time limit of a request, a minute, that ends it.
    expect(performance.now() - interrupted).toBeLessThan(30_000);
    expect(importsArrived()).toBe(1);
  });

  it("imports nothing twice after it was killed in the middle of an import", async () => {
    test.use(pluginOrdersProgram({ version: "1.1.0" }));
    const { failure } = await upUntilHeld(isImport, NEVER);
    expect(await killPlugin()).toBeGreaterThan(0);
    expect(await failure).toMatch(/pulumi-resource-sluice exited prematurely/);
    expect(importsArrived()).toBe(2);

    const resumed = await test.requestsDuring(() => test.stack.up());
    expect(writesOf(resumed)).toEqual(["PATCH /vN/releases/N"]);
    expect(importsArrived()).toBe(2);
    expect(await releasesOf(test)).toMatchObject([{ active: null }, { id: 2, active: true }]);
  });

  it("says through the engine what it does and waits for, and the engine has nothing to warn of", async () => {
    await test.stack.destroy();
    test.use(pluginOrdersProgram());
    let isBusy = true;
    proxy.interfere((request) => {
      if (!isBusy || !isImport(request)) return undefined;
      isBusy = false;
      return { kind: "answer", status: 429, headers: { "retry-after": "2" } };
    });
    const said: NonNullable<EngineEvent["diagnosticEvent"]>[] = [];
    const onEvent = ({ diagnosticEvent }: EngineEvent): void => {
      if (diagnosticEvent?.urn) said.push(diagnosticEvent);
    };
    const { stdout, stderr } = await test.stack.up({ onEvent });
    expect(stdout + stderr).not.toMatch(/warning|from \$PATH/);
    const progress = {
      severity: "info",
      ephemeral: true,
      urn: expect.stringMatching("Release::orders$") as string,
    };
    expect(said).toMatchObject([
      { ...progress, message: expect.stringMatching(/^importing orders-1\.0\.0\.zip, \d+ KiB\n$/) as string },
      { ...progress, message: expect.stringMatching(/^waiting 2 s: POST http\S+ answered 429 /) as string },
    ]);
  });

  it("warns at once, under the resource, of a platform that does not run, and then says that it waited in vain", async () => {
    const { envVars } = test.stack.workspace;
    const closed = await startPlatformProxy(test.platform.endpoint("prod"));
    await closed.close();
    test.stack.workspace.envVars = { ...envVars, SLUICE_ENDPOINT: closed.endpoint };
    const said: { severity: string; message: string; at: number }[] = [];
    const onEvent = ({ diagnosticEvent }: EngineEvent): void => {
      if (diagnosticEvent?.urn?.includes("sluice:index:") && !diagnosticEvent.ephemeral)
        said.push({ ...diagnosticEvent, at: performance.now() });
    };
    await test.failureOf(() => test.stack.preview({ onEvent }));
    test.stack.workspace.envVars = envVars;
    const why = "nothing listens there; is the platform running, and sluice:endpoint right?";
    expect(said).toMatchObject([
      { severity: "warning", message: `${closed.endpoint}: ${why}; it is tried again for at most 3 s\n` },
      { severity: "error", message: expect.stringContaining(`${why}; tried 5 times`) as string },
    ]);
    // Of the waits between five attempts none is shorter than half of what it may be: 0.2, 0.4, 0.8 and 1.6 s.
    const [warning, error] = said;
    expect((error?.at ?? 0) - (warning?.at ?? 0)).toBeGreaterThan(1000);
  });

  async function stateOf(name: string): Promise<unknown> {
    const { deployment } = (await test.stack.exportStack()) as {
      deployment: { resources: { type: string }[] };
    };
    return deployment.resources.find(({ type }) => type === `sluice:index:${name}`);
  }
});
