import { appendFile, mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { readPackage } from "../../flow/index.js";
import { startPlatform } from "../../platform/index.js";
import type { RequestRecord, RunningPlatform } from "../../platform/index.js";
import { startPlatformProxy } from "../engine/platform-proxy.js";
import type { PlatformProxy } from "../engine/platform-proxy.js";
import { DEPLOYMENTS, makeByHand, MISPLACED_PASSWORD, ODD_CONNECTIONS } from "./adopt/hand-made.js";
import { sluice } from "./command-line.js";
import type { Result } from "./command-line.js";

const TOKEN = "adopt-test-token-9b31";
const RELEASED = DEPLOYMENTS.filter(({ isReleased }) => isReleased).length;

/** More than one page of a list, which holds 100 rows. */
const STORES = 90;
const CONNECTIONS = STORES + ODD_CONNECTIONS.length + 1;

let root: string;
let platform: RunningPlatform;
let proxy: PlatformProxy;

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), "sluice-adopt-"));
  platform = await startPlatform({
    data: join(root, "platform"),
    environments: ["prod"],
    token: TOKEN,
    settings: { recordRequests: true },
  });
  await makeByHand(platform.endpoint("prod"), TOKEN, STORES);
  proxy = await startPlatformProxy(platform.endpoint("prod"));
});

afterAll(async () => {
  await proxy.close();
  await platform.close();
  await rm(root, { recursive: true, force: true });
});

beforeEach(() => {
  proxy.interfere(undefined);
  process.env["SLUICE_TOKEN"] = TOKEN;
  delete process.env["SLUICE_ENDPOINT"];
  return () => {
    delete process.env["SLUICE_TOKEN"];
  };
});

let folders = 0;

function newFolder(): string {
  folders += 1;
  return join(root, `out-${String(folders)}`);
}

function adopt(out: string, ...options: string[]): Promise<Result> {
  return sluice("adopt", "--environment", "prod", "--endpoint", proxy.endpoint, "--out", out, ...options);
}

async function requestsOf(action: () => Promise<unknown>): Promise<RequestRecord[]> {
  const before = platform.requests.length;
  await action();
  return platform.requests.slice(before);
}

async function filesIn(folder: string): Promise<Map<string, string>> {
  const names = await readdir(folder, { recursive: true });
  const files = new Map<string, string>();
  for (const name of names)
    if ((await stat(join(folder, name))).isFile())
      files.set(name, await readFile(join(folder, name), "latin1"));
  return files;
}

interface ImportFile {
  readonly resources: readonly { readonly type: string; readonly name: string; readonly id: string }[];
}

async function importsIn(folder: string): Promise<ImportFile["resources"]> {
  return (JSON.parse(await readFile(join(folder, "import.json"), "utf8")) as ImportFile).resources;
}

async function typesIn(folder: string): Promise<string[]> {
  const types = (await importsIn(folder)).map(({ type }) => type.replace("sluice:index:", ""));
  return [...new Set(types)].sort();
}

