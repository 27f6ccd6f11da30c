import { existsSync, mkdirSync, readdirSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import { makeDirectory } from "../platform-fixture.js";
import {
  oneRecipe,
  ORDERS,
  ordersFlow,
  startJobPlatform,
  withFileOutput,
  type JobPlatform,
} from "./job-fixture.js";

const STEPS = ["drop col: price action: Drop"];

/** Runs a package that must fail; answers the reason, which ends the log, too. Nothing may be left in the folder of its output. */
async function reasonOf(platform: JobPlatform, pkg: Parameters<JobPlatform["deploy"]>[0]): Promise<string> {
  const ended = await platform.run(await platform.deploy(pkg));
  expect(ended.status).toBe("Failed");
  const log = await platform.log(ended.id);
  expect(log.slice(log.lastIndexOf(" Failed after "))).toMatch(/^ Failed after \d+ ms: /);
  expect(log).toContain(`ms: ${ended["failureReason"] as string}\n`);
  const folder = join(platform.bucket, "out");
  expect(existsSync(folder) ? readdirSync(folder) : []).toEqual([]);
  return ended["failureReason"] as string;
}

it("names the dataset and the place of a file that is missing", async () => {
  const platform = await startJobPlatform();
  const reason = await reasonOf(platform, oneRecipe(STEPS, {}, { file: "s3://acme-dev/orders/none.csv" }));
  expect(reason).toBe(
    `the dataset "orders.csv" has no file: there is nothing at s3://acme-dev/orders/none.csv ` +
      `(looked for ${platform.bucket}/orders/none.csv)`,
  );
});

describe("rows that do not have the dataset's columns", () => {
  const header = "order_id,country,quantity,price,status\n";
  const place = 'reading s3://acme-dev/orders/orders.csv of the dataset "orders.csv", line';

  it.each([
    [
      "too few",
      `${header}1,DE,2,3,paid\n2,FR\n`,
      "3: the row has 2 columns, and the dataset's parsing steps make 5",
    ],
    [
      "too many",
      `${header}1,DE,2,3,paid,x\n`,
      "2: the row has 6 columns, and the dataset's parsing steps make 5",
    ],
    [
      "another delimiter",
      `${header}1;DE;2;3;paid\n`.replaceAll(",", ";"),
      "1: the row has 1 columns, and the dataset's parsing steps make 5; is another delimiter used there",
    ],
    [
      "an open quote",
      `${header}1,"DE,2,3,paid\n`,
      "2: a value begins with a quote and does not end with one",
    ],
  ])("are refused with file and line, without what stands in them: %s", async (_case, content, reason) => {
    const platform = await startJobPlatform();
    platform.put("orders/orders.csv", content);
    expect(await reasonOf(platform, oneRecipe(STEPS))).toBe(`${place} ${reason}`);
  });

  it("are named by their file also where that was unpacked first", async () => {
    const platform = await startJobPlatform();
    platform.put("orders/orders.csv", gzipSync(`${header}1,DE\n`));
    expect(await reasonOf(platform, oneRecipe(STEPS))).toContain(`${place} 2: the row has 2 columns`);
  });
});

describe("a file in another encoding", () => {
  const text = "order_id,country,quantity,price,status\n1,D\u00fcsseldorf,2,3,paid\n";

  /** The recipe over a dataset whose Load step names an encoding. */
  const encoded = (encoding: string) => {
    const pkg = oneRecipe(STEPS);
    return JSON.parse(
      JSON.stringify(pkg, (key, value: unknown) =>
        key === "parameters" && typeof value === "object" && value !== null && "location" in value
          ? { ...value, inputEncoding: { kind: "constant", type: "String", value: encoding } }
          : value,
      ),
    ) as typeof pkg;
  };

  it("is refused: Latin-1 as UTF-8", async () => {
    const platform = await startJobPlatform();
    platform.put("orders/orders.csv", Buffer.from(text, "latin1"));
    expect(await reasonOf(platform, oneRecipe(STEPS))).toBe(
      'reading s3://acme-dev/orders/orders.csv of the dataset "orders.csv", line 2: ' +
        "a file is not in the encoding that the dataset says (UTF-8 unless it says another)",
    );
  });

  it("is refused: UTF-16 without a mark, even where it has only simple letters", async () => {
    const platform = await startJobPlatform();
    platform.put("orders/orders.csv", Buffer.from(ORDERS, "utf16le"));
    expect(await reasonOf(platform, oneRecipe(STEPS))).toContain(
      "reading s3://acme-dev/orders/orders.csv: there are zero bytes in its text, as UTF-16 without a mark",
    );
  });

  it("is refused where the dataset names a wrong one, and read where it names its own", async () => {
    const platform = await startJobPlatform();
    platform.put("orders/orders.csv", Buffer.from([0xff, ...Buffer.from(text, "latin1")]));
    expect(await reasonOf(platform, encoded("shift_jis"))).toContain(
      'it is no text in the encoding "shift_jis"',
    );
    expect(await reasonOf(platform, encoded("klingon"))).toContain('the encoding "klingon" is not known');
    platform.put("orders/orders.csv", Buffer.from(text, "latin1"));
    const ended = await platform.run(await platform.deploy(encoded("ISO-8859-1")));
    expect(ended).toMatchObject({ failureReason: null });
    expect(platform.read("out/result.csv")).toContain("D\u00fcsseldorf");
  });
});

it("names recipe and step where a file has lost a column", async () => {
  const platform = await startJobPlatform();
  platform.put("orders/orders.csv", ORDERS.replace("price", "cost"));
  const reason = await reasonOf(platform, oneRecipe(["derive type: single value: 1 as: 'one'", ...STEPS]));
  expect(reason).toContain('recipe "R", step 2 (Drop)');
  expect(reason).toContain("price");
});

it("names recipe and step that is not supported", async () => {
  const platform = await startJobPlatform();
  const pkg = oneRecipe(["derive type: single value: 1 as: 'one'", ...STEPS]);
  const flows = pkg.flows.map((flow) => ({
    ...flow,
    recipes: flow.recipes.map((recipe) => ({
      ...recipe,
      steps: recipe.steps.map((step) =>
        step.task.type === "Drop" ? { ...step, task: { ...step.task, type: "Hyperspace" } } : step,
      ),
    })),
  }));
  expect(await reasonOf(platform, { ...pkg, flows })).toBe(
    'recipe "R", step 2 (Hyperspace): the step type Hyperspace is not supported',
  );
});

it("names recipe and step of a bad pattern", async () => {
  const platform = await startJobPlatform();
  const reason = await reasonOf(platform, oneRecipe(["replace col: country on: `{nothing}` with: 'x'"]));
  expect(reason).toMatch(/^recipe "R", step 1 \(Replace\): the pattern .* cannot be used: /);
});

it("goes on over divisions by zero and values of another type, which are missing in the result", async () => {
  const platform = await startJobPlatform();
  platform.put(
    "orders/orders.csv",
    "order_id,country,quantity,price,status\n1,DE,0,3,paid\n2,FR,many,3,paid\n3,FR,2,3,x\n",
  );
  const steps = [
    "settype col: quantity type: Integer",
    "derive type: single value: price / quantity as: 'each'",
  ];
  const ended = await platform.run(
    await platform.deploy(oneRecipe([...steps, "drop col: order_id, quantity, each action: Keep"])),
  );
  expect(ended).toMatchObject({ status: "Complete", failureReason: null });
  expect(platform.read("out/result.csv")).toBe("order_id,quantity,each\n1,0,\n2,many,\n3,2,1.5\n");
});

it("names dataset and file of JSON and Parquet that cannot be read", async () => {
  const platform = await startJobPlatform();
  for (const [file, reason] of [
    ["broken.json", "Malformed JSON"],
    ["broken.parquet", "s3://acme-dev/broken.parquet"],
  ] as const) {
    platform.put(file, '{"a":1}\n{"a":\n');
    const flow = ordersFlow({
      datasets: { data: { file: `s3://acme-dev/${file}`, columns: ["a"] } },
      recipes: { R: { from: "data", steps: [] } },
      outputs: [{ recipe: "R", file: "s3://acme-dev/out/result.csv" }],
    });
    const flows = flow.flows.map((one) => ({
      ...one,
      recipes: one.recipes.map((recipe) =>
        recipe.name === "data" ? { ...recipe, steps: recipe.steps.slice(0, 1) } : recipe,
      ),
    }));
    const found = await reasonOf(platform, { ...flow, flows });
    expect(found).toContain(reason);
    expect(found).toContain('(dataset "data")');
    expect(found).not.toContain(platform.bucket);
  }
});

it("names recipe and step where a column is gone", async () => {
  const platform = await startJobPlatform();
  const reason = await reasonOf(platform, oneRecipe(["drop col: nothing action: Drop"]));
  expect(reason).toContain('recipe "R", step 1 (Drop)');
  expect(reason).toContain("nothing");
});

it("refuses locations that leave their storage", async () => {
  const platform = await startJobPlatform();
  const climbing = withFileOutput(oneRecipe(STEPS), { path: "s3://acme-dev/out/../../../x.csv" });
  expect(await reasonOf(platform, climbing)).toContain("leaves its storage");
  const outside = makeDirectory();
  mkdirSync(join(outside, "out"));
  symlinkSync(outside, join(platform.bucket, "link"));
  const linked = withFileOutput(oneRecipe(STEPS), { path: "s3://acme-dev/link/out/x.csv" });
  expect(await reasonOf(platform, linked)).toContain("over a symbolic link");
  expect(readdirSync(join(outside, "out"))).toEqual([]);
});

it.each([
  [{ format: "avro" }, "the format avro is not written"],
  [{ compression: "bzip2" }, "csv is not compressed with bzip2"],
  [{ format: "pqt", action: "append" }, "a single Parquet file cannot be appended to"],
])("refuses the output %j before it reads anything", async (change, reason) => {
  const platform = await startJobPlatform();
  expect(await reasonOf(platform, withFileOutput(oneRecipe(STEPS), change))).toContain(reason);
  expect((await platform.call("GET", "/v4/jobGroups/1/inputs")).body).toEqual({ data: [] });
});

it("fails one output without the others", async () => {
  const platform = await startJobPlatform();
  const outputs = [
    { recipe: "Clean orders", file: "s3://acme-dev/../clean.csv" },
    { recipe: "Revenue", file: "s3://acme-dev/revenue.csv" },
  ];
  const { body } = await platform.call(
    "POST",
    `/v4/deployments/${await platform.deploy(ordersFlow({ outputs }))}/run`,
  );
  const ids = (body.data as { id: number }[]).map(({ id }) => id);
  const ends = [];
  for (const id of ids) ends.push((await platform.ended(id)).status);
  expect(ends).toEqual(["Failed", "Complete"]);
  expect((await platform.call("GET", "/v4/flowRuns/1/status")).body).toBe("Failed");
});
