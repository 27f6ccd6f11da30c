import { describe, expect, it } from "vitest";
import { Client } from "../../../provider/client/client.js";
import { NotFound, Unauthorized } from "../../../provider/client/errors.js";
import type { ResourceDefinition } from "../../../provider/framework/define-resource.js";
import { completing, NotReadyError } from "../../../provider/framework/define-resource.js";
import { Lifecycle } from "../../../provider/framework/lifecycle.js";
import { UNKNOWN } from "../../../provider/framework/unknown.js";
import { errorOf } from "../client/scripted-server.js";
import { OWNER, sampleWith } from "./sample-resource.js";

const client = new Client({
  endpoint: "http://127.0.0.1:9",
  authorization: "Bearer none",
  timeoutSeconds: 1,
  retries: 0,
  requestsPerSecond: 0,
});
const facts = { status: 404, method: "GET", url: "http://127.0.0.1:9/v4/samples/1" };

function lifecycleOf(changes: Partial<ResourceDefinition>): Lifecycle {
  return new Lifecycle(sampleWith(changes), () => ({
    client,
    owner: OWNER.owner,
    sourceMarkers: [],
    say: () => undefined,
  }));
}

describe("a replacement that makes the new object first", () => {
  const idOf = (inputs: Record<string, unknown>) =>
    Promise.resolve({ id: String(inputs.ordinary), outputs: {} });

  it("does not delete it as the old one, when both are one object at the platform", async () => {
    const deleted: string[] = [];
    const lifecycle = lifecycleOf({
      create: (_context, inputs) => idOf(inputs),
      delete: (_context, id) => Promise.resolve(void deleted.push(id)),
    });
    await lifecycle.create({ ordinary: "1", ...OWNER });
    await lifecycle.delete("1", OWNER);
    expect(deleted).toEqual([]);
    await lifecycle.delete("2", OWNER);
    await lifecycle.delete("1", { environment: "dev", ...OWNER });
    expect(deleted).toEqual(["2", "1"]);
  });
});

describe("check", () => {
  it("adds what the definition works out, and its failures", async () => {
    const lifecycle = lifecycleOf({
      check: () =>
        Promise.resolve({ derived: { derived: "so" }, failures: [{ property: "ordinary", reason: "no" }] }),
    });
    expect(await lifecycle.check({}, { ordinary: "a", ...OWNER })).toEqual({
      inputs: { ordinary: "a", derived: "so", ...OWNER },
      failures: [{ property: "ordinary", reason: "no" }],
    });
  });

  it("does not ask the definition while inputs are of the wrong form", async () => {
    const lifecycle = lifecycleOf({ check: () => Promise.reject(new Error("not reached")) });
    expect((await lifecycle.check({}, { ordinary: 5, ...OWNER })).failures).toHaveLength(1);
  });

  it("gives the inputs of the last update, and none before the first", async () => {
    const seen: unknown[] = [];
    const lifecycle = lifecycleOf({
      check: (_context, { previous }) => {
        seen.push(previous);
        return Promise.resolve({});
      },
    });
    await lifecycle.check({}, OWNER);
    await lifecycle.check(undefined, OWNER);
    await lifecycle.check({ ordinary: "before", ...OWNER }, OWNER);
    expect(seen).toEqual([undefined, undefined, { ordinary: "before", ...OWNER }]);
  });

  it("looks secrets' references up before anything is written, and names no property", async () => {
    const lifecycle = lifecycleOf({});
    const { failures } = await lifecycle.check(
      {},
      { writeOnly: { password: { fromEnv: "SLUICE_TEST_NOT_SET" } }, ...OWNER },
    );
    expect(failures).toEqual([
      { property: "", reason: "writeOnly: the environment variable SLUICE_TEST_NOT_SET is not set" },
    ]);
    expect((await lifecycle.check({}, { writeOnly: UNKNOWN, ...OWNER })).failures).toEqual([]);
  });

  it("reaches for the settings even of a resource without a check of its own", async () => {
    const lifecycle = new Lifecycle(sampleWith({}), () => {
      throw new Error("no platform is named");
    });
    const error = await errorOf(lifecycle.check({}, OWNER));
    expect(error.message).toBe('checking Sample "sample": no platform is named');
    const unknown = await lifecycle.check({}, { environment: UNKNOWN, ...OWNER });
    expect(unknown.failures).toEqual([]);
  });
});

describe("read", () => {
  const read = (inputs: Record<string, unknown>, state: Record<string, unknown>) =>
    lifecycleOf({ read: () => Promise.resolve({ inputs, outputs: { made: "now" } }) }).read("1", {
      ...OWNER,
      ...state,
    });

  it("without drift gives state as it was", async () => {
    const state = { ordinary: "a", unordered: [{ id: 1 }, { id: 2 }], made: "now", ...OWNER };
    const found = await read({ ordinary: "a", unordered: [{ id: 2 }, { id: 1 }] }, state);
    expect(found).toMatchObject({ state, drifted: [] });
  });

  it("puts what differs into state and inputs", async () => {
    const found = await read({ ordinary: "b", derived: "c" }, { ordinary: "a", derived: "b", made: "then" });
    expect(found?.drifted).toEqual(["ordinary", "derived"]);
    expect(found?.state).toMatchObject({ ordinary: "b", derived: "c", made: "now" });
    expect(found?.inputs).toEqual({ ordinary: "b", derived: "c", ...OWNER });
  });

  it("takes no notice of a field that the program leaves to the platform", async () => {
    expect((await read({ serverDefault: "by hand" }, {}))?.drifted).toEqual([]);
    expect((await read({ serverDefault: "by hand" }, { serverDefault: "set" }))?.drifted).toEqual([
      "serverDefault",
    ]);
  });

  it("of an object that is gone is undefined", async () => {
    const lifecycle = lifecycleOf({ read: () => Promise.reject(new NotFound("gone", facts)) });
    expect(await lifecycle.read("1", OWNER)).toBeUndefined();
  });

  it("of an object that may not be seen is an error: 403 is never gone", async () => {
    const lifecycle = lifecycleOf({ read: () => Promise.reject(new Unauthorized("no", facts)) });
    const error = await errorOf(lifecycle.read("1", OWNER));
    expect(error).toBeInstanceOf(Unauthorized);
    expect(error.message).toBe('reading Sample "sample": no');
  });
});