describe("sluice adopt", () => {
  it("writes everything that there is into a program, and only reads", async () => {
    const out = newFolder();
    let result: Result | undefined;
    const requests = await requestsOf(async () => (result = await adopt(out, "--language", "both")));

    expect(result).toMatchObject({ code: 0 });
    expect(result?.out).toContain(`  ${String(CONNECTIONS)} connections\n  5 deployments\n`);
    expect(result?.out).toContain(`no active release, so the program states none: "con", "constructor"`);
    expect(new Set(requests.map(({ method }) => method))).toEqual(new Set(["GET"]));
    const names = [...(await filesIn(out)).keys()];
    expect(names).toEqual(
      expect.arrayContaining(["typescript/index.ts", "typescript/tsconfig.json", "yaml/Pulumi.yaml"]),
    );
    expect(names.filter((name) => name.includes(".sluice-adopt") || name.endsWith(".part"))).toEqual([]);
    expect(await importsIn(join(out, "yaml"))).toHaveLength(CONNECTIONS + 5 + RELEASED * 4);
  });

  it("downloads the package of each active release, once", async () => {
    const out = newFolder();
    const requests = await requestsOf(() => adopt(out));
    const downloads = requests.filter(({ path }) => path.endsWith("/package"));
    expect(downloads).toHaveLength(RELEASED);
    expect(new Set(downloads.map(({ path }) => path)).size).toBe(RELEASED);
    const packages = await readdir(join(out, "packages"));
    expect(packages).toHaveLength(RELEASED);
    // The second release of each deployment, which is the one that was made last, is active.
    for (const name of packages) {
      const [, release] = /-(\d+)\.zip$/.exec(name) ?? [];
      expect(Number(release) % 2).toBe(0);
      expect((await readPackage(join(out, "packages", name))).flows[0]?.name).toBe("Orders");
    }
  });

  it("writes no secret: neither the token, nor credentials, nor a password in a parameter", async () => {
    const out = newFolder();
    const result = await adopt(out, "--language", "both");
    const written = [...(await filesIn(out)).values(), result.out, result.error].join("\n");
    for (const secret of [TOKEN, MISPLACED_PASSWORD, "never-comes-back", "loader"])
      expect(written).not.toContain(secret);
    expect(written).toContain(`config.requireSecret("warehouse_connectStrOpts")`);
    expect(result.out).toContain("pulumi config set --secret warehouse_connectStrOpts …");
  });

  it("takes only the types and names that are asked for", async () => {
    const types = newFolder();
    await adopt(types, "--only", "import-rules,connections");
    expect(await typesIn(types)).toEqual(["Connection", "ImportRules"]);

    const names = newFolder();
    await adopt(names, "--name", "orders", "--name", "/^store 1\\d$/");
    const imports = await importsIn(names);
    expect(imports.map(({ type, name }) => `${type.replace("sluice:index:", "")} ${name}`).sort()).toEqual([
      "Connection store-10",
      "Connection store-11",
      "Connection store-12",
      "Connection store-13",
      "Connection store-14",
      "Connection store-15",
      "Connection store-16",
      "Connection store-17",
      "Connection store-18",
      "Connection store-19",
      "Deployment orders",
      "ImportRules orders",
      "Release orders",
      "Schedule nightly",
      "Schedule only-orders",
    ]);
    // The connection that the rules name is not in the program: its id stands there.
    expect((await filesIn(names)).get("index.ts")).toMatch(/with: "\d+"/);
  });

  it("sends no more requests a second than it is told", async () => {
    const started = performance.now();
    const requests = await requestsOf(() => adopt(newFolder(), "--requests-per-second", "8"));
    const seconds = (performance.now() - started) / 1000;
    expect(requests.length).toBeGreaterThan(12);
    // A second's worth may go out at once.
    expect(seconds).toBeGreaterThan((requests.length - 8) / 8 - 0.1);
  });
});

describe("an adoption that breaks off", () => {
  it("goes on where it stopped, and comes to the same program", async () => {
    const whole = newFolder();
    await adopt(whole, "--project", "shop");
    const out = newFolder();
    let downloads = 0;
    proxy.interfere(({ path }) => {
      if (path.endsWith("/package")) downloads += 1;
      return downloads === RELEASED ? { kind: "answer", status: 401 } : undefined;
    });
    const broken = await adopt(out, "--project", "shop");
    expect(broken.code).toBe(2);
    expect(broken.error).toContain("check sluice:token");
    expect((await readdir(out)).filter((name) => !name.startsWith("."))).not.toContain("import.json");

    proxy.interfere(undefined);
    let result: Result | undefined;
    const requests = await requestsOf(async () => (result = await adopt(out, "--project", "shop")));
    expect(result).toMatchObject({ code: 0 });
    expect(result?.error).toContain("going on with what was read since");
    expect(requests.filter(({ path }) => path.endsWith("/package"))).toHaveLength(1);
    expect(await filesIn(out)).toEqual(await filesIn(whole));
  });

  it("does not take for finished what a killed run left half-written", async () => {
    const out = newFolder();
    await adopt(out, "--only", "deployments,releases");
    const complete = await filesIn(out);
    await rm(out, { recursive: true });

    proxy.interfere(({ path }) => (path.endsWith("/package") ? { kind: "answer", status: 401 } : undefined));
    await adopt(out, "--only", "deployments,releases");
    const kept = join(out, ".sluice-adopt");
    await appendFile(join(kept, "objects.jsonl"), '{"type":"Release","id":"1","name":"ord');
    await mkdir(join(kept, "packages"), { recursive: true });
    await writeFile(join(kept, "packages", "%2Fv4%2Freleases%2F2%2Fpackage.9.part"), "PK");

    proxy.interfere(undefined);
    expect(await adopt(out, "--only", "deployments,releases")).toMatchObject({ code: 0 });
    expect(await filesIn(out)).toEqual(complete);
  });

  it("is not mixed with one of another platform", async () => {
    const out = newFolder();
    proxy.interfere(({ path }) => (path.endsWith("/package") ? { kind: "answer", status: 401 } : undefined));
    await adopt(out);
    const other = await sluice(
      "adopt",
      "--environment",
      "prod",
      "--endpoint",
      platform.endpoint("prod"),
      "--out",
      out,
    );
    expect(other).toMatchObject({ code: 2 });
    expect(other.error).toContain(`holds an unfinished adoption of ${proxy.endpoint}`);
  });
});

