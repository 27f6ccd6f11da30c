import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdir, mkdtemp, readdir, readFile, realpath, rm, stat, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { basename, delimiter, dirname, join, resolve } from "node:path";
import { promisify, stripVTControlCharacters } from "node:util";
import { extract } from "tar";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { writePackage } from "../../flow/index.js";
import { buildPackage } from "../../flow/source.js";
import { startPlatform } from "../../platform/index.js";
import type { RunningPlatform } from "../../platform/index.js";
import { isWithoutEngine, writesOf } from "./stack.js";

const ROOT = resolve(__dirname, "..", "..");
const TOKEN = "plugin-install-test-token-93b0";
const LARGEST_ARCHIVE_BYTES = 1_000_000;

const run = promisify(execFile);

let folder: string;
let version: string;
let archive: string;

async function packagePlugin(name: string): Promise<string> {
  const out = join(folder, name);
  await run(process.execPath, [join(ROOT, "tools", "package-plugin.mjs"), "--out", out]);
  return out;
}

beforeAll(async () => {
  folder = await realpath(await mkdtemp(join(tmpdir(), "sluice-plugin-install-")));
  const manifest = await readFile(join(ROOT, "package.json"), "utf8");
  version = (JSON.parse(manifest) as { version: string }).version;
  archive = join(await packagePlugin("archives"), `pulumi-resource-sluice-v${version}-linux-amd64.tar.gz`);
});
afterAll(() => rm(folder, { recursive: true, force: true, maxRetries: 3 }));

describe("the archive of the plugin", () => {
  let unpacked: string;

  beforeAll(async () => {
    unpacked = join(folder, "unpacked");
    await mkdir(unpacked);
    await extract({ file: archive, cwd: unpacked });
  });

  it("is the same, byte for byte, when it is made again", async () => {
    const again = await packagePlugin("archives again");
    const sums = (at: string) => readFile(join(at, "SHA256SUMS"), "utf8");
    expect(await sums(again)).toBe(await sums(dirname(archive)));
  });

  it("has a sum of its bytes beside it, by which one tells an archive that somebody altered", async () => {
    const sums = await readFile(join(dirname(archive), "SHA256SUMS"), "utf8");
    const sum = createHash("sha256")
      .update(await readFile(archive))
      .digest("hex");
    expect(sums.split("\n")).toContain(`${sum}  ${basename(archive)}`);
  });

  it("is there under the name that each system's Pulumi asks for", async () => {
    const systems = ["darwin-amd64", "darwin-arm64", "linux-amd64", "linux-arm64", "windows-amd64"];
    const names = systems.map((system) => `pulumi-resource-sluice-v${version}-${system}.tar.gz`);
    expect((await readdir(dirname(archive))).sort()).toEqual(["SHA256SUMS", ...names]);
  });

  it("is one small program, the schema and licences", async () => {
    expect((await readdir(unpacked)).sort()).toEqual([
      "LICENSE",
      "THIRD-PARTY-LICENSES.txt",
      "package.json",
      "pulumi-resource-sluice",
      "pulumi-resource-sluice.cmd",
      "schema.json",
    ]);
    const { size } = await stat(archive);
    process.stdout.write(`archive of the plugin: ${(size / 1e6).toFixed(2)} MB\n`);
    expect(size).toBeLessThan(LARGEST_ARCHIVE_BYTES);
  });

  it("names the licence of everything inside, and nothing of the folder it was made in", async () => {
    const licences = await readFile(join(unpacked, "THIRD-PARTY-LICENSES.txt"), "utf8");
    for (const name of ["@grpc/grpc-js", "@pulumi/pulumi", "google-protobuf", "zod"])
      expect(licences).toMatch(
        new RegExp(`^${name} \\d+\\.\\d+\\.\\d+ \\((Apache-2\\.0|MIT|.*BSD.*)\\)$`, "m"),
      );
    expect(await readFile(join(unpacked, "pulumi-resource-sluice"), "utf8")).not.toContain(ROOT);
  });

  it("says that it needs Node.js where there is none, or one that is too old", async () => {
    const start = (environment: Record<string, string>) =>
      run(join(unpacked, "pulumi-resource-sluice"), [], { env: environment }).then(
        () => "",
        (error: { stderr: string }) => error.stderr,
      );
    const needed = "the Sluice plugin needs Node.js 20 or newer on the PATH, see https://nodejs.org";
    expect(await start({ PATH: folder })).toBe(`${needed}; there is none\n`);

    const older = join(folder, "older.cjs");
    await writeFile(older, 'Object.defineProperty(process.versions, "node", { value: "18.20.4" });\n');
    const path = dirname(process.execPath);
    expect(await start({ PATH: path, NODE_OPTIONS: `--require ${JSON.stringify(older)}` })).toBe(
      `${needed}; this one is 18.20.4\n`,
    );
  });
});

