import { cp, mkdir, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { format, resolveConfig } from "prettier";
import { create } from "tar";
import { contentDigest, readPackage } from "../../flow/index.js";
import { pluginOrdersProgram } from "../engine/orders-on-plugin.js";
import { ordersProgram, writeOrdersPackages } from "../engine/orders.js";
import { startEngineTest } from "../engine/stack.js";
import type { EngineTest, Program } from "../engine/stack.js";
import { BASELINE_TOKEN, BASELINES, HOST_ENVIRONMENTS, LISTS } from "./baseline.js";
import type { Baseline, BaselineHost } from "./baseline.js";

/*
 * Records what this version writes, for later versions to be tested against. Once a version is published its folder stays as it is.
 *
 *   node tools/setup.mjs --engine && npx vite-node test/baselines/record-baseline.ts
 */

/** More would not be looked at in a review. */
const MOST_BYTES = 500_000;
const PACKAGES = ["orders-1.0.0.zip", "orders-1.1.0.zip"];

async function record(): Promise<void> {
  const { version } = JSON.parse(await readFile("package.json", "utf8")) as { version: string };
  const folder = join(BASELINES, version);
  await rm(folder, { recursive: true, force: true });
  await mkdir(folder, { recursive: true });
  const dynamic = await startEngineTest({ config: {}, token: BASELINE_TOKEN });
  const plugin = await startEngineTest({
    config: {},
    token: BASELINE_TOKEN,
    beside: dynamic,
    stackName: "plugin",
    plugin: resolve("bin"),
  });
  await deploy(dynamic, "dynamic", (number) => ordersProgram({ version: number }), folder);
  await deploy(plugin, "plugin", (number) => pluginOrdersProgram({ version: number }), folder);
  await runOnce(dynamic);
  const counts = await countAll(dynamic);
  for (const name of PACKAGES) await cp(join(dynamic.folder, name), join(folder, name));
  await dynamic.platform.close();
  await packPlatform(join(dynamic.root, "platform"), join(folder, "platform.tar.gz"));
  await plugin.close();
  await dynamic.close();
  const digests = await Promise.all(
    PACKAGES.map(async (name) => contentDigest(await readPackage(join(folder, name)))),
  );
  const baseline: Baseline = {
    version,
    contentDigests: Object.fromEntries(PACKAGES.map((name, index) => [name, digests[index] ?? ""])),
    counts,
  };
  await writeJson(join(folder, "baseline.json"), JSON.stringify(baseline));
  await checkSize(folder);
}

/** Two versions of the package, one after the other, and the state after that. */
async function deploy(
  test: EngineTest,
  host: BaselineHost,
  programOf: (version: "1.0.0" | "1.1.0") => Program,
  folder: string,
): Promise<void> {
  // By the environment: what stands in the configuration would be in state, and the port is another one each time.
  test.stack.workspace.envVars = {
    ...test.stack.workspace.envVars,
    SLUICE_ENDPOINT: test.platform.endpoint(HOST_ENVIRONMENTS[host]),
    SLUICE_TOKEN: BASELINE_TOKEN,
  };
  await writeOrdersPackages(test);
  for (const each of ["1.0.0", "1.1.0"] as const) {
    test.use(programOf(each));
    await test.stack.up();
  }
  const state = join(test.root, "state.json");
  await test.pulumi("stack", "export", "--file", state);
  const exported = JSON.parse(await readFile(state, "utf8"), withoutPlaces) as unknown;
  await writeJson(join(folder, `state-${host}.json`), JSON.stringify(exported));
}

/** Where on this machine a resource was made says nothing. */
function withoutPlaces(key: string, value: unknown): unknown {
  return key === "sourcePosition" || key === "stackTrace" ? undefined : value;
}

/** A run, its job groups and their logs. It ends as failed, as there is nothing to read. */
async function runOnce(test: EngineTest): Promise<void> {
  const { data } = await test.call<{ data: { id: number }[] }>("POST", "/v4/deployments/1/run");
  for (const { id } of data) {
    const deadline = Date.now() + 60_000;
    while (["Created", "InProgress"].includes(await test.call<string>("GET", `/v4/jobGroups/${id}/status`))) {
      if (Date.now() > deadline) throw new Error(`job group ${id} did not end within a minute`);
      await new Promise((done) => setTimeout(done, 50));
    }
  }
}

async function countAll({ platform }: EngineTest): Promise<Record<string, number>> {
  const counts: Record<string, number> = {};
  for (const list of LISTS) {
    const headers = { authorization: `Bearer ${BASELINE_TOKEN}` };
    const response = await fetch(`${platform.url}/${list}?noLimit=true`, { headers });
    if (!response.ok) throw new Error(`GET /${list}: ${response.status} ${await response.text()}`);
    counts[list] = ((await response.json()) as { data: unknown[] }).data.length;
  }
  return counts;
}

/** All but what belongs to the process that is gone. The log of the database may hold all of it, and is part of it. */
async function packPlatform(directory: string, file: string): Promise<void> {
  const names = (await readdir(directory)).filter((name) => !/^platform\.(lock|pid|db-shm)$/.test(name));
  await create({ file, cwd: directory, gzip: { level: 9 }, portable: true }, names.sort());
}

async function writeJson(file: string, text: string): Promise<void> {
  await writeFile(file, await format(text, { ...(await resolveConfig(file)), parser: "json" }));
}

async function checkSize(folder: string): Promise<void> {
  let all = 0;
  for (const name of (await readdir(folder)).sort()) {
    const { size } = await stat(join(folder, name));
    process.stdout.write(`${name}: ${size} bytes\n`);
    all += size;
  }
  if (all > MOST_BYTES) throw new Error(`the baseline has ${all} bytes, more than ${MOST_BYTES}`);
}

record().catch((error: unknown) => {
  process.stderr.write(`${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`);
  process.exit(1);
});
