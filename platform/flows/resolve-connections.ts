import type { ConnectionStub } from "../../flow/model.js";
import type { RuledPackage } from "../../flow/rules.js";
import { ConnectionMappingMissing, ValidationFailed } from "../errors.js";
import type { Database } from "../store/database.js";
import { usedConnectionIds } from "./export.js";

/**
 * The local connection of every connection that the package uses: the target of a rule, else the connection with the
 * same uuid. Throws `ValidationFailed` for a target that does not exist, `ConnectionMappingMissing` with all
 * connections that have neither.
 */
export async function resolveConnections(
  database: Database,
  environmentId: number,
  ruled: RuledPackage,
): Promise<Map<number, number>> {
  const used = new Set(usedConnectionIds(ruled.package.flows));
  const local = await database
    .selectFrom("connections")
    .select(["id", "uuid"])
    .where("environmentId", "=", environmentId)
    .execute();
  const localIds = new Set(local.map((row) => row.id));
  const byUuid = new Map(local.map((row) => [row.uuid.toLowerCase(), row.id]));
  const resolved = new Map<number, number>();
  const missing: ConnectionStub[] = [];
  for (const stub of ruled.package.connections) {
    const target = ruled.connectionTargets.get(stub.id);
    if (target !== undefined && !localIds.has(target)) throw toUnknownTarget(stub, target);
    const id = target ?? byUuid.get(stub.uuid.toLowerCase());
    if (id !== undefined) resolved.set(stub.id, id);
    else if (used.has(stub.id)) missing.push(stub);
  }
  if (missing.length > 0) throw toMappingMissing(missing);
  return resolved;
}

function toUnknownTarget(stub: ConnectionStub, target: number): ValidationFailed {
  return new ValidationFailed(
    `The import rule for ${describe(stub)} names connection ${target}, which does not exist in this environment`,
  );
}

function toMappingMissing(missing: readonly ConnectionStub[]): ConnectionMappingMissing {
  return new ConnectionMappingMissing(
    `The package uses ${missing.map(describe).join(", ")}, which no import rule maps and whose uuid no connection ` +
      `of this environment has; add an object import rule or create the connection`,
    missing.map(({ id, uuid, name }) => ({ id, uuid, name })),
  );
}

function describe(stub: ConnectionStub): string {
  return `connection "${stub.name}" (uuid ${stub.uuid})`;
}
