import { expect, test } from "vitest";
import { startTestPlatform } from "./platform-fixture.js";

test("an environment tells its name, its id and what it is for", async () => {
  const platform = await startTestPlatform({ settings: { stages: { prod: "production" } } });
  const dev = await platform.call("GET", "/v4/workspaces/current", undefined, "dev");
  const prod = await platform.call("GET", "/v4/workspaces/current", undefined, "prod");
  expect(dev.body).toMatchObject({ id: 1, name: "dev", stage: null });
  expect(prod.body).toMatchObject({ id: 2, name: "prod", stage: "production" });
  const connection = await platform.call(
    "POST",
    "/v4/connections",
    {
      name: "a",
      vendor: "postgres",
      vendorName: "postgres",
      type: "jdbc",
      credentialType: "basic",
      params: {},
    },
    "prod",
  );
  expect(connection.body.workspace).toEqual({ id: prod.body.id });
});

test("an environment that is named as every object's member has no stage of its own", async () => {
  const platform = await startTestPlatform({ environments: ["constructor", "dev"] });
  const { body } = await platform.call("GET", "/v4/workspaces/current", undefined, "constructor");
  expect(body).toMatchObject({ name: "constructor", stage: null });
});

test("who it is, only people with access are told", async () => {
  const platform = await startTestPlatform();
  const { status } = await platform.callAs({}, "GET", "/v4/workspaces/current");
  expect(status).toBe(401);
});
