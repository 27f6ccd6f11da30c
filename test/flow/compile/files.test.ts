import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { compileRecipe } from "../../../flow/compile/compile.js";
import type { CompileOptions } from "../../../flow/compile/compiled-query.js";
import { findRecipe } from "../../../flow/compile/find-recipe.js";
import { buildFromSource } from "../../../flow/source.js";
import { TestDatabase, type TextRow } from "./database.js";

let database: TestDatabase;
let folder: string;
beforeAll(async () => {
  database = await TestDatabase.open();
  folder = await mkdtemp(join(tmpdir(), "sluice-files-"));
});
afterAll(async () => {
  database.close();
  await rm(folder, { recursive: true });
});

type Parse = Readonly<Record<string, string | boolean>>;
type Result = { columns: readonly string[]; rows: readonly TextRow[]; sql: string };

let lastFile = 0;
async function write(content: string | Buffer, extension = "csv"): Promise<string> {
  lastFile += 1;
  const file = join(folder, `file-${String(lastFile)}.${extension}`);
  await writeFile(file, content);
  return file;
}

/** Reads files as a dataset with these columns, its parsing steps made from `parse` or given. */
async function read(
  files: readonly string[],
  columns: readonly string[],
  options: {
    parse?: Parse;
    parsing?: readonly string[];
    steps?: readonly string[];
    compile?: CompileOptions;
    encoding?: string;
  } = {},
): Promise<Result> {
  const dataset = { file: `file://${files[0] ?? ""}` };
  const source = {
    uuid: "6f0c2f4e-0b52-11ef-9a3e-0242ac120002",
    exportedAt: "2024-05-06T08:00:00.000Z",
    flows: [
      {
        name: "Files",
        datasets: {
          Input:
            options.parsing === undefined
              ? {
                  ...dataset,
                  columns: [...columns],
                  ...(options.parse === undefined ? {} : { parse: options.parse }),
                }
              : { ...dataset, steps: [...options.parsing] },
        },
        recipes: { Result: { from: "Input", steps: [...(options.steps ?? [])] } },
        outputs: [{ recipe: "Result", file: "file:///out.csv" }],
      },
    ],
  };
  const pkg = buildFromSource(source, "files");
  const encoding = options.encoding === undefined ? {} : { encoding: options.encoding };
  const query = await compileRecipe(pkg, findRecipe(pkg, "Result").node.id, {
    datasets: () => ({ files, ...encoding }),
    ask: database.ask,
    ...options.compile,
  });
  return {
    columns: query.columns.map(({ name }) => name),
    rows: await database.rows(query.sql),
    sql: query.sql,
  };
}

const MODES = ["strict", "lenient"] as const;

