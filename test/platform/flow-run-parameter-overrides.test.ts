import { expect, test } from "vitest";
import { createPerson, exportFlow, startWithSmallFlow } from "./flow-fixture.js";

const OVERRIDE = { overrideKey: "region", value: { variable: { value: "02" } } };
const PATH = "/v4/flowRunParameterOverrides";

test("an override is created, read, changed and deleted, and shows in the flow and its export", async () => {
  const { platform, flowId } = await startWithSmallFlow();
  const created = await platform.call("POST", PATH, { flowId, ...OVERRIDE });
  expect(created.status).toBe(201);
  expect(created.body).toMatchObject({ flowId, ...OVERRIDE });
  const path = `${PATH}/${created.body.id}`;
  expect((await platform.call("GET", path)).body).toEqual(created.body);

  const value = { variable: { value: "03" } };
  expect((await platform.call("PATCH", path, { value })).body.id).toBe(created.body.id);
  const { body } = await platform.call("GET", `/v4/flows/${flowId}?embed=flowRunParameterOverrides`);
  expect(body.flowRunParameterOverrides.data).toMatchObject([{ overrideKey: "region", value }]);
  expect((await exportFlow(platform, flowId)).flows[0]?.overrides).toMatchObject([{ name: "region", value }]);

  expect((await platform.call("DELETE", path)).status).toBe(204);
  expect((await platform.call("GET", path)).status).toBe(404);
});

test("a second override of a key is refused", async () => {
  const { platform, flowId } = await startWithSmallFlow();
  await platform.call("POST", PATH, { flowId, ...OVERRIDE });
  const second = await platform.call("POST", PATH, { flowId, ...OVERRIDE });
  expect([second.status, second.body.exception.name]).toEqual([409, "ConflictException"]);
});

test("a value of an unknown kind and a flow of somebody else are refused", async () => {
  const { platform, flowId } = await startWithSmallFlow();
  const wrong = await platform.call("POST", PATH, { flowId, overrideKey: "region", value: { text: "02" } });
  expect([wrong.status, wrong.body.exception.name]).toEqual([400, "ApiValidationFailed"]);
  const anna = await createPerson(platform, "anna@example.com");
  expect((await platform.callAs(anna, "POST", PATH, { flowId, ...OVERRIDE })).status).toBe(403);
});
