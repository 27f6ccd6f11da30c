import type { FastifyInstance } from "fastify";
import type { Selectable } from "kysely";
import { toSqlScriptObject } from "../flows/answers.js";
import {
  sqlScriptSchema,
  toGivenSqlScript,
  toNewSqlScript,
  type SqlScriptBody,
} from "../flows/output-bodies.js";
import { registerOutputParts } from "../flows/output-part-routes.js";
import { selectAccessibleOutputIds } from "../flows/output-parts.js";
import { stampNew } from "../ownership.js";
import { embedPeople } from "../person-embeds.js";
import type { Caller, Platform } from "../platform.js";
import type { SqlScriptRow } from "../store/flow-schema.js";

type SqlScript = Selectable<SqlScriptRow>;

/** `/v4/sqlScripts`: the SQL that runs before or after an output is written. */
export function registerSqlScripts(app: FastifyInstance, platform: Platform): void {
  const { database: store } = platform;
  const select = (caller: Caller) =>
    store
      .selectFrom("sqlScripts")
      .selectAll()
      .where("outputObjectId", "in", selectAccessibleOutputIds(store, caller));

  registerOutputParts<"sqlScripts", SqlScript, SqlScriptBody>(app, platform, {
    table: "sqlScripts",
    noun: "SQL script",
    schema: sqlScriptSchema,
    collection: {
      name: "sqlScripts",
      columns: Object.fromEntries(
        ["id", "type", "vendor", "sqlScript", "createdAt", "updatedAt"].map((field) => [
          field,
          `sqlScripts.${field}`,
        ]),
      ),
      defaultFilterField: "sqlScript",
      embeds: embedPeople<SqlScript>(store),
      toObject: toSqlScriptObject,
    },
    select,
    find: (caller, id) => select(caller).where("id", "=", id).executeTakeFirst(),
    insert: (database, caller, { outputObjectId, connectionId, body }) =>
      database
        .insertInto("sqlScripts")
        .values({ ...stampNew(caller), ...toNewSqlScript(body), outputObjectId, connectionId })
        .returningAll()
        .executeTakeFirstOrThrow(),
    update: (database, id, { stamp, connectionId, body }) =>
      database
        .updateTable("sqlScripts")
        .set({ ...stamp, ...toGivenSqlScript(body), connectionId })
        .where("id", "=", id)
        .execute(),
    remove: (database, id) => database.deleteFrom("sqlScripts").where("id", "=", id).execute(),
  });
}
