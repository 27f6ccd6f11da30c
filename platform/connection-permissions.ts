import type { JsonObject } from "../flow/model.js";
import { groupBy } from "./group-by.js";
import type { Database } from "./store/database.js";

/** Who may use each connection, its owner among them, by the connection's id; in the 6.x form, the only one documented. */
export async function loadPermissions(
  database: Database,
  connections: readonly { readonly id: number; readonly creatorId: number }[],
): Promise<ReadonlyMap<number, readonly JsonObject[]>> {
  const shared = await database
    .selectFrom("connectionPermissions")
    .select(["connectionId", "personId", "role"])
    .where(
      "connectionId",
      "in",
      connections.map(({ id }) => id),
    )
    .execute();
  const byConnection = groupBy(shared, (row) => row.connectionId);
  const roles = new Map(
    connections.map(({ id, creatorId }) => {
      const given = (byConnection.get(id) ?? []).map(({ personId, role }) => [personId, role] as const);
      return [id, new Map<number, string>([...given, [creatorId, "owner"]])] as const;
    }),
  );
  const people = await database
    .selectFrom("people")
    .select(["id", "name", "email"])
    .where("id", "in", [...new Set([...roles.values()].flatMap((one) => [...one.keys()]))])
    .orderBy("id")
    .execute();
  return new Map(
    [...roles].map(([connectionId, one]) => [
      connectionId,
      people
        .filter((person) => one.has(person.id))
        .map((person) => ({
          ...person,
          connectionpermission: { connectionId, personId: person.id, role: one.get(person.id) ?? null },
        })),
    ]),
  );
}
