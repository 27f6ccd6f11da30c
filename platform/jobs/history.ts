import { rmSync } from "node:fs";
import type { Database } from "../store/database.js";

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
      .select("id")
      .where("status", "not in", ["Created", "InProgress"])
      .orderBy("id", "desc")
      .limit(BATCH)
      .offset(keep)
      .execute();
    const ids = old.map(({ id }) => id);
    if (ids.length > 0) await removeGroups(database, ids);
    for (const id of ids) rmSync(logFile(id), { force: true, recursive: true });
    isMore = ids.length === BATCH;
  }
}

async function removeGroups(database: Database, ids: readonly number[]): Promise<void> {
  await database.transaction().execute(async (transaction) => {
    await transaction.deleteFrom("jobs").where("jobGroupId", "in", ids).execute();
    await transaction.deleteFrom("jobGroups").where("id", "in", ids).execute();
    await transaction
      .deleteFrom("flowRuns")
      .where("id", "not in", transaction.selectFrom("jobGroups").select("flowRunId"))
      .execute();
    await transaction
      .deleteFrom("flowSnapshots")
      .where("id", "not in", transaction.selectFrom("jobGroups").select("snapshotId"))
      .execute();
  });
}
