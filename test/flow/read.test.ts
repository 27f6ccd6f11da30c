import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { writeArchive } from "../../flow/archive.js";
import type { JsonObject } from "../../flow/model.js";
import { readPackage } from "../../flow/read.js";
import { writePackage } from "../../flow/write.js";
import { failure, packWithDefinition, smallPackage } from "./small-package.js";

describe("reading a package from a path", () => {
  let folder = "";
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "sluice-read-"));
  });
  afterAll(() => rm(folder, { recursive: true }));

  it("gives the same as reading its bytes", async () => {
    const bytes = await writePackage(smallPackage());
    await writeFile(join(folder, "orders.zip"), bytes);
    expect(await readPackage(join(folder, "orders.zip"))).toEqual(await readPackage(bytes));
  });

  it("says that a missing file is missing, with its path", async () => {
    const path = join(folder, "absent.zip");
    const error = await failure(readPackage(path));
    expect(error.code).toBe("not-found");
    expect(error.message).toBe(`package absent.zip: there is no file at ${path}. Check the path.`);
  });

  it("says that a folder is not a package", async () => {
    expect((await failure(readPackage(folder))).code).toBe("not-a-zip");
  });
});

type Row = Record<string, never>;

/** A table of the definition's only flow. */
function rows(definition: JsonObject, table: string): Row[] {
  const flows = (definition as { data: { flows: Record<string, Row[]>[] } }).data.flows;
  return flows[0]?.[table] ?? [];
}

describe("refusing a definition", () => {
  const cases: [title: string, code: string, place: string, change: (definition: JsonObject) => void][] = [
    [
      "an edge from an unknown node",
      "broken-reference",
      'flow "Orders": edge 31 comes from node 999',
      (d) => {
        Object.assign(rows(d, "flowedges")[0] ?? {}, { inFlowNodeId: 999 });
      },
    ],
    [
      "an edge to an unknown node",
      "broken-reference",
      'flow "Orders": edge 31 leads to node 999',
      (d) => {
        Object.assign(rows(d, "flowedges")[0] ?? {}, { outFlowNodeId: 999 });
      },
    ],
    [
      "a node with an unknown recipe",
      "broken-reference",
      'flow "Orders": node 11 uses recipe 999',
      (d) => {
        Object.assign(rows(d, "flownodes")[0] ?? {}, { scriptId: 999 });
      },
    ],
    [
      "an output on an unknown node",
      "broken-reference",
      'flow "Orders": output 61 stands on node 999',
      (d) => {
        Object.assign(rows(d, "outputobjects")[0] ?? {}, { flowNodeId: 999 });
      },
    ],
    [
      "a dataset with an unknown connection",
      "broken-reference",
      'dataset "Customers" (id 42) uses connection 999',
      (d) => {
        Object.assign(rows(d, "datasources")[1] ?? {}, { connectionId: 999 });
      },
    ],
    [
      "a published table with an unknown connection",
      "broken-reference",
      "table 72 of output 61 uses connection 999",
      (d) => {
        const output = rows(d, "outputobjects")[0] as unknown as { publications: Row[] };
        Object.assign(output.publications[0] ?? {}, { connectionId: 999 });
      },
    ],
    [
      "a written file with an unknown connection",
      "broken-reference",
      "file 71 of output 61 uses connection 999",
      (d) => {
        const output = rows(d, "outputobjects")[0] as unknown as { writesettings: Row[] };
        Object.assign(output.writesettings[0] ?? {}, { connectionId: 999 });
      },
    ],
    [
      "a reference to an unknown publisher",
      "broken-reference",
      "data.flows[0].flownodes[2].flowNodeId: reads",
      (d) => {
        Object.assign(rows(d, "flownodes")[2] ?? {}, { flowNodeId: 999 });
      },
    ],
    [
      "two nodes with one id",
      "duplicate-id",
      "two nodes have the id 11",
      (d) => {
        rows(d, "flownodes").push({ ...rows(d, "flownodes")[0] });
      },
    ],
    [
      "no primary flow",
      "no-primary-flow",
      "metadata.primaryFlowIds: names no flow",
      (d) => {
        Object.assign(d["metadata"] as JsonObject, { primaryFlowIds: [] });
      },
    ],
    [
      "a primary flow that is not there",
      "no-primary-flow",
      "metadata.primaryFlowIds: names flow 7",
      (d) => {
        Object.assign(d["metadata"] as JsonObject, { primaryFlowIds: [7] });
      },
    ],
    [
      "another artifact than a flow",
      "unsupported-format",
      'holds a "plan", not a flow',
      (d) => {
        d["type"] = "plan";
      },
    ],
    [
      "an unknown kind",
      "unsupported-format",
      'is of the unknown kind "bundle"',
      (d) => {
        d["kind"] = "bundle";
      },
    ],
    [
      "a definition without its content",
      "unsupported-format",
      "the definition has no `data`",
      (d) => {
        delete d["data"];
      },
    ],
    [
      "a definition without flows",
      "unsupported-format",
      "the definition lists no flows",
      (d) => {
        d["data"] = { workflows: [] };
      },
    ],
    [
      "a member of the wrong kind",
      "invalid-content",
      'data.flows[0].flownodes[1].scriptId: expected an integer, found "22"',
      (d) => {
        Object.assign(rows(d, "flownodes")[1] ?? {}, { scriptId: "22" });
      },
    ],
    [
      "a step without its task",
      "invalid-content",
      "data.flows[0].recipes[2].steps[0].task: expected an object",
      (d) => {
        const recipe = rows(d, "recipes")[2] as unknown as { steps: JsonObject[] };
        delete recipe.steps[0]?.["task"];
      },
    ],
  ];

  it.each(cases)("refuses %s", async (_title, code, place, change) => {
    const error = await failure(readPackage(await packWithDefinition(change)));
    expect(error.code).toBe(code);
    expect(error.message).toContain(place);
    expect(error.message).toMatch(/^package \(bytes\): /);
  });

  it("lists all problems together", async () => {
    const bytes = await packWithDefinition((definition) => {
      Object.assign(rows(definition, "flownodes")[0] ?? {}, { scriptId: 998 });
      Object.assign(rows(definition, "flowedges")[0] ?? {}, { inFlowNodeId: 999 });
    });
    const error = await failure(readPackage(bytes));
    expect(error.problems).toEqual([
      'flow "Orders": node 11 uses recipe 998, which is not in the package',
      'flow "Orders": edge 31 comes from node 999, which is not in the package',
    ]);
  });

  it("refuses text that is neither JSON nor JSON5", async () => {
    const error = await failure(readPackage(await writeArchive([{ name: "flow_x.json", content: "{oops" }])));
    expect(error.code).toBe("not-json");
    expect(error.message).toContain("flow_x.json is not valid JSON");
  });

  it("refuses nesting that would exhaust the stack", async () => {
    const content = `{"data":${"[".repeat(100_000)}${"]".repeat(100_000)}}`;
    const error = await failure(readPackage(await writeArchive([{ name: "flow_x.json", content }])));
    expect(error.code).toBe("too-large");
  });

  it("refuses an archive without a definition", async () => {
    const error = await failure(readPackage(await writeArchive([{ name: "notes.txt", content: "hello" }])));
    expect(error.code).toBe("no-definition");
  });

  it("refuses an archive with two definitions", async () => {
    const entries = ["a.json", "b.json5"].map((name) => ({ name, content: "{}" }));
    const error = await failure(readPackage(await writeArchive(entries)));
    expect(error.code).toBe("no-definition");
    expect(error.message).toContain("2 flow definitions (a.json, b.json5)");
  });
});

