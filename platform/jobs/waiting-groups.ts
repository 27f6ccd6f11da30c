import { sql } from "kysely";
import type { Database } from "../store/database.js";

/** In the very words of the index `unfinishedJobGroups`: SQLite searches in it for no others. */
export const isUnfinished = sql<boolean>`"jobGroups".status in ('Created', 'InProgress')`;

/** In the very words of the index `endedJobGroups`, for the same reason. */
export const isEnded = sql<boolean>`"jobGroups".status not in ('Created', 'InProgress')`;

/** The job groups that wait in these environments, each with the snapshot that it runs; the next one comes first. */
export function selectWaiting(database: Database, environmentIds: readonly number[]) {
  return (
    database
      .selectFrom("jobGroups")
      .innerJoin("flowSnapshots", "flowSnapshots.id", "jobGroups.snapshotId")
      .selectAll("jobGroups")
      .select("flowSnapshots.content")
      .where(isUnfinished)
      .where("jobGroups.status", "=", "Created")
      // The plus: of one environment SQLite would rather look through all its job groups, as they are in order.
      .where(sql`+"jobGroups"."environmentId"`, "in", environmentIds)
      .orderBy("jobGroups.id")
  );
}
