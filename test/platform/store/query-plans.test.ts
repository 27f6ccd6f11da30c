import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { sql } from "kysely";
import type { Compilable } from "kysely";
import { beforeAll, expect, test } from "vitest";
import { selectDeployments } from "../../../platform/deployments.js";
import { prepareEnvironments } from "../../../platform/environments.js";
import { selectFlowRuns, selectJobGroups, selectJobs } from "../../../platform/jobs/answers.js";
import { selectOld } from "../../../platform/jobs/history.js";
import { selectWaiting } from "../../../platform/jobs/waiting-groups.js";
import type { Caller } from "../../../platform/platform.js";
import { selectReleases } from "../../../platform/releases.js";
import { openDatabase } from "../../../platform/store/database.js";
import type { Database } from "../../../platform/store/database.js";

const CALLER = { environmentId: 1, personId: 1, isAdmin: true } as Caller;

let database: Database;
let directory: string;
beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), "sluice-plans-"));
  const opened = openDatabase(directory);
  await prepareEnvironments(opened, ["prod"], "a-token-0123456789");
  database = opened;
  return async () => {
    await opened.destroy();
    rmSync(directory, { recursive: true, force: true });
  };
});

/** What a query of a long list asks for, and the index that finds its rows in their order. */
const LISTS: [string, () => Compilable, RegExp][] = [
  [
    "the newest deployments",
    () => selectDeployments(database, CALLER, false).orderBy("deployments.id", "desc").limit(25),
    /^SEARCH deployments USING INDEX deploymentsByAge \(environmentId=\?\)/,
  ],
  [
    "the newest releases",
    () => selectReleases(database, CALLER, false).orderBy("releases.id", "desc").limit(25),
    /^SEARCH releases USING INDEX releasesOfEnvironment \(environmentId=\?\)/,
  ],
  [
    "the releases of a deployment",
    () =>
      selectReleases(database, CALLER, false).where("deploymentId", "=", 7).orderBy("releases.id", "desc"),
    /^SEARCH releases USING INDEX presentReleasesOfDeployment \(deploymentId=\?\)/,
  ],
  [
    "the newest job groups",
    () => selectJobGroups(database, CALLER).orderBy("jobGroups.id", "desc").limit(25),
    /^SEARCH jobGroups USING INDEX jobGroupsOfEnvironment \(environmentId=\?\)/,
  ],
  [
    "the job groups of a flow",
    () => selectJobGroups(database, CALLER).where("jobGroups.flowId", "=", 7).orderBy("jobGroups.id", "desc"),
    /^SEARCH jobGroups USING INDEX jobGroupsOfFlow \(environmentId=\? AND flowId=\?\)/,
  ],
  [
    "the newest jobs",
    () => selectJobs(database, CALLER).orderBy("jobs.id", "desc").limit(25),
    /^SEARCH jobs USING INDEX jobsOfEnvironment \(environmentId=\?\)/,
  ],
  [
    "the newest runs",
    () => selectFlowRuns(database, CALLER).orderBy("flowRuns.id", "desc").limit(25),
    /^SEARCH flowRuns USING INDEX flowRunsOfEnvironment \(environmentId=\?\)/,
  ],
  [
    "the next waiting job group",
    () => selectWaiting(database, [1]).limit(1),
    /^SEARCH jobGroups USING INDEX unfinishedJobGroups/,
  ],
  ["old runs to remove", () => selectOld(database, 9), /^SCAN jobGroups USING COVERING INDEX endedJobGroups/],
];

test.each(LISTS)("%s are found by an index, and nothing is sorted", async (_what, query, expected) => {
  const plan = await planOf(query());
  expect(plan[0]).toMatch(expected);
  expect(plan.filter((line) => /^SCAN (?!jobGroups USING COVERING)|TEMP B-TREE/.test(line))).toEqual([]);
});

async function planOf(query: Compilable): Promise<string[]> {
  const { sql: text, parameters } = query.compile();
  const parts = text.split("?");
  const bound = sql.join(
    parts.map((part, index) =>
      index < parameters.length ? sql`${sql.raw(part)}${parameters[index]}` : sql.raw(part),
    ),
    sql``,
  );
  const { rows } = await sql<{ detail: string }>`explain query plan ${bound}`.execute(database);
  return rows.map(({ detail }) => detail);
}
