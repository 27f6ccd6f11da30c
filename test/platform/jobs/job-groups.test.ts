import { expect, it } from "vitest";
import { createPerson } from "../flow-fixture.js";
import { oneRecipe, startJobPlatform } from "./job-fixture.js";

const STEPS = ["drop col: price action: Drop"];

it("lists job groups in pages, newest first, with filters, embeds and counts", async () => {
  const platform = await startJobPlatform();
  const good = await platform.deploy(oneRecipe(STEPS));
  const bad = await platform.deploy(oneRecipe(["drop col: nothing action: Drop"]));
  for (const deployment of [good, bad, good]) await platform.run(deployment);
  const list = async (query: string) => (await platform.call("GET", `/v4/jobGroups?${query}`)).body;
  const page = await list("limit=2&includeCount=true");
  expect([page.data.map((group: { id: number }) => group.id), page.count]).toEqual([[3, 2], 3]);
  const failed = await list("filter=Failed&filterFields=status&filterType=exact&embed=jobs,wrangledDataset");
  expect(failed.data).toMatchObject([
    {
      id: 2,
      status: "Failed",
      ranfrom: "api",
      ranfor: "recipe",
      wrangledDataset: { name: "R" },
      jobs: { data: [{ jobType: "wrangle", status: "Failed" }, { jobType: "filewriter" }] },
    },
  ]);
  expect(failed.data[0].jobs.data[0].errorMessage.data).toContain('recipe "R", step 1 (Drop)');
  const flowNodeId = page.data[0].wrangledDataset.id as number;
  expect((await list(`flowNodeId=${flowNodeId}`)).data).toHaveLength(2);
  expect((await platform.call("GET", "/v4/jobs/1/status")).body).toBe("Complete");
  expect((await platform.call("GET", "/v4/flowRuns/3/jobGroups")).body.data).toMatchObject([{ id: 3 }]);
});

it("shows people who are no administrators their own job groups only", async () => {
  const platform = await startJobPlatform();
  const { id } = await platform.run(await platform.deploy(oneRecipe(STEPS)));
  const other = await createPerson(platform, "other@example.com");
  expect((await platform.callAs(other, "GET", "/v4/jobGroups")).body.data).toEqual([]);
  for (const path of ["", "/status", "/logs", "/outputs"]) {
    expect((await platform.callAs(other, "GET", `/v4/jobGroups/${id}${path}`)).status, path).toBe(404);
  }
  expect((await platform.callAs(other, "POST", `/v4/jobGroups/${id}/cancel`)).status).toBe(404);
});

it("runs what waits even when its deployment is deleted meanwhile", async () => {
  const platform = await startJobPlatform({ jobs: { workers: 1 } });
  const deployment = await platform.deploy(oneRecipe(STEPS));
  const run = `/v4/deployments/${deployment}/run`;
  const ids: number[] = [];
  for (let count = 0; count < 3; count += 1) {
    ids.push((await platform.call("POST", run)).body.data[0].id as number);
  }
  await platform.call("DELETE", `/v4/deployments/${deployment}`);
  for (const id of ids) expect(await platform.ended(id)).toMatchObject({ status: "Complete" });
});

it.each([
  [{ runParameters: { overrides: { data: [{ key: "a", value: [1] }] } } }, "ValidationFailed"],
  [{ runParameters: { referenceDate: "yesterday" } }, "ValidationFailed"],
  [{ runParameters: { overrides: { data: [{ value: "1" }] } } }, "ApiValidationFailed"],
])("refuses the run %j", async (body, name) => {
  const platform = await startJobPlatform();
  const answer = await platform.call(
    "POST",
    `/v4/deployments/${await platform.deploy(oneRecipe(STEPS))}/run`,
    body,
  );
  expect([answer.status, answer.body.exception.name]).toEqual([400, name]);
  expect((await platform.call("GET", "/v4/jobGroups/count")).body).toEqual({ count: 0 });
});
