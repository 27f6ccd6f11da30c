import { packageParameters, unknownAmong } from "../../flow/index.js";
import type { FlowPackage } from "../../flow/index.js";
import type { Client } from "../client/client.js";
import type { CheckFailure, Context } from "../framework/define-resource.js";
import { hasUnknown, UNKNOWN } from "../framework/unknown.js";
import { downloadPackage, isKeptBack } from "./downloaded-package.js";
import { findActive, nameRelease } from "./release-history.js";

/** What a schedule says of parameters. */
interface Stated {
  readonly deploymentId: string;
  readonly parameters: Readonly<Record<string, string>>;
}

/** What the resources say of a deployment's parameters that were checked in this operation. */
interface Said {
  /** Those of the package that a release of the program will have it run. */
  known?: readonly string[];
  /** Names that schedules state for the first time, by owner. */
  readonly stated: Map<string, readonly string[]>;
}

const said = new WeakMap<Client, Map<string, Said>>();

function saidOf(client: Client, deploymentId: string): Said {
  const deployments = said.get(client) ?? new Map<string, Said>();
  said.set(client, deployments);
  const found = deployments.get(deploymentId) ?? { stated: new Map<string, readonly string[]>() };
  deployments.set(deploymentId, found);
  return found;
}

/**
 * Lets schedules of the deployment know what a release of the program will have it run. A failure for each name that the
 * package does not know and that a schedule states which was checked before: it could not know.
 */
export function announcePackage(client: Client, deploymentId: string, source: FlowPackage): CheckFailure[] {
  const ofDeployment = saidOf(client, deploymentId);
  const known = packageParameters(source);
  ofDeployment.known = known;
  return [...ofDeployment.stated].flatMap(([owner, names]) =>
    unknownAmong(known, names, "the package").map(({ name, reason }) => ({
      property: "package",
      reason: `the schedule ${owner} gives a value to "${name}", but ${reason}`,
    })),
  );
}

/** Names for which the schedule gives values; none while they are not known. */
export function parameterNamesOf({ parameters }: Stated): string[] {
  return (parameters as unknown) === UNKNOWN ? [] : Object.keys(parameters);
}

/**
 * A failure for each name that the schedule did not state before and that no flow knows of what the deployment will run:
 * of the program's release, which costs no request, or else of the active one. About a name that was stated before it only
 * says a warning: a rollback to a package without the parameter must not stop.
 */
export async function findUnknownParameters(
  context: Context,
  wanted: Stated,
  previous: Stated | undefined,
): Promise<CheckFailure[]> {
  const { client, owner, say } = context;
  const { deploymentId } = wanted;
  const names = parameterNamesOf(wanted);
  if (names.length === 0 || hasUnknown(deploymentId)) return [];
  const before = previous?.deploymentId === deploymentId ? parameterNamesOf(previous) : [];
  const isNew = (name: string) => !before.includes(name);
  const { known, stated } = saidOf(client, deploymentId);
  const added = names.filter(isNew);
  stated.set(owner, added);
  if (known === undefined) return findUnknownToActive(context, deploymentId, added);
  const unknown = unknownAmong(known, names, "the package of the deployment's Release").map(
    ({ name, reason }) => ({ name, property: `parameters.${name}`, reason }),
  );
  for (const { name, property, reason } of unknown)
    if (!isNew(name)) say("warning", `${property}: ${reason}; runs pass the value over`);
  return unknown.filter(({ name }) => isNew(name)).map(({ property, reason }) => ({ property, reason }));
}

const ORDER =
  "where a Release of this program brings the parameter, pass that Release's `deploymentId`, so that the schedule is made after it";

async function findUnknownToActive(
  { client, say }: Context,
  deploymentId: string,
  names: readonly string[],
): Promise<CheckFailure[]> {
  const active = names.length === 0 ? undefined : await findActive(client, deploymentId);
  if (active === undefined) return [];
  const where = `the active release ${nameRelease(active)}`;
  try {
    const source = await downloadPackage(client, `/v4/releases/${active.id}/package`);
    return unknownAmong(packageParameters(source), names, where).map(({ name, reason }) => ({
      property: `parameters.${name}`,
      reason: `${reason}; ${ORDER}`,
    }));
  } catch (error) {
    if (!isKeptBack(error)) throw error;
    say(
      "warning",
      `the names in \`parameters\` are not checked: this account may not read the package of ${where}`,
    );
    return [];
  }
}
