import { describe, expect, it } from "vitest";
import { makeConnection } from "../by-hand.js";
import { startProviderTest } from "../provider-test.js";
import { callsUnder, configurationOf, failuresOf, outputsOf } from "./function-test.js";

const CANARY = "canary-7f21";

describe("getConnection", () => {
  it("finds one by its name, id or uuid, and answers neither credentials nor parameters", async () => {
    const test = await startProviderTest();
    const configuration = configurationOf(test);
    const { id, uuid } = await test.call<{ id: number; uuid: string }>("POST", "/v4/connections", {
      name: "warehouse",
      vendor: "postgres",
      vendorName: "postgres",
      type: "jdbc",
      host: "db.example.com",
      port: 5432,
      params: { database: "sales", connectStrOpts: `;password=${CANARY}` },
      credentialType: "basic",
      credentials: [{ username: "loader", password: CANARY }],
      description: "of sales",
    });
    const found = await outputsOf("getConnection", { name: "warehouse" }, configuration);
    expect(found).toEqual({
      id: String(id),
      uuid,
      name: "warehouse",
      vendor: "postgres",
      type: "jdbc",
      host: "db.example.com",
      port: 5432,
      credentialType: "basic",
      description: "of sales",
      isGlobal: false,
    });
    expect(await outputsOf("getConnection", { id: String(id) }, configuration)).toEqual(found);
    expect(await outputsOf("getConnection", { uuid }, configuration)).toEqual(found);
  });

  it("refuses one that is not there, in the terms of the input that named it", async () => {
    const test = await startProviderTest();
    await makeConnection(test, "warehouse");
    const reasonOf = async (inputs: Record<string, unknown>) =>
      (await failuresOf("getConnection", inputs, configurationOf(test)))[0];
    expect(await reasonOf({ name: "warehose" })).toEqual({
      property: "name",
      reason: 'there is no connection of the name "warehose" (did you mean "warehouse"?)',
    });
    expect((await reasonOf({ uuid: "none" }))?.property).toBe("uuid");
    expect((await reasonOf({}))?.reason).toContain("exactly one of id and name and uuid");
  });

  it("asks for the list's pages once, however many are looked up in it", async () => {
    const test = await startProviderTest();
    const names = Array.from({ length: 30 }, (_, index) => `connection ${index}`);
    for (const name of names) await makeConnection(test, name);
    const call = callsUnder(configurationOf(test));
    const requests = await test.requestsDuring(() =>
      Promise.all(names.map((name) => call("getConnection", { name }))),
    );
    expect(requests.map(({ method, path }) => `${method} ${path}`)).toEqual([
      "GET /v4/connections?limit=100&offset=0",
    ]);
  });
});
