import { expect, test } from "vitest";
import { startTestPlatform } from "./platform-fixture.js";

test("an environment begins with one administrator", async () => {
  const platform = await startTestPlatform();
  const { body } = await platform.call("GET", "/v4/people");
  expect(body.data).toMatchObject([{ id: 1, email: "admin@sluice.local", isDisabled: false, isAdmin: true }]);
  expect((await platform.call("GET", "/v4/people/current")).body).toEqual(body.data[0]);
  expect((await platform.call("GET", "/v4/people/1")).body).toEqual(body.data[0]);
});

test("a person with a password signs in with it, and may not make people", async () => {
  const platform = await startTestPlatform();
  const made = await platform.call("POST", "/v4/people", {
    email: "ana@example.com",
    password: "a-long-password",
  });
  expect(made.status).toBe(201);
  expect(JSON.stringify(made.body)).not.toContain("password");
  const headers = { authorization: `Basic ${btoa("ana@example.com:a-long-password")}` };
  expect((await platform.callAs(headers, "GET", "/v4/people/current")).body.id).toBe(made.body.id);
  const refused = await platform.callAs(headers, "POST", "/v4/people", { email: "bob@example.com" });
  expect([refused.status, refused.body.exception.name]).toEqual([403, "AccessControlException"]);
});

test("an address belongs to one person of an environment", async () => {
  const platform = await startTestPlatform();
  const again = await platform.call("POST", "/v4/people", { email: "admin@sluice.local" });
  expect([again.status, again.body.exception.name]).toEqual([409, "ConflictException"]);
});

test("people of another environment do not exist here", async () => {
  const platform = await startTestPlatform();
  const { body } = await platform.call("GET", "/v4/people/current", undefined, "prod");
  expect((await platform.call("GET", `/v4/people/${body.id}`)).status).toBe(404);
});
