import ts from "typescript";
import { describe, expect, it } from "vitest";
import { nameFiles, namePackage, nameResources, nameVariables } from "../../../cli/adopt/names.js";
import type { NamedObject } from "../../../cli/adopt/names.js";
import { seededDraws } from "../../provider/framework/random.js";

function objects(...names: readonly string[]): NamedObject[] {
  return names.map((name, index) => ({ type: "Connection", id: String(index + 1), name }));
}

const PIECES = [
  ...[
    "orders",
    "Orders",
    "a",
    "-",
    " ",
    "1",
    "é",
    "e\u0301",
    "売",
    "💥",
    "$",
    "{",
    "\n",
    "_",
    ".",
    "/",
    "\\",
    '"',
  ],
  ...["class", "default", "con", "aux", "\u202e", "İ", "ß", "__proto__", "toString", "x".repeat(200)],
];

/** Objects of several types with names out of pieces that do harm, most of them more than once. */
function drawObjects(seed: number): NamedObject[] {
  const draws = seededDraws(seed);
  return Array.from({ length: 60 }, (_, index) => ({
    type: draws.pick(["Connection", "Deployment", "Schedule"]),
    id: String(index + 1),
    name: Array.from({ length: draws.below(4) }, () => draws.pick(PIECES)).join(""),
    ...(draws.below(2) === 0 && { ownerName: draws.pick(PIECES) }),
  }));
}

const SEEDS = Array.from({ length: 50 }, (_, index) => index + 1);

/** What the compiler says of a module that has all of these variables. */
function complaintsOf(variables: readonly string[]): unknown[] {
  const text = `import "x";\n${variables.map((variable) => `export const ${variable} = 1;\n`).join("")}`;
  const compilerOptions = { target: ts.ScriptTarget.ES2022 };
  return ts.transpileModule(text, { reportDiagnostics: true, compilerOptions }).diagnostics ?? [];
}

describe("names of resources", () => {
  it("keep what is readable of a name, in any script", () => {
    expect(nameResources(objects("orders", "Umsätze 2024", "売上データ", "a/b (old)"))).toEqual([
      "orders",
      "Umsätze-2024",
      "売上データ",
      "a-b-old",
    ]);
  });

  it("are made of the type and the id when a name holds nothing to keep", () => {
    expect(nameResources(objects("!!!", ""))).toEqual(["connection-1", "connection-2"]);
  });

  it("get what they belong to in front, or else their id behind, when they would be the same", () => {
    const nightly = (id: string, ownerName: string) => ({ type: "Schedule", id, name: "nightly", ownerName });
    expect(nameResources([nightly("1", "orders"), nightly("2", "stock")])).toEqual([
      "orders-nightly",
      "stock-nightly",
    ]);
    expect(nameResources(objects("a b", "a-b"))).toEqual(["a-b-1", "a-b-2"]);
  });

  it.each(SEEDS)("are unique and do not depend on the order of the objects (seed %i)", (seed) => {
    const drawn = drawObjects(seed).filter(({ type }) => type === "Connection");
    const named = nameResources(drawn);
    expect(new Set(named).size).toBe(drawn.length);
    expect(named.filter((name) => !/^[\p{L}\p{M}\p{N}._-]{1,80}$/u.test(name))).toEqual([]);
    expect(nameResources(drawn.toReversed()).reverse()).toEqual(named);
  });
});

describe("names of variables", () => {
  it("are the resource's name, with its type where two would be the same", () => {
    const named = nameVariables([
      { type: "Connection", id: "1", name: "main store" },
      { type: "Deployment", id: "2", name: "orders" },
      { type: "Release", id: "2", name: "orders" },
      { type: "Connection", id: "3", name: "EU" },
    ]);
    expect(named).toEqual(["mainStore", "ordersDeployment", "ordersRelease", "eu"]);
  });

  it("are none of the words that a language has for itself", () => {
    expect(nameVariables(objects("class", "await", "sluice", "3rd party"))).toEqual([
      "connectionClass",
      "connectionAwait",
      "connectionSluice",
      "connection3rdParty",
    ]);
  });

  it.each(SEEDS)("are unique, and a module can use each of them (seed %i)", (seed) => {
    const named = nameVariables(drawObjects(seed));
    expect(new Set(named).size).toBe(named.length);
    expect(named.filter((name) => /[^\p{ID_Continue}]|_/u.test(name))).toEqual([]);
    expect(complaintsOf(named)).toEqual([]);
  });
});

describe("names of files", () => {
  it.each(SEEDS)("differ on a disk that does not tell capitals apart (seed %i)", (seed) => {
    const drawn = drawObjects(seed).filter(({ type }) => type === "Deployment");
    const named = nameFiles(drawn);
    expect(new Set(named.map((name) => name.toLowerCase())).size).toBe(drawn.length);
    expect(named.filter((name) => !/^[\p{L}\p{M}\p{N}_-]+$/u.test(name))).toEqual([]);
  });

  it("are none that Windows keeps for devices, and not that of the program's first file", () => {
    expect(nameFiles(objects("con", "index"))).toEqual(["con-1", "index-2"]);
  });

  it("of packages hold the release's id and no way out of their folder", () => {
    expect(namePackage("../../etc/passwd", "12")).toBe("etc-passwd-12.zip");
    expect(namePackage("💥", "12")).toBe("release-12.zip");
  });
});
