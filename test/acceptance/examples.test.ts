import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import ts from "typescript";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { startPlatform } from "../../platform/index.js";
import type { RequestRecord, RunningPlatform } from "../../platform/index.js";
import { isWithoutEngine, writesOf } from "../engine/stack.js";
import { startCommandLine } from "./command-line.js";
import type { CommandLine } from "./command-line.js";

const SECRETS = {
  token: "canary-token-2c77",
  warehouse: "canary-warehouse-90ad",
  crm: "canary-crm-61fe",
};

interface Release {
  notes: string;
  active: boolean | null;
}

describe.skipIf(isWithoutEngine)("the examples, run as a person runs them", () => {
  let folder: string;
  let platform: RunningPlatform;
  let line: CommandLine;
  /** Everything that was printed. */
  let printed = "";

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "sluice-examples-"));
    platform = await startPlatform({
      data: folder,
      environments: ["dev", "prod"],
      token: SECRETS.token,
      settings: { recordRequests: true },
    });
    line = await startCommandLine({
      SLUICE_ENDPOINT: platform.endpoint("prod"),
      SLUICE_TOKEN: SECRETS.token,
      WAREHOUSE_PASSWORD: SECRETS.warehouse,
    });
  });
  afterAll(async () => {
    await line.remove();
    await platform.close();
    await rm(folder, { recursive: true, force: true, maxRetries: 3 });
  });

  async function pulumi(directory: string, ...commandArguments: string[]): Promise<string> {
    const output = await line.pulumi(directory, ...commandArguments);
    printed += output;
    return output;
  }
  async function requestsDuring(action: () => Promise<unknown>): Promise<readonly RequestRecord[]> {
    const before = platform.requests.length;
    await action();
    return platform.requests.slice(before);
  }
  async function releasesOf(environment: string): Promise<Release[]> {
    const response = await fetch(`${platform.endpoint(environment)}/v4/releases?sort=id`, {
      headers: { authorization: `Bearer ${SECRETS.token}` },
    });
    return ((await response.json()) as { data: Release[] }).data;
  }

  it("type-check against the generated classes", () => {
    for (const example of ["quickstart", "two-environments"]) {
      const configuration = resolve("examples", example, "tsconfig.json");
      const read = ts.getParsedCommandLineOfConfigFile(
        configuration,
        {},
        {
          ...ts.sys,
          onUnRecoverableConfigFileDiagnostic: (problem) => {
            throw new Error(ts.flattenDiagnosticMessageText(problem.messageText, "\n"));
          },
        },
      );
      const program = ts.createProgram(read?.fileNames ?? [], read?.options ?? {});
      const problems = ts
        .getPreEmitDiagnostics(program)
        .map((problem) => ts.flattenDiagnosticMessageText(problem.messageText, "\n"));
      expect(problems, example).toEqual([]);
      expect(read?.fileNames, example).toHaveLength(1);
    }
  });

  it("preview, update and destroy in the repository's root, with no secret in any output", async () => {
    await pulumi(".", "stack", "init", "prod");
    const previewed = await requestsDuring(async () => {
      const plan = JSON.parse(await pulumi(".", "preview", "--json")) as {
        steps: { op: string; urn: string }[];
      };
      const types = plan.steps.map(({ op, urn }) => `${op} ${urn.replace(/^.*[:/](\w+)::[^:]*$/, "$1")}`);
      expect(types.sort()).toEqual([
        "create Connection",
        "create Deployment",
        "create ImportRules",
        "create Release",
        "create Schedule",
        "create Stack",
      ]);
    });
    expect(writesOf(previewed)).toEqual([]);

    await pulumi(".", "up", "--yes", "--skip-preview", "--json");
    expect(await releasesOf("prod")).toMatchObject([
      { active: true, notes: expect.stringContaining("orders 1.0.0") as string },
    ]);
    await pulumi(".", "config", "set", "version", "1.1.0");
    expect(await pulumi(".", "preview", "--diff")).toMatch(
      /\+ filter type: custom rowType: single row: customer_id == 'C-TEST'/,
    );
    await pulumi(".", "stack", "export");
    await pulumi(".", "destroy", "--yes", "--skip-preview", "--diff");
    expect(await releasesOf("prod")).toEqual([]);
  });

  it("promote from one environment to the other, each at a version of its own", async () => {
    const folder = "examples/two-environments";
    await pulumi(folder, "stack", "init", "all");
    const targets = { token: SECRETS.token };
    const environments = {
      dev: { endpoint: platform.endpoint("dev"), ...targets },
      prod: { endpoint: platform.endpoint("prod"), ...targets },
    };
    await pulumi(folder, "config", "set", "--secret", "sluice:environments", JSON.stringify(environments));
    for (const environment of ["dev", "prod"])
      await pulumi(folder, "config", "set", "--secret", `crmPassword-${environment}`, SECRETS.crm);
    await pulumi(folder, "up", "--yes", "--skip-preview");
    const notes = (text: string) => expect.stringContaining(text) as string;
    expect(await releasesOf("dev")).toMatchObject([{ active: true, notes: notes("customer value 1.1.0") }]);
    expect(await releasesOf("prod")).toMatchObject([{ active: true, notes: notes("customer value 1.0.0") }]);

    await pulumi(folder, "config", "set", "prod", "1.1.0");
    const promoted = await requestsDuring(() => pulumi(folder, "up", "--yes", "--skip-preview"));
    expect(writesOf(promoted)).toEqual(["POST /vN/deployments/N/releases", "PATCH /vN/releases/N"]);
    expect(promoted.filter(({ method }) => method !== "GET").map(({ environment }) => environment)).toEqual([
      "prod",
      "prod",
    ]);
    expect(await releasesOf("prod")).toMatchObject([
      { active: null, notes: notes("customer value 1.0.0") },
      { active: true, notes: notes("customer value 1.1.0") },
    ]);
    await pulumi(folder, "stack", "export");
    for (const secret of Object.values(SECRETS)) expect(printed).not.toContain(secret);
    expect(printed).toContain("[secret]");
  });
});
