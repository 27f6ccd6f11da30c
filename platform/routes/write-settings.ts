import type { FastifyInstance } from "fastify";
import type { Selectable } from "kysely";
import { toWriteSettingObject } from "../flows/answers.js";
import {
  writeSettingSchema,
  toGivenWriteSetting,
  toNewWriteSetting,
  type WriteSettingBody,
} from "../flows/output-bodies.js";
import { registerOutputParts } from "../flows/output-part-routes.js";
import { selectAccessibleOutputIds } from "../flows/output-parts.js";
import { stampNew } from "../ownership.js";
import { embedPeople } from "../person-embeds.js";
import type { Caller, Platform } from "../platform.js";
import type { WriteSettingRow } from "../store/flow-schema.js";

type WriteSetting = Selectable<WriteSettingRow>;

/** `/v4/writeSettings`: the files that outputs write. */
export function registerWriteSettings(app: FastifyInstance, platform: Platform): void {
  const { database: store } = platform;
  const select = (caller: Caller) =>
    store
      .selectFrom("writeSettings")
      .selectAll()
      .where("outputObjectId", "in", selectAccessibleOutputIds(store, caller));

  registerOutputParts<"writeSettings", WriteSetting, WriteSettingBody>(app, platform, {
    table: "writeSettings",
    noun: "write setting",
    schema: writeSettingSchema,
    collection: {
      name: "writeSettings",
      columns: Object.fromEntries(
        ["id", "path", "action", "format", "createdAt", "updatedAt"].map((field) => [
          field,
          `writeSettings.${field}`,
        ]),
      ),
      defaultFilterField: "path",
      embeds: embedPeople<WriteSetting>(store),
      toObject: toWriteSettingObject,
    },
    select,
    find: (caller, id) => select(caller).where("id", "=", id).executeTakeFirst(),
    insert: (database, caller, { outputObjectId, connectionId, body }) =>
      database
        .insertInto("writeSettings")
        .values({ ...stampNew(caller), ...toNewWriteSetting(body), outputObjectId, connectionId })
        .returningAll()
        .executeTakeFirstOrThrow(),
    update: (database, id, { stamp, connectionId, body }) =>
      database
        .updateTable("writeSettings")
        .set({ ...stamp, ...toGivenWriteSetting(body), connectionId })
        .where("id", "=", id)
        .execute(),
    remove: (database, id) => database.deleteFrom("writeSettings").where("id", "=", id).execute(),
  });
}
