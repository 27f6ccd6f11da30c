import { execFile } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { delimiter, join } from "node:path";
import { promisify } from "node:util";
import { expect, it, onTestFinished } from "vitest";
import { openStage } from "../engine/kill-matrix/stage.js";
import { killVictim } from "../engine/kill-matrix/victims.js";
import { isWithoutEngine } from "../engine/stack.js";
import { startTestPlatform, TOKEN } from "../platform/platform-fixture.js";
import { startCommandLine } from "./command-line.js";

interface Export {
  deployment: { pending_operations?: unknown[] };
}

/** The lines of the guide's blocks, block by block. */
function commandsInGuide(): string[][] {
  const guide = readFileSync("docs/guides/after-a-crash.md", "utf8");
  return [...guide.matchAll(/^```sh\n([^`]*)^```$/gm)].map(([, block = ""]) => block.trim().split("\n"));
}

it.skipIf(isWithoutEngine)(
  "the guide's commands, one after the other, mend a stack whose engine was killed while it made a schedule",
  { timeout: 240_000 },
  async () => {
    const { findPulumi } = await import("../../tools/pulumi-cli.mjs");
    const { findLanguageHost } = await import("../../tools/language-hosts.mjs");
    const platform = await startTestPlatform();
    const stage = await openStage();
    onTestFinished(() => stage.close());
    stage.lead(platform.endpoint("dev"));
    const hosts = [(await findPulumi()).bin, (await findLanguageHost("yaml")).bin];
    const line = await startCommandLine({
      SLUICE_ENDPOINT: stage.endpoint,
      SLUICE_TOKEN: TOKEN,
      WAREHOUSE_PASSWORD: "secret",
      PATH: [...hosts, process.env["PATH"]].join(delimiter),
      PULUMI_SKIP_CONFIRMATIONS: "true",
    });
    onTestFinished(() => line.remove());
    const run = (command: string) => {
      const [program, ...words] = command.split(" ");
      expect(program).toBe("pulumi");
      return line.pulumi("examples/yaml", ...words);
    };
    const runAll = async (commands: readonly string[]) => {
      const printed: string[] = [];
      for (const command of commands) printed.push(await run(command));
      return printed;
    };
    const pending = async () => {
      const { deployment } = JSON.parse(await run("pulumi stack export")) as Export;
      return deployment.pending_operations ?? [];
    };
    await run("pulumi stack init prod");
    const stopped = stage.stopAt({ kind: "POST /v4/deploymentSchedules", occurrence: 0 }, "after");
    const ended = run("pulumi up").then(String, String);
    const early = await Promise.race([stopped, ended]);
    expect(early).toBeUndefined();
    expect(await killVictim("engine", "plugin", 0)).toBeGreaterThan(0);
    stage.letGo();
    await ended;

    expect(await pending()).toMatchObject([{ type: "creating" }]);

    const [first = [], imported = [], emptied = [], last = [], ...more] = commandsInGuide();
    expect(more).toEqual([]);
    const stacks = join(line.backend, ".pulumi/stacks/orders");
    writeFileSync(join(stacks, "prod.json.attrs"), "");
    expect(await run("pulumi stack export").catch(String)).toContain("failed to load checkpoint: EOF");
    const shell = { env: { ...process.env, HOME: line.backend } };
    for (const command of emptied) await promisify(execFile)("sh", ["-c", command], shell);
    const refusal = await runAll(first).catch(String);
    expect(refusal).toContain('a schedule named "orders nightly" of this deployment already exists (id 1)');
    expect(refusal).toContain(`run \`${imported[0] ?? ""}\` to take it into this stack`);
    await runAll([...imported, ...last]);
    expect(await pending()).toEqual([]);
    const releases = await platform.call("GET", "/v4/releases");
    expect(releases.body).toMatchObject({ data: [{ id: 1, deployment: { id: 1 }, active: true }] });
    const schedules = await platform.call("GET", "/v4/deploymentSchedules");
    expect(schedules.body).toMatchObject({ data: [{ id: 1, name: "orders nightly" }] });
  },
);
