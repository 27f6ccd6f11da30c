import { expect, test } from "vitest";
import { createPerson } from "./flow-fixture.js";
import { startTestPlatform } from "./platform-fixture.js";

test("a folder is created, read, listed, counted and changed", async () => {
  const platform = await startTestPlatform();
  const created = await platform.call("POST", "/v4/folders", { name: "Sales" });
  expect(created.status).toBe(201);
  expect(created.body).toMatchObject({ name: "Sales", description: null, creator: { id: 1 } });
  const path = `/v4/folders/${created.body.id}`;
  expect((await platform.call("GET", path)).body).toEqual(created.body);
  expect((await platform.call("GET", "/v4/folders")).body.data).toEqual([created.body]);
  expect((await platform.call("GET", "/v4/folders/count")).body).toEqual({ count: 1 });
  expect((await platform.call("PATCH", path, { description: "of the sales team" })).status).toBe(200);
  expect((await platform.call("GET", path)).body).toMatchObject({
    name: "Sales",
    description: "of the sales team",
  });
});

test("a deleted folder leaves its flows", async () => {
  const platform = await startTestPlatform();
  const folder = await platform.call("POST", "/v4/folders", { name: "Sales" });
  const flow = await platform.call("POST", "/v4/flows", { name: "Orders", folderId: folder.body.id });
  expect(flow.body.folder).toEqual({ id: folder.body.id });
  expect((await platform.call("DELETE", `/v4/folders/${folder.body.id}`)).status).toBe(204);
  expect((await platform.call("GET", `/v4/folders/${folder.body.id}`)).status).toBe(404);
  expect((await platform.call("GET", `/v4/flows/${flow.body.id}`)).body.folder).toBeNull();
});

test("only the maker or an administrator changes a folder", async () => {
  const platform = await startTestPlatform();
  const folder = await platform.call("POST", "/v4/folders", { name: "Sales" });
  const anna = await createPerson(platform, "anna@example.com");
  const path = `/v4/folders/${folder.body.id}`;
  expect((await platform.callAs(anna, "GET", path)).status).toBe(200);
  expect((await platform.callAs(anna, "PATCH", path, { name: "Mine" })).status).toBe(403);
  expect((await platform.callAs(anna, "DELETE", path)).status).toBe(403);
});
