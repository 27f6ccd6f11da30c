import { describe, expect, it } from "vitest";
import { z } from "zod";
import { checkInputs } from "../../../provider/framework/check.js";
import { secret } from "../../../provider/framework/field-rules.js";
import { UNKNOWN } from "../../../provider/framework/unknown.js";
import { connection } from "../../../provider/resources/connection.js";
import { importRules } from "../../../provider/resources/import-rules.js";
import { release } from "../../../provider/resources/release.js";
import { schedule } from "../../../provider/resources/schedule.js";
import { seededDraws } from "./random.js";
import type { Random } from "./random.js";
import { OWNER, sample, sampleOf } from "./sample-resource.js";

const CANARY = "canary-91c2";

describe("defaults", () => {
  it("are filled in, and what is undefined or null is left out", () => {
    const given = { name: "warehouse", vendor: "postgres", host: undefined, port: null, ...OWNER };
    const { inputs, failures } = checkInputs(connection, given);
    expect(failures).toEqual([]);
    expect(inputs).toEqual({
      name: "warehouse",
      vendor: "postgres",
      type: "jdbc",
      params: {},
      credentialType: "basic",
      description: "",
      isGlobal: false,
      adopt: false,
      ...OWNER,
    });
  });

  it("are filled in inside lists and objects", () => {
    const triggers = [{ daily: { hourOfDay: 2, minuteOfHour: 0 } }];
    const { inputs, failures } = checkInputs(schedule, {
      deploymentId: "1",
      name: "nightly",
      triggers,
      ...OWNER,
    });
    expect(failures).toEqual([]);
    expect(inputs.triggers).toEqual([{ daily: { hourOfDay: 2, minuteOfHour: 0 }, timezone: "UTC" }]);
    const rules = { values: [{ type: "s3Bucket", on: "a", with: "b" }] };
    expect(
      checkInputs(release, { deploymentId: "1", package: "a.zip", rules, ...OWNER }).inputs.rules,
    ).toEqual({
      connections: [],
      ...rules,
    });
  });

  it("are not shared between two checks", () => {
    const check = () => checkInputs(importRules, { deploymentId: "1", ...OWNER }).inputs.values as unknown[];
    check().push("changed");
    expect(check()).toEqual([]);
  });
});

describe("problems", () => {
  it("come all at once, each with its place", () => {
    const { failures } = checkInputs(connection, {
      vendor: "",
      type: "carrier pigeon",
      port: 70_000,
      isGlobal: "yes",
      hots: "db",
      sharing: [{ personId: "seven" }],
      ...OWNER,
    });
    expect(failures.map(({ property }) => property).sort()).toEqual([
      "hots",
      "isGlobal",
      "name",
      "port",
      "sharing[0].personId",
      "type",
      "vendor",
    ]);
    expect(failures.find(({ property }) => property === "name")?.reason).toBe("is required (string)");
    expect(failures.find(({ property }) => property === "hots")?.reason).toBe(
      'there is no such property (did you mean "host"?)',
    );
  });

  it("in a member of a list are named by index and member", () => {
    const { failures } = checkInputs(importRules, {
      deploymentId: "1",
      connections: [
        { on: { uuid: "a" }, with: "5" },
        { on: {}, with: "five" },
      ],
      values: [{ type: "bucket", on: "a", with: "b", wiht: "c" }],
      ...OWNER,
    });
    const places = failures.map(({ property }) => property);
    expect(places).toContain("connections[1].with");
    expect(failures).toContainEqual({
      property: "values[0].type",
      reason:
        'must be one of s3Bucket, fileLocation, dbTableName, dbPath, host, userinfo (did you mean "s3Bucket"?)',
    });
    expect(failures).toContainEqual({
      property: "values[0].wiht",
      reason: 'there is no such property (did you mean "with"?)',
    });
    expect(places.every((place) => !place.startsWith("connections[0]"))).toBe(true);
  });

  it("of a union tell what the option that fits best is missing", () => {
    const credentials = { username: "loader", password: { fromEnv: 5 } };
    const { failures } = checkInputs(connection, { name: "a", vendor: "b", credentials, ...OWNER });
    expect(failures).toEqual([
      {
        property: "",
        reason: "credentials.password.fromEnv: must be a string, not a number",
      },
    ]);
  });

  it("of a number beyond its bounds, an empty text or another type say what it must be", () => {
    const trigger = { daily: { hourOfDay: 24, minuteOfHour: -1 } };
    const inputs = { deploymentId: "", name: 5, triggers: [trigger], ...OWNER };
    expect(checkInputs(schedule, inputs).failures).toEqual([
      { property: "deploymentId", reason: "must not be empty" },
      { property: "name", reason: "must be a string, not a number" },
      { property: "triggers[0].daily.hourOfDay", reason: "must be at most 23" },
      { property: "triggers[0].daily.minuteOfHour", reason: "must be at least 0" },
    ]);
  });

  it("of a union that fits no option name the options", () => {
    const { failures } = checkInputs(release, { deploymentId: "1", package: 5, ...OWNER });
    expect(failures).toEqual([{ property: "package", reason: "must be string or object" }]);
    expect(checkInputs(release, { deploymentId: "1", ...OWNER }).failures).toEqual([
      { property: "package", reason: "is required (string or object)" },
    ]);
  });

  it("a program cannot set what the provider works out", () => {
    expect(checkInputs(sample, { derived: "mine", ...OWNER }).failures).toEqual([
      { property: "derived", reason: "is worked out by the provider and cannot be set" },
    ]);
  });

  it("of a secret come without the property, whose value the engine would print, and without the value", () => {
    const definition = sampleOf({
      password: secret(z.strictObject({ text: z.string().max(3) }), "it is one"),
    });
    for (const password of [CANARY, { text: CANARY }, { text: 5 }, { txt: CANARY, text: "a" }]) {
      const { failures } = checkInputs(definition, { password, ...OWNER });
      expect(failures.length).toBeGreaterThan(0);
      for (const { property, reason } of failures) {
        expect(property).toBe("");
        expect(reason).toContain("password");
        expect(reason).not.toContain(CANARY);
      }
    }
  });
});

