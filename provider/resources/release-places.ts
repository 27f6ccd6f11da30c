import { CONNECTION_TO_BE_MADE } from "../../flow/index.js";
import type { Finding, RuledPackage } from "../../flow/index.js";
import type { Client } from "../client/client.js";
import { toFinding } from "./release-findings.js";

/** Who writes where, among the releases that were checked in this operation. */
const writers = new WeakMap<Client, Map<string, Set<string>>>();

/**
 * Places that another release of the program writes to as well: two deployments would overwrite each other.
 * The release that is checked first cannot know; the one that is checked later says so.
 */
export function findSharedPlaces(client: Client, owner: string, ruled: RuledPackage): Finding[] {
  const known = writers.get(client) ?? new Map<string, Set<string>>();
  writers.set(client, known);
  return placesOf(ruled).flatMap((place) => {
    const owners = known.get(place) ?? new Set<string>();
    known.set(place, owners.add(owner));
    const others = [...owners].filter((other) => other !== owner);
    if (others.length === 0) return [];
    const message = `${place} is written by ${nameSome(others)} too; give each deployment a place of its own, with an import rule or in the flow`;
    return [toFinding("output-shared", place, message)];
  });
}

/** A program may hold hundreds of releases of one package: two names say where to look. */
function nameSome(owners: readonly string[]): string {
  const [first = "", second, ...more] = owners;
  if (second === undefined) return first;
  return more.length === 0 ? `${first} and ${second}` : `${first}, ${second} and ${more.length} more`;
}

function placesOf({ package: source, connectionTargets }: RuledPackage): string[] {
  const outputs = source.flows.flatMap((flow) => flow.outputs);
  const files = outputs.flatMap((output) => output.files.map((file) => file.path));
  const tables = outputs.flatMap((output) =>
    output.tables.flatMap(({ connectionId, path, table }) => {
      const target = connectionId === null ? undefined : connectionTargets.get(connectionId);
      // Two connections that are yet to be made cannot be told from each other.
      if (target === CONNECTION_TO_BE_MADE) return [];
      const uuid = source.connections.find((stub) => stub.id === connectionId)?.uuid;
      return `table ${[...path, table].join(".")} of connection ${target ?? uuid ?? "of the platform"}`;
    }),
  );
  // The manual and the scheduled output of one recipe often share a place, which is no conflict of programs.
  return [...new Set([...files, ...tables])];
}
