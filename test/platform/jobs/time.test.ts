import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { packageForm } from "../flow-fixture.js";
import { makeDirectory } from "../platform-fixture.js";
import { request, startPlatformProcess } from "../platform-process.js";
import { oneRecipe, ORDERS, startJobPlatform } from "./job-fixture.js";

const REFERENCE = "2024-03-10T03:30:00.000Z";
const STEPS = [
  "derive type: single value: NOW() as: 'now'",
  "derive type: single value: TODAY() as: 'today'",
  "derive type: single value: NOW('America/New_York') as: 'there'",
  "derive type: single value: UNIXTIME(DATETIME(2024, 3, 10, 2, 30, 0)) as: 'seconds'",
  "derive type: single value: DATEADD(DATETIME(2024, 3, 10, 1, 30, 0), 1, hour) as: 'later'",
  // New columns stand in front: the last one is the first.
  "drop col: now, today, there, seconds, later action: Keep",
];
/** The hour from two to three is left out that night in New York. */
const ROW = "2024-03-10 02:30:00,1710037800000,2024-03-09 22:30:00,2024-03-10,2024-03-10 03:30:00";

it("NOW and TODAY in a recipe are the run's reference date", async () => {
  const platform = await startJobPlatform();
  const deployment = await platform.deploy(oneRecipe(STEPS));
  const ended = await platform.run(deployment, { runParameters: { referenceDate: REFERENCE } });
  expect(ended).toMatchObject({ failureReason: null });
  expect(platform.read("out/result.csv").split("\n")[1]).toBe(ROW);
});

it("without a reference date NOW is the time at which the run was asked for", async () => {
  const platform = await startJobPlatform();
  const deployment = await platform.deploy(oneRecipe(STEPS.slice(0, 1)));
  const ended = await platform.run(deployment);
  const asked = (ended["runParameterReferenceDate"] as string).slice(0, 19).replace("T", " ");
  expect(platform.read("out/result.csv").split("\n")[1]).toBe(`${asked},1,DE,2,39.90,paid`);
});

it("results do not depend on the time zone of the machine", async () => {
  const data = makeDirectory();
  const bucket = join(data, "storage/dev/s3/acme-dev");
  mkdirSync(join(bucket, "orders"), { recursive: true });
  writeFileSync(join(bucket, "orders/orders.csv"), ORDERS);
  const { endpoint } = await startPlatformProcess(data, { timeZone: "America/New_York" });
  await request(endpoint, "POST", "/v4/deployments", { name: "orders" });
  await request(endpoint, "POST", "/v4/deployments/1/releases", await packageForm(oneRecipe(STEPS)));
  const runParameters = { referenceDate: REFERENCE };
  await request(endpoint, "POST", "/v4/deployments/1/run", { runParameters });
  const status = async () => (await request(endpoint, "GET", "/v4/jobGroups/1/status")).body as string;
  await expect.poll(status, { timeout: 20_000, interval: 20 }).toMatch(/Complete|Failed/);
  expect(readFileSync(join(bucket, "out/result.csv"), "utf8").split("\n")[1]).toBe(ROW);
});
