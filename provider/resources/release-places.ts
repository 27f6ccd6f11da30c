import { CONNECTION_TO_BE_MADE } from "../../flow/index.js";
import type { Finding, RuledPackage } from "../../flow/index.js";
import type { Client } from "../client/client.js";
import { toFinding } from "./release-findings.js";

/** Who was the first to write to each place, among the releases that were checked in this operation. */
const firstWriters = new WeakMap<Client, Map<string, string>>();

/**
 * Places that another release of the program writes to as well: two deployments would overwrite each other. The release that
 * is checked first cannot know; each later one names that one, so that what it says does not hang on the order of the others.
 */
export function findSharedPlaces(client: Client, owner: string, ruled: RuledPackage): Finding[] {
  const known = firstWriters.get(client) ?? new Map<string, string>();
  firstWriters.set(client, known);
  return placesOf(ruled).flatMap((place) => {
    const first = known.get(place) ?? owner;
    known.set(place, first);
    if (first === owner) return [];
    const message = `${place} is written by ${first} too; give each deployment a place of its own, with an import rule or in the flow`;
    return [toFinding("output-shared", place, message)];
  });
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
