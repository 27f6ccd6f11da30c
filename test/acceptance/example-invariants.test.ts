import { readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { delimiter, dirname, join } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { startPlatform } from "../../platform/index.js";
import type { RunningPlatform } from "../../platform/index.js";
import { isWithoutEngine, writesOf } from "../engine/stack.js";
import { startCommandLine } from "./command-line.js";
import type { CommandLine } from "./command-line.js";
import { EXAMPLES, onHost, packAgain, writeOtherwise } from "./example-programs.js";

const TOKEN = "example-invariants-token";
const ENVIRONMENTS = ["dev", "prod"];

type Configuration = (platform: RunningPlatform) => Record<string, string>;

/** Whatever lies in examples/ is tested: one needs an entry here only when it needs more configuration than the quickstart. */
const CONFIGURATION: Record<string, Configuration> = {
  "two-environments": (platform) => ({
    "sluice:environments": JSON.stringify(
      Object.fromEntries(
        ENVIRONMENTS.map((name) => [name, { endpoint: platform.endpoint(name), token: TOKEN }]),
      ),
    ),
    ...Object.fromEntries(ENVIRONMENTS.map((name) => [`crmPassword-${name}`, "crm-password"])),
  }),
};

/** A resource as a stack's export holds it. */
interface Exported {
  type: string;
  urn: string;
  id?: string;
  inputs?: { environment?: string };
}

/** A step of `pulumi preview --json`. */
interface Step {
  op: string;
  urn: string;
  diffReasons?: string[];
}

describe.skipIf(isWithoutEngine)("every example", () => {
  let platform: RunningPlatform;
  let line: CommandLine;
  let folder: string;
  let folders: string[];

  beforeAll(async () => {
    const { findPulumi } = await import("../../tools/pulumi-cli.mjs");
    const { findLanguageHost } = await import("../../tools/language-hosts.mjs");
    const hosts = [(await findPulumi()).bin, (await findLanguageHost("yaml")).bin];
    folder = await mkdtemp(join(tmpdir(), "sluice-invariants-"));
    const settings = { recordRequests: true };
    platform = await startPlatform({ data: folder, environments: ENVIRONMENTS, token: TOKEN, settings });
    line = await startCommandLine({
      SLUICE_ENDPOINT: platform.endpoint("prod"),
      SLUICE_TOKEN: TOKEN,
      WAREHOUSE_PASSWORD: "warehouse-password",
      PATH: [...hosts, process.env["PATH"]].join(delimiter),
    });
    const examples = join(line.root, "examples");
    folders = await Promise.all(EXAMPLES.map(({ example, host }) => onHost(examples, example, host)));
    await packAgain(examples);
  });
  afterEach(() => removeAll(platform));
  afterAll(async () => {
    await line.remove();
    await platform.close();
    await rm(folder, { recursive: true, force: true, maxRetries: 3 });
  });

  it.each(EXAMPLES.map((one, index) => ({ ...one, index })))(
    "$example on the $host host: previews write nothing, a second one is empty, what is imported or written otherwise is the same, and it can always be destroyed",
    async ({ example, host, index }) => {
      const directory = join("examples", folders[index] ?? "");
      const pulumi = (...args: string[]) => line.pulumi(directory, ...args);
      const backend = join(dirname(line.root), "backend/.pulumi/stacks");
      /** What the engine and the platform hold, byte for byte. */
      const everything = async () => JSON.stringify([filesIn(backend), await contentOf(platform)], null, 1);
      const writesDuring = async (action: () => Promise<unknown>) => {
        const count = platform.requests.length;
        await action();
        return writesOf(platform.requests.slice(count));
      };
      const isQuiet = async (what: string, ...args: string[]) => {
        expect(await writesDuring(() => pulumi(...args)), what).toEqual([]);
      };
      const writesNothing = async (what: string, ...args: string[]) => {
        const before = await everything();
        await isQuiet(what, ...args);
        expect(await everything(), what).toBe(before);
      };

      await pulumi("stack", "init", `${example}-on-${host}`);
      for (const [key, value] of Object.entries(CONFIGURATION[example]?.(platform) ?? {}))
        await pulumi("config", "set", "--secret", key, value);
      const empty = await contentOf(platform);
      await writesNothing("a preview of what is not there yet", "preview", "--diff");
      await pulumi("up", "--yes", "--skip-preview");
      await writesNothing("a second preview", "preview", "--diff", "--expect-no-changes");
      await isQuiet("a refresh", "refresh", "--yes", "--skip-preview", "--expect-no-changes");

      // A dynamic provider cannot import.
      if (host === "plugin") {
        const made = await contentOf(platform);
        const connections = await loseAndImport(pulumi, join(line.root, directory), writesDuring);
        expect(await contentOf(platform)).toEqual(made);
        // Nobody tells credentials: the program sets its own once, and nothing else.
        const writes = await writesDuring(() => pulumi("up", "--yes", "--skip-preview"));
        expect(writes).toEqual(connections.map(() => "PATCH /vN/connections/N"));
      }

      writeOtherwise(join(line.root, directory));
      const again = ["up", "--yes", "--skip-preview", "--expect-no-changes"];
      await isQuiet("resources in another order, the same packages packed again under other names", ...again);

      await removeAll(platform);
      await pulumi("destroy", "--yes", "--skip-preview");
      expect(await contentOf(platform)).toEqual(empty);
      await isQuiet("destroyed again", "destroy", "--yes", "--skip-preview");
      await pulumi("stack", "rm", "--yes");
    },
  );
});

type Pulumi = (...commandArguments: string[]) => Promise<string>;

/**
 * Takes every resource out of state and brings it back: by the commands that the refused preview prints, the rest by its id. Answers
 * the connections whose credentials a preview wants to set, after looking that it wants nothing else.
 */
async function loseAndImport(
  pulumi: Pulumi,
  folder: string,
  writesDuring: (action: () => Promise<unknown>) => Promise<string[]>,
): Promise<string[]> {
  const file = join(folder, "stack.json");
  const lost = (await exported()).filter(({ type }) => type.startsWith("sluice:index:"));
  let steps: Step[] = [];
  const writes = await writesDuring(async () => {
    const whole = read();
    whole.deployment.resources = whole.deployment.resources.filter(
      ({ type }) => type === "pulumi:pulumi:Stack",
    );
    writeFileSync(file, JSON.stringify(whole));
    await pulumi("stack", "import", "--file", file);

    const refusal = await pulumi("preview").then(
      () => "",
      (error: Error) => error.message,
    );
    const commands = [...refusal.matchAll(/run `pulumi ([^`]+)` to take/g)].map(
      ([, command = ""]) => command,
    );
    expect(new Set(commands).size, refusal).toBeGreaterThan(0);
    for (const command of new Set(commands)) await pulumi(...command.split(" "), "--yes");

    const known = new Set((await exported()).map(({ urn }) => urn));
    const resources = lost
      .filter(({ urn }) => !known.has(urn))
      .map(({ type, urn, id = "", inputs }) => {
        const place = inputs?.environment === undefined ? "" : `${inputs.environment}/`;
        return { type, name: urn.split("::").at(-1), id: place + id };
      });
    writeFileSync(file, JSON.stringify({ resources }));
    await pulumi("import", "--file", file, "--generate-code=false", "--protect=false", "--yes");
    expect((await exported()).map(({ urn }) => urn)).toEqual(
      expect.arrayContaining(lost.map(({ urn }) => urn)),
    );
    const printed = await pulumi("preview", "--json");
    // Language hosts may say something after it.
    ({ steps } = JSON.parse(printed.slice(0, printed.lastIndexOf("\n}") + 2)) as { steps: Step[] });
  });
  expect(writes).toEqual([]);
  const changing = steps.filter(({ op }) => op !== "same" && op !== "refresh");
  const connections = lost.filter(({ type }) => type.endsWith(":Connection")).map(({ urn }) => urn);
  expect(changing.map(({ urn }) => urn).sort()).toEqual(connections.sort());
  for (const { op, diffReasons } of changing) expect([op, diffReasons]).toEqual(["update", ["credentials"]]);
  return connections;

  function read() {
    return JSON.parse(readFileSync(file, "utf8")) as { deployment: { resources: Exported[] } };
  }
  async function exported(): Promise<Exported[]> {
    await pulumi("stack", "export", "--file", file);
    return read().deployment.resources;
  }
}

function filesIn(directory: string): Record<string, string> {
  const files = readdirSync(directory, { recursive: true, encoding: "utf8" }).sort();
  return Object.fromEntries(
    files
      .filter((file) => statSync(join(directory, file)).isFile())
      .map((file) => [file, readFileSync(join(directory, file), "utf8")]),
  );
}

const LISTS = ["connections", "deployments", "releases", "deploymentSchedules", "flows", "importedDatasets"];
/** What does not go with something else. */
const REMOVED = ["deploymentSchedules", "deployments", "connections"];

async function contentOf(platform: RunningPlatform): Promise<unknown> {
  const lists = ENVIRONMENTS.flatMap((environment) => LISTS.map((list) => ({ environment, list })));
  return Promise.all(
    lists.map(async ({ environment, list }) => [
      environment,
      list,
      await readList(platform, environment, list),
    ]),
  );
}

async function removeAll(platform: RunningPlatform): Promise<void> {
  for (const environment of ENVIRONMENTS)
    for (const list of REMOVED)
      for (const { id } of await readList(platform, environment, list)) {
        const { status } = await send(platform, environment, "DELETE", `${list}/${id}`);
        expect(status, `DELETE ${list}/${id}`).toBe(204);
      }
}

async function readList(platform: RunningPlatform, environment: string, list: string) {
  const response = await send(platform, environment, "GET", `${list}?noLimit=true`);
  expect(response.status, list).toBe(200);
  return ((await response.json()) as { data: { id: number }[] }).data;
}

function send(platform: RunningPlatform, environment: string, method: string, path: string) {
  const headers = { authorization: `Bearer ${TOKEN}` };
  return fetch(`${platform.endpoint(environment)}/v4/${path}`, { method, headers });
}
