import { sql } from "kysely";
import { expect, it } from "vitest";
import { selectWaiting } from "../../../platform/jobs/waiting-groups.js";
import { openDatabase } from "../../../platform/store/database.js";
import { makeDirectory } from "../platform-fixture.js";

it("looks for the next job group among those that wait, however many have ended", async () => {
  const database = openDatabase(makeDirectory());
  try {
    const waiting = selectWaiting(database, [1, 2]).limit(1);
    const plan = await waiting.explain<{ detail: string }>(undefined, sql`query plan`);
    expect(plan.map(({ detail }) => detail)).toEqual([
      "SEARCH jobGroups USING INDEX unfinishedJobGroups (status=?)",
      "SEARCH flowSnapshots USING INTEGER PRIMARY KEY (rowid=?)",
    ]);
  } finally {
    await database.destroy();
  }
});
