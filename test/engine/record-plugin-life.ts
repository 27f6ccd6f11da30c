import { mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { RECORDED_FOLDER, toRecordedCall } from "../provider/hosts/plugin/recorded-life.js";
import type { RecordedStep } from "../provider/hosts/plugin/recorded-life.js";
import { pluginOrdersProgram } from "./orders-on-plugin.js";
import { writeOrdersPackages } from "./orders.js";
import { startEngineTest, TOKEN } from "./stack.js";

/*
 * Records what the engine asks the plugin during the life of a stack, for tests that ask the same without an engine:
 *
 *   node tools/setup.mjs --engine && npx vite-node test/engine/record-plugin-life.ts
 */
async function record(): Promise<void> {
  const log = join(RECORDED_FOLDER, "..", "grpc.log");
  const test = await startEngineTest({ plugin: resolve("bin"), environment: { PULUMI_DEBUG_GRPC: log } });
  await writeOrdersPackages(test);
  await rm(RECORDED_FOLDER, { recursive: true, force: true });
  await mkdir(RECORDED_FOLDER, { recursive: true });
  let phases = 0;

  /** Runs an action, after changes by hand, and keeps what the plugin was asked meanwhile. */
  async function phase(
    name: string,
    action: () => Promise<unknown>,
    ...byHand: RecordedStep[]
  ): Promise<void> {
    for (const step of byHand)
      if ("byHand" in step) await test.call(step.byHand.method, step.byHand.path, step.byHand.body);
    await rm(log, { force: true });
    await action();
    const lines = (await readFile(log, "utf8")).trim().split("\n");
    const calls = lines.flatMap((line) =>
      toRecordedCall(line, { endpoint: test.platform.endpoint("prod"), token: TOKEN }),
    );
    phases += 1;
    const file = `${String(phases).padStart(2, "0")}-${name}.jsonl`;
    const steps = [...byHand, ...calls].map((step) => JSON.stringify(step));
    await writeFile(join(RECORDED_FOLDER, file), `${steps.join("\n")}\n`);
    process.stdout.write(`${file}: ${calls.length} calls\n`);
  }
  const up = () => test.stack.up();
  const byHand = (method: string, path: string, body: unknown): RecordedStep => ({
    byHand: { method, path, body },
  });

  test.use(pluginOrdersProgram({ connection: { vendor: 5 as unknown as string } }));
  await phase("failing-check", () => test.failureOf(() => test.stack.preview()));
  test.use(pluginOrdersProgram());
  await phase("first-preview", () => test.stack.preview());
  await phase("first-up", up);
  await phase("preview-without-change", () => test.stack.preview());
  const credentials = { username: "loader", password: "second-password" };
  test.use(pluginOrdersProgram({ version: "1.1.0", connection: { credentials, host: "db2.example.com" } }));
  await phase("preview-of-change", () => test.stack.preview());
  await phase("change", up);
  await phase(
    "refresh",
    () => test.stack.refresh(),
    byHand("PATCH", "/v4/releases/1", { active: true }),
    byHand("PATCH", "/v4/connections/1", { description: "by hand" }),
  );
  await phase("mending", up);
  await phase(
    "import",
    () =>
      test.pulumi(
        ...["import", "sluice:index:Deployment", "taken", "payments", "--yes"],
        ...["--generate-code=false", "--protect=false"],
      ),
    byHand("POST", "/v4/deployments", { name: "payments" }),
  );
  await phase("destroy", () => test.stack.destroy());
  await rm(log, { force: true });
  await test.close();
}

record().catch((error: unknown) => {
  process.stderr.write(`${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`);
  process.exit(1);
});
