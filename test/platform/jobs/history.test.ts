import { readdirSync } from "node:fs";
import { join } from "node:path";
import Libsql from "libsql";
import { expect, it } from "vitest";
import { makeDirectory } from "../platform-fixture.js";
import { oneRecipe, startJobPlatform } from "./job-fixture.js";

function countRows(data: string, table: string): number {
  const store = new Libsql(join(data, "platform.db"), { readonly: true });
  try {
    return (store.prepare(`select count(*) as count from "${table}"`).get() as { count: number }).count;
  } finally {
    store.close();
  }
}

it("keeps so many ended job groups, and what the others wrote", async () => {
  const data = makeDirectory();
  const first = await startJobPlatform({ jobs: { workers: 1 } }, data);
  for (const [index, name] of ["price", "status", "country"].entries()) {
    const file = `s3://acme-dev/out/${index}.csv`;
    const deployment = await first.deploy(oneRecipe([`drop col: ${name} action: Drop`], { file }));
    expect(await first.run(deployment)).toMatchObject({ status: "Complete" });
  }
  await first.close();
  expect(countRows(data, "flowSnapshots")).toBe(3);
  const again = await startJobPlatform({ jobs: { history: 2 } }, data);
  const { body } = await again.call("GET", "/v4/jobGroups?sort=id");
  expect((body.data as { id: number }[]).map(({ id }) => id)).toEqual([2, 3]);
  expect((await again.call("GET", "/v4/jobGroups/1")).status).toBe(404);
  expect((await again.call("GET", "/v4/flowRuns/1")).status).toBe(404);
  expect(readdirSync(join(data, "job-logs")).sort()).toEqual(["2.log", "3.log"]);
  expect(["flowSnapshots", "flowRuns", "jobs"].map((table) => countRows(data, table))).toEqual([2, 2, 4]);
  expect(readdirSync(join(again.bucket, "out")).sort()).toEqual(["0.csv", "1.csv", "2.csv"]);
});
