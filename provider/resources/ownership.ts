import { z } from "zod";
import { Conflict } from "../client/errors.js";
import { localOnly } from "../framework/field-rules.js";

/** The input with which a program takes over an object that it did not make. */
export const adopt = localOnly(
  z
    .boolean()
    .default(false)
    .describe(
      "Take over an object of the same name that already exists, instead of stopping. From then on this program owns it, and destroy deletes it.",
    ),
  "decides only how creation treats what is there",
);

/** Why creation stops at an object that is there already, and the two ways on. */
export function alreadyExists(what: string, id: string, path: string): Conflict {
  return new Conflict(
    `${what} already exists (id ${id}) and this program did not make it; set \`adopt: true\` to take it over, or choose another name`,
    { status: 0, method: "GET", url: path },
  );
}