describe.skipIf(isWithoutEngine)("the plugin, installed from its archive", () => {
  let bin: string;
  let environment: Record<string, string>;
  let program: string;

  /** Runs the command line in the program's folder; answers all that it printed, and rejects with it. */
  async function pulumi(...given: string[]): Promise<string> {
    const { stdout, stderr } = await pulumiWith({}, ...given);
    return stdout + stderr;
  }

  async function pulumiWith(more: Record<string, string>, ...given: string[]) {
    const { stdout, stderr } = await run(join(bin, "pulumi"), [...given, "--non-interactive"], {
      cwd: program,
      env: { ...process.env, ...environment, ...more },
      maxBuffer: 64 * 1024 * 1024,
    }).catch((error: Error & { stdout?: string; stderr?: string }) => {
      throw new Error(`pulumi ${given.join(" ")}: ${error.stdout ?? ""}${error.stderr ?? ""}`, {
        cause: error,
      });
    });
    return { stdout: stripVTControlCharacters(stdout), stderr: stripVTControlCharacters(stderr) };
  }

  beforeAll(async () => {
    const { engineEnvironment, findPulumi } = await import("../../tools/pulumi-cli.mjs");
    const { findLanguageHost } = await import("../../tools/language-hosts.mjs");
    const cli = await findPulumi();
    const yaml = await findLanguageHost("yaml");
    bin = cli.bin;
    const [home, backend] = [join(folder, "home"), join(folder, "backend")];
    program = join(folder, "program");
    await Promise.all([mkdir(backend), mkdir(program)]);
    environment = engineEnvironment({ bin, home, backend, passphrase: "plugin install test" });
    environment.PULUMI_DISABLE_REGISTRY_RESOLVE = "true";
    // What npm puts on the PATH holds the plugin as well, and the engine would take that one.
    const others = (process.env.PATH ?? "").split(delimiter).filter((path) => !path.includes("node_modules"));
    environment.PATH = [bin, yaml.bin, ...others].join(delimiter);
  });

  it("is taken from a file and listed", async () => {
    await pulumi("plugin", "install", "resource", "sluice", version, "--file", archive);
    const listed = JSON.parse((await pulumiWith({}, "plugin", "ls", "--json")).stdout) as object[];
    expect(listed).toMatchObject([{ name: "sluice", kind: "resource", version }]);
  });

  it("is found by its name on a web server that holds the archives", async () => {
    const asked: string[] = [];
    const server = createServer((request, response) => {
      asked.push(request.url ?? "");
      void readFile(archive).then((bytes) => response.end(bytes));
    });
    await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
    try {
      const { port } = server.address() as AddressInfo;
      const home = join(folder, "another home");
      const source = ["--server", `http://127.0.0.1:${port}/releases`];
      await pulumiWith({ PULUMI_HOME: home }, "plugin", "install", "resource", "sluice", version, ...source);
      const { stdout } = await pulumiWith({ PULUMI_HOME: home }, "plugin", "ls", "--json");
      expect(JSON.parse(stdout)).toMatchObject([{ name: "sluice", version }]);
      expect(asked).toEqual([
        expect.stringMatching(`^/releases/pulumi-resource-sluice-v${version}-[a-z]+-[a-z0-9]+\\.tar\\.gz$`),
      ]);
    } finally {
      server.close();
    }
  });

  it("is not installed when it breaks off, and nothing of it stays", async () => {
    const bytes = await readFile(archive);
    const part = join(folder, basename(archive));
    await writeFile(part, bytes.subarray(0, bytes.length / 2));
    const home = { PULUMI_HOME: join(folder, "careful home") };
    const install = ["plugin", "install", "resource", "sluice", version, "--file", part];
    await expect(pulumiWith(home, ...install)).rejects.toThrow(": unexpected EOF");
    expect(JSON.parse((await pulumiWith(home, "plugin", "ls", "--json")).stdout)).toEqual([]);
  });

  it("tells the schema that is in the repository", async () => {
    const schema = await readFile(join(ROOT, "schema.json"), "utf8");
    const executable = join(folder, "unpacked", "pulumi-resource-sluice");
    for (const source of [`sluice@${version}`, executable]) {
      const { stdout } = await pulumiWith({}, "package", "get-schema", source);
      // An older CLI, such as 3.220, leaves out what it does not know.
      const isOlder = !stdout.includes('"listInputs"');
      const known = (key: string, value: unknown) => (isOlder && key === "listInputs" ? undefined : value);
      expect(JSON.parse(stdout)).toEqual(JSON.parse(schema, known));
    }
  });

  describe("in a program", () => {
    let platform: RunningPlatform;

    beforeAll(async () => {
      platform = await startPlatform({
        data: join(folder, "platform"),
        environments: ["prod"],
        token: TOKEN,
        settings: { recordRequests: true },
      });
      const orders = await buildPackage(join(ROOT, "examples", "quickstart", "packages", "orders-1.0.0"));
      await writeFile(join(program, "orders-1.0.0.zip"), await writePackage(orders));
      await writeFile(join(program, "Pulumi.yaml"), PROGRAM);
      await pulumi("stack", "init", "prod");
      await pulumi("config", "set", "sluice:endpoint", platform.endpoint("prod"));
      await pulumi("config", "set", "--secret", "sluice:token", TOKEN);
    });
    afterAll(() => platform.close());

    it("can be added to the project", async () => {
      await pulumi("package", "add", `sluice@${version}`);
      expect(await readFile(join(program, "Pulumi.yaml"), "utf8")).toContain(`sluice: sluice@${version}`);
    });

    it("previews, deploys and destroys, and is not taken from the PATH", async () => {
      const preview = await pulumi("preview");
      expect(preview).toContain("+ 5 to create");
      expect(writesOf(platform.requests)).toEqual([]);

      const up = await pulumi("up", "--yes", "--skip-preview");
      expect(up).toMatch(/releaseId *: "1"/);
      expect(await releases()).toMatchObject([{ id: 1, active: true }]);
      expect(await pulumi("preview", "--expect-no-changes")).toContain("5 unchanged");

      const destroy = await pulumi("destroy", "--yes", "--skip-preview");
      expect(await releases()).toEqual([]);
      expect(preview + up + destroy).not.toContain("pulumi-resource-sluice from $PATH");
    });

    async function releases(): Promise<unknown> {
      const response = await fetch(`${platform.endpoint("prod")}/v4/releases`, {
        headers: { authorization: `Bearer ${TOKEN}` },
      });
      return ((await response.json()) as { data: unknown }).data;
    }
  });
});

const PROGRAM = `name: installed
runtime: yaml
resources:
  warehouse:
    type: sluice:Connection
    properties: { name: warehouse, vendor: postgres, host: db.example.com }
  orders:
    type: sluice:Deployment
    properties: { name: orders }
  rules:
    type: sluice:ImportRules
    properties:
      deploymentId: \${orders.id}
      connections: [{ on: { uuid: a7d6b1c0-0b52-11ef-8c55-0242ac120002 }, with: "\${warehouse.id}" }]
  release:
    type: sluice:Release
    properties:
      deploymentId: \${orders.id}
      package: orders-1.0.0.zip
      rules: { connections: "\${rules.connections}" }
outputs:
  releaseId: \${release.releaseId}
`;
