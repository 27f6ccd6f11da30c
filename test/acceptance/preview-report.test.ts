import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Ajv2020 } from "ajv/dist/2020.js";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Impact } from "../../cli/impact.js";
import { run } from "../../cli/run.js";
import { startPlatform } from "../../platform/index.js";
import type { RunningPlatform } from "../../platform/index.js";
import { isWithoutEngine } from "../engine/stack.js";
import { startCommandLine } from "./command-line.js";
import type { CommandLine } from "./command-line.js";

const TOKEN = "canary-token-77b1";
const PASSWORD = "canary-password-18fe";
const EXAMPLE = "examples/quickstart";

describe.skipIf(isWithoutEngine)("the report of a real preview", () => {
  let folder: string;
  let platform: RunningPlatform;
  let line: CommandLine;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "sluice-report-"));
    platform = await startPlatform({ data: join(folder, "platform"), environments: ["prod"], token: TOKEN });
    line = await startCommandLine({
      SLUICE_ENDPOINT: platform.endpoint("prod"),
      SLUICE_TOKEN: TOKEN,
      WAREHOUSE_PASSWORD: PASSWORD,
    });
  });
  afterAll(async () => {
    await line.remove();
    await platform.close();
    await rm(folder, { recursive: true, force: true, maxRetries: 3 });
  });

  /** What a pipeline does: the preview into a file, the report out of it. */
  async function report(): Promise<Impact> {
    const file = join(folder, "preview.json");
    await writeFile(file, await line.pulumi(EXAMPLE, "preview", "--json"));
    let printed = "";
    const output = { out: (text: string) => (printed += text), error: (text: string) => (printed += text) };
    expect(await run(["preview-report", file], output), printed).toBe(0);
    return JSON.parse(printed) as Impact;
  }

  it("tells a gate everything about a first release and about an upgrade, as its schema says, without a secret", async () => {
    const schema = JSON.parse(await readFile("docs/preview-report.schema.json", "utf8")) as object;
    const validate = new Ajv2020().compile(schema);
    await line.pulumi(EXAMPLE, "stack", "init", "prod");

    const first = await report();
    expect(validate(first), JSON.stringify(validate.errors)).toBe(true);
    expect(first.releases).toMatchObject([
      {
        operation: "create",
        action: "deploy: the first release from this program",
        isContentKnown: true,
        flows: [{ name: "Orders", change: "added" }],
        connections: [{ name: "warehouse dev", change: "added" }],
      },
    ]);
    expect(first.resources.map(({ name, operation }) => `${operation} ${name}`).sort()).toEqual([
      "create nightly",
      "create orders",
      "create orders",
      "create warehouse",
    ]);

    await line.pulumi(EXAMPLE, "up", "--yes", "--skip-preview");
    await line.pulumi(EXAMPLE, "config", "set", "orders:version", "1.1.0");
    const upgrade = await report();
    expect(validate(upgrade), JSON.stringify(validate.errors)).toBe(true);
    expect(upgrade.resources).toEqual([]);
    expect(upgrade.releases).toMatchObject([
      { operation: "update", action: "deploy: a package that was not imported here before" },
    ]);
    const recipes = upgrade.releases[0]?.flows[0]?.recipes ?? [];
    expect(recipes.map(({ name, steps }) => [name, steps.map(({ change }) => change)])).toEqual([
      ["Clean orders", ["removed", "added", "added"]],
      ["Daily revenue", ["removed", "added"]],
    ]);

    const texts = JSON.stringify([first, upgrade]);
    expect(texts).not.toContain(TOKEN);
    expect(texts).not.toContain(PASSWORD);
    await line.pulumi(EXAMPLE, "destroy", "--yes", "--skip-preview");
  });
});
