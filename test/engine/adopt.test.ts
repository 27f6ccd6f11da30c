import { execFile } from "node:child_process";
import { mkdir, mkdtemp, readdir, readFile, realpath, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, delimiter, join, resolve } from "node:path";
import { promisify, stripVTControlCharacters } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { writePackage } from "../../flow/index.js";
import { buildPackage } from "../../flow/source.js";
import { startPlatform } from "../../platform/index.js";
import type { RequestRecord, RunningPlatform } from "../../platform/index.js";
import { makeByHand, MISPLACED_PASSWORD } from "../cli/adopt/hand-made.js";
import { isWithoutEngine, writesOf } from "./stack.js";

const ROOT = resolve(__dirname, "..", "..");
const TOKEN = "adopt-engine-token-58c2";

let root: string;
let platform: RunningPlatform;
let environment: NodeJS.ProcessEnv;

/** Runs a command the way a person does, in a folder below the test's root. */
async function runIn(folder: string, command: string, ...commandArguments: string[]): Promise<string> {
  const { stdout, stderr } = await promisify(execFile)(command, commandArguments, {
    cwd: join(root, folder),
    // A stack of one name in two languages: each has a backend of its own.
    env: { ...environment, PULUMI_BACKEND_URL: `file://${join(root, `backend-${basename(folder)}`)}` },
    maxBuffer: 64 * 1024 * 1024,
  }).catch((error: Error & { stdout?: string; stderr?: string }) => {
    throw new Error(`${command} ${commandArguments.join(" ")}: ${error.stdout ?? ""}${error.stderr ?? ""}`, {
      cause: error,
    });
  });
  return stripVTControlCharacters(stdout + stderr);
}

function pulumi(folder: string, ...commandArguments: string[]): Promise<string> {
  return runIn(folder, "pulumi", ...commandArguments, "--non-interactive", "--color", "never");
}

/** Runs the commands that the summary names; values that only a person knows are put in. */
async function followUp(summary: string, folder: string, known: Record<string, string>): Promise<string> {
  const commands = [...summary.matchAll(/^ {2}pulumi (.+)$/gm)].map(([, words = ""]) => words.split(" "));
  expect(commands.map(([first]) => first)).toEqual(["stack", "config", "config", "import", "preview"]);
  let output = "";
  for (const words of commands) {
    const [setting = ""] = words.slice(-2);
    const filled = words.map((word) => (word === "…" ? (known[setting] ?? "") : word));
    output = await pulumi(folder, ...filled);
  }
  return output;
}

async function requestsDuring(action: () => Promise<unknown>): Promise<RequestRecord[]> {
  const before = platform.requests.length;
  await action();
  return platform.requests.slice(before);
}

beforeAll(async () => {
  if (isWithoutEngine) return;
  const { engineEnvironment, findPulumi } = await import("../../tools/pulumi-cli.mjs");
  const { findLanguageHost } = await import("../../tools/language-hosts.mjs");
  const { bin } = await findPulumi();
  const yaml = await findLanguageHost("yaml");
  root = await realpath(await mkdtemp(join(tmpdir(), "sluice-adopting-")));
  const backend = join(root, "backend");
  for (const language of ["typescript", "yaml"]) await mkdir(`${backend}-${language}`);
  const engine = engineEnvironment({ bin, home: join(root, "home"), backend, passphrase: "adopting" });
  const path = [yaml.bin, bin, engine["PATH"]].join(delimiter);
  environment = { ...process.env, ...engine, PATH: path, SLUICE_TOKEN: TOKEN };
  platform = await startPlatform({
    data: join(root, "platform"),
    environments: ["prod"],
    token: TOKEN,
    settings: { recordRequests: true },
  });
  await makeByHand(platform.endpoint("prod"), TOKEN, 20);
});

afterAll(async () => {
  if (isWithoutEngine) return;
  await platform.close();
  await rm(root, { recursive: true, force: true, maxRetries: 3 });
});

describe.skipIf(isWithoutEngine)("what was adopted", () => {
  const known = {
    "sluice:token": TOKEN,
    warehouse_connectStrOpts: `ssl=true;password=${MISPLACED_PASSWORD}`,
  };
  let summary: string;

  beforeAll(async () => {
    const options = ["--environment", "prod", "--endpoint", platform.endpoint("prod"), "--language", "both"];
    const sluice = join(ROOT, "dist", "cli", "main.js");
    summary = await runIn(".", process.execPath, sluice, "adopt", ...options, "--out", "shop");
    // What `npm install` makes: the package with the plugin in it.
    await symlink(join(ROOT, "node_modules"), join(root, "shop", "node_modules"));
  });

  it.each(["typescript", "yaml"])(
    "is imported by a program in %s, and then there is nothing left to change",
    async (language) => {
      const folder = join("shop", language);
      await symlink(join(ROOT, "node_modules"), join(root, folder, "node_modules"));
      let preview = "";
      const requests = await requestsDuring(async () => (preview = await followUp(summary, folder, known)));
      expect(preview).toMatch(/^ +53 unchanged$/m);
      expect(preview).not.toMatch(/error|warning: (?!using pulumi-language)/);
      await pulumi(folder, "preview", "--expect-no-changes", "--refresh");
      expect(writesOf(requests)).toEqual([]);
    },
  );

  it("changes nothing at the platform when the program runs for the first time", async () => {
    const requests = await requestsDuring(() =>
      pulumi("shop/typescript", "up", "--yes", "--skip-preview", "--expect-no-changes"),
    );
    expect(writesOf(requests)).toEqual([]);
  });

  it("is promoted and rolled back as if it had been made here", async () => {
    const folder = join(root, "shop", "typescript", "deployments");
    const file = await findFile(folder, 'new sluice.Deployment("orders",');
    const text = await readFile(file, "utf8");
    const adopted = /package: "(.+)"/.exec(text)?.[1] ?? "";
    const source = await buildPackage(join(ROOT, "examples", "quickstart", "packages", "orders-1.1.0"));
    await writeFile(join(root, "shop", "packages", "orders-1.1.0.zip"), await writePackage(source));
    await writeFile(file, text.replace(adopted, "../packages/orders-1.1.0.zip"));

    expect(changesIn(await pulumi("shop/typescript", "preview", "--json"))).toEqual([
      "update Release::orders",
    ]);
    const promoted = await requestsDuring(() => pulumi("shop/typescript", "up", "--yes", "--skip-preview"));
    expect(writesOf(promoted).filter((write) => write.startsWith("POST"))).toHaveLength(1);

    await writeFile(file, text);
    const rolledBack = await requestsDuring(() => pulumi("shop/typescript", "up", "--yes", "--skip-preview"));
    expect(writesOf(rolledBack)).toEqual(["PATCH /vN/releases/N"]);
  });
});

/** What a preview in JSON would do to resources; what it shows inside of them does not count. */
function changesIn(preview: string): string[] {
  const { steps } = JSON.parse(preview.slice(preview.indexOf("{"))) as {
    steps: { op: string; urn: string; newState?: { viewOf?: string } }[];
  };
  return steps
    .filter(({ op, newState }) => op !== "same" && op !== "refresh" && newState?.viewOf === undefined)
    .map(({ op, urn }) => `${op} ${urn.split(":").slice(-3).join(":")}`);
}

async function findFile(folder: string, text: string): Promise<string> {
  for (const name of await readdir(folder)) {
    const file = join(folder, name);
    if ((await readFile(file, "utf8")).includes(text)) return file;
  }
  throw new Error(`no file in ${folder} holds ${text}`);
}
