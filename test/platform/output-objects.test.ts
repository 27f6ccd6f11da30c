import { describe, expect, test } from "vitest";
import { createPerson, exportFlow, startWithSmallFlow } from "./flow-fixture.js";

const FILE = { path: "s3://acme/out.csv", action: "create", format: "csv" };
const SCRIPT = { sqlScript: "analyze clean", type: "post", vendor: "postgres" };

describe("output objects", () => {
  test("one is created with all its destinations", async () => {
    const { platform, flowId, nodeId, connectionId } = await startWithSmallFlow();
    const created = await platform.call("POST", "/v4/outputObjects", {
      execution: "photon",
      profiler: true,
      isAdhoc: false,
      ignoreRecipeErrors: true,
      flowNodeId: String(nodeId),
      writeSettings: [FILE],
      publications: [
        { path: ["prod"], tableName: "clean", targetType: "postgres", action: "dropAndLoad", connectionId },
      ],
      sqlScripts: [{ ...SCRIPT, connectionId }],
    });
    expect(created.status).toBe(201);
    expect(created.body).toMatchObject({
      isAdhoc: false,
      flowNode: { id: nodeId },
      ignoreRecipeErrors: true,
    });
    const output = (await exportFlow(platform, flowId)).flows[0]?.outputs.find(({ isManual }) => !isManual);
    expect(output).toMatchObject({
      engine: "photon",
      hasProfile: true,
      options: { ignoreRecipeErrors: true },
      files: [{ path: FILE.path, compression: "none", delimiter: ",", hasHeader: true }],
      tables: [{ path: ["prod"], table: "clean", connectionId }],
      sqlScripts: [{ sql: SCRIPT.sqlScript, connectionId }],
    });
  });

  test("a second one for the same kind of run is refused", async () => {
    const { platform, nodeId, outputId } = await startWithSmallFlow();
    const body = { execution: "photon", profiler: false, flowNodeId: nodeId };
    const second = await platform.call("POST", "/v4/outputObjects", body);
    expect([second.status, second.body.exception.name]).toEqual([409, "ConflictException"]);
    expect(second.body.exception.message).toContain(`output object ${outputId}`);
    const scheduled = await platform.call("POST", "/v4/outputObjects", { ...body, isAdhoc: false });
    expect(scheduled.status).toBe(201);
    const moved = await platform.call("PATCH", `/v4/outputObjects/${scheduled.body.id}`, { isAdhoc: true });
    expect(moved.status).toBe(409);
  });

  test("a change keeps what it does not name", async () => {
    const { platform, outputId } = await startWithSmallFlow();
    const changed = await platform.call("PATCH", `/v4/outputObjects/${outputId}`, { profiler: true });
    expect([changed.status, changed.body.id]).toEqual([200, outputId]);
    const { body } = await platform.call("GET", `/v4/outputObjects/${outputId}`);
    expect(body).toMatchObject({ profiler: true, isAdhoc: true, execution: "photon" });
  });

  test("embeds bring the destinations and the recipe", async () => {
    const { platform, nodeId } = await startWithSmallFlow();
    const { body } = await platform.call(
      "GET",
      "/v4/outputObjects?embed=writesettings,publications,flownode",
    );
    expect(body.data[0].writeSettings.data).toHaveLength(1);
    expect(body.data[0].publications.data).toHaveLength(1);
    expect(body.data[0].flowNode).toMatchObject({ id: nodeId, name: "Clean" });
  });

  test("a deleted one is gone with its destinations", async () => {
    const { platform, outputId } = await startWithSmallFlow();
    expect((await platform.call("DELETE", `/v4/outputObjects/${outputId}`)).status).toBe(204);
    expect((await platform.call("GET", "/v4/writeSettings/count")).body).toEqual({ count: 0 });
    expect((await platform.call("GET", "/v4/publications/count")).body).toEqual({ count: 0 });
  });

  test.each([
    ["an unknown recipe", { flowNodeId: 999 }, 404],
    ["an unknown engine", { execution: "warp" }, 400],
    ["an unknown connection", { writeSettings: [{ ...FILE, connectionId: 99 }] }, 400],
    ["a destination without path", { writeSettings: [{ action: "create", format: "csv" }] }, 400],
  ])("%s is refused and nothing is kept", async (_what, wrong, status) => {
    const { platform, nodeId } = await startWithSmallFlow();
    const body = { execution: "photon", profiler: false, isAdhoc: false, flowNodeId: nodeId, ...wrong };
    expect((await platform.call("POST", "/v4/outputObjects", body)).status).toBe(status);
    expect((await platform.call("GET", "/v4/outputObjects/count")).body).toEqual({ count: 1 });
  });
});

