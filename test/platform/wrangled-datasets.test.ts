import { expect, test } from "vitest";
import { createPerson, exportFlow, startWithSmallFlow } from "./flow-fixture.js";
import { startTestPlatform } from "./platform-fixture.js";

test("a new recipe reads its dataset, which joins the flow", async () => {
  const platform = await startTestPlatform();
  const dataset = await platform.call("POST", "/v4/importedDatasets", { uri: "s3://acme/orders.csv" });
  const flow = await platform.call("POST", "/v4/flows", { name: "Orders" });
  const created = await platform.call("POST", "/v4/wrangledDatasets", {
    importedDataset: { id: dataset.body.id },
    flow: { id: flow.body.id },
    name: "Clean",
  });
  expect(created.status).toBe(201);
  expect(created.body).toMatchObject({ name: "Clean", wrangled: true, flow: { id: flow.body.id } });
  const exported = (await exportFlow(platform, flow.body.id as number)).flows[0];
  expect(exported?.nodes.map(({ isWrangled }) => isWrangled)).toEqual([false, true]);
  expect(exported?.edges).toMatchObject([{ from: exported?.nodes[0]?.id, to: created.body.id, port: null }]);
  const input = await platform.call("GET", `/v4/wrangledDatasets/${created.body.id}/primaryInputDataset`);
  expect(input.body.importedDataset.id).toBe(dataset.body.id);
});

test("only recipes are listed, not the parsing recipes of datasets", async () => {
  const { platform, nodeId, flowId } = await startWithSmallFlow();
  const list = await platform.call("GET", "/v4/wrangledDatasets?embed=flow,outputObjects&includeCount=true");
  expect(list.body.count).toBe(1);
  expect(list.body.data[0]).toMatchObject({ id: nodeId, name: "Clean", flow: { id: flowId } });
  expect(list.body.data[0].outputObjects.data).toHaveLength(1);
  expect((await platform.call("GET", "/v4/wrangledDatasets?filter=clea")).body.data).toHaveLength(1);
  expect((await platform.call("GET", "/v4/wrangledDatasets/count?filter=dirty")).body).toEqual({ count: 0 });
});

test("a recipe gets another name and another input", async () => {
  const { platform, flowId, nodeId } = await startWithSmallFlow();
  const dataset = await platform.call("POST", "/v4/importedDatasets", { uri: "s3://acme/other.csv" });
  const renamed = await platform.call("PATCH", `/v4/wrangledDatasets/${nodeId}`, { name: "Cleaner" });
  expect([renamed.status, renamed.body.id]).toEqual([200, nodeId]);
  const replaced = await platform.call("PUT", `/v4/wrangledDatasets/${nodeId}/primaryInputDataset`, {
    importedDataset: { id: dataset.body.id },
  });
  expect([replaced.status, replaced.body.name]).toEqual([200, "Cleaner"]);
  const flow = (await exportFlow(platform, flowId)).flows[0];
  const edge = flow?.edges.find(({ port }) => port === null);
  const node = flow?.nodes.find(({ id }) => id === edge?.from);
  expect(flow?.recipes.find(({ id }) => id === node?.recipeId)?.name).toBe("other.csv");
  expect(flow?.edges).toHaveLength(2);
});

test("a recipe cannot come to read itself", async () => {
  const { platform, nodeId } = await startWithSmallFlow();
  const { status, body } = await platform.call("PUT", `/v4/wrangledDatasets/${nodeId}/primaryInputDataset`, {
    wrangledDataset: { id: nodeId },
  });
  expect([status, body.exception.name]).toEqual([400, "ValidationFailed"]);
});

test("a deleted recipe takes its outputs along", async () => {
  const { platform, flowId, nodeId, outputId } = await startWithSmallFlow();
  expect((await platform.call("DELETE", `/v4/wrangledDatasets/${nodeId}`)).status).toBe(204);
  expect((await platform.call("GET", `/v4/outputObjects/${outputId}`)).status).toBe(404);
  expect((await exportFlow(platform, flowId)).flows[0]?.recipes.map(({ name }) => name)).toEqual([
    "orders.csv",
    "Customers",
  ]);
});

test("recipes of somebody else are 404", async () => {
  const { platform, nodeId } = await startWithSmallFlow();
  const anna = await createPerson(platform, "anna@example.com");
  expect((await platform.callAs(anna, "GET", "/v4/wrangledDatasets")).body.data).toEqual([]);
  for (const [method, body] of [["GET"], ["PATCH", { name: "mine" }], ["DELETE"]] as const) {
    const answer = await platform.callAs(anna, method, `/v4/wrangledDatasets/${nodeId}`, body);
    expect([method, answer.status]).toEqual([method, 404]);
  }
});
