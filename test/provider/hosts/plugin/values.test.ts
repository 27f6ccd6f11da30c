import { describe, expect, it } from "vitest";
import { UNKNOWN } from "../../../../provider/framework/unknown.js";
import { decode, encode } from "../../../../provider/hosts/plugin/values.js";
import { randomObject, randomValue } from "../../framework/random-values.js";
import { seededDraws } from "../../framework/random.js";
import type { Random } from "../../framework/random.js";
import {
  ARCHIVE,
  ASSET,
  fromStruct,
  isSecret,
  KIND,
  OUTPUT,
  secretOf,
  toStruct,
  UNKNOWN_TEXT,
  withoutSecrets,
} from "./engine-form.js";
import type { EngineValues } from "./engine-form.js";

/** Through the plugin, which looks at all of it and changes nothing. */
function roundTrip(values: EngineValues): EngineValues {
  const { values: plain, secrets } = decode(toStruct(values));
  return fromStruct(encode(plain, secrets));
}

const asset = { [KIND]: ASSET, hash: "3fbe", path: "../orders.zip" };
const archive = { [KIND]: ARCHIVE, hash: "aa", assets: { "a.txt": { [KIND]: ASSET, text: "a" }, "": asset } };

describe("values of the engine", () => {
  it("lose their marks on the way to the definitions, and have them again on the way back", () => {
    const values = {
      name: "orders",
      credentials: secretOf({ username: "loader", password: "p" }),
      list: ["a", secretOf("b"), { deep: secretOf(UNKNOWN_TEXT) }],
      later: UNKNOWN_TEXT,
      package: asset,
      bundle: secretOf(archive),
      nothing: null,
    };
    const decoded = decode(toStruct(values));
    expect(decoded.values).toEqual({
      name: "orders",
      credentials: { username: "loader", password: "p" },
      list: ["a", "b", { deep: UNKNOWN }],
      later: UNKNOWN,
      package: asset,
      bundle: archive,
      nothing: null,
    });
    const secrets = [["credentials"], ["list", 1], ["list", 2, "deep"], ["bundle"]];
    expect(new Set(decoded.secrets)).toEqual(new Set(secrets));
    expect(roundTrip(values)).toEqual(values);
  });

  it("are secret as a whole when a secret holds another", () => {
    expect(roundTrip({ a: secretOf({ b: secretOf(secretOf("c")) }) })).toEqual({ a: secretOf({ b: "c" }) });
  });

  it("may be output values: known, unknown, secret, or both", () => {
    const output = (more: EngineValues) => ({ [KIND]: OUTPUT, dependencies: ["urn:pulumi:a"], ...more });
    const values = {
      known: output({ value: ["a", output({ value: 1, secret: true })] }),
      unknown: output({}),
      secret: output({ value: { b: secretOf("c") }, secret: true }),
      secretUnknown: output({ secret: true }),
      nothing: output({ value: null }),
    };
    expect(roundTrip(values)).toEqual({
      known: ["a", secretOf(1)],
      unknown: UNKNOWN_TEXT,
      secret: secretOf({ b: "c" }),
      secretUnknown: secretOf(UNKNOWN_TEXT),
      nothing: null,
    });
  });

  it.each([
    ["boolean", "1c4a061d-8072-4f0a-a4cb-0ff528b18fe7"],
    ["number", "3eeb2bf0-c639-47a8-9e75-3b44932eb421"],
    ["list", "6a19a0b0-7e62-4c92-b797-7f8e31da9cc2"],
    ["asset", "030794c1-ac77-496b-92df-f27374a8bd58"],
    ["archive", "e48ece36-62e2-4504-bad9-02848725956a"],
    ["object", "dd056dcd-154b-4c76-9bd3-c8f88648b5ff"],
  ])("that are unknown are the one unknown, also of a %s", (_kind, text) => {
    expect(decode(toStruct({ a: [text] })).values).toEqual({ a: [UNKNOWN] });
  });

  it("that are absent, empty or the definitions' own undefined are told apart from null", () => {
    expect(decode(undefined)).toEqual({ values: {}, secrets: [] });
    expect(roundTrip({ a: {}, b: [], c: "", d: null })).toEqual({ a: {}, b: [], c: "", d: null });
    expect(fromStruct(encode({ a: undefined, b: { c: undefined }, d: [undefined] }))).toEqual({
      b: {},
      d: [null],
    });
  });

  it("under a key that objects of JavaScript keep for themselves are lost, and touch nothing else", () => {
    const odd = JSON.parse('{"a": {"__proto__": {"x": 1}, "constructor": 2, "b": 3}}') as EngineValues;
    const { values } = decode(toStruct(odd));
    // Pulumi's own protocol classes drop the key, in every plugin that is written in JavaScript.
    expect(values).toEqual({ a: { constructor: 2, b: 3 } });
    expect((values.a as EngineValues).x).toBeUndefined();
    expect(({} as EngineValues).x).toBeUndefined();
  });

  it("may be nested as deep as any program nests them", () => {
    let deep: unknown = secretOf("bottom");
    for (let level = 0; level < 300; level++) deep = level % 2 === 0 ? [deep] : { down: deep };
    expect(roundTrip({ deep })).toEqual({ deep });
  });
});

