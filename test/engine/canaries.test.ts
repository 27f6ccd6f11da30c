import { mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { Writable } from "node:stream";
import type { EngineEvent } from "@pulumi/pulumi/automation/index.js";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { backUp, restore } from "../../platform/index.js";
import { registry } from "../../provider/registry.js";
import { Canaries } from "../canaries/canaries.js";
import { secretInputs } from "../canaries/secret-inputs.js";
import { sluice } from "../cli/command-line.js";
import { pluginOrdersProgram } from "./orders-on-plugin.js";
import { ordersProgram, writeOrdersPackages } from "./orders.js";
import { startPlatformProxy } from "./platform-proxy.js";
import type { PlatformProxy } from "./platform-proxy.js";
import { isWithoutEngine, startEngineTest } from "./stack.js";
import type { EngineTest, Program } from "./stack.js";

/** Where the programs of these tests take the inputs of a resource. */
const PARTS: Readonly<Record<string, string>> = {
  Connection: "connection",
  Deployment: "deployment",
  ImportRules: "rules",
  Release: "release",
  Schedule: "schedule",
};

const REFUSED = expect.stringContaining("this is refused") as string;

/** What the engine itself writes down of its talk with programs and plugins when it is asked to, in clear. */
const ENGINE_RECORDS = /^(grpc-\d+\.json$|logs\/)/;

const hosts: { name: string; sdk: string; programOf: (changes: object) => Program; plugin?: string }[] = [
  { name: "dynamic", sdk: "pulumi-sluice", programOf: ordersProgram },
  { name: "plugin", sdk: "pulumi-sluice/plugin", programOf: pluginOrdersProgram, plugin: resolve("bin") },
];

/** A program of one connection, whose secrets are in a file beside it, for commands that want a program in a file. */
const programFile = (sdk: string) => `const { Connection } = require("${sdk}");
const { connection } = require("./canary-inputs.json");
new Connection("warehouse", { name: "warehouse", vendor: "postgres", host: "db2.example.com", ...connection });
`;

describe.skipIf(isWithoutEngine).each(hosts)("a life on the $name host", ({ sdk, programOf, plugin }) => {
  const canaries = new Canaries();
  const token = canaries.make("sluice:token (reference)", { plain: true });
  const spare = {
    token: canaries.make("sluice:environments token (literal)", { plain: true }),
    password: canaries.make("sluice:environments password (reference)"),
  };
  let test: EngineTest;
  let proxy: PlatformProxy;
  let operations = 0;
  /** The platform's log. */
  const log: string[] = [];

  beforeAll(async () => {
    const stream = new Writable({
      write: (chunk: Buffer, _encoding, done) => {
        log.push(chunk.toString());
        done();
      },
    });
    test = await startEngineTest({ token, log: stream, config: {}, ...(plugin && { plugin }) });
    proxy = await startPlatformProxy(test.platform.endpoint("prod"));
    await writeFile(join(test.folder, "spare-password"), spare.password);
    const environments = {
      spare: { endpoint: test.platform.endpoint("dev"), token: spare.token },
      other: {
        endpoint: test.platform.endpoint("dev"),
        username: "loader",
        password: { fromFile: "spare-password" },
      },
    };
    await test.stack.setAllConfig({
      "sluice:endpoint": { value: proxy.endpoint },
      "sluice:token": { value: '{"fromEnv":"CANARY_TOKEN"}' },
      "sluice:expect": { value: "prod" },
      "sluice:environments": { value: JSON.stringify(environments), secret: true },
    });
    // The engine's log goes there.
    const temporary = join(test.root, "logs");
    await mkdir(temporary);
    Object.assign(test.stack.workspace.envVars, { CANARY_TOKEN: token, TMPDIR: temporary });
    await writeOrdersPackages(test);
  });
  afterAll(async () => {
    await proxy.close();
    await test.close();
  });

  /** The program with new secrets in all secret inputs. */
  async function useNewSecrets(): Promise<void> {
    const changes: Record<string, object> = {};
    for (const definition of registry) {
      const made = secretInputs(definition, canaries);
      if (made === undefined) continue;
      changes[PARTS[definition.name] ?? expect.fail(`no program here has a ${definition.name}`)] =
        made.values;
      for (const { kind, name, canary } of made.references)
        if (kind === "fromFile") await writeFile(join(test.folder, name), canary);
        else test.stack.workspace.envVars[name] = canary;
    }
    await writeFile(join(test.folder, "canary-inputs.json"), JSON.stringify(changes));
    test.use(programOf(changes));
  }

  /** An operation with every record that the engine can keep; what it printed is in a file of its own. */
  async function operate<T>(action: (options: object) => Promise<T>): Promise<T | Error> {
    operations += 1;
    const printed: string[] = [];
    const recorded: string[] = [];
    test.stack.workspace.envVars["PULUMI_DEBUG_GRPC"] = join(test.root, `grpc-${operations}.json`);
    const options = {
      diff: true,
      logVerbosity: 9,
      onOutput: (text: string) => printed.push(text),
      onError: (text: string) => printed.push(text),
      onEvent: (event: EngineEvent) => (isDebug(event) ? recorded : printed).push(JSON.stringify(event)),
    };
    const result = await action(options).catch((error: unknown) => error as Error);
    if (result instanceof Error) printed.push(result.message);
    await writeFile(join(test.root, `printed-${operations}.txt`), printed.join("\n"));
    await writeFile(join(test.root, "logs", `events-${operations}.txt`), recorded.join("\n"));
    return result;
  }

  it("does not begin at another environment than is expected, in a preview either", async () => {
    await useNewSecrets();
    await test.stack.setConfig("sluice:expect", { value: "dev" });
    const said = expect.stringContaining(
      `${proxy.endpoint} is the environment with the name "prod", and sluice:expect wants "dev"`,
    ) as string;
    expect(await operate((options) => test.stack.preview(options))).toHaveProperty("message", said);
    expect(await operate((options) => test.stack.up(options))).toHaveProperty("message", said);
    expect(new Set(proxy.requests.map(({ path }) => path))).toEqual(new Set(["/prod/v4/workspaces/current"]));
    await test.stack.setConfig("sluice:expect", { value: "prod" });
  });

  it("goes on with secrets in every secret input", async () => {
    await useNewSecrets();
    const plan = join(test.root, "plan.json");
    expect(await operate((options) => test.stack.preview({ ...options, plan }))).not.toBeInstanceOf(Error);
    expect(await operate((options) => test.stack.up(options))).not.toBeInstanceOf(Error);
    const unchanged = await operate((options) => test.stack.preview(options));
    expect(unchanged).toMatchObject({ changeSummary: { same: expect.any(Number) as number } });
    expect(Object.keys((unchanged as { changeSummary: object }).changeSummary)).toEqual(["same"]);
    await useNewSecrets();
    const rotated = await operate((options) => test.stack.up(options));
    expect(rotated).toMatchObject({ summary: { resourceChanges: { update: 1 } } });
    expect(await operate((options) => test.stack.refresh(options))).not.toBeInstanceOf(Error);
  });

  it("is previewed on the command line, as JSON and into a plan, and reported", async () => {
    await useNewSecrets();
    await writeFile(join(test.folder, "index.js"), programFile(sdk));
    const at = (name: string) => join(test.root, name);
    const more = ["--diff", "--show-sames", "--save-plan", at("command-plan.json")];
    const printed = await test.pulumi("preview", "--json", ...more);
    await writeFile(at("command-preview.json"), printed);
    expect(printed).toContain("db2.example.com");
    const { code, out, error } = await sluice("preview-report", at("command-preview.json"));
    expect([code, error]).toEqual([0, ""]);
    expect(out).toContain("warehouse");
    await writeFile(at("command-report.json"), out);
  });

  it("is run by a platform that quotes what it was sent, and by one that does not", async () => {
    process.env["SLUICE_TOKEN"] = token;
    const run = async (name: string, ...more: string[]) => {
      const result = await sluice("run", "--deployment", "orders", "--endpoint", proxy.endpoint, ...more);
      await writeFile(join(test.root, name), result.out + result.error);
      return result;
    };
    proxy.interfere(({ method }) => (method === "GET" ? undefined : { kind: "echo" }));
    expect((await run("run-refused.txt")).error).toContain("this is refused");
    proxy.interfere(undefined);
    // Its files are nowhere: the job fails, and says why.
    expect((await run("run.json", "--json")).code).toBe(1);
    delete process.env["SLUICE_TOKEN"];
  });

  it("is refused by a platform that quotes everything it was sent", async () => {
    await useNewSecrets();
    proxy.interfere(({ method }) => (method === "GET" ? undefined : { kind: "echo" }));
    expect(await operate((options) => test.stack.up(options))).toHaveProperty("message", REFUSED);
    proxy.interfere(({ path }) => (path.includes("workspaces") ? undefined : { kind: "echo" }));
    for (const operation of ["up", "refresh", "destroy"] as const)
      expect(await operate((options) => test.stack[operation](options))).toHaveProperty("message", REFUSED);
    proxy.interfere(undefined);
    const printed = await readFile(join(test.root, `printed-${operations}.txt`), "utf8");
    expect(printed).toContain("[secret]");
  });

  it("is backed up, and restored elsewhere", async () => {
    const file = join(test.root, "backup");
    const made = await backUp({ data: join(test.root, "platform"), to: file });
    const restored = await restore({ from: file, data: join(test.root, "restored") });
    await writeFile(join(test.root, "printed-backup.json"), JSON.stringify([made, restored]));
  });

  it("is taken over and taken down", async () => {
    const out = join(test.root, "adopted");
    process.env["SLUICE_TOKEN"] = token;
    const adopted = await sluice(
      "adopt",
      "--environment",
      "prod",
      "--endpoint",
      proxy.endpoint,
      "--out",
      out,
    );
    delete process.env["SLUICE_TOKEN"];
    await writeFile(join(test.root, "printed-adopt.txt"), adopted.out + adopted.error);
    expect(await readdir(out)).toContain("import.json");
    if (plugin) {
      const resources = [{ type: "sluice:index:Connection", name: "imported", id: "1" }];
      const file = join(test.root, "import.json");
      await writeFile(file, JSON.stringify({ resources }));
      const words = ["import", "--file", file, "--generate-code=false", "--protect=false", "--yes"];
      const imported = await test.pulumi(...words).catch(String);
      await writeFile(join(test.root, "printed-import.txt"), imported);
    }
    await writeFile(join(test.root, "export.json"), await test.pulumi("stack", "export"));
    await writeFile(join(test.root, "history.json"), await test.pulumi("stack", "history", "--json"));
    await writeFile(join(test.root, "config.json"), await test.pulumi("config", "--json"));
    expect(await operate((options) => test.stack.destroy(options))).not.toBeInstanceOf(Error);
  });

  it("leaves no secret anywhere: state, plan, output, errors, logs, requests, adopted program, platform", async () => {
    await writeFile(join(test.root, "requests.json"), JSON.stringify(test.platform.requests));
    await writeFile(join(test.root, "platform.log"), log.join(""));
    /** The secrets themselves, and the engine's own plugins and settings. */
    const isSearched = (path: string) => !/(^|\/)(canary-|spare-password|node_modules\/)|^home\//.test(path);
    const isAllowed = (path: string, place: string) =>
      ENGINE_RECORDS.test(path) && place.endsWith("(literal)");
    const { found, searched } = await canaries.findBelow(test.root, isSearched, isAllowed);
    expect(found).toEqual([]);
    expect(searched).toEqual(
      expect.arrayContaining([
        "plan.json",
        "platform.log",
        "requests.json",
        "adopted/import.json",
        "command-plan.json",
        "command-preview.json",
        "command-report.json",
        "run.json",
        "backup",
        "printed-backup.json",
        "grpc-1.json",
        `backend/.pulumi/stacks/engine-test/prod.json`,
      ]),
    );
    expect(searched.some((path) => path.startsWith("logs/"))).toBe(true);
    expect(searched.filter((path) => /^platform\/.*(sqlite|db)/.test(path)).length).toBeGreaterThan(1);
  });
});

/** With its log at its fullest the engine also tells who listens to its events what it says there. */
function isDebug({ diagnosticEvent }: EngineEvent): boolean {
  return (diagnosticEvent?.severity as string | undefined) === "debug";
}