describe("reading a written definition", () => {
  it("accepts JSON5 under either name", async () => {
    const content =
      "{data: {flows: [{id: 1, name: 'F',}], /* none */ connections: [],}, metadata: {primaryFlowIds: [1]}}";
    for (const name of ["flow_F.json5", "flow_F.json"]) {
      const pkg = await readPackage(await writeArchive([{ name, content }]));
      expect(pkg.flows[0]?.name).toBe("F");
    }
  });

  it("accepts a byte order mark and ignores the hidden twins of macOS archives", async () => {
    const content = `\uFEFF${JSON.stringify({ data: { flows: [{ id: 1 }] }, metadata: { primaryFlowIds: [1] } })}`;
    const entries = [
      { name: "__MACOSX/._flow.json", content: "junk" },
      { name: "flow.json", content },
    ];
    expect((await readPackage(await writeArchive(entries))).flows).toHaveLength(1);
  });

  it("leaves out deleted rows of an old export", async () => {
    const node = { id: 5, scriptId: 6, flowId: 1, wrangled: true };
    const data = {
      flows: [{ id: 1, name: "F" }],
      flownodes: [node, { ...node, id: 7, deleted_at: "2019-01-01T00:00:00Z" }],
      editablescripts: [{ id: 6, name: "R", currentEditId: 1 }],
    };
    const content = JSON.stringify({ metadata: { primaryFlowIds: [1] }, data });
    const pkg = await readPackage(await writeArchive([{ name: "flow.json", content }]));
    expect(pkg.flows[0]?.nodes.map((one) => one.id)).toEqual([5]);
  });

  it("names the step that an old export lost", async () => {
    const data = {
      flows: [{ id: 1, name: "F" }],
      flownodes: [{ id: 5, scriptId: 6, flowId: 1, wrangled: true }],
      editablescripts: [{ id: 6, name: "R", currentEditId: 1 }],
      editsscriptlines: [{ editId: 1, scriptlineId: 44, index: 0, portId: null }],
    };
    const content = JSON.stringify({ metadata: { primaryFlowIds: [1] }, data });
    const error = await failure(readPackage(await writeArchive([{ name: "flow.json", content }])));
    expect(error.code).toBe("broken-reference");
    expect(error.message).toContain('recipe "R" has a step 44, which is not in the package');
  });
});
