import { spawn } from "node:child_process";
import { join } from "node:path";
import { beforeEach, describe, expect, it, onTestFinished } from "vitest";
import { startPlatformProxy } from "../engine/platform-proxy.js";
import {
  endlessFlow,
  listIfThere,
  ordersFlow,
  putEndless,
  startJobPlatform,
} from "../platform/jobs/job-fixture.js";
import type { JobPlatform } from "../platform/jobs/job-fixture.js";
import { TOKEN } from "../platform/platform-fixture.js";
import { sluice, type Result } from "./command-line.js";

const MAIN = join(__dirname, "../../dist/cli/main.js");
/** Two outputs: one of the kept rows, one of the region that a parameter says. */
const FLOW = ordersFlow({
  parameters: { country: "DE" },
  recipes: {
    Kept: {
      from: "orders.csv",
      steps: ["filter type: custom rowType: single row: status == 'cancelled' action: Delete"],
    },
    Region: {
      from: "orders.csv",
      steps: ["filter type: custom rowType: single row: country == $country action: Keep"],
    },
  },
  outputs: [
    { recipe: "Kept", file: "s3://acme-dev/out/kept.csv", action: "overwrite" },
    { recipe: "Region", file: "s3://acme-dev/out/region.csv", action: "overwrite" },
  ],
});

beforeEach(() => {
  process.env["SLUICE_TOKEN"] = TOKEN;
  delete process.env["SLUICE_ENDPOINT"];
  return () => {
    delete process.env["SLUICE_TOKEN"];
  };
});

function run(platform: JobPlatform, ...options: string[]): Promise<Result> {
  return sluice("run", "--endpoint", platform.endpoint("dev"), ...options);
}

/** The same in a process of its own, which signals can reach. */
function spawnRun(platform: JobPlatform, ...options: string[]) {
  const child = spawn(process.execPath, [MAIN, "run", "--endpoint", platform.endpoint("dev"), ...options], {
    env: { PATH: process.env["PATH"], SLUICE_TOKEN: TOKEN },
    stdio: ["ignore", "pipe", "pipe"],
  });
  const printed = { out: "", error: "" };
  child.stdout.on("data", (bytes: Buffer) => (printed.out += bytes.toString()));
  child.stderr.on("data", (bytes: Buffer) => (printed.error += bytes.toString()));
  const ended = new Promise<number | null>((done) => child.once("close", done));
  onTestFinished(() => void child.kill("SIGKILL"));
  return { child, printed, ended };
}