describe.each([
  ["writeSettings", FILE, { path: "s3://acme/changed.csv" }],
  [
    "publications",
    { path: ["prod"], tableName: "clean", targetType: "postgres", action: "load" },
    { tableName: "changed" },
  ],
  ["sqlScripts", SCRIPT, { sqlScript: "select 1" }],
] as const)("%s", (table, member, change) => {
  test("are created, read, listed, counted, changed and deleted", async () => {
    const { platform, outputId, connectionId } = await startWithSmallFlow();
    const { count } = (await platform.call("GET", `/v4/${table}/count`)).body;
    const created = await platform.call("POST", `/v4/${table}`, { ...member, outputObjectId: outputId });
    expect(created.status).toBe(201);
    expect(created.body).toMatchObject({ ...member, outputObject: { id: outputId }, connectionId: null });
    const path = `/v4/${table}/${created.body.id}`;
    expect((await platform.call("GET", path)).body).toEqual(created.body);
    const list = await platform.call("GET", `/v4/${table}?includeCount=true`);
    expect([list.body.count, list.body.data[0]]).toEqual([count + 1, created.body]);

    const changed = await platform.call("PATCH", path, { ...change, connectionId });
    expect([changed.status, Object.keys(changed.body).sort()]).toEqual([200, ["id", "updatedAt", "updater"]]);
    expect((await platform.call("GET", path)).body).toMatchObject({ ...member, ...change, connectionId });

    expect((await platform.call("DELETE", path)).status).toBe(204);
    expect((await platform.call("GET", path)).status).toBe(404);
  });

  test("of somebody else are 404 and cannot be added to their outputs", async () => {
    const { platform, outputId } = await startWithSmallFlow();
    const created = await platform.call("POST", `/v4/${table}`, { ...member, outputObjectId: outputId });
    const anna = await createPerson(platform, "anna@example.com");
    const path = `/v4/${table}/${created.body.id}`;
    expect((await platform.callAs(anna, "GET", path)).status).toBe(404);
    expect((await platform.callAs(anna, "PATCH", path, change)).status).toBe(404);
    expect((await platform.callAs(anna, "DELETE", path)).status).toBe(404);
    const added = await platform.callAs(anna, "POST", `/v4/${table}`, {
      ...member,
      outputObjectId: outputId,
    });
    expect(added.status).toBe(404);
  });

  test("need their members and take no others", async () => {
    const { platform, outputId } = await startWithSmallFlow();
    for (const body of [
      { outputObjectId: outputId },
      member,
      { ...member, outputObjectId: outputId, colour: 1 },
    ]) {
      const answer = await platform.call("POST", `/v4/${table}`, body);
      expect([answer.status, answer.body.exception.name]).toEqual([400, "ApiValidationFailed"]);
    }
  });
});

test("parameters of a path go out where they came in", async () => {
  const { platform, flowId, outputId } = await startWithSmallFlow();
  const parameter = {
    type: "path",
    overrideKey: "region",
    value: { variable: { value: "eu" } },
    insertionIndices: [{ index: 12, order: 0 }],
  };
  const created = await platform.call("POST", "/v4/writeSettings", {
    ...FILE,
    outputObjectId: outputId,
    runParameters: [parameter],
  });
  expect(created.body.runParameters.data).toMatchObject([parameter]);
  const files = (await exportFlow(platform, flowId)).flows[0]?.outputs[0]?.files ?? [];
  expect(files.at(-1)?.parameters).toMatchObject([
    { name: "region", value: parameter.value, insertions: [{ index: 12, order: 0 }] },
  ]);
});
