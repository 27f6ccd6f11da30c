import { describe, expect, test } from "vitest";
import { createPerson, createWarehouse, exportFlow, startWithSmallFlow } from "./flow-fixture.js";
import { startTestPlatform } from "./platform-fixture.js";

describe("importing a dataset", () => {
  test.each([
    ["s3://acme/in/orders.csv", { type: "s3", bucket: "acme", path: "/in/orders.csv", container: null }],
    ["gs://acme/in/orders.csv", { type: "gs", bucket: "acme", path: "/in/orders.csv", container: null }],
    [
      "hdfs://name:8020/in/orders.csv",
      { type: "hdfs", bucket: null, path: "/in/orders.csv", container: null },
    ],
    ["abfss://lake@acme.example/o.csv", { type: "abfss", bucket: null, path: "/o.csv", container: "lake" }],
    ["file:///in/orders.csv", { type: "file", bucket: null, path: "/in/orders.csv", container: null }],
  ])("takes %s apart", async (uri, parts) => {
    const platform = await startTestPlatform();
    const created = await platform.call("POST", "/v4/importedDatasets", { uri, name: "orders" });
    expect(created.status).toBe(201);
    expect(created.body).toMatchObject({ name: "orders", ...parts, connection: null, isDynamic: false });
    expect(created.body.storageLocation.fullUri).toBe(uri);
    expect(created.body.parsingScript.id).toBeTypeOf("number");
  });

  test("names a file after its path when no name is given", async () => {
    const platform = await startTestPlatform();
    const created = await platform.call("POST", "/v4/importedDatasets", { uri: "s3://acme/in/orders.csv" });
    expect(created.body.name).toBe("orders.csv");
  });

  test("takes a table of a connection", async () => {
    const platform = await startTestPlatform();
    const connectionId = await createWarehouse(platform);
    const created = await platform.call("POST", "/v4/importedDatasets", {
      name: "customers",
      connectionId: String(connectionId),
      type: "jdbc",
      jdbcType: "TABLE",
      jdbcPath: ["sales"],
      jdbcTable: "customers",
    });
    expect(created.body).toMatchObject({
      type: "jdbc",
      connection: { id: connectionId },
      jdbcPath: ["sales"],
      jdbcTable: "customers",
      relationalSource: { relationalPath: ["sales"], tableName: "customers" },
    });
  });

  test.each([
    ["without a source", { name: "x" }, "uri"],
    ["with a plain path as uri", { uri: "/in/orders.csv" }, "protocol://place/path"],
    ["of a table without connection", { jdbcTable: "customers" }, "connectionId"],
    ["with a connection that does not exist", { jdbcTable: "customers", connectionId: 7 }, "no connection 7"],
  ])("%s is refused", async (_what, body, reason) => {
    const platform = await startTestPlatform();
    const answer = await platform.call("POST", "/v4/importedDatasets", body);
    expect([answer.status, answer.body.exception.name]).toEqual([400, "ValidationFailed"]);
    expect(answer.body.exception.details).toContain(reason);
  });
});

