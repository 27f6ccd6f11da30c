import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";

import { afterEach, beforeEach, describe, expect, it } from "vitest";

import type { FindPulumiOptions, PulumiCli } from "../../tools/pulumi-cli.mjs" with {
  "resolution-mode": "import",
};

const PINNED = "3.250.0";
const SYSTEM_TOOLS = ["/usr/bin", "/bin"].join(delimiter);

let folder: string;
let onPath: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "sluice-cli-"));
  onPath = join(folder, "bin");
  await mkdir(onPath);
});

afterEach(() => rm(folder, { recursive: true, force: true }));

/** An address of this machine that nobody answers at. */
async function closedAddress(): Promise<string> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return `http://127.0.0.1:${port}/install.sh`;
}

async function putOnPath(name: string, script: string): Promise<void> {
  await writeFile(join(onPath, name), `#!/bin/sh\n${script}\n`, { mode: 0o755 });
}

/** A stand-in for a Go compiler: its "pulumi" is a script that tells `version`; each build is noted in builds.txt. */
async function putGoOnPath(version: string): Promise<void> {
  await putOnPath(
    "go",
    [
      `if [ "$1" = version ]; then echo "go version go1.26.1 any/any"; exit 0; fi`,
      `while [ "$1" != -o ]; do shift; done`,
      `echo "$2" >> "${folder}/builds.txt"`,
      `printf '#!/bin/sh\\necho v${version}\\n' > "$2"; chmod 755 "$2"`,
    ].join("\n"),
  );
}

async function countBuilds(): Promise<number> {
  const text = await readFile(join(folder, "builds.txt"), "utf8").catch(() => "");
  return text.split("\n").length - 1;
}

async function find(options: FindPulumiOptions = {}): Promise<PulumiCli> {
  const { findPulumi } = await import("../../tools/pulumi-cli.mjs");
  return findPulumi({
    environment: { PATH: `${onPath}${delimiter}${SYSTEM_TOOLS}`, SLUICE_CACHE: folder },
    installSource: await closedAddress(),
    say: () => undefined,
    ...options,
  });
}

describe.skipIf(process.platform === "win32")("finding the Pulumi CLI", () => {
  it("takes the one on the PATH when it is new enough and has its Node.js hosts", async () => {
    await putOnPath("pulumi", "echo v3.200.0");
    await putOnPath("pulumi-language-nodejs", "exit 0");
    await putOnPath("pulumi-resource-pulumi-nodejs", "exit 0");
    expect(await find()).toEqual({ bin: onPath, version: "3.200.0", source: "path" });
  });

  it("names every way it tried, and what to install, when there is none", async () => {
    const error = await find().catch((reason: unknown) => reason as Error);
    const { message } = error as Error;
    expect(message).toContain("on the PATH: no `pulumi` there");
    expect(message).toMatch(/Pulumi's installer: 127\.0\.0\.1:\d+ cannot be reached \(ECONNREFUSED\)/);
    expect(message).toContain("built from Go modules: no `go` on the PATH");
    expect(message).toContain("https://www.pulumi.com/docs/install");
    expect(message).toContain("SLUICE_SKIP_ENGINE=1");
  });

  it("refuses one on the PATH that is too old and says which it is", async () => {
    await putOnPath("pulumi", "echo v3.199.9");
    await expect(find()).rejects.toThrow(`${join(onPath, "pulumi")} is 3.199.9; 3.200 or newer is needed`);
  });

  it("refuses one on the PATH that comes without its language host", async () => {
    await putOnPath("pulumi", "echo v3.250.0");
    await expect(find()).rejects.toThrow("comes without pulumi-language-nodejs");
  });

  it("refuses one on the PATH that does not run, with its own words", async () => {
    await putOnPath("pulumi", "echo 'cannot open display' >&2; exit 3");
    await expect(find()).rejects.toThrow(/does not tell its version: cannot open display/);
  });

  it("builds it with Go, keeps it, and finds it again without building", async () => {
    await putGoOnPath(PINNED);
    const bin = join(folder, "sluice", `pulumi-${PINNED}`, "bin");
    expect(await find()).toEqual({ bin, version: PINNED, source: "go" });
    expect(await find()).toEqual({ bin, version: PINNED, source: "go" });
    expect(await countBuilds()).toBe(2);
    expect((await readdir(bin)).sort()).toEqual([
      "pulumi",
      "pulumi-language-nodejs",
      "pulumi-resource-pulumi-nodejs",
    ]);
  });

  it("is built once when two ask for it at the same time", async () => {
    await putGoOnPath(PINNED);
    const [first, second] = await Promise.all([find(), find()]);
    expect(first).toEqual(second);
    expect(await countBuilds()).toBe(2);
  });

  it("makes anew what an interrupted attempt has left", async () => {
    await putGoOnPath(PINNED);
    const { bin } = await find();
    await rm(join(bin, "..", "made.json"));
    await mkdir(join(folder, "sluice", `pulumi-${PINNED}.new-1`));
    await find();
    expect(await countBuilds()).toBe(4);
    expect(await readdir(join(folder, "sluice"))).toEqual([`pulumi-${PINNED}`]);
  });

  it("keeps nothing when the build fails, and shows the compiler's words", async () => {
    await putOnPath(
      "go",
      `[ "$1" = version ] && echo "go version go1.26.1 any/any" || { echo "no space left" >&2; exit 1; }`,
    );
    await expect(find()).rejects.toThrow(
      /built from Go modules: go build \S+ v3\.250\.0 failed:\s+no space left/,
    );
    expect(await readdir(join(folder, "sluice"))).toEqual([]);
  });

  it("refuses a build that calls itself another version", async () => {
    await putGoOnPath("3.1.0");
    await expect(find()).rejects.toThrow("calls itself 3.1.0 instead of 3.250.0");
  });

  it("refuses a Go that can neither build it nor fetch a newer Go", async () => {
    await putOnPath("go", `echo "go version go1.20.14 any/any"`);
    await expect(find()).rejects.toThrow("go1.20.14 any/any; Go 1.25 or newer is needed");
  });
});

describe("the engine's environment", () => {
  it("keeps to the given folders and puts the CLI first on the PATH", async () => {
    const { engineEnvironment } = await import("../../tools/pulumi-cli.mjs");
    const environment = engineEnvironment(
      { bin: "/cli", home: "/home-of-engine", backend: "/state of it", passphrase: "secret" },
      { PATH: "/usr/bin", PULUMI_ACCESS_TOKEN: "never passed on" },
    );
    expect(environment).toEqual({
      PATH: `/cli${delimiter}/usr/bin`,
      PULUMI_HOME: "/home-of-engine",
      PULUMI_BACKEND_URL: "file:///state%20of%20it",
      PULUMI_CONFIG_PASSPHRASE: "secret",
      PULUMI_SKIP_UPDATE_CHECK: "true",
      PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION: "true",
    });
  });

  it("is given up only by SLUICE_SKIP_ENGINE=1", async () => {
    const { isEngineSkipped } = await import("../../tools/pulumi-cli.mjs");
    expect(isEngineSkipped({ SLUICE_SKIP_ENGINE: "1" })).toBe(true);
    expect(isEngineSkipped({ SLUICE_SKIP_ENGINE: "0" })).toBe(false);
    expect(isEngineSkipped({})).toBe(false);
  });
});
