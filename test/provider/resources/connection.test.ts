import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { errorOf } from "../client/scripted-server.js";
import { startProviderTest, writesOf } from "../provider-test.js";
import type { ProviderTest, Values } from "../provider-test.js";

const CANARY = "canary-8812";
const warehouse = { name: "warehouse", vendor: "postgres", host: "db.example.com", port: 5432 };
const withPassword = (password: unknown) => ({ ...warehouse, credentials: { username: "loader", password } });

async function connections(test: ProviderTest): Promise<Values[]> {
  return (await test.call<{ data: Values[] }>("GET", "/v4/connections")).data;
}

function setVariable(name: string, value: string): void {
  process.env[name] = value;
  onTestFinished(() => void delete process.env[name]);
}

describe("credentials", () => {
  it("reach the platform and stay out of state", async () => {
    const test = await startProviderTest();
    const resource = test.resource("Connection");
    await resource.up(withPassword(CANARY));
    expect(await test.call("GET", `/v4/connections/${resource.id}/status`)).toEqual({ result: "SUCCESS" });
    expect(await connections(test)).toMatchObject([{ credentials: [{ username: "loader" }] }]);
    expect(JSON.stringify(resource.state)).not.toContain(CANARY);
    expect(resource.state).not.toHaveProperty("credentials");
  });

  it("that rotate are one change in place, seen by the fingerprint alone", async () => {
    const test = await startProviderTest();
    const resource = test.resource("Connection");
    await resource.up(withPassword(CANARY));
    const { id, state } = resource;
    expect(await resource.up(withPassword(CANARY))).toBe("same");
    const requests = await test.requestsDuring(async () => {
      expect(await resource.up(withPassword(`${CANARY} rotated`))).toBe("update");
    });
    expect(writesOf(requests)).toEqual(["PATCH /v4/connections/N"]);
    expect(resource.id).toBe(id);
    expect(resource.state.secretFingerprints).not.toEqual(state.secretFingerprints);
  });

  it("that are taken out of the program are taken from the platform", async () => {
    const test = await startProviderTest();
    const resource = test.resource("Connection");
    await resource.up(withPassword(CANARY));
    expect(await resource.up(warehouse)).toBe("update");
    expect(await connections(test)).toMatchObject([{ credentials: [] }]);
    expect(resource.state).not.toHaveProperty("secretFingerprints");
    expect(await resource.up(warehouse)).toBe("same");
  });

  it("by reference are read when they are needed, and a rotation outside the program is a change", async () => {
    const test = await startProviderTest();
    const file = join(test.folder, "password");
    await writeFile(file, `${CANARY}\n`);
    setVariable("SLUICE_TEST_USER", "loader");
    const given = {
      ...warehouse,
      credentials: { username: { fromEnv: "SLUICE_TEST_USER" }, password: { fromFile: file } },
    };
    const resource = test.resource("Connection");
    await resource.up(given);
    expect(await connections(test)).toMatchObject([{ credentials: [{ username: "loader" }] }]);
    expect(JSON.stringify([resource.state, resource.inputs])).not.toContain(CANARY);
    expect(await resource.up(given)).toBe("same");
    await writeFile(file, `${CANARY} rotated\n`);
    expect(await resource.up(given)).toBe("update");
    expect(await resource.up(given)).toBe("same");
  });

  it("by a reference to nothing fail before anything is sent, without the property's name", async () => {
    const test = await startProviderTest();
    const resource = test.resource("Connection");
    let failures: unknown;
    const requests = await test.requestsDuring(async () => {
      ({ failures } = await resource.check(withPassword({ fromEnv: "SLUICE_TEST_NOT_SET" })));
    });
    expect(failures).toEqual([
      { property: "", reason: "credentials: the environment variable SLUICE_TEST_NOT_SET is not set" },
    ]);
    expect(requests).toEqual([]);
  });
});

describe("a global connection", () => {
  it("is made global in place, and made private by a new one", async () => {
    const test = await startProviderTest();
    const resource = test.resource("Connection");
    await resource.up(warehouse);
    const first = resource.id;
    expect(await resource.up({ ...warehouse, isGlobal: true })).toBe("update");
    expect(resource.id).toBe(first);
    expect(await resource.up({ ...warehouse, isGlobal: false })).toBe("replace");
    expect(resource.id).not.toBe(first);
    expect(await connections(test)).toMatchObject([{ id: Number(resource.id), isGlobal: false }]);
  });
});

