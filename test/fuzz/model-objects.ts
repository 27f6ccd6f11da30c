import { packageUuid } from "./fuzz-packages.js";
import type { PackageSpec } from "./fuzz-packages.js";
import type { PicturedConnection, PicturedRelease, PicturedSchedule } from "./picture.js";
import type { Slot, Trigger, ValueRule } from "./program.js";

type Changeable<T> = { -readonly [Name in keyof T]: T[Name] };

/** Who made an object: the slot of the program's resource, or nobody of ours. */
export interface Owned {
  slot: Slot | null;
}

export type ModelConnection = Changeable<PicturedConnection> & Owned & { serial: number };

export type ModelRelease = Changeable<PicturedRelease> & {
  /** Content and rules that it was imported under; null when it is not the program's. */
  key: string | null;
  /** A person changed a recipe of its flow. */
  isEdited: boolean;
};

/** `runs` is a release of the same deployment; null where schedules are bound to deployments. */
export type ModelSchedule = Omit<Changeable<PicturedSchedule>, "runs"> &
  Owned & { runs: ModelRelease | null };

export interface ModelDeployment extends Owned {
  id: string;
  name: string;
  forceDelete: boolean;
  /** `with` is the serial number of a connection. */
  rules: { connections: { on: unknown; with: number }[]; values: ValueRule[] };
  /** The program has a resource for them. */
  hasOwnRules: boolean;
  releases: ModelRelease[];
  /** The release that the program's last update was about: what state knows. */
  current: ModelRelease | null;
  /** The program had it running. */
  isCurrentActive: boolean;
  schedules: ModelSchedule[];
}

/** Objects that the model has, and whose ids the platform has yet to tell. */
export const NO_ID = "";

/** Makes this release the only active one, or none. */
export function activate(deployment: ModelDeployment, active: ModelRelease | undefined): void {
  for (const release of deployment.releases) release.isActive = release === active;
}

/** A trigger as the API writes it. */
export function toTimeBased({ cron, oneTime, timezone = "UTC", ...rest }: Trigger): unknown {
  return {
    timeBased: {
      ...rest,
      ...(cron !== undefined && { cron: { expression: cron } }),
      ...(oneTime !== undefined && { oneTime: { utcDateTime: oneTime } }),
      timezone,
    },
  };
}

export const EMPTY_CONNECTION: PicturedConnection = {
  id: NO_ID,
  name: "",
  host: null,
  port: null,
  params: {},
  description: "",
  isGlobal: false,
};

/** A deployment that was made just now. */
export function emptyDeployment(): ModelDeployment {
  return {
    id: NO_ID,
    slot: null,
    name: "",
    forceDelete: false,
    rules: { connections: [], values: [] },
    hasOwnRules: false,
    releases: [],
    current: null,
    isCurrentActive: false,
    schedules: [],
  };
}

/** A release that was imported just now; `key` as of {@link ModelRelease}. */
export function newRelease(spec: PackageSpec, key: string | null): ModelRelease {
  const uuid = packageUuid(spec);
  return { id: NO_ID, uuid, notes: "", isMarked: key !== null, isActive: false, key, isEdited: false };
}
