import { z } from "zod";
import type { Client } from "../client/client.js";
import { Conflict } from "../client/errors.js";
import type { CheckFailure, CheckRequest, Context } from "../framework/define-resource.js";
import { localOnly } from "../framework/field-rules.js";
import { hasUnknown } from "../framework/unknown.js";
import { listReleases } from "./release-history.js";

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

/** An object that is there already. */
export interface ExistingTwin {
  /** As in `a deployment named "orders"`. */
  readonly what: string;
  readonly id: string;
  /** Where it was found. */
  readonly path: string;
  /** Who else has to do with it, as {@link findOtherStack} says. */
  readonly otherOwner?: string | undefined;
}

/** Why creation stops at an object that is there already, and the ways on. */
export function alreadyExists({ importCommand }: Context, twin: ExistingTwin): Conflict {
  const maker =
    twin.otherOwner === undefined
      ? "another program or a person made it, an update of this stack broke off, or `--replace` asks for a second one"
      : `the active release of its deployment was imported by ${twin.otherOwner}, so that it is most likely the work of that stack`;
  const byImport =
    importCommand === undefined
      ? ""
      : `, run \`${importCommand(twin.id)}\` to take it into this stack as it is`;
  return new Conflict(
    `${twin.what} already exists (id ${twin.id}), where this update would make one: ${maker}; set \`adopt: true\` to take it over${byImport}, or choose another name`,
    { status: 0, method: "GET", url: twin.path },
  );
}

/**
 * Says in the preview already that the name of an object is another resource's of the program, or that of something that is
 * there. `object` says which, as in `connection "warehouse"`; `findTwin` must not write. The name must be known.
 */
export async function checkName<Wanted extends { name: string; adopt: boolean }>(
  context: Context,
  object: string,
  { inputs: wanted, previous }: CheckRequest<Wanted>,
  findTwin: () => Promise<Conflict | undefined>,
): Promise<CheckFailure[]> {
  const claimed = claimObject(context, "name", object);
  const isToBeMade = previous === undefined && !hasUnknown(wanted.adopt) && !wanted.adopt;
  if (claimed.length > 0 || !isToBeMade) return claimed;
  const conflict = await findTwin();
  return conflict ? [{ property: "name", reason: conflict.message }] : [];
}

/** `project/stack` of a resource's owner. */
export function stackOf(owner: string): string {
  return owner.split("/").slice(0, 2).join("/");
}

/**
 * The owner of the deployment's active release, when another stack imported it. Nothing but releases can carry a mark, so this is
 * also what tells whose the rules and schedules of the deployment are.
 */
export async function findOtherStack(
  { client, owner }: Pick<Context, "client" | "owner">,
  deploymentId: string,
): Promise<string | undefined> {
  const active = (await listReleases(client, deploymentId)).find((release) => release.isActive);
  const other = active?.marker?.owner;
  return other === undefined || stackOf(other) === stackOf(owner) ? undefined : other;
}

/** Which resource is for which object, among those that were checked in this operation. */
const claims = new WeakMap<Client, Map<string, string>>();

/**
 * A failure when another resource of the program is for the same object: each update would undo what the other did, and removing
 * one would delete the other's. `object` says which, as in `connection "warehouse"`; the resource checked later fails.
 */
export function claimObject(
  { client, owner }: Pick<Context, "client" | "owner">,
  property: string,
  object: string,
): CheckFailure[] {
  const known = claims.get(client) ?? new Map<string, string>();
  claims.set(client, known);
  const key = JSON.stringify([stackOf(owner), object]);
  const first = known.get(key) ?? owner;
  known.set(key, first);
  if (first === owner) return [];
  const reason = `${object} is what resource ${first} of this program is for; two resources on one object would undo each other, so remove one of the two or give it an object of its own`;
  return [{ property, reason }];
}