describe.each(MODES)("a file read in the %s way", (parsing) => {
  const compile = { parsing };

  it.each([
    ["plain", "a,b\n1,2\n", [["1", "2"]]],
    ["without a last line end", "a,b\n1,2", [["1", "2"]]],
    ["with quotes", 'a,b\n"1, one","say ""hi"""\n', [["1, one", 'say "hi"']]],
    [
      "with quoted line ends",
      'a,b\n"1\n2","3\n"\n4,5\n',
      [
        ["1\n2", "3\n"],
        ["4", "5"],
      ],
    ],
    [
      "with Windows line ends",
      "a,b\r\n1,2\r\n3,4\r\n",
      [
        ["1", "2"],
        ["3", "4"],
      ],
    ],
    ["with a byte order mark", "\uFEFFa,b\n1,2\n", [["1", "2"]]],
    [
      "with empty cells",
      'a,b\n,\n"",x\n',
      [
        ["", ""],
        ["", "x"],
      ],
    ],
    [
      "with an empty line",
      "a,b\n1,2\n\n3,4\n",
      [
        ["1", "2"],
        ["3", "4"],
      ],
    ],
    ["with letters of many languages", "a,b\né,日本\n", [["é", "日本"]]],
    ["with white space", "a,b\n 1 ,\t2\n", [[" 1 ", "\t2"]]],
    ["of the header alone", "a,b\n", []],
  ])("%s", async (_, content, rows) => {
    const result = await read([await write(content)], ["a", "b"], { compile });
    expect(result.columns).toEqual(["a", "b"]);
    expect(result.rows).toEqual(rows);
  });

  it("takes the names from the file, not from the package", async () => {
    const { columns } = await read([await write('Größe,"x ""y"""\n1,2\n')], ["a", "b"], { compile });
    expect(columns).toEqual(["Größe", 'x "y"']);
  });

  it("keeps the column's own name for an empty header, and tells repeats apart", async () => {
    const { columns } = await read([await write("a,,A,a\n1,2,3,4\n")], ["p", "q", "r", "s"], { compile });
    expect(columns).toEqual(["a", "column3", "A1", "a2"]);
  });

  it.each([
    ["tabs", "\t", "a\tb\n1,5\t2\n", "1,5"],
    ["bars of two characters", "||", "a||b\n1|5||2\n", "1|5"],
    ["semicolons", ";", "a;b\n1,5;2\n", "1,5"],
  ])("parts columns by %s", async (_, delimiter, content, cell) => {
    const { rows } = await read([await write(content)], ["a", "b"], { parse: { delimiter }, compile });
    expect(rows).toEqual([[cell, "2"]]);
  });

  it("takes quotes as they are when the file has none", async () => {
    const { rows } = await read([await write('a,b\n"1,2"\n')], ["a", "b"], {
      parse: { quoted: false },
      compile,
    });
    expect(rows).toEqual([['"1', '2"']]);
  });

  it("reads files without a header, with old Macintosh line ends", async () => {
    const parse = { header: false, lineEnd: "\r" };
    const result = await read([await write("1,2\r3,4\r")], ["a", "b"], { parse, compile });
    expect(result).toMatchObject({
      columns: ["a", "b"],
      rows: [
        ["1", "2"],
        ["3", "4"],
      ],
    });
  });

  it("reads a single column", async () => {
    const result = await read([await write("name\nx,y\n\nz\n")], ["name"], {
      parse: { quoted: false },
      compile,
    });
    expect(result).toMatchObject({ columns: ["name"], rows: [["x,y"], [""], ["z"]] });
  });

  it("keeps quotes that no step takes away", async () => {
    const parsing = [
      `splitrows col: column1 on: '\\n' quote: '"' quoteEscapeChar: '"'`,
      `split type: on col: column1 on: ',' limit: 2 quote: '"'`,
    ];
    const { rows } = await read([await write('"a,1",b\n"c\n""d""",e,f,g\n')], [], { parsing, compile });
    expect(rows).toEqual([
      ['"a,1"', "b", null],
      ['"c\n""d"""', "e", "f,g"],
    ]);
  });

  it("takes every quote away when a step says so", async () => {
    const parsing = [
      `splitrows col: column1 on: '\\n' quote: '"' quoteEscapeChar: '"'`,
      `split type: on col: column1 on: ',' quote: '"'`,
      `replacepatterns col: * with: '' on: '"' global: true`,
    ];
    const { rows } = await read([await write('"a ""b""",c\n')], [], { parsing, compile });
    expect(rows).toEqual([["a b", "c"]]);
  });

  it("reads a file as one cell, and cuts it into rows", async () => {
    const file = await write('{"a":1}\n{"a":2}\n', "json");
    expect((await read([file], [], { parsing: [], compile })).rows).toEqual([['{"a":1}\n{"a":2}\n']]);
    const parsing = ["splitrows col: column1 on: '\\n'", "unnest col: column1 keys: 'a' pluck: false"];
    expect((await read([file], [], { parsing, compile })).rows.map((row) => row[1])).toEqual(["1", "2"]);
  });

  it("numbers rows from the first line of each file, and knows the file", async () => {
    const files = [await write("a,b\n1,2\n3,4\n"), await write("a,b\n5,6\n")];
    const steps = [
      "derive type: single value: $sourcerownumber as: 'row'",
      "derive type: single value: $filepath as: 'file'",
      "filter type: custom rowType: single row: a > 1 action: Keep",
    ];
    const { rows } = await read(files, ["a", "b"], { steps, compile });
    expect(rows).toEqual([
      [files[0], "3", "3", "4"],
      [files[1], "2", "5", "6"],
    ]);
  });

  it("names columns by several rows", async () => {
    const content = ",,X,,Y\nid,,a,b,a\n1,2,3,4,5\n6,7,8,9,0\n";
    const steps = ["rename type: header method: multi sourcerownumbers: 1, 2 separator: '-' filltype: true"];
    const parse = { header: false };
    const names = ["p", "q", "r", "s", "t"];
    const result = await read([await write(content)], names, { parse, steps, compile });
    expect(result).toMatchObject({
      columns: ["id", "id1", "X-a", "X-b", "Y-a"],
      rows: [
        ["1", "2", "3", "4", "5"],
        ["6", "7", "8", "9", "0"],
      ],
    });
  });

  it("takes a header further down a recipe", async () => {
    const content = "made by x\nid,n\n1,2\n";
    const steps = ["filter type: custom rowType: single row: $sourcerownumber > 1 action: Keep", "header"];
    const parse = { header: false };
    const result = await read([await write(content.replace("made by x", "made,x"))], ["p", "q"], {
      parse,
      steps,
      compile,
    });
    expect(result).toMatchObject({ columns: ["id", "n"], rows: [["1", "2"]] });
  });
});

