import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";

const SYSTEM_TOOLS = ["/usr/bin", "/bin"].join(delimiter);
const PYTHON_HOST = "pulumi-language-python";

let folder: string;
let onPath: string;
let environment: Record<string, string>;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "sluice-hosts-"));
  onPath = join(folder, "bin");
  await mkdir(onPath);
  environment = { PATH: onPath, SLUICE_CACHE: folder };
  await putOnPath("pulumi", "echo v3.250.0");
  await putOnPath("pulumi-language-nodejs", "exit 0");
  await putOnPath("pulumi-resource-pulumi-nodejs", "exit 0");
});

afterEach(() => rm(folder, { recursive: true, force: true }));

async function putOnPath(name: string, script: string): Promise<void> {
  await writeFile(join(onPath, name), `#!/bin/sh\n${script}\n`, { mode: 0o755 });
}

/** A stand-in for a Go compiler: what it builds is an empty script; each build is noted in builds.txt. */
async function putGoOnPath(): Promise<void> {
  environment["PATH"] = [onPath, SYSTEM_TOOLS].join(delimiter);
  const scripts = join(folder, "module", "python", "cmd");
  await mkdir(scripts, { recursive: true });
  await writeFile(join(scripts, `${PYTHON_HOST}-exec`), "#!/usr/bin/env python3\n");
  await putOnPath(
    "go",
    [
      `if [ "$1" = version ]; then echo "go version go1.26.1 any/any"; exit 0; fi`,
      `if [ "$1" = list ]; then echo "${join(folder, "module")}"; exit 0; fi`,
      `while [ "$1" != -o ]; do shift; done`,
      `echo "$2" >> "${folder}/builds.txt"`,
      `echo '#!/bin/sh' > "$2"; chmod 755 "$2"`,
    ].join("\n"),
  );
}

async function countBuilds(): Promise<number> {
  const text = await readFile(join(folder, "builds.txt"), "utf8").catch(() => "");
  return text.split("\n").length - 1;
}

async function find(language: "yaml" | "python") {
  const { findLanguageHost } = await import("../../tools/language-hosts.mjs");
  return findLanguageHost(language, { environment, say: () => undefined });
}

describe.skipIf(process.platform === "win32")("finding the host of another language", () => {
  it("takes the one beside the CLI", async () => {
    await putOnPath("pulumi-language-yaml", "exit 0");
    expect(await find("yaml")).toEqual({ bin: onPath, source: "path" });
  });

  it("builds it with Go, keeps it beside no CLI of the cache, and finds it again without building", async () => {
    await putGoOnPath();
    const bin = join(folder, "sluice", "pulumi-language-yaml-1.32.0", "bin");
    expect(await find("yaml")).toEqual({ bin, source: "go" });
    expect(await find("yaml")).toEqual({ bin, source: "go" });
    expect(await countBuilds()).toBe(1);
    expect(await readdir(join(folder, "sluice"))).toEqual(["pulumi-language-yaml-1.32.0"]);
  });

  it("puts the script that Python's host starts beside it", async () => {
    await putGoOnPath();
    const { bin } = await find("python");
    expect((await readdir(bin)).sort()).toEqual([PYTHON_HOST, `${PYTHON_HOST}-exec`]);
  });

  it("does not take Python's host from the PATH when its script is missing there", async () => {
    await putOnPath(PYTHON_HOST, "exit 0");
    await putGoOnPath();
    expect(await find("python")).toMatchObject({ source: "go" });
  });

  it("is built once when two ask for it at the same time", async () => {
    await putGoOnPath();
    const [first, second] = await Promise.all([find("yaml"), find("yaml")]);
    expect(first).toEqual(second);
    expect(await countBuilds()).toBe(1);
  });

  it("says what was tried and what to install when there is no way to one", async () => {
    const error = await find("yaml").catch((reason: unknown) => reason as Error);
    const { message } = error as Error;
    expect(message).toContain("there is no pulumi-language-yaml");
    expect(message).toContain("built from Go modules: no `go` on the PATH");
    expect(message).toContain("https://www.pulumi.com/docs/install");
    expect(message).toContain("SLUICE_SKIP_ENGINE=1");
    expect(await readdir(join(folder, "sluice"))).toEqual([]);
  });
});

describe.skipIf(process.platform === "win32")("Python for the tests", () => {
  const why = async (): Promise<string | undefined> => {
    const { whyWithoutPython } = await import("../../tools/python-sdk.mjs");
    return whyWithoutPython(environment);
  };

  it("does without when there is none, and says so", async () => {
    expect(await why()).toContain("no `python3` on the PATH; install Python 3.10 or newer");
  });

  it("does without when it is too old for Pulumi, and says which it is", async () => {
    await putOnPath("python3", "echo 3 9");
    expect(await why()).toBe(`${join(onPath, "python3")} is 3.9; Python 3.10 or newer is needed`);
  });

  it("does without when it cannot make virtual environments", async () => {
    await putOnPath("python3", "exit 1");
    expect(await why()).toContain("apt install python3-venv");
  });

  it("takes the oldest that Pulumi takes", async () => {
    await putOnPath("python3", "echo 3 10");
    expect(await why()).toBeUndefined();
  });

  it("keeps nothing of an installation that fails, and shows pip's words", async () => {
    const { findPythonSdk } = await import("../../tools/python-sdk.mjs");
    environment["PATH"] = [onPath, SYSTEM_TOOLS].join(delimiter);
    const pip = `#!/bin/sh\necho "no matching distribution" >&2; exit 1\n`;
    await putOnPath(
      "python3",
      [
        `if [ "$1" = -c ]; then echo 3 12; exit 0; fi`,
        `mkdir -p "$3/bin"; printf '${pip.replaceAll("\n", "\\n")}' > "$3/bin/python"; chmod 755 "$3/bin/python"`,
      ].join("\n"),
    );
    await expect(findPythonSdk({ environment, say: () => undefined })).rejects.toThrow(
      /-m pip install failed:\s+no matching distribution/,
    );
    expect(await readdir(join(folder, "sluice"))).toEqual([]);
  });
});

describe.skipIf(process.platform === "win32")("the SDK generator", () => {
  it("is built once for each state of its sources", async () => {
    await putGoOnPath();
    const { findSdkGenerator } = await import("../../tools/sdk-generator.mjs");
    const first = await findSdkGenerator({ environment, say: () => undefined });
    expect(await findSdkGenerator({ environment, say: () => undefined })).toBe(first);
    expect(await countBuilds()).toBe(1);
  });

  it("cannot be had without Go, and says so", async () => {
    const { findSdkGenerator, whyWithoutGo } = await import("../../tools/sdk-generator.mjs");
    const reason = await whyWithoutGo(environment);
    expect(reason).toContain("no `go` on the PATH; install Go 1.25 or newer");
    await expect(findSdkGenerator({ environment, say: () => undefined })).rejects.toThrow(reason);
  });
});
