import { describe, expect, test } from "vitest";
import { contentDigest } from "../../flow/digest.js";
import { createPerson, exportFlow, startWithSmallFlow } from "./flow-fixture.js";
import { startTestPlatform } from "./platform-fixture.js";

describe("creating flows", () => {
  test("a new flow has the caller as creator and no folder", async () => {
    const platform = await startTestPlatform();
    const created = await platform.call("POST", "/v4/flows", { name: "Orders", description: "daily" });
    expect(created.status).toBe(201);
    expect(created.body).toMatchObject({
      name: "Orders",
      description: "daily",
      folder: null,
      creator: { id: 1 },
      updater: { id: 1 },
      workspace: { id: 1 },
    });
    expect((await platform.call("GET", `/v4/flows/${created.body.id}`)).body).toEqual(created.body);
  });

  test("incrementName adds the next free number to a name that the caller already has", async () => {
    const platform = await startTestPlatform();
    const names: string[] = [];
    for (let count = 0; count < 3; count += 1) {
      const { body } = await platform.call("POST", "/v4/flows", { name: "Orders", incrementName: true });
      names.push(body.name as string);
    }
    expect(names).toEqual(["Orders", "Orders - 1", "Orders - 2"]);
  });

  test("a request without a body makes an untitled flow", async () => {
    const platform = await startTestPlatform();
    const created = await platform.call("POST", "/v4/flows");
    expect([created.status, created.body.name]).toEqual([201, "Untitled Flow"]);
    const copy = await platform.call("POST", `/v4/flows/${created.body.id}/copy`);
    expect([copy.status, copy.body.name]).toEqual([201, "Untitled Flow (copy)"]);
  });

  test("an unknown member and an unknown folder are refused", async () => {
    const platform = await startTestPlatform();
    const unknown = await platform.call("POST", "/v4/flows", { title: "Orders" });
    expect([unknown.status, unknown.body.exception.name]).toEqual([400, "ApiValidationFailed"]);
    expect(unknown.body.exception.details[0]).toContain('"title"');
    const folder = await platform.call("POST", "/v4/flows", { name: "Orders", folderId: 9 });
    expect([folder.status, folder.body.exception.name]).toEqual([404, "DataNotFoundException"]);
  });
});

describe("reading flows", () => {
  test("a list holds 25 flows unless limit or noLimit says otherwise, newest first", async () => {
    const platform = await startTestPlatform();
    for (let number = 1; number <= 27; number += 1) {
      await platform.call("POST", "/v4/flows", { name: `flow ${number}` });
    }
    const first = await platform.call("GET", "/v4/flows?includeCount=true");
    expect(first.body.data).toHaveLength(25);
    expect(first.body.count).toBe(27);
    expect(first.body.data[0].name).toBe("flow 27");
    expect((await platform.call("GET", "/v4/flows?noLimit=true")).body.data).toHaveLength(27);
    const page = await platform.call("GET", "/v4/flows?limit=2&offset=2&sort=id");
    expect(page.body.data.map((flow: { name: string }) => flow.name)).toEqual(["flow 3", "flow 4"]);
    expect((await platform.call("GET", "/v4/flows/count?filter=FLOW 2")).body).toEqual({ count: 10 });
  });

  test("only the caller's own flows are listed; an administrator asks for all of them", async () => {
    const platform = await startTestPlatform();
    const anna = await createPerson(platform, "anna@example.com");
    await platform.callAs(anna, "POST", "/v4/flows", { name: "Anna's" });
    await platform.call("POST", "/v4/flows", { name: "Mine" });
    const names = async (query: string, headers?: Record<string, string>) => {
      const answer = headers
        ? await platform.callAs(headers, "GET", `/v4/flows${query}`)
        : await platform.call("GET", `/v4/flows${query}`);
      return answer.body.data.map((flow: { name: string }) => flow.name);
    };
    expect(await names("")).toEqual(["Mine"]);
    expect(await names("?flowsFilter=all")).toEqual(["Mine", "Anna's"]);
    expect(await names("?flowsFilter=shared")).toEqual(["Anna's"]);
    expect(await names("", anna)).toEqual(["Anna's"]);
    expect(await names("?flowsFilter=all", anna)).toEqual(["Anna's"]);
  });

  test("embeds match whatever their case, come enveloped and take options", async () => {
    const { platform, flowId, nodeId } = await startWithSmallFlow();
    const { body } = await platform.call(
      "GET",
      `/v4/flows/${flowId}?embed=flownodes(limit=1,sort=-id),FLOWEDGES,creator`,
    );
    expect(body.flowNodes.data).toHaveLength(1);
    expect(body.flowNodes.data[0]).toMatchObject({ id: nodeId, name: "Clean", wrangled: true });
    expect(body.flowEdges.data).toHaveLength(2);
    expect(body.flowEdges.data[0].outputFlowNode).toEqual({ id: nodeId });
    expect(body.creator.email).toBe("admin@sluice.local");
  });

  test("an unknown association is refused with the names of those that exist", async () => {
    const { platform, flowId } = await startWithSmallFlow();
    const { status, body } = await platform.call("GET", `/v4/flows/${flowId}?embed=samples`);
    expect(status).toBe(400);
    expect(body.exception).toEqual({
      name: "ValidationFailed",
      message: "Input validation failed",
      details:
        "No association samples in flows! Valid associations are creator, updater, folder, flowNodes, flowEdges, " +
        "flowRunParameterOverrides, webhookFlowTasks",
    });
  });

  test("a flow that does not exist and one of somebody else are both 403", async () => {
    const platform = await startTestPlatform();
    const { body } = await platform.call("POST", "/v4/flows", { name: "Mine" });
    const anna = await createPerson(platform, "anna@example.com");
    for (const path of ["/v4/flows/999", `/v4/flows/${body.id}`]) {
      const answer = await platform.callAs(anna, "GET", path);
      expect([answer.status, answer.body.exception.name]).toEqual([403, "AccessControlException"]);
    }
  });

  test("a flow of another environment is not reachable", async () => {
    const { platform, flowId } = await startWithSmallFlow();
    expect((await platform.call("GET", `/v4/flows/${flowId}`, undefined, "prod")).status).toBe(403);
    expect((await platform.call("GET", "/v4/flows", undefined, "prod")).body.data).toEqual([]);
  });
});

