import { expect, test } from "vitest";
import { exportFlow, startWithSmallFlow } from "./flow-fixture.js";

test("the inputs of a flow are its datasets, the outputs come with their destinations", async () => {
  const { platform, flowId, fileDatasetId, tableDatasetId, outputId, connectionId } =
    await startWithSmallFlow();
  const inputs = await platform.call("GET", `/v4/flows/${flowId}/inputs`);
  expect(inputs.body.data.map(({ id }: { id: number }) => id)).toEqual([fileDatasetId, tableDatasetId]);
  const outputs = await platform.call("GET", `/v4/flows/${flowId}/outputs`);
  expect(outputs.body.data).toMatchObject([
    {
      id: outputId,
      isAdhoc: true,
      writeSettings: { data: [{ path: "s3://acme-dev/development/clean.csv", action: "overwrite" }] },
      publications: { data: [{ tableName: "clean_dev", connectionId }] },
      sqlScripts: { data: [] },
    },
  ]);
});

test("replaceDataset lets every reader of a dataset read another one, and the old one leaves the flow", async () => {
  const { platform, flowId, nodeId, fileDatasetId } = await startWithSmallFlow();
  const other = await platform.call("POST", "/v4/importedDatasets", { uri: "s3://acme/other.csv" });
  const { status, body } = await platform.call("PATCH", `/v4/flows/${flowId}/replaceDataset`, {
    importedDatasetId: fileDatasetId,
    newImportedDatasetId: other.body.id,
  });
  expect(status).toBe(200);
  expect(body.newInputNode).toMatchObject({ name: "other.csv", wrangled: false });
  expect(body.outputNodeEdges).toMatchObject([
    { inputFlowNode: { id: body.newInputNode.id }, outputFlowNode: { id: nodeId }, outPortId: null },
  ]);
  const flow = (await exportFlow(platform, flowId)).flows[0];
  expect(flow?.datasets.map(({ name }) => name).sort()).toEqual(["Customers", "other.csv"]);
  // The dataset itself stays: it may be in other flows.
  expect((await platform.call("GET", `/v4/importedDatasets/${fileDatasetId}`)).status).toBe(200);
});

test("replaceDataset takes a node and a recipe, too", async () => {
  const { platform, flowId, fileDatasetId, tableDatasetId } = await startWithSmallFlow();
  const recipe = await platform.call("POST", "/v4/wrangledDatasets", {
    importedDataset: { id: tableDatasetId },
    flow: { id: flowId },
    name: "First",
  });
  const { body: nodes } = await platform.call("GET", `/v4/flows/${flowId}?embed=flowNodes(filter=orders)`);
  const { status, body } = await platform.call("PATCH", `/v4/flows/${flowId}/replaceDataset`, {
    flowNodeId: nodes.flowNodes.data[0].id,
    newWrangledDatasetId: recipe.body.id,
  });
  expect([status, body.newInputNode.id]).toEqual([200, recipe.body.id]);
  const inputs = await platform.call("GET", `/v4/flows/${flowId}/inputs`);
  expect(inputs.body.data.map(({ id }: { id: number }) => id)).not.toContain(fileDatasetId);
});

test.each([
  ["nothing old", { newImportedDatasetId: 1 }],
  ["two old", { flowNodeId: 1, importedDatasetId: 1, newImportedDatasetId: 1 }],
  ["nothing new", { importedDatasetId: 1 }],
])("replaceDataset with %s is refused", async (_what, body) => {
  const { platform, flowId } = await startWithSmallFlow();
  const answer = await platform.call("PATCH", `/v4/flows/${flowId}/replaceDataset`, body);
  expect([answer.status, answer.body.exception.name]).toEqual([400, "ValidationFailed"]);
});

test("a replacement that would close a circle is refused and changes nothing", async () => {
  const { platform, flowId, nodeId, fileDatasetId } = await startWithSmallFlow();
  const before = (await exportFlow(platform, flowId)).flows[0]?.edges;
  const { status } = await platform.call("PATCH", `/v4/flows/${flowId}/replaceDataset`, {
    importedDatasetId: fileDatasetId,
    newWrangledDatasetId: nodeId,
  });
  expect(status).toBe(400);
  expect((await exportFlow(platform, flowId)).flows[0]?.edges).toEqual(before);
});
