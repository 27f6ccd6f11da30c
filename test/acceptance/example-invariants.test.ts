import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { delimiter, dirname, join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { ZipFile } from "yazl";
import { readArchive } from "../../flow/archive.js";
import { startPlatform } from "../../platform/index.js";
import type { RunningPlatform } from "../../platform/index.js";
import { isWithoutEngine, writesOf } from "../engine/stack.js";
import { startCommandLine } from "./command-line.js";
import type { CommandLine } from "./command-line.js";

const TOKEN = "example-invariants-token";
const ENVIRONMENTS = ["dev", "prod"];
const LIMITS = { entries: 1000, unpackedBytes: 2 ** 28, ratio: 10_000 };

/** Whatever lies there is tested: an example needs an entry below only when it needs more configuration than the quickstart. */
const EXAMPLES = readdirSync("examples").filter((name) => existsSync(join("examples", name, "Pulumi.yaml")));

type Configuration = (platform: RunningPlatform) => Record<string, string>;

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

describe.skipIf(isWithoutEngine)("every example", () => {
  let platform: RunningPlatform;
  let line: CommandLine;
  let folder: string;

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
  });
  afterAll(async () => {
    await line.remove();
    await platform.close();
    await rm(folder, { recursive: true, force: true, maxRetries: 3 });
  });

  it.each(EXAMPLES)(
    "%s: a preview writes nothing, a second one is empty, and it can always be destroyed",
    async (example) => {
      const pulumi = (...args: string[]) => line.pulumi(join("examples", example), ...args);
      const backend = join(dirname(line.root), "backend/.pulumi/stacks");
      /** What the engine and the platform hold, byte for byte. */
      const everything = async () => JSON.stringify([filesIn(backend), await contentOf(platform)], null, 1);
      const isQuiet = async (what: string, ...args: string[]) => {
        const before = await everything();
        const count = platform.requests.length;
        await pulumi(...args);
        expect(writesOf(platform.requests.slice(count)), what).toEqual([]);
        return { before, after: await everything() };
      };
      const writesNothing = async (what: string, ...args: string[]) => {
        const { before, after } = await isQuiet(what, ...args);
        expect(after, what).toBe(before);
      };

      await pulumi("stack", "init", "invariants");
      for (const [key, value] of Object.entries(CONFIGURATION[example]?.(platform) ?? {}))
        await pulumi("config", "set", "--secret", key, value);
      const empty = await contentOf(platform);
      await writesNothing("a preview of what is not there yet", "preview", "--diff");
      await pulumi("up", "--yes", "--skip-preview");
      await writesNothing("a second preview", "preview", "--diff", "--expect-no-changes");
      await isQuiet("a refresh", "refresh", "--yes", "--skip-preview", "--expect-no-changes");

      const packed = await repack(join(line.root, "examples"));
      expect(packed).toBeGreaterThan(0);
      await isQuiet("the same package, packed anew", "up", "--yes", "--skip-preview", "--expect-no-changes");

      await removeAll(platform);
      await pulumi("destroy", "--yes", "--skip-preview");
      expect(await contentOf(platform)).toEqual(empty);
      await isQuiet("destroyed again", "destroy", "--yes", "--skip-preview");
      await pulumi("stack", "rm", "--yes");
    },
  );
});

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

let yearOfPacking = 2001;

/** Packs every package below a folder anew: entries in the other order, of another time. Answers how many there were. */
async function repack(directory: string): Promise<number> {
  const files = readdirSync(directory, { recursive: true, encoding: "utf8" }).filter((file) =>
    /packages\/[^/]+\.zip$/.test(file),
  );
  yearOfPacking += 1;
  for (const file of files) {
    const path = join(directory, file);
    const before = readFileSync(path);
    const zip = new ZipFile();
    const entries = [...(await readArchive(path, LIMITS, () => true))].reverse();
    for (const [name, bytes] of entries) zip.addBuffer(bytes, name, { mtime: new Date(yearOfPacking, 2, 3) });
    zip.end();
    const chunks: Buffer[] = [];
    for await (const chunk of zip.outputStream) chunks.push(chunk as Buffer);
    const after = Buffer.concat(chunks);
    expect(after.equals(before), file).toBe(false);
    writeFileSync(path, after);
  }
  return files.length;
}