describe("changing flows", () => {
  test("a change answers the minimal object and shows in the export", async () => {
    const { platform, flowId } = await startWithSmallFlow();
    const changed = await platform.call("PATCH", `/v4/flows/${flowId}`, { name: "Edited by hand" });
    expect(changed.status).toBe(200);
    expect(Object.keys(changed.body).sort()).toEqual(["id", "updatedAt", "updater"]);
    expect((await exportFlow(platform, flowId)).flows[0]?.name).toBe("Edited by hand");
  });

  test("a deleted flow is 410, out of the lists, and there again with includeDeleted", async () => {
    const { platform, flowId, nodeId } = await startWithSmallFlow();
    expect((await platform.call("DELETE", `/v4/flows/${flowId}`)).status).toBe(204);
    expect((await platform.call("GET", `/v4/flows/${flowId}`)).status).toBe(410);
    expect((await platform.call("DELETE", `/v4/flows/${flowId}`)).status).toBe(410);
    expect((await platform.call("GET", "/v4/flows")).body.data).toEqual([]);
    expect((await platform.call("GET", `/v4/wrangledDatasets/${nodeId}`)).status).toBe(404);
    expect((await platform.call("GET", `/v4/flows/${flowId}?includeDeleted=true`)).body.id).toBe(flowId);
    expect((await platform.call("GET", "/v4/flows?includeDeleted=true")).body.data).toHaveLength(1);
  });

  test("a flow moves into a folder and out again", async () => {
    const platform = await startTestPlatform();
    const folder = await platform.call("POST", "/v4/folders", { name: "Sales" });
    const flow = await platform.call("POST", "/v4/flows", { name: "Orders" });
    const moved = await platform.call("POST", `/v4/flows/${flow.body.id}/move`, { folderId: folder.body.id });
    expect([moved.status, moved.body.folder]).toEqual([200, { id: folder.body.id }]);
    expect((await platform.call("GET", `/v4/folders/${folder.body.id}/flows`)).body.data).toHaveLength(1);
    const out = await platform.call("POST", `/v4/flows/${flow.body.id}/move`, { folderId: null });
    expect(out.body.folder).toBeNull();
  });
});

describe("copying flows", () => {
  test("a copy means the same and shares the datasets of its original", async () => {
    const { platform, flowId, fileDatasetId, tableDatasetId } = await startWithSmallFlow();
    const copy = await platform.call("POST", `/v4/flows/${flowId}/copy`, { name: "Second" });
    expect(copy.status).toBe(201);
    expect(copy.body.id).not.toBe(flowId);
    const original = await exportFlow(platform, flowId);
    const copied = await exportFlow(platform, copy.body.id as number);
    const renamed = copied.flows.map((flow) => ({ ...flow, name: original.flows[0]?.name ?? "" }));
    expect(contentDigest({ ...copied, flows: renamed })).toBe(contentDigest(original));
    expect(copied.flows[0]?.datasets.map((dataset) => dataset.id)).toEqual([fileDatasetId, tableDatasetId]);
  });

  test("with copyDatasources the copy has datasets of its own, which its recipes load", async () => {
    const { platform, flowId, fileDatasetId } = await startWithSmallFlow();
    const copy = await platform.call("POST", `/v4/flows/${flowId}/copy`, { copyDatasources: true });
    const copied = await exportFlow(platform, copy.body.id as number);
    const [dataset] = copied.flows[0]?.datasets ?? [];
    expect(dataset?.id).not.toBe(fileDatasetId);
    const recipe = copied.flows[0]?.recipes.find(({ id }) => id === dataset?.parsingRecipeId);
    expect(recipe?.steps[0]?.task.parameters["location"]?.["value"]).toBe(`id://${dataset?.id}`);
  });

  test("a change of the copy leaves the original alone", async () => {
    const { platform, flowId } = await startWithSmallFlow();
    const before = contentDigest(await exportFlow(platform, flowId));
    const copy = await platform.call("POST", `/v4/flows/${flowId}/copy`, {});
    const { data } = (await platform.call("GET", `/v4/flows/${copy.body.id}/outputs`)).body;
    const setting = data[0].writeSettings.data[0];
    await platform.call("PATCH", `/v4/writeSettings/${setting.id}`, { path: "s3://other/clean.csv" });
    expect(contentDigest(await exportFlow(platform, flowId))).toBe(before);
  });
});

test("running a flow starts a job group for its manual output", async () => {
  const { platform, flowId, nodeId } = await startWithSmallFlow();
  const { status, body } = await platform.call("POST", `/v4/flows/${flowId}/run`, {});
  expect([status, body.data.length]).toEqual([201, 1]);
  const group = await platform.call("GET", `/v4/jobGroups/${body.data[0].id}`);
  expect(group.body).toMatchObject({ wrangledDataset: { id: nodeId }, flowrun: { id: body.flowRunId } });
});
