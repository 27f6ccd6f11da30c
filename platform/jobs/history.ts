import { rmSync } from "node:fs";
import type { Row } from "../store/schema.js";
import type { Database } from "../store/database.js";
import { isEnded } from "./waiting-groups.js";

/** Job groups that are removed at a time, so that other writes come between. */
const BATCH = 500;

/**
 * Removes all ended job groups but the newest `keep`, with their logs, and the runs and snapshots that none is left of. What a
 * run wrote stays.
 */
export async function pruneHistory(
  database: Database,
  keep: number,
  logFile: (jobGroupId: number) => string,
): Promise<void> {
  for (let isMore = true; isMore;) {
    const old = await database
      .selectFrom("jobGroups")
      .select(["id", "flowRunId", "snapshotId"])
      .where("id", "in", selectOld(database, keep).limit(BATCH))
      .execute();
    if (old.length > 0) await removeGroups(database, old);
    for (const { id } of old) rmSync(logFile(id), { force: true, recursive: true });
    isMore = old.length === BATCH;
  }
}

/** Ids of ended job groups beyond the newest `keep`, out of an index alone: the rows that stay are many. */
export function selectOld(database: Database, keep: number) {
  return database
    .selectFrom("jobGroups")
    .select("id")
    .where(isEnded)
    .orderBy("id", "desc")
    .limit(-1)
    .offset(keep);
}

async function removeGroups(
  database: Database,
  groups: readonly Pick<Row<"jobGroups">, "id" | "flowRunId" | "snapshotId">[],
): Promise<void> {
  const ids = groups.map(({ id }) => id);
  const runs = [...new Set(groups.map(({ flowRunId }) => flowRunId))];
  const snapshots = [...new Set(groups.map(({ snapshotId }) => snapshotId))];
  await database.transaction().execute(async (transaction) => {
    await transaction.deleteFrom("jobs").where("jobGroupId", "in", ids).execute();
    await transaction.deleteFrom("jobGroups").where("id", "in", ids).execute();
    await transaction
      .deleteFrom("flowRuns")
      .where("id", "in", runs)
      .where("id", "not in", (left) =>
        left.selectFrom("jobGroups").select("flowRunId").where("flowRunId", "in", runs),
      )
      .execute();
    await transaction
      .deleteFrom("flowSnapshots")
      .where("id", "in", snapshots)
      .where("id", "not in", (left) =>
        left.selectFrom("jobGroups").select("snapshotId").where("snapshotId", "in", snapshots),
      )
      .execute();
  });
}
