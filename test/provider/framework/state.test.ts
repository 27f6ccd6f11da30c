import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import {
  fingerprint,
  matchesFingerprint,
  resolveReferences,
  SecretUnavailable,
} from "../../../provider/framework/secrets.js";
import {
  FINGERPRINTS,
  inputsOf,
  NewerState,
  STATE_VERSION,
  toNewestState,
  toState,
} from "../../../provider/framework/state.js";
import type { StateMigration } from "../../../provider/framework/state.js";
import { OWNER, sample } from "./sample-resource.js";

const CANARY = "canary-f00d";

describe("state", () => {
  it("holds its form, inputs and outputs, and of a write-only one a fingerprint only", () => {
    const state = toState(
      sample,
      { ordinary: "a", writeOnly: { password: CANARY }, ...OWNER },
      { made: "now" },
    );
    expect(state).toEqual({
      ordinary: "a",
      ...OWNER,
      made: "now",
      [STATE_VERSION]: 1,
      [FINGERPRINTS]: { writeOnly: expect.stringMatching(/^[0-9a-f]{32}\.[0-9a-f]{64}$/) as unknown },
    });
    expect(JSON.stringify(state)).not.toContain(CANARY);
  });

  it("keeps a fingerprint while the secret is the same, so that state stays byte for byte", () => {
    const inputs = { writeOnly: { password: CANARY } };
    const first = toState(sample, inputs, {});
    expect(toState(sample, inputs, {}, first)).toEqual(first);
    const rotated = toState(sample, { writeOnly: { password: "other" } }, {}, first);
    expect(rotated[FINGERPRINTS]).not.toEqual(first[FINGERPRINTS]);
  });

  it("holds no fingerprint of a secret that is gone", () => {
    const first = toState(sample, { writeOnly: { password: CANARY } }, {});
    expect(toState(sample, {}, {}, first)).not.toHaveProperty(FINGERPRINTS);
  });

  it("gives inputs back without outputs and fingerprints", () => {
    const inputs = { ordinary: "a", serverDefault: "b", ...OWNER };
    const state = toState(sample, { ...inputs, writeOnly: { password: CANARY } }, { made: "now" });
    expect(inputsOf(sample, state)).toEqual(inputs);
  });
});

describe("the form of state", () => {
  it.each([undefined, 1, 0, "text"])("%j is understood as the first one", (form) => {
    const state = { [STATE_VERSION]: form };
    expect(toNewestState("Sample", state)).toBe(state);
    expect(toNewestState("Sample", state, [(_, old) => ({ ...old, isMoved: true })])).toEqual({
      isMoved: true,
      [STATE_VERSION]: 2,
    });
  });

  it("is brought to the newest one by every step that it has not had, in order, and only once", () => {
    const rename: StateMigration = (resource, { ordinary, ...rest }) =>
      resource === "Sample" ? { ...rest, usual: ordinary } : { ordinary, ...rest };
    const double: StateMigration = (_, state) => ({
      ...state,
      usual: `${String(state.usual)}${String(state.usual)}`,
    });
    const newest = toNewestState("Sample", { ordinary: "a", made: "now", [STATE_VERSION]: 1 }, [
      rename,
      double,
    ]);
    expect(newest).toEqual({ usual: "aa", made: "now", [STATE_VERSION]: 3 });
    expect(toNewestState("Sample", newest, [rename, double])).toBe(newest);
    const second = { usual: "b", [STATE_VERSION]: 2 };
    expect(toNewestState("Sample", second, [rename, double])).toEqual({ usual: "bb", [STATE_VERSION]: 3 });
    expect(toNewestState("Other", { ordinary: "a" }, [rename])).toEqual({
      ordinary: "a",
      [STATE_VERSION]: 2,
    });
  });

  it("of a later version is refused, saying what to do", () => {
    expect(() => toNewestState("Sample", { [STATE_VERSION]: 2 })).toThrow(
      new NewerState(
        "its state was written by a newer version of Sluice (form 2; this version knows forms up to 1): upgrade pulumi-sluice, here and wherever this stack is updated, to the version that wrote it or a later one",
      ),
    );
  });
});

describe("a fingerprint", () => {
  it("matches the value that it was made of, in any order of members, and no other", () => {
    const made = fingerprint({ username: "a", password: CANARY });
    expect(matchesFingerprint({ password: CANARY, username: "a" }, made)).toBe(true);
    expect(matchesFingerprint({ username: "a", password: `${CANARY} ` }, made)).toBe(false);
    expect(matchesFingerprint({ username: "a" }, made)).toBe(false);
  });

  it("of one value is another one each time: two resources cannot be compared", () => {
    expect(fingerprint(CANARY)).not.toBe(fingerprint(CANARY));
  });

  it.each([undefined, null, 5, "", "garbage", "00.00", ".", `${"0".repeat(32)}.${"z".repeat(64)}`])(
    "that is %j matches nothing",
    (known) => {
      expect(matchesFingerprint(CANARY, known)).toBe(false);
    },
  );
});

describe("references", () => {
  it("are replaced at any depth by what they point at", async () => {
    const folder = await mkdtemp(join(tmpdir(), "sluice-secrets-"));
    onTestFinished(() => rm(folder, { recursive: true }));
    await writeFile(join(folder, "password"), `${CANARY}\n`);
    process.env.SLUICE_TEST_SECRET = "from the environment";
    onTestFinished(() => void delete process.env.SLUICE_TEST_SECRET);
    const value = {
      username: "loader",
      password: { fromFile: join(folder, "password") },
      keys: [{ fromEnv: "SLUICE_TEST_SECRET" }, 5],
    };
    expect(resolveReferences(value)).toEqual({
      username: "loader",
      password: CANARY,
      keys: ["from the environment", 5],
    });
  });

  it.each([
    ["is not text in UTF-8", [0x70, 0xe9]],
    ["holds the character U+0000, which no platform keeps", [0x70, 0x00]],
  ])("to a file that %s are refused, instead of another secret being sent", async (problem, bytes) => {
    const folder = await mkdtemp(join(tmpdir(), "sluice-secrets-"));
    onTestFinished(() => rm(folder, { recursive: true }));
    const fromFile = join(folder, "password");
    await writeFile(fromFile, Buffer.from(bytes));
    expect(() => resolveReferences({ fromFile })).toThrow(
      new SecretUnavailable(`the file ${fromFile} ${problem}`),
    );
  });

  it("that point at nothing say at what, in a type of their own", () => {
    expect(() => resolveReferences({ fromEnv: "SLUICE_TEST_NOT_SET" })).toThrow(
      new SecretUnavailable("the environment variable SLUICE_TEST_NOT_SET is not set"),
    );
    expect(() => resolveReferences({ fromFile: "/nowhere/password" })).toThrow(
      new SecretUnavailable("the file /nowhere/password cannot be read"),
    );
  });
});