describe("delete", () => {
  it("of an object that is gone is done", async () => {
    await lifecycleOf({ delete: () => Promise.reject(new NotFound("gone", facts)) }).delete("1", OWNER);
  });

  it("of an object that may not be seen is an error", async () => {
    const lifecycle = lifecycleOf({ delete: () => Promise.reject(new Unauthorized("no", facts)) });
    expect((await errorOf(lifecycle.delete("1", OWNER))).message).toBe('deleting Sample "sample": no');
  });
});

describe("update", () => {
  it("of an object that is gone says what to do", async () => {
    const lifecycle = lifecycleOf({ update: () => Promise.reject(new NotFound("404", facts)) });
    expect((await errorOf(lifecycle.update("1", OWNER, OWNER))).message).toBe(
      'updating Sample "sample": 404; it was deleted outside this program: run `pulumi refresh`, then `pulumi up`',
    );
  });

  it("keeps the fingerprint of an unchanged secret", async () => {
    const lifecycle = lifecycleOf({});
    const inputs = { writeOnly: { password: "a" }, ...OWNER };
    const { state } = await lifecycle.create(inputs);
    expect(await lifecycle.update("1", state, { ...inputs, ordinary: "b" })).toEqual({
      ...state,
      ordinary: "b",
    });
  });
});

describe("an object that was made but not finished", () => {
  it("keeps its id and a whole state", async () => {
    const lifecycle = lifecycleOf({
      create: () =>
        completing("sample 7 was made", { id: "7", outputs: { made: "half" } }, () =>
          Promise.reject(new Unauthorized("may not share", facts)),
        ),
    });
    const error = await errorOf(lifecycle.create({ ordinary: "a", ...OWNER }));
    expect(error).toBeInstanceOf(NotReadyError);
    expect(error).toMatchObject({ id: "7", state: { ordinary: "a", made: "half", ...OWNER } });
    expect(error.message).toBe(
      'creating Sample "sample": sample 7 was made, but not finished: may not share; run `pulumi up` again',
    );
  });
});

describe("state that a newer version wrote", () => {
  const newer = { ...OWNER, stateVersion: 2 };
  const refused = /its state was written by a newer version of Sluice \(form 2; .* upgrade pulumi-sluice/;

  it("is refused before the definition is asked, by all that act on state", async () => {
    const never = () => Promise.reject(new Error("not reached"));
    const lifecycle = lifecycleOf({ read: never, update: never, delete: never });
    expect(() => lifecycle.diff(newer, OWNER)).toThrow(refused);
    for (const action of [
      lifecycle.read("1", newer),
      lifecycle.update("1", newer, OWNER),
      lifecycle.delete("1", newer),
    ])
      await expect(action).rejects.toThrow(refused);
  });

  it("is none of a version before there were numbers: it is no change", async () => {
    const lifecycle = lifecycleOf({});
    const { state } = await lifecycle.create({ ordinary: "a", ...OWNER });
    const { stateVersion, ...without } = state;
    expect(stateVersion).toBe(1);
    expect(lifecycle.diff(without, { ordinary: "a", ...OWNER }).changes).toEqual([]);
    expect((await lifecycle.read("1", without))?.state).toEqual(without);
  });
});

describe("importing", () => {
  const existing = {
    list: () => Promise.resolve([{ id: "1", name: "one" }]),
    read: (_context: unknown, id: string) =>
      id === "1"
        ? Promise.resolve({ inputs: { ordinary: "a", derived: "worked out" }, outputs: { made: "then" } })
        : Promise.reject(new NotFound("gone", facts)),
  };

  it("gives state and inputs, with what the host knows", async () => {
    const found = await lifecycleOf({ existing }).import("one", { ...OWNER, environment: "dev" });
    const inputs = { ordinary: "a", derived: "worked out", environment: "dev", ...OWNER };
    expect(found).toEqual({ id: "1", inputs, state: { ...inputs, made: "then", stateVersion: 1 } });
  });

  it("passes the engine's look at imported inputs, though no program can state derived ones", async () => {
    const lifecycle = lifecycleOf({ existing, check: () => Promise.reject(new Error("not reached")) });
    const { inputs = {} } = (await lifecycle.import("one", OWNER)) ?? {};
    expect(await lifecycle.check(inputs, inputs)).toEqual({ inputs, failures: [] });
    for (const given of [
      { ...inputs, ordinary: "b" },
      { ...inputs, derived: "mine" },
    ])
      expect((await lifecycle.check(inputs, given)).failures).toEqual([
        { property: "derived", reason: "is worked out by the provider and cannot be set" },
      ]);
    expect((await lifecycle.check(undefined, inputs)).failures).toHaveLength(1);
  });

  it("of an id that nothing has is undefined; an error is told with the type", async () => {
    expect(await lifecycleOf({ existing }).import("2", OWNER)).toBeUndefined();
    const read = () => Promise.reject(new Unauthorized("no", facts));
    const error = await errorOf(lifecycleOf({ existing: { ...existing, read } }).import("1", OWNER));
    expect(error.message).toBe('importing Sample "sample": no');
  });
});