describe("unknown values", () => {
  it("pass in place of any field of any type", () => {
    for (const name of Object.keys(connection.inputs.shape)) {
      const given = { name: "a", vendor: "b", [name]: UNKNOWN, ...OWNER };
      const { inputs, failures } = checkInputs(connection, given);
      expect(failures).toEqual([]);
      expect(inputs[name]).toBe(UNKNOWN);
    }
  });

  it("do not hide a misspelt field beside them", () => {
    const { failures } = checkInputs(release, { deploymentId: UNKNOWN, package: "a", nots: "b", ...OWNER });
    expect(failures).toEqual([
      { property: "nots", reason: 'there is no such property (did you mean "notes"?)' },
    ]);
  });

  it("do not hide a problem beside them, inside one list", () => {
    const { failures } = checkInputs(importRules, {
      deploymentId: UNKNOWN,
      connections: [
        { on: { uuid: UNKNOWN }, with: UNKNOWN },
        { on: { uuid: "a" }, with: "x" },
      ],
      ...OWNER,
    });
    expect(failures.map(({ property }) => property)).toEqual(["connections[1].with"]);
  });

  it("pass at any place of valid inputs, 2000 random places", () => {
    const random = seededDraws(20_240_506);
    const valid = [
      [
        connection,
        {
          name: "a",
          vendor: "b",
          params: { database: "c" },
          credentials: { username: "d", password: { fromEnv: "HOME" } },
          sharing: [{ personId: 1, role: "readOnly" }],
        },
      ],
      [
        importRules,
        {
          deploymentId: "1",
          connections: [{ on: { uuid: "a" }, with: "5" }],
          values: [{ type: "s3Bucket", on: "a", with: "b" }],
        },
      ],
      [
        schedule,
        {
          deploymentId: "1",
          name: "nightly",
          triggers: [
            { cron: "0 0 2 * * ?", timezone: "Europe/Berlin" },
            { weekly: { hourOfDay: 1, minuteOfHour: 2, daysOfWeek: [0, 6] } },
          ],
          parameters: { region: "02" },
        },
      ],
      [
        release,
        { deploymentId: "1", package: "a.zip", rules: { connections: [], values: [] }, active: true },
      ],
    ] as const;
    for (let round = 0; round < 2000; round += 1) {
      const [definition, inputs] = random.pick(valid);
      const given = { ...(withUnknown(inputs, random) as Record<string, unknown>), ...OWNER };
      expect(checkInputs(definition, given).failures, JSON.stringify(given)).toEqual([]);
    }
  });
});

/** A copy with one random value, at any depth, replaced by the unknown. */
function withUnknown(value: unknown, random: Random): unknown {
  if (typeof value !== "object" || value === null) return UNKNOWN;
  const keys = Object.keys(value);
  if (keys.length === 0) return UNKNOWN;
  const chosen = random.pick(keys);
  const replace = (member: unknown) => (random.below(3) === 0 ? UNKNOWN : withUnknown(member, random));
  if (Array.isArray(value))
    return value.map((item: unknown, index) => (String(index) === chosen ? replace(item) : item));
  return Object.fromEntries(
    Object.entries(value).map(([key, member]) => [key, key === chosen ? replace(member) : member]),
  );
}