describe("any values of the engine", () => {
  const seeds = Array.from({ length: 600 }, (_, seed) => seed);

  it("come back with the same marks", () => {
    for (const seed of seeds) {
      const values = randomEngineValues(seededDraws(seed), { outputs: false });
      expect(roundTrip(values), `seed ${seed}`).toEqual(values);
    }
  });

  it("hold no mark for the definitions, and no secret outside of one on the way back", () => {
    let secrets = 0;
    for (const seed of seeds) {
      const values = randomEngineValues(seededDraws(seed), { outputs: true });
      const decoded = decode(toStruct(values));
      expect(marksIn(decoded.values), `seed ${seed}`).toEqual([]);
      const back = roundTrip(values);
      expect(JSON.stringify(withoutSecrets(back)), `seed ${seed}`).not.toContain("classified");
      expect(count(back), `seed ${seed}`).toBe(count(decoded.values));
      expect(roundTrip(back), `seed ${seed}`).toEqual(back);
      secrets += decoded.secrets.length;
    }
    expect(secrets).toBeGreaterThan(500);
  });

  it("change only where a definition changes them, and stay secret in their places", () => {
    for (const seed of seeds.slice(0, 300)) {
      const values = randomEngineValues(seededDraws(seed), { outputs: false });
      const { values: plain, secrets } = decode(toStruct(values));
      const more = { ...plain, added: "by check", gone: undefined };
      expect(fromStruct(encode(more, secrets)), `seed ${seed}`).toEqual({ ...values, added: "by check" });
    }
  });
});

/** Values with secrets, unknowns, assets and archives anywhere; every secret holds the word "classified". */
function randomEngineValues(random: Random, { outputs }: { outputs: boolean }): EngineValues {
  const draw = (depth: number): unknown => {
    switch (random.below(depth > 0 ? 10 : 4)) {
      case 0:
        return UNKNOWN_TEXT;
      case 1:
        return random.pick([asset, archive]);
      case 2:
        return secretOf(random.pick(["classified", UNKNOWN_TEXT, { word: "classified" }, asset]));
      case 3:
        return outputs ? randomOutput(random) : "plain";
      case 4:
      case 5:
        return Array.from({ length: random.below(4) }, () => draw(depth - 1));
      case 6:
        return outputs ? secretOf({ inner: draw(depth - 1), word: "classified" }) : null;
      case 7:
        return randomValue(random, 2);
      default:
        return randomObject(random, () => draw(depth - 1));
    }
  };
  return randomObject(random, () => draw(5));
}

function randomOutput(random: Random): EngineValues {
  const isSecretOutput = random.below(2) === 0;
  return {
    [KIND]: OUTPUT,
    ...(random.below(3) > 0 && { value: isSecretOutput ? ["classified"] : { a: secretOf("classified") } }),
    ...(isSecretOutput && { secret: true }),
    ...(random.below(2) === 0 && { dependencies: ["urn:pulumi:s::p::t::n"] }),
  };
}

/** Signatures that a definition would stumble over. */
function marksIn(value: unknown): unknown[] {
  if (typeof value !== "object" || value === null) return [];
  const kind = (value as EngineValues)[KIND];
  return [...(kind === OUTPUT || isSecret(value) ? [kind] : []), ...Object.values(value).flatMap(marksIn)];
}

/** Number of the word in it. */
function count(value: unknown): number {
  return JSON.stringify(value).split("classified").length;
}
