import { describe, expect, it } from "vitest";
import { Interrupted, Unavailable } from "../../../provider/client/errors.js";
import type { Client } from "../../../provider/client/client.js";
import { DeploymentRun, runDeployment } from "../../../provider/jobs/deployment-run.js";
import { importByHand } from "../by-hand.js";
import { clientOf, errorOf, exception, startServer } from "../client/scripted-server.js";
import type { ReceivedRequest, Step } from "../client/scripted-server.js";
import { TOKEN } from "../provider-test.js";
import type { ProviderTest } from "../provider-test.js";
import { RUNNABLE, startRunnableOrders } from "../runnable-orders.js";

function platformClient(test: ProviderTest, signal?: AbortSignal): Client {
  return clientOf(test.platform.endpoint("prod"), {
    authorization: `Bearer ${TOKEN}`,
    ...(signal && { signal }),
  });
}

describe("a run of a deployment", () => {
  it("is waited for, tells its progress, and what it wrote", async () => {
    const { test, deploymentId } = await startRunnableOrders();
    await importByHand(test, deploymentId, RUNNABLE.good());
    const run = await runDeployment(platformClient(test), deploymentId);
    const progress: string[] = [];
    const { outcome, groups } = await run.wait({ onProgress: (message) => progress.push(message) });
    expect(outcome).toBe("complete");
    expect(groups).toMatchObject([
      {
        id: 1,
        recipe: "R",
        status: "Complete",
        reason: undefined,
        outputs: [
          {
            name: "result.csv",
            location: "s3://acme-dev/out/result.csv",
            rows: 4,
            columns: ["order_id", "country", "quantity", "status"],
          },
        ],
      },
    ]);
    expect(groups[0]?.seconds).toBeGreaterThan(0);
    expect(progress.at(-1)).toBe("job group 1: 1 Complete");
  });

  it("that fails says why", async () => {
    const { test, deploymentId } = await startRunnableOrders();
    await importByHand(test, deploymentId, RUNNABLE.failing());
    const { outcome, groups } = await (await runDeployment(platformClient(test), deploymentId)).wait();
    expect(outcome).toBe("failed");
    expect(groups[0]?.reason).toContain("s3://acme-dev/orders/gone.csv");
  });

  it("that takes longer than it may is still running, and can be cancelled", async () => {
    const { test, deploymentId } = await startRunnableOrders();
    await importByHand(test, deploymentId, RUNNABLE.endless());
    const run = await runDeployment(platformClient(test), deploymentId);
    const { outcome, groups } = await run.wait({ until: Date.now() + 500 });
    expect(outcome).toBe("running");
    expect(groups).toMatchObject([{ outputs: undefined }]);
    await run.cancel();
    expect((await run.wait({ until: Date.now() + 20_000 })).outcome).toBe("canceled");
    await run.cancel();
  });

  it("is not waited for any longer when the user interrupts", async () => {
    const { test, deploymentId } = await startRunnableOrders();
    await importByHand(test, deploymentId, RUNNABLE.endless());
    const controller = new AbortController();
    const client = platformClient(test, controller.signal);
    const run = await runDeployment(client, deploymentId);
    const waiting = errorOf(run.wait({ onProgress: () => controller.abort() }));
    expect(await waiting).toBeInstanceOf(Interrupted);
    await run.cancel(client.uninterrupted());
    const group = () => test.call<{ status: string }>("GET", "/v4/jobGroups/1");
    await expect.poll(async () => (await group()).status, { timeout: 20_000 }).toBe("Canceled");
  });

  it("is refused when no release is active", async () => {
    const { test, deploymentId } = await startRunnableOrders();
    const error = await errorOf(runDeployment(platformClient(test), deploymentId));
    expect(error).toMatchObject({ name: "InvalidRequest", code: "NoActiveRelease" });
  });
});

describe("a platform of another version", () => {
  /** Answers of a platform by path; statuses in the order in which they are asked for. */
  async function startOther(statuses: readonly Step[], others: Readonly<Record<string, Step>> = {}) {
    let asked = 0;
    return startServer(({ url }: ReceivedRequest) => {
      const path = url.split("?")[0] ?? "";
      if (path.endsWith("/status")) return statuses[Math.min(asked++, statuses.length - 1)] ?? "cut";
      return others[path] ?? { status: 404, body: exception("RouteNotFoundException", "no such route") };
    });
  }
  const said = (status: string): Step => ({ status: 200, body: JSON.stringify(status) });
  const started = {
    "/v4/deployments/7/run": { status: 201, body: { data: [{ reason: "JobStarted", id: 3 }] } },
  };

  it("may use words for statuses that are not known here, and embed nothing", async () => {
    const server = await startServer(({ url }) => {
      if (url.endsWith("/run")) return started["/v4/deployments/7/run"];
      if (url.endsWith("/status")) return said(count++ === 0 ? "Pending" : "Cancelled");
      if (url.includes("embed")) return { status: 400, body: exception("ValidationFailed", "embed") };
      if (url.endsWith("/jobGroups/3")) return { status: 200, body: { id: 3, status: "Cancelled" } };
      return { status: 404, body: exception("RouteNotFoundException", "no such route") };
    });
    let count = 0;
    const run = await runDeployment(clientOf(server.url), "7");
    expect(await run.wait()).toEqual({
      outcome: "canceled",
      groups: [{ id: 3, status: "Cancelled" }],
    });
  });

  it("sends the parameters in the documented form", async () => {
    const server = await startOther([said("Complete")], started);
    await runDeployment(clientOf(server.url), "7", { parameters: { region: "eu" } });
    expect(JSON.parse(server.requests[0]?.body ?? "")).toEqual({
      runParameters: { overrides: { data: [{ key: "region", value: "eu" }] } },
    });
  });

  it("that is away for a moment is waited for, and one that stays away is told of", async () => {
    const away = { status: 503, body: "" } as const;
    const job = {
      "/v4/jobGroups/3": { status: 200, body: {} },
      "/v4/jobGroups/3/outputs": { status: 200, body: {} },
    };
    const server = await startOther([away, said("InProgress"), away, said("Complete")], {
      ...started,
      ...job,
    });
    const client = clientOf(server.url, { retries: 0 });
    const progress: string[] = [];
    const { outcome } = await new DeploymentRun(client, [3]).wait({
      onProgress: (text) => progress.push(text),
    });
    expect(outcome).toBe("complete");
    expect(progress.filter((text) => text.startsWith("the platform does not answer"))).toHaveLength(2);

    const gone = await startOther([away], started);
    const waiting = new DeploymentRun(clientOf(gone.url, { retries: 0 }), [3]).wait({
      until: Date.now() + 600,
    });
    expect(await errorOf(waiting)).toBeInstanceOf(Unavailable);
  });

  it("tells the reason of a failure in its jobs", async () => {
    const body = { jobs: { data: [{}, { errorMessage: { data: "no space left" } }] } };
    const server = await startOther([said("Failed")], { "/v4/jobGroups/3": { status: 200, body } });
    const { groups } = await new DeploymentRun(clientOf(server.url), [3]).wait();
    expect(groups).toMatchObject([{ reason: "no space left", outputs: undefined }]);
  });
});