describe("what cannot be adopted", () => {
  it("is named with the reason, and the rest is adopted", async () => {
    let isFirst = true;
    proxy.interfere(({ path }) => {
      if (!path.endsWith("/package") || !isFirst) return undefined;
      isFirst = false;
      return { kind: "answer", status: 403 };
    });
    const out = newFolder();
    const result = await adopt(out);
    expect(result.code).toBe(1);
    expect(result.out).toMatch(
      /not adopted\n {2}release ".+" \(id \d+\): .*does not give the package.* answered 403/,
    );
    const types = (await importsIn(out)).map(({ type }) => type);
    expect(types.filter((type) => type === "sluice:index:Release")).toHaveLength(RELEASED - 1);
    expect(types.filter((type) => type === "sluice:index:ImportRules")).toHaveLength(RELEASED);
  });

  it("leaves no program when there is nothing to adopt", async () => {
    const out = newFolder();
    expect(await adopt(out, "--name", "no such thing")).toMatchObject({ code: 0 });
    expect(await readdir(out)).toEqual([]);
  });
});

describe("a command line that cannot be followed", () => {
  it.each([
    { options: ["--only", "deployment"], message: "there is no such type" },
    { options: ["--name", "/(/"], message: "--name /(/" },
    { options: ["--project", "a b"], message: "names of stacks" },
    { options: ["--requests-per-second", "-1"], message: "0 or more" },
    { options: ["--endpoint", "http://user:pass@example.com"], message: "must not hold a user or password" },
  ])("is refused before anything is asked or written: $options", async ({ options, message }) => {
    const out = newFolder();
    let result: Result | undefined;
    const requests = await requestsOf(async () => (result = await adopt(out, ...options)));
    expect(result).toMatchObject({ code: 2 });
    expect(result?.error).toContain(message);
    expect(requests).toEqual([]);
    await expect(stat(out)).rejects.toThrow("ENOENT");
  });

  it("says how to name the platform and the token", async () => {
    const out = newFolder();
    const nowhere = await sluice("adopt", "--environment", "prod", "--out", out);
    expect(nowhere).toMatchObject({ code: 2 });
    expect(nowhere.error).toContain("give --endpoint or set SLUICE_ENDPOINT");
    delete process.env["SLUICE_TOKEN"];
    const nobody = await adopt(out);
    expect(nobody).toMatchObject({ code: 2 });
    expect(nobody.error).toContain("set SLUICE_TOKEN");
  });

  it("does not write over a folder that holds something", async () => {
    const out = newFolder();
    await adopt(out, "--only", "connections");
    await writeFile(join(out, "index.ts"), "// mine");
    const again = await adopt(out, "--only", "connections");
    expect(again).toMatchObject({ code: 2 });
    expect(again.error).toContain("is not empty");
    expect(await readFile(join(out, "index.ts"), "utf8")).toBe("// mine");
  });
});
