import { expect, test } from "vitest";
import { startTestPlatform } from "./platform-fixture.js";

const WAREHOUSE = {
  name: "warehouse",
  vendor: "postgres",
  vendorName: "postgres",
  type: "jdbc",
  host: "db.example.com",
  port: 5432,
  params: { database: "orders" },
  credentialType: "basic",
  credentials: [{ username: "loader", password: "canary-secret" }],
};

test("a created connection is answered without its password", async () => {
  const platform = await startTestPlatform();
  const created = await platform.call("POST", "/v4/connections", WAREHOUSE);
  expect(created.status).toBe(201);
  expect(created.body.credentials).toEqual([{ username: "loader" }]);
  expect(JSON.stringify(created.body)).not.toContain("canary-secret");
});
