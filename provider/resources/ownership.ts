import { z } from "zod";
import { Conflict } from "../client/errors.js";
import type { CheckAnswer } from "../framework/define-resource.js";
import { localOnly } from "../framework/field-rules.js";
import { hasUnknown } from "../framework/unknown.js";

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
    `${what} already exists (id ${id}) and this stack does not know it: another program or a person made it, or an update of this stack broke off; set \`adopt: true\` to take it over, or choose another name`,
    { status: 0, method: "GET", url: path },
  );
}

/** Says in the preview already that the name of an object to be made is taken; `findTwin` must not write. */
export async function checkName<Wanted extends { name: string; adopt: boolean }>(
  wanted: Wanted,
  isNew: boolean,
  findTwin: (wanted: Wanted) => Promise<Conflict | undefined>,
): Promise<CheckAnswer<Wanted>> {
  if (!isNew || hasUnknown(wanted.adopt) || wanted.adopt || hasUnknown(wanted.name)) return {};
  const conflict = await findTwin(wanted);
  return conflict ? { failures: [{ property: "name", reason: conflict.message }] } : {};
}
