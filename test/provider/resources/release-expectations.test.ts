import { expect, it } from "vitest";
import type { JobGroupResult, RunResult, WrittenOutput } from "../../../provider/jobs/deployment-run.js";
import { describeRun, findShortfalls } from "../../../provider/resources/release-expectations.js";
import { oneRecipe } from "../../platform/jobs/job-fixture.js";

const source = oneRecipe(["drop col: price action: Drop"]);
const file: WrittenOutput = {
  name: "result.csv",
  location: "s3://acme-dev/out/result.csv",
  rows: 4,
  bytes: 100,
  columns: ["id", "country"],
};
const table: WrittenOutput = {
  name: "orders",
  location: "public.orders",
  rows: 1,
  bytes: undefined,
  columns: ["id"],
};

function runOf(...outputs: WrittenOutput[]): RunResult {
  const group: JobGroupResult = {
    id: 9,
    recipe: "R",
    status: "Complete",
    reason: undefined,
    seconds: 1.25,
    outputs,
  };
  return { outcome: "complete", groups: [group] };
}

function shortfalls(run: RunResult, wanted: Record<string, unknown>): string[] {
  return findShortfalls(run, { timeoutSeconds: 60, ...wanted }, source);
}

it("holds for every output, and for one by the name of its table, its file or its place", () => {
  const run = runOf(file, table);
  expect(shortfalls(run, { minRows: 1, columns: ["id"] })).toEqual([]);
  expect(shortfalls(run, { minRows: 2 })).toEqual(["public.orders has 1 row, expected at least 2"]);
  expect(shortfalls(run, { minRows: 2, outputs: { orders: { minRows: 1 } } })).toEqual([]);
  expect(shortfalls(run, { outputs: { "public.orders": { maxRows: 0 } } })).toEqual([
    "public.orders has 1 row, expected at most 0",
  ]);
  expect(shortfalls(run, { outputs: { R: { columns: ["country"] } } })).toEqual([
    'public.orders has no column "country"; it has id',
  ]);
});

it("an exact count is both bounds", () => {
  expect(shortfalls(runOf(file), { minRows: 4, maxRows: 4 })).toEqual([]);
});

it("an output that was not written is a shortfall, and so is one that nobody tells of", () => {
  expect(shortfalls(runOf(table), { outputs: { other: {} } })).toEqual([
    'no output "other" was written; there is orders',
  ]);
  expect(shortfalls(runOf(), { minRows: 0 })).toEqual([
    expect.stringMatching(/^the platform does not tell what job group 9 \(R\) wrote/),
  ]);
  expect(shortfalls(runOf(), {})).toEqual([]);
});

it("quotes no more of a long reason, or of many columns, than a person reads", () => {
  const run = runOf({ ...file, columns: Array.from({ length: 200 }, (_, index) => `c${index}`) });
  const [columns = ""] = shortfalls(run, { columns: ["id"] });
  expect(columns).toMatch(/c29 and 170 more$/);
  const failed = { ...run.groups[0], id: 1, status: "Failed", reason: "x".repeat(10_000) } as JobGroupResult;
  const [reason = ""] = shortfalls({ outcome: "failed", groups: [failed] }, {});
  expect(reason.length).toBeLessThan(2000);
});

it("tells what a run wrote", () => {
  expect(describeRun(runOf(file, table))).toBe("result.csv 4 rows, orders 1 row (job group 9, 1.3 s)");
});
