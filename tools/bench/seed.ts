import { join } from "node:path";
import Libsql from "libsql";

/** How much a platform holds. */
export interface Amounts {
  readonly deployments: number;
  /** Of each deployment. */
  readonly releases: number;
  readonly jobGroups: number;
}

/** Rows of a table of numbers from 1. */
const UP_TO = (count: number): string =>
  `with recursive numbers(n) as (select 1 union all select n + 1 from numbers where n < ${count})`;
const OWNED = `1, '2026-01-01T00:00:00.000Z', '2026-01-01T00:00:00.000Z', 1, 1`;
const OWNED_COLUMNS = `"environmentId", "createdAt", "updatedAt", "creatorId", "updaterId"`;

/**
 * Fills the store of a platform that is stopped and has one environment with one person: deployments with releases, the newest
 * active and with a flow of one recipe, and ended runs with two jobs each. Releases have no package on the disk.
 */
export function seedStore(data: string, { deployments, releases, jobGroups }: Amounts): void {
  const store = new Libsql(join(data, "platform.db"));
  try {
    store.exec("pragma synchronous = off; pragma foreign_keys = on; begin");
    store.exec(`${UP_TO(deployments)} insert into deployments (${OWNED_COLUMNS}, name)
      select ${OWNED}, printf('orders %06d', n) from numbers`);
    store.exec(`${UP_TO(deployments * releases)} insert into releases (${OWNED_COLUMNS}, "deploymentId", notes,
        "packageUuid", "packageSha256", "packageFileName", "productVersion", active)
      select ${OWNED}, (n - 1) / ${releases} + 1, printf('orders 1.%d.0', n % ${releases}),
        printf('4b1d7f52-6f1c-11ef-a4b5-%012d', n), printf('%064d', n), 'orders.zip', '10.3.0',
        case when n % ${releases} = 0 then 1 end from numbers`);
    store.exec(`${UP_TO(deployments)} insert into flows (${OWNED_COLUMNS}, name, "releaseId", "isPrimary")
      select ${OWNED}, printf('Orders %06d', n), n * ${releases}, 1 from numbers`);
    store.exec(`${UP_TO(deployments)} insert into recipes (${OWNED_COLUMNS}, "flowId", name, "isActive", steps, "qualityRules")
      select ${OWNED}, n, 'Orders', 1, '[]', '[]' from numbers`);
    store.exec(`${UP_TO(deployments)} insert into "flowNodes" (${OWNED_COLUMNS}, "flowId", "recipeId", "isWrangled")
      select ${OWNED}, n, n, 1 from numbers`);
    store.exec(`${UP_TO(deployments)} insert into "flowSnapshots" ("environmentId", sha256, content, "createdAt")
      select 1, printf('%064d', n), '{}', '2026-01-01T00:00:00.000Z' from numbers`);
    store.exec(`${UP_TO(jobGroups)} insert into "flowRuns" (${OWNED_COLUMNS}, "flowId", "flowName", "deploymentId", "releaseId")
      select ${OWNED}, n % ${deployments} + 1, 'Orders', n % ${deployments} + 1, n % ${deployments} + 1 from numbers`);
    store.exec(`${UP_TO(jobGroups)} insert into "jobGroups" (${OWNED_COLUMNS}, name, ranfrom, ranfor, status, "sessionId",
        "profilingEnabled", "flowId", "flowNodeId", "flowRunId", "snapshotId", output, "runParameters",
        "runParameterReferenceDate", "startedAt", "endedAt", inputs, outputs)
      select ${OWNED}, printf('run %d', n), 'schedule', 'recipe',
        case when n % 20 = 0 then 'Failed' else 'Complete' end, printf('%036d', n), 0,
        n % ${deployments} + 1, n % ${deployments} + 1, n, n % ${deployments} + 1,
        '{"id":1,"files":[{"path":"s3://acme/reports/daily_revenue.csv","format":"csv","action":"overwrite"}]}', '{}',
        '2026-01-01T00:00:00.000Z', '2026-01-01T00:00:01.000Z', '2026-01-01T00:00:02.000Z',
        '[{"name":"orders.csv","uri":"s3://acme/orders.csv","files":[{"uri":"s3://acme/orders.csv","bytes":1234}]}]',
        '[{"uri":"s3://acme/reports/daily_revenue.csv","format":"csv","action":"overwrite","rows":365,"bytes":9876}]'
      from numbers`);
    store.exec(`${UP_TO(jobGroups * 2)} insert into jobs ("environmentId", "jobGroupId", "jobType", status, "createdAt", "updatedAt")
      select 1, (n + 1) / 2, case when n % 2 = 1 then 'wrangle' else 'filewriter' end, 'Complete',
        '2026-01-01T00:00:00.000Z', '2026-01-01T00:00:02.000Z' from numbers`);
    store.exec("commit");
  } finally {
    store.close();
  }
}