describe("sluice run", () => {
  it("runs a deployment, waits, and prints what was written", async () => {
    const platform = await startJobPlatform();
    await platform.deploy(FLOW);
    const { code, out, error } = await run(platform, "--deployment", "orders", "--wait");
    expect(error).toMatch(/^deployment "orders": started job groups 1, 2\njob groups 1, 2: .*2 Complete\n$/s);
    const [head, ...lines] = out.split("\n");
    expect(head?.split(/ +/)).toEqual(["output", "status", "rows", "bytes", "seconds"]);
    const bytes = (name: string) => String(platform.read(`out/${name}`).length);
    expect(lines.map((line) => line.split(/ +/).slice(0, 4))).toEqual([
      ["s3://acme-dev/out/kept.csv", "Complete", "3", bytes("kept.csv")],
      ["s3://acme-dev/out/region.csv", "Complete", "2", bytes("region.csv")],
      [""],
    ]);
    expect(code).toBe(0);
  });

  it("gives parameters to the run, and answers programs in JSON", async () => {
    const platform = await startJobPlatform();
    const id = await platform.deploy(FLOW);
    const options = ["--deployment", `id:${id}`, "--parameter", "country=FR", "--json"];
    const { code, out } = await run(platform, ...options);
    expect(JSON.parse(out)).toMatchObject({
      deployment: { id: String(id), name: "orders" },
      outcome: "complete",
      jobGroups: [
        { id: 1, recipe: "Kept", status: "Complete", outputs: [{ name: "kept.csv", rows: 3 }] },
        { id: 2, recipe: "Region", status: "Complete", outputs: [{ name: "region.csv", rows: 1 }] },
      ],
    });
    expect(platform.read("out/region.csv")).toContain("FR");
    expect(code).toBe(0);
  });

  it("starts nothing for a parameter that the release does not have", async () => {
    const platform = await startJobPlatform();
    await platform.deploy(FLOW);
    const options = ["--deployment", "orders", "--parameter", "contry=FR"];
    expect(await run(platform, ...options)).toEqual({
      code: 2,
      out: "",
      error:
        'error: --parameter contry: the package has no parameter of this name (did you mean "country"?); it has country\n',
    });
    expect((await platform.call("GET", "/v4/jobGroups")).body).toMatchObject({ data: [] });
  });

  it("runs with parameters that it cannot check where the package is kept from the account, and says so", async () => {
    const platform = await startJobPlatform({ faults: true });
    await platform.deploy(FLOW);
    platform.faults?.add({ route: "/v4/releases/{id}/package", fault: { kind: "status", status: 403 } });
    const { code, error } = await run(platform, "--deployment", "orders", "--parameter", "country=FR");
    expect(error).toContain(
      "the names of parameters are not checked: this account may not read the release's package\n",
    );
    expect(platform.read("out/region.csv")).toContain("FR");
    expect(code).toBe(0);
  });

  it("ends with 1 and the reason when a job fails, and tells of the others", async () => {
    const platform = await startJobPlatform();
    await platform.deploy(
      ordersFlow({
        outputs: [
          { recipe: "Clean orders", file: "s3://acme-dev/out/clean.csv", action: "overwrite" },
          { recipe: "Revenue", file: "s3://acme-dev/../out.csv", action: "overwrite" },
        ],
      }),
    );
    const { code, out, error } = await run(platform, "--deployment", "orders");
    expect(code).toBe(1);
    expect(out).toMatch(/^s3:\/\/acme-dev\/out\/clean.csv +Complete +3 /m);
    expect(out).toMatch(/^job group 2 \(Revenue\) +Failed +- +- +[\d.]+$/m);
    expect(error).toMatch(/^job group 2 \(Revenue\): Failed: .*leaves its storage/m);
  });

  it("only starts the jobs with --no-wait", async () => {
    const platform = await startJobPlatform({ jobs: { workers: 1 } });
    putEndless(platform);
    await platform.deploy(endlessFlow());
    const { code, out } = await run(platform, "--deployment", "orders", "--no-wait", "--json");
    expect(JSON.parse(out)).toMatchObject({ outcome: "started", jobGroups: [{ id: 1 }] });
    expect(code).toBe(0);
    expect((await platform.call("GET", "/v4/jobGroups/1/status")).body).toMatch(/^(Created|InProgress)$/);
  });

  it("ends with 3 when the time is over; the jobs go on, or are cancelled on request", async () => {
    const platform = await startJobPlatform({ jobs: { workers: 1 } });
    putEndless(platform);
    await platform.deploy(endlessFlow());
    const late = await run(platform, "--deployment", "orders", "--timeout", "1s");
    expect(late.code).toBe(3);
    expect(late.out).toMatch(/^job group 1 \(R\) +InProgress/m);
    expect(late.error).toContain(
      "the time is over; what has not ended of job group 1 goes on at the platform",
    );
    expect((await platform.call("GET", "/v4/jobGroups/1/status")).body).toBe("InProgress");

    const cancelled = await run(
      platform,
      ...["--deployment", "orders", "--timeout", "1", "--cancel-on-timeout", "--json"],
    );
    expect(cancelled.code).toBe(3);
    expect(JSON.parse(cancelled.out)).toMatchObject({
      outcome: "canceled",
      jobGroups: [{ id: 2, status: "Canceled" }],
    });
    expect((await platform.call("GET", "/v4/jobGroups/2/status")).body).toBe("Canceled");
  });

  it("leaves the jobs alone on Ctrl-C, says so, and cancels them on request", async () => {
    const platform = await startJobPlatform({ jobs: { workers: 1 } });
    putEndless(platform);
    await platform.deploy(endlessFlow());
    const first = spawnRun(platform, "--deployment", "orders");
    await expect.poll(() => first.printed.error, { timeout: 20_000 }).toContain("1 InProgress");
    first.child.kill("SIGINT");
    expect(await first.ended).toBe(130);
    expect(first.printed.error).toContain("interrupted; what has not ended of job group 1 goes on");
    expect((await platform.call("GET", "/v4/jobGroups/1/status")).body).toBe("InProgress");
    await platform.call("POST", "/v4/jobGroups/1/cancel");

    const second = spawnRun(platform, "--deployment", "orders", "--cancel-on-interrupt");
    await expect.poll(() => second.printed.error, { timeout: 20_000 }).toContain("1 InProgress");
    second.child.kill("SIGTERM");
    expect(await second.ended).toBe(143);
    expect((await platform.call("GET", "/v4/jobGroups/2/status")).body).toBe("Canceled");
    expect(listIfThere(join(platform.bucket, "out"))).toEqual([]);
  });

  it("ends with 2 where nothing can be run, saying why", async () => {
    const platform = await startJobPlatform();
    await platform.call("POST", "/v4/deployments", { name: "orders" });
    await platform.call("POST", "/v4/deployments", { name: "twice" });
    await platform.call("POST", "/v4/deployments", { name: "twice" });
    for (const [deployment, reason] of [
      ["orders", /^error: running deployment "orders": .*no active release/],
      ["order", /^error: there is no deployment of the name "order" \(did you mean "orders"\?\)/],
      [
        "twice",
        /^error: 2 deployments have the name "twice" \(ids 2, 3\); give the id \(an id is given as id:12\)/,
      ],
      ["id:77", /^error: there is no deployment 77 in this environment/],
    ] as const) {
      const { code, out, error } = await run(platform, "--deployment", deployment);
      expect(error).toMatch(reason);
      expect(code).toBe(2);
      expect(out).toBe("");
    }
    expect(await platform.call("GET", "/v4/jobGroups")).toMatchObject({ body: { data: [] } });
  });

  it("ends with 2 without a platform, without a token and for a platform that refuses it, and never shows it", async () => {
    const nowhere = await sluice("run", "--deployment", "orders");
    expect(nowhere).toMatchObject({ code: 2, error: expect.stringContaining("give --endpoint") as string });
    const platform = await startJobPlatform();
    const tooMuch = await run(
      platform,
      "--deployment",
      "orders",
      "--endpoint",
      `${platform.endpoint("dev")}/v4`,
    );
    expect(tooMuch).toEqual({
      code: 2,
      out: "",
      error:
        "error: sluice:endpoint (or SLUICE_ENDPOINT): must be the base URL: leave out the /v4 at its end\n",
    });
    const secret = "another-token-5d1c";
    process.env["SLUICE_TOKEN"] = secret;
    const refused = await run(platform, "--deployment", "orders");
    expect(refused.code).toBe(2);
    expect(refused.error).toContain("401");
    expect(refused.error).not.toContain(secret);
    delete process.env["SLUICE_TOKEN"];
    expect((await run(platform, "--deployment", "orders")).error).toContain("set SLUICE_TOKEN");
    const contrary = await run(platform, "--deployment", "orders", "--no-wait", "--timeout", "30m");
    expect(contrary).toMatchObject({
      code: 2,
      error: expect.stringContaining("leave out --timeout") as string,
    });
    expect((await run(platform, "--deployment", "orders", "--timeout", "soon")).error).toContain(
      "It must be a time such as 90s, 30m or 2h.",
    );
  });

  it("runs nothing in another environment than the expected one", async () => {
    const platform = await startJobPlatform();
    await platform.deploy(FLOW);
    const wrong = await run(platform, "--deployment", "orders", "--expect", "prod");
    expect(wrong.code).toBe(2);
    expect(wrong.error).toContain('"prod"');
    expect(await platform.call("GET", "/v4/jobGroups")).toMatchObject({ body: { data: [] } });
    expect((await run(platform, "--deployment", "orders", "--expect", "dev")).code).toBe(0);
  });

  it("says that a run may have been started when its answer was lost, and does not ask for it twice", async () => {
    const platform = await startJobPlatform();
    await platform.deploy(FLOW);
    const proxy = await startPlatformProxy(platform.endpoint("dev"));
    onTestFinished(() => proxy.close());
    proxy.interfere(({ method }) => (method === "POST" ? { kind: "answer", status: 502 } : undefined));
    const { code, error } = await sluice("run", "--endpoint", proxy.endpoint, "--deployment", "orders");
    expect(error).toContain("it may have been started all the same: look at the platform's jobs");
    expect(code).toBe(2);
    expect(proxy.requests.filter(({ method }) => method === "POST")).toHaveLength(1);
  });
});