describe("changing a dataset", () => {
  test("another uri and name show in the export of its flow", async () => {
    const { platform, flowId, fileDatasetId } = await startWithSmallFlow();
    const change = { uri: "s3://acme-prod/orders.csv", name: "orders of prod" };
    const changed = await platform.call("PATCH", `/v4/importedDatasets/${fileDatasetId}`, change);
    expect([changed.status, changed.body.id]).toEqual([200, fileDatasetId]);
    const exported = await exportFlow(platform, flowId);
    const dataset = exported.flows[0]?.datasets.find(({ id }) => id === fileDatasetId);
    expect(dataset).toMatchObject({
      name: "orders of prod",
      location: { bucket: "acme-prod", path: "/orders.csv", uri: "s3://acme-prod/orders.csv" },
    });
  });

  test("PUT needs a source, and a file cannot become a table", async () => {
    const { platform, fileDatasetId } = await startWithSmallFlow();
    const path = `/v4/importedDatasets/${fileDatasetId}`;
    expect((await platform.call("PUT", path, { name: "x" })).body.exception.name).toBe("ValidationFailed");
    const table = await platform.call("PATCH", path, { jdbcTable: "orders" });
    expect(table.body.exception.details).toContain("is a file and cannot become a table");
    expect((await platform.call("PUT", path, { uri: "s3://acme/x.csv", name: "x" })).status).toBe(200);
  });

  test("deleting it takes it out of its flow and leaves the recipe without that input", async () => {
    const { platform, flowId, fileDatasetId, nodeId } = await startWithSmallFlow();
    expect((await platform.call("DELETE", `/v4/importedDatasets/${fileDatasetId}`)).status).toBe(204);
    expect((await platform.call("GET", `/v4/importedDatasets/${fileDatasetId}`)).status).toBe(404);
    const exported = await exportFlow(platform, flowId);
    expect(exported.flows[0]?.datasets.map(({ name }) => name)).toEqual(["Customers"]);
    expect(exported.flows[0]?.edges).toHaveLength(1);
    const input = await platform.call("GET", `/v4/wrangledDatasets/${nodeId}/primaryInputDataset`);
    expect(input.status).toBe(404);
  });
});

test("a copy has its own parsing recipe with the same steps, loading the copy", async () => {
  const { platform, fileDatasetId } = await startWithSmallFlow();
  const copy = await platform.call("POST", `/v4/importedDatasets/${fileDatasetId}/copy`, { name: "second" });
  expect([copy.status, copy.body.name, copy.body.path]).toEqual([201, "second", "/development/orders.csv"]);
  const flow = await platform.call("POST", "/v4/flows", { name: "holder" });
  await platform.call("POST", `/v4/importedDatasets/${copy.body.id}/addToFlow`, {
    flow: { id: flow.body.id },
  });
  const exported = await exportFlow(platform, flow.body.id as number);
  const location = exported.flows[0]?.recipes[0]?.steps[0]?.task.parameters["location"];
  expect(location?.["value"]).toBe(`id://${copy.body.id}`);
});

test("added to a flow twice, a dataset is there once", async () => {
  const platform = await startTestPlatform();
  const dataset = await platform.call("POST", "/v4/importedDatasets", { uri: "s3://acme/orders.csv" });
  const flow = await platform.call("POST", "/v4/flows", { name: "Orders" });
  const add = () =>
    platform.call("POST", `/v4/importedDatasets/${dataset.body.id}/addToFlow`, {
      flow: { id: String(flow.body.id) },
    });
  expect([(await add()).status, (await add()).status]).toEqual([201, 201]);
  const inputs = await platform.call("GET", `/v4/flows/${flow.body.id}/inputs`);
  expect(inputs.body.data.map(({ id }: { id: number }) => id)).toEqual([dataset.body.id]);
  const { body } = await platform.call("GET", `/v4/flows/${flow.body.id}?embed=flowNodes`);
  expect(body.flowNodes.data).toHaveLength(1);
});

test("lists hold the caller's own datasets; those of others are 404 by id, as if they were not there", async () => {
  const platform = await startTestPlatform();
  const { body } = await platform.call("POST", "/v4/importedDatasets", { uri: "s3://acme/orders.csv" });
  const anna = await createPerson(platform, "anna@example.com");
  expect((await platform.callAs(anna, "GET", "/v4/importedDatasets?ownershipFilter=all")).body.data).toEqual(
    [],
  );
  expect((await platform.callAs(anna, "GET", `/v4/importedDatasets/${body.id}`)).status).toBe(404);
  const own = await platform.call("GET", "/v4/importedDatasets?embed=flows,connection");
  expect(own.body.data).toMatchObject([{ id: body.id, flows: { data: [] }, connection: null }]);
});
