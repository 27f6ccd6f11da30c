import { describe, expect, it } from "vitest";
import { oneRecipe, ordersFlow, startJobPlatform } from "./job-fixture.js";

describe("a run of a deployment", () => {
  it("writes what the recipe makes of the files", async () => {
    const platform = await startJobPlatform();
    const deployment = await platform.deploy(ordersFlow());
    expect(await platform.run(deployment)).toMatchObject({ status: "Complete", failureReason: null });
    expect(platform.read("out/clean.csv")).toBe(
      [
        "order_id,country,name,quantity,price,total,status",
        "1,DE,Germany,2,39.90,79.8,paid",
        "2,FR,France,10,3.25,32.5,paid",
        '4,"GB, Wales",,4,1.50,6,paid',
        "",
      ].join("\n"),
    );
  });

  it("answers a job group for each manual output", async () => {
    const platform = await startJobPlatform();
    const outputs = ["Clean orders", "Revenue"].map((recipe) => ({
      recipe,
      file: `s3://acme-dev/${recipe}.csv`,
    }));
    const deployment = await platform.deploy(ordersFlow({ outputs }));
    const { status, body } = await platform.call("POST", `/v4/deployments/${deployment}/run`);
    expect(status).toBe(201);
    expect(body.data).toMatchObject([
      { reason: "JobStarted", id: 1, jobs: { data: [{ id: 1 }, { id: 2 }] } },
      { reason: "JobStarted", id: 2, jobs: { data: [{ id: 3 }, { id: 4 }] } },
    ]);
    expect(await platform.ended(2)).toMatchObject({ status: "Complete" });
    expect(platform.read("Revenue.csv").split("\n").sort()).toEqual(
      ["", "DE,79.8,1", "FR,32.5,1", '"GB, Wales",6,1', "country,revenue,orders"].sort(),
    );
  });

  it("is refused when no release is active, and when no output is manual", async () => {
    const platform = await startJobPlatform();
    const empty = await platform.call("POST", "/v4/deployments", { name: "empty" });
    const none = await platform.call("POST", `/v4/deployments/${empty.body.id}/run`);
    expect([none.status, none.body.exception.name]).toEqual([400, "NoActiveRelease"]);
    const scheduled = await platform.deploy(ordersFlow({ outputs: [] }));
    const nothing = await platform.call("POST", `/v4/deployments/${scheduled}/run`);
    expect([nothing.status, nothing.body.exception.name]).toEqual([400, "NoManualOutput"]);
  });

  it("says in its log how many rows it read of each file, filtered ones included", async () => {
    const platform = await startJobPlatform();
    const { id } = await platform.run(await platform.deploy(ordersFlow()));
    const log = await platform.log(id);
    expect(log).toContain('4 rows read of dataset "orders.csv"\n');
    expect(log).toContain('2 rows read of dataset "countries.csv"\n');
    expect(log).toContain("wrote s3://acme-dev/out/clean.csv: 3 rows");
  });

  it("says in its log what was read, the query, and what was written", async () => {
    const platform = await startJobPlatform();
    const { id } = await platform.run(await platform.deploy(oneRecipe(["drop col: price action: Drop"])));
    const log = await platform.call("GET", `/v4/jobGroups/${id}/logs`);
    expect(log.headers.get("content-type")).toContain("text/plain");
    for (const part of [
      'dataset "orders.csv" reads s3://acme-dev/orders/orders.csv: 125 bytes',
      "SELECT",
      "wrote s3://acme-dev/out/result.csv: 4 rows",
    ]) {
      expect(log.body).toContain(part);
    }
    const outputs = await platform.call("GET", `/v4/jobGroups/${id}/outputs`);
    expect(outputs.body.files).toMatchObject([
      {
        uri: "s3://acme-dev/out/result.csv",
        rowCount: 4,
        columns: ["order_id", "country", "quantity", "status"],
      },
    ]);
  });
});
