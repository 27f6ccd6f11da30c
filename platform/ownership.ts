import type { Caller } from "./platform.js";

/** Values of the columns that every new owned row has. */
export function stampNew(caller: Caller) {
  const now = new Date().toISOString();
  return {
    environmentId: caller.environmentId,
    createdAt: now,
    updatedAt: now,
    creatorId: caller.personId,
    updaterId: caller.personId,
  };
}

/** Values of the columns that every change of an owned row sets. */
export function stampUpdate(caller: Caller) {
  return { updatedAt: new Date().toISOString(), updaterId: caller.personId };
}

interface Owned {
  readonly environmentId: number;
  readonly createdAt: string;
  readonly updatedAt: string;
  readonly creatorId: number;
  readonly updaterId: number;
}

/** The ownership members of an object as v4 shows them. */
export function toOwnership(row: Owned) {
  return {
    createdAt: row.createdAt,
    updatedAt: row.updatedAt,
    creator: { id: row.creatorId },
    updater: { id: row.updaterId },
  };
}

/** The minimal answer of every update. */
export function toUpdated(id: number, stamp: { updatedAt: string; updaterId: number }) {
  return { id, updater: { id: stamp.updaterId }, updatedAt: stamp.updatedAt };
}
