import { execFile } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { startPlatform } from "../../platform/index.js";
import type { RunningPlatform } from "../../platform/index.js";
import { sluice } from "../cli/command-line.js";
import { isWithoutEngine, writesOf } from "../engine/stack.js";
import { startCommandLine } from "./command-line.js";
import type { CommandLine } from "./command-line.js";

const TOKEN = "canary-token-7d12";
const PASSWORD = "canary-warehouse-38fb";
const EXAMPLE = "examples/yaml";

describe.skipIf(isWithoutEngine)("the example in YAML, run as a person runs it", () => {
  let folder: string;
  let storage: string;
  let platform: RunningPlatform;
  let line: CommandLine;
  /** Everything that was printed. */
  let printed = "";

  beforeAll(async () => {
    const { findPulumi } = await import("../../tools/pulumi-cli.mjs");
    const { findLanguageHost } = await import("../../tools/language-hosts.mjs");
    folder = await mkdtemp(join(tmpdir(), "sluice-yaml-example-"));
    storage = join(folder, "storage/prod");
    platform = await startPlatform({
      data: folder,
      environments: ["prod"],
      token: TOKEN,
      settings: { recordRequests: true },
    });
    const hosts = [(await findPulumi()).bin, (await findLanguageHost("yaml")).bin];
    line = await startCommandLine({
      SLUICE_ENDPOINT: platform.endpoint("prod"),
      SLUICE_TOKEN: TOKEN,
      WAREHOUSE_PASSWORD: PASSWORD,
      PATH: [...hosts, process.env.PATH].join(delimiter),
    });
  });
  afterAll(async () => {
    await line.remove();
    await platform.close();
    await rm(folder, { recursive: true, force: true, maxRetries: 3 });
  });

  async function pulumi(...commandArguments: string[]): Promise<string> {
    const output = await line.pulumi(EXAMPLE, ...commandArguments);
    printed += output;
    return output;
  }
  async function writesDuring(action: () => Promise<unknown>): Promise<string[]> {
    const before = platform.requests.length;
    await action();
    return writesOf(platform.requests.slice(before));
  }

  /** What `sluice run` prints of the deployment's active release. */
  async function runDeployment(): Promise<string> {
    process.env["SLUICE_TOKEN"] = TOKEN;
    const { code, out, error } = await sluice(
      "run",
      "--deployment",
      "orders",
      "--endpoint",
      platform.endpoint("prod"),
    );
    delete process.env["SLUICE_TOKEN"];
    expect([code, error]).toEqual([0, expect.stringContaining("Complete")]);
    printed += out + error;
    return out;
  }

  it("deploys, runs on this machine alone, promotes and rolls back with no word of where the plugin is, and shows no secret", async () => {
    await pulumi("stack", "init", "prod");
    expect(await writesDuring(() => pulumi("preview"))).toEqual([]);
    await pulumi("config", "set", "warehouseVendor", "duckdb");
    await pulumi("config", "set", "warehouseDatabase", "s3://acme-prod/warehouse.duckdb");
    expect(await pulumi("up", "--yes", "--skip-preview")).toMatch(/releaseId *: "1"/);
    await pulumi("preview", "--expect-no-changes");

    await promisify(execFile)(process.execPath, ["examples/quickstart/put-sample.mjs", storage]);
    const rows = await runDeployment();
    for (const output of ["s3://acme-prod/reports/daily_revenue.csv", "reports.daily_revenue"])
      expect(rows).toMatch(new RegExp(`^${output} +Complete +8 `, "m"));

    await pulumi("config", "set", "version", "1.1.0");
    expect(await pulumi("preview", "--diff")).toContain(
      "filter type: custom rowType: single row: customer_id == 'C-TEST'",
    );
    const imports = ["POST /vN/deployments/N/releases", "PATCH /vN/releases/N"];
    expect(await writesDuring(() => pulumi("up", "--yes", "--skip-preview"))).toEqual(imports);

    await pulumi("config", "set", "version", "1.0.0");
    expect(await pulumi("preview", "--diff")).toContain("rollback to release #1");
    expect(await writesDuring(() => pulumi("up", "--yes", "--skip-preview"))).toEqual([
      "PATCH /vN/releases/N",
    ]);

    await pulumi("stack", "export");
    await pulumi("destroy", "--yes", "--skip-preview");
    expect(printed).not.toContain("pulumi-resource-sluice from $PATH");
    for (const secret of [TOKEN, PASSWORD]) expect(printed).not.toContain(secret);
  });
});
