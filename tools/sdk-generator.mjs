// The program of tools/sdk-generator, which holds Pulumi's own SDK generators. There are no binaries of it: Go builds it.
import { createHash } from "node:crypto";
import { mkdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

import { fillKept, makeOnce, readKept } from "./kept-folder.mjs";
import { buildGo, findGo } from "./pulumi-build.mjs";
import { cacheDirectory } from "./pulumi-cli.mjs";
import { say as sayOnStderr } from "./run-command.mjs";

const SOURCES = fileURLToPath(new URL("sdk-generator", import.meta.url));
const PROGRAM = join("bin", process.platform === "win32" ? "sdk-generator.exe" : "sdk-generator");

async function digestOfSources() {
  const texts = ["main.go", "go.mod", "go.sum"].map((name) => readFile(join(SOURCES, name), "utf8"));
  const hash = createHash("sha256");
  for (const text of await Promise.all(texts)) hash.update(text).update("\0");
  return hash.digest("hex").slice(0, 16);
}

/** Why SDKs cannot be generated or Go programs compiled on this machine; undefined when they can. */
export async function whyWithoutGo(environment = process.env) {
  return findGo(environment).then(
    () => undefined,
    (error) => error.message,
  );
}

/** The path of the generator, which is built once for each state of its sources. Throws when Go is missing. */
export async function findSdkGenerator({ environment = process.env, say = sayOnStderr } = {}) {
  const version = await digestOfSources();
  const kept = join(cacheDirectory(environment), `sdk-generator-${version}`);
  await makeOnce(kept, {
    onWait: () => say("another process is building the SDK generator: waiting for it"),
    read: () => readKept(kept, { version, executables: [PROGRAM] }),
    make: async () => {
      await findGo(environment);
      say("building the SDK generator from Go modules: about a minute on 2 cores, once");
      return fillKept(kept, { version, source: "go" }, async (fresh) => {
        await mkdir(join(fresh, "bin"), { recursive: true });
        const output = join(fresh, PROGRAM);
        await buildGo({ directory: SOURCES, program: ".", output, label: "sdk-generator", environment, say });
      });
    },
  });
  return join(kept, PROGRAM);
}