describe("reading files", () => {
  it("is strict unless asked: rows of other lengths are refused, and read leniently", async () => {
    const file = await write('a,b\n1\n2,3,4\n5,"6\n');
    await expect(read([file], ["a", "b"])).rejects.toThrow(/CSV Error/);
    const { rows } = await read([file], ["a", "b"], { compile: { parsing: "lenient" } });
    expect(rows).toEqual([
      ["1", null],
      ["2", "3,4"],
      ["5", "6\n"],
    ]);
  });

  it("becomes one reading of a delimited file in the usual form", async () => {
    const { sql } = await read([await write("a,b\n1,2\n")], ["a", "b"]);
    expect(sql.match(/ AS \(/g)).toHaveLength(1);
    expect(sql).toContain("read_csv(");
  });

  it("reads compressed files and other encodings", async () => {
    const packed = await write(gzipSync("a,b\n1,2\n"), "csv.gz");
    expect((await read([packed], ["a", "b"])).rows).toEqual([["1", "2"]]);
    const latin = await write(Buffer.from("a,b\né,2\n", "latin1"));
    expect((await read([latin], ["a", "b"], { encoding: "latin-1" })).rows).toEqual([["é", "2"]]);
    await expect(read([latin], ["a", "b"])).rejects.toThrow(/utf-8/i);
  });

  it("writes dates with the separators that the file has", async () => {
    const steps = [
      "settype col: d type: Datetime datetimeType: 'dd*mm*yyyy'",
      "derive type: single value: DATEADD(d, 1, day) as: 'next'",
    ];
    const { rows } = await read([await write("d,n\n31.12.2020,1\n")], ["d", "n"], { steps });
    expect(rows).toEqual([["31.12.2020", "01.01.2021", "1"]]);
  });

  it("reads the same whether strictly or leniently, and as a plain model does", async () => {
    let state = 7;
    const random = (below: number): number => {
      state = (Math.imul(state, 1103515245) + 12345) >>> 1;
      return (state >>> 8) % below;
    };
    const pieces = ["a", "1", " ", ",", '"', "\n", "\r\n", "é", "'", "\\", "", ";"];
    for (let round = 0; round < 25; round += 1) {
      const width = 2 + random(3);
      const cell = (): string =>
        Array.from({ length: random(4) }, () => pieces[random(pieces.length)] ?? "").join("");
      const model = Array.from({ length: 1 + random(6) }, () => Array.from({ length: width }, cell));
      const quote = (text: string): string =>
        /[",\r\n]/.test(text) || random(4) === 0 ? `"${text.replaceAll('"', '""')}"` : text;
      const names = Array.from({ length: width }, (_, index) => `c${String(index)}`);
      const content = [names, ...model].map((row) => `${row.map(quote).join(",")}\n`).join("");
      const file = await write(content);
      for (const parsing of MODES) {
        const { rows } = await read([file], names, { compile: { parsing } });
        expect({ parsing, content, rows }).toEqual({ parsing, content, rows: model });
      }
    }
  });
});
