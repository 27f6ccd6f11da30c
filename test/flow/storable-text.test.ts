import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { buffer } from "node:stream/consumers";
import { describe, expect, it } from "vitest";
import { ZipFile } from "yazl";
import { writeArchive } from "../../flow/archive.js";
import type { JsonObject } from "../../flow/model.js";
import { readPackage } from "../../flow/read.js";
import { buildFromSource, buildPackage } from "../../flow/source.js";
import { describeUnstorable, findUnstorable, formatPath } from "../../flow/storable-text.js";
import { failure, packWithDefinition } from "./small-package.js";

const NUL = "holds the character U+0000, which no platform keeps";
const HALF = "holds half of a character (U+D800 alone), which no platform keeps";

describe("a text", () => {
  it.each([
    ["a\0b", NUL],
    ["\ud800", HALF],
    ["a\ud800\ud83d\ude00", HALF],
    ["\ude00\ud83d", HALF.replace("D800", "DE00")],
    ["\ud83d\ude00 \u0001\u2028\ufeff\uffff\u{10ffff}", undefined],
  ])("%j is judged by what a database can hold", (text, problem) => {
    expect(describeUnstorable(text)).toBe(problem);
  });

  it("is found wherever it stands in a value, and as the name of a member", () => {
    const value = { a: [{ b: "x\0" }, "\udfff"], "c\ud800": 1, d: { "\0": "y" }, e: ["z", null, 7, true] };
    const found = findUnstorable(value).map(({ path, problem }) => `${formatPath(path)} ${problem}`);
    expect(found).toEqual([
      `a[0].b ${NUL}`,
      `a[1] ${HALF.replace("D800", "DFFF")}`,
      ` has a member whose name ${HALF}`,
      `d has a member whose name ${NUL}`,
    ]);
  });
});

describe("a package with", () => {
  it.each([
    ["U+0000", '"Or\\u0000ders"', "flow.json", NUL],
    ["U+0000 after a backslash", '"Or\\\\\\u0000"', "flow.json", NUL],
    ["U+0000 in JSON5", "'Or\\0ders'", "flow.json5", NUL],
    ["U+0000 in JSON5, in hex", "'Or\\x00ders'", "flow.json5", NUL],
    ["U+0000 as it is", '"Or\0ders"', "flow.json5", NUL],
    ["the first half of a character", '"Or\\ud800ders"', "flow.json", HALF],
    ["the second half of a character", '"Or\\uDFFFders"', "flow.json", HALF.replace("D800", "DFFF")],
    ["half of a character in JSON5", "'Or\\uD800ders'", "flow.json5", HALF],
  ])("%s in a name is refused with its place: no platform keeps it", async (_what, name, entry, problem) => {
    const content = (await smallDefinition()).replace('"Orders"', name);
    const error = await failure(readPackage(await writeArchive([{ name: entry, content }])));
    expect(error.code).toBe("damaged");
    expect(error.message).toBe(
      `package (bytes): data.flows[0].name ${problem}. Remove it from the flow, and export that again.`,
    );
  });

  it("such texts in recipes, paths, datasets, parameters and names of members is refused with all places", async () => {
    const bytes = await packWithDefinition((definition) => {
      const { flows } = definition["data"] as unknown as { flows: Record<string, JsonObject[]>[] };
      const [flow] = flows;
      const [recipe] = flow?.["recipes"] ?? [];
      const [dataset] = flow?.["datasources"] ?? [];
      Object.assign(recipe ?? {}, { name: "a\ud800" });
      Object.assign(dataset ?? {}, { name: "\ud800b", dynamicPath: "in/\0" });
      Object.assign(flow ?? {}, { runparameters: [{ id: 1, overrideKey: "\udc00", value: { "\0": 1 } }] });
    });
    const { problems } = await failure(readPackage(bytes));
    expect([...problems].sort()).toEqual([
      `data.flows[0].datasources[0].dynamicPath ${NUL}`,
      `data.flows[0].datasources[0].name ${HALF}`,
      `data.flows[0].recipes[0].name ${HALF}`,
      `data.flows[0].runparameters[0].overrideKey ${HALF.replace("D800", "DC00")}`,
      `data.flows[0].runparameters[0].value has a member whose name ${NUL}`,
    ]);
  });

  it.each([
    '"Or\\\\u0000ders"',
    '"Or\\u0001ders"',
    '"Or\\\\0"',
    '"Or\\\\ud800"',
    '"\\ud83d\\ude00 \u{1f600}"',
  ])("the name %s is none of these", async (text) => {
    const content = (await smallDefinition()).replace('"Orders"', text);
    const read = await readPackage(await writeArchive([{ name: "flow.json", content }]));
    expect(read.flows[0]?.name).toBe(JSON.parse(text));
  });

  it.each([
    ["another encoding", Buffer.from([0x4f, 0xe9])],
    ["half of a character in its bytes", Buffer.from([0x4f, 0xed, 0xa0, 0x80])],
  ])("%s is refused, instead of other characters being read", async (_what, name) => {
    const [before = "", after = ""] = (await smallDefinition()).split("Orders", 2);
    const content = Buffer.concat([Buffer.from(before), name, Buffer.from(after)]);
    const error = await failure(readPackage(await archiveOf(content)));
    expect(error.message).toBe("package (bytes): flow.json is not text in UTF-8. Export the flow again.");
  });
});

describe("a readable source", () => {
  const source = (name: string) => ({
    uuid: "6f0c2f4e-0b52-11ef-9a3e-0242ac120002",
    exportedAt: "2024-05-06T08:00:00.000Z",
    flows: [{ name, datasets: {}, recipes: {} }],
  });

  it("with half of a character or U+0000 is refused with its place", () => {
    expect(() => buildFromSource(source("a\ud800"), "s")).toThrow(
      `package source s: flows[0].name: ${HALF}; remove it`,
    );
    expect(() => buildFromSource(source("a\0"), "s")).toThrow(
      `package source s: flows[0].name: ${NUL}; remove it`,
    );
  });

  it("in another encoding is refused", async () => {
    const folder = await mkdtemp(join(tmpdir(), "sluice-source-"));
    try {
      await writeFile(join(folder, "package.json5"), Buffer.from(JSON.stringify(source("é")), "latin1"));
      await expect(buildPackage(folder)).rejects.toThrow("not text in UTF-8; save it in this encoding");
    } finally {
      await rm(folder, { recursive: true });
    }
  });
});

async function archiveOf(content: Buffer): Promise<Buffer> {
  const archive = new ZipFile();
  archive.addBuffer(content, "flow.json");
  archive.end();
  return buffer(archive.outputStream);
}

async function smallDefinition(): Promise<string> {
  let definition = "";
  await packWithDefinition((found) => {
    definition = JSON.stringify(found);
  });
  expect(definition).toContain('"Orders"');
  return definition;
}
