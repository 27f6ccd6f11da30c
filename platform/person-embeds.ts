import type { JsonObject } from "../flow/model.js";
import type { Embeds } from "./embedding.js";
import type { Database } from "./store/database.js";

interface Owned {
  readonly id: number;
  readonly creatorId: number;
  readonly updaterId: number;
}

/** The embeds `creator` and `updater`, which every owned object has. */
export function embedPeople<Row extends Owned>(database: Database): Embeds<Row> {
  return {
    creator: { kind: "one", load: (rows) => loadPeople(database, rows, (row) => row.creatorId) },
    updater: { kind: "one", load: (rows) => loadPeople(database, rows, (row) => row.updaterId) },
  };
}

async function loadPeople<Row extends Owned>(
  database: Database,
  rows: readonly Row[],
  idOf: (row: Row) => number,
): Promise<ReadonlyMap<number, JsonObject | null>> {
  const people = await database
    .selectFrom("people")
    .select(["id", "email", "name"])
    .where("id", "in", [...new Set(rows.map(idOf))])
    .execute();
  const byId = new Map(people.map((person) => [person.id, { ...person }]));
  return new Map(rows.map((row) => [row.id, byId.get(idOf(row)) ?? null]));
}
