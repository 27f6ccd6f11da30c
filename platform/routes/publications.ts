import type { FastifyInstance } from "fastify";
import type { Selectable } from "kysely";
import { toPublicationObject } from "../flows/answers.js";
import {
  publicationSchema,
  toGivenPublication,
  toNewPublication,
  type PublicationBody,
} from "../flows/output-bodies.js";
import { registerOutputParts } from "../flows/output-part-routes.js";
import { selectAccessibleOutputIds } from "../flows/output-parts.js";
import { stampNew } from "../ownership.js";
import { embedPeople } from "../person-embeds.js";
import type { Caller, Platform } from "../platform.js";
import type { PublicationRow } from "../store/flow-schema.js";

type Publication = Selectable<PublicationRow>;

/** `/v4/publications`: the tables that outputs write. */
export function registerPublications(app: FastifyInstance, platform: Platform): void {
  const { database: store } = platform;
  const select = (caller: Caller) =>
    store
      .selectFrom("publications")
      .selectAll()
      .where("outputObjectId", "in", selectAccessibleOutputIds(store, caller));

  registerOutputParts<"publications", Publication, PublicationBody>(app, platform, {
    table: "publications",
    noun: "publication",
    schema: publicationSchema,
    collection: {
      name: "publications",
      columns: Object.fromEntries(
        ["id", "tableName", "targetType", "action", "createdAt", "updatedAt"].map((field) => [
          field,
          `publications.${field}`,
        ]),
      ),
      defaultFilterField: "tableName",
      embeds: embedPeople<Publication>(store),
      toObject: toPublicationObject,
    },
    select,
    find: (caller, id) => select(caller).where("id", "=", id).executeTakeFirst(),
    insert: (database, caller, { outputObjectId, connectionId, body }) =>
      database
        .insertInto("publications")
        .values({ ...stampNew(caller), ...toNewPublication(body), outputObjectId, connectionId })
        .returningAll()
        .executeTakeFirstOrThrow(),
    update: (database, id, { stamp, connectionId, body }) =>
      database
        .updateTable("publications")
        .set({ ...stamp, ...toGivenPublication(body), connectionId })
        .where("id", "=", id)
        .execute(),
    remove: (database, id) => database.deleteFrom("publications").where("id", "=", id).execute(),
  });
}