describe("a field that is taken out of the program", () => {
  it("is taken from the platform, not left there", async () => {
    const test = await startProviderTest();
    const resource = test.resource("Connection");
    await resource.up(warehouse);
    await resource.up({ name: "warehouse", vendor: "postgres" });
    expect(await connections(test)).toMatchObject([{ host: null, port: null }]);
    await resource.refresh();
    expect(await resource.up({ name: "warehouse", vendor: "postgres" })).toBe("same");
  });
});

describe("a name that exists", () => {
  it("stops with the id and two ways on, before anything is written", async () => {
    const test = await startProviderTest();
    await test.resource("Connection", "first").up(warehouse);
    const second = test.resource("Connection", "second", "shop/other");
    const requests = await test.requestsDuring(async () => {
      const error = await errorOf(second.up(warehouse));
      expect(error.message).toContain('a connection named "warehouse" already exists (id 1)');
      expect(error.message).toContain("set `adopt: true` to take it over, or choose another name");
    });
    expect(writesOf(requests)).toEqual([]);
  });

  it("is taken over with adopt, and brought to what the program says", async () => {
    const test = await startProviderTest();
    await test.resource("Connection", "first").up(warehouse);
    const second = test.resource("Connection", "second", "shop/other");
    await second.up({ ...warehouse, host: "new.example.com", adopt: true });
    expect(second.id).toBe("1");
    expect(await connections(test)).toMatchObject([{ id: 1, host: "new.example.com" }]);
  });

  it("only in a longer name is no obstacle", async () => {
    const test = await startProviderTest();
    await test.resource("Connection", "first").up({ ...warehouse, name: "warehouse 2" });
    expect(await test.resource("Connection", "second").up(warehouse)).toBe("create");
  });
});

describe("sharing", () => {
  async function person(test: ProviderTest, name: string): Promise<number> {
    const body = { name, email: `${name}@example.com`, password: "a long password" };
    return (await test.call<{ id: number }>("POST", "/v4/people", body)).id;
  }
  async function sharedWith(test: ProviderTest, id: string): Promise<number[]> {
    type Row = { id: number; connectionpermission: { role: string } };
    const { data } = await test.call<{ data: Row[] }>("GET", `/v4/connections/${id}/permissions`);
    return data.filter((row) => row.connectionpermission.role !== "owner").map((row) => row.id);
  }

  it("adds and takes away people, and their order is no change", async () => {
    const test = await startProviderTest();
    const [ada, bob, eve] = [await person(test, "ada"), await person(test, "bob"), await person(test, "eve")];
    const sharing = (...ids: number[]) => ({ ...warehouse, sharing: ids.map((personId) => ({ personId })) });
    const resource = test.resource("Connection");
    await resource.up(sharing(ada, bob));
    expect(await sharedWith(test, resource.id)).toEqual([ada, bob]);
    await resource.refresh();
    expect(await resource.up(sharing(bob, ada))).toBe("same");
    expect(await resource.up(sharing(bob, eve))).toBe("update");
    expect(await sharedWith(test, resource.id)).toEqual([bob, eve]);
    expect(await resource.up(sharing())).toBe("update");
    expect(await sharedWith(test, resource.id)).toEqual([]);
  });

  it("done by hand stays when the program says nothing about it", async () => {
    const test = await startProviderTest();
    const ada = await person(test, "ada");
    const resource = test.resource("Connection");
    await resource.up(warehouse);
    await test.call("POST", `/v4/connections/${resource.id}/permissions`, {
      data: [{ person: { id: ada }, role: "readOnly", policyTag: "connection_viewer" }],
    });
    await resource.refresh();
    expect(await resource.up({ ...warehouse, description: "changed" })).toBe("update");
    expect(await sharedWith(test, resource.id)).toEqual([ada]);
  });

  it("that fails keeps the connection in state, and the next run finishes it", async () => {
    const test = await startProviderTest();
    const resource = test.resource("Connection");
    const error = await errorOf(resource.up({ ...warehouse, sharing: [{ personId: 4711 }] }));
    expect(error.message).toMatch(/connection 1 was made, but not finished: .*person 4711 does not exist/s);
    expect(resource.id).toBe("1");
    expect(await resource.up({ ...warehouse, sharing: [] })).toBe("update");
    expect(await connections(test)).toHaveLength(1);
  });
});

it("a type that the platform does not know is refused by the check", async () => {
  const test = await startProviderTest();
  const { failures } = await test.resource("Connection").check({ ...warehouse, type: "odbc" });
  expect(failures.map(({ property }) => property)).toEqual(["type"]);
});
