import type { Variant } from "./fuzz-platform.js";
import type { ValueRule } from "./program.js";

/** A connection at the platform, or as it should be there. */
export interface PicturedConnection {
  readonly id: string;
  readonly name: string;
  readonly host: string | null;
  readonly port: number | null;
  readonly params: Readonly<Record<string, unknown>>;
  readonly description: string;
  readonly isGlobal: boolean;
}

export interface PicturedRelease {
  readonly id: string;
  /** UUID of the export that was imported. */
  readonly uuid: string;
  /** Without the marker. */
  readonly notes: string;
  readonly isMarked: boolean;
  readonly isActive: boolean;
}

export interface PicturedSchedule {
  readonly id: string;
  readonly name: string;
  /** As the API writes them. */
  readonly triggers: readonly unknown[];
  readonly enabled: boolean;
  readonly parameters: Readonly<Record<string, string>>;
  /** The release whose flow it is bound to; null when it is bound to the deployment. */
  readonly runs: string | null;
}

export interface PicturedRules {
  /** Ids of connections that the packages' connections become. */
  readonly connections: readonly { readonly on: unknown; readonly with: string }[];
  readonly values: readonly unknown[];
}

export interface PicturedDeployment {
  readonly id: string;
  readonly name: string;
  readonly rules: PicturedRules;
  /** Oldest first. */
  readonly releases: readonly PicturedRelease[];
  readonly schedules: readonly PicturedSchedule[];
}

/** Everything that an environment holds, in the terms of the model. */
export interface Picture {
  readonly connections: readonly PicturedConnection[];
  readonly deployments: readonly PicturedDeployment[];
  /** Ids of schedules of flows that no release holds. */
  readonly orphans: readonly string[];
  readonly jobGroups: readonly PicturedJobGroup[];
}

/** A run of one output. */
export interface PicturedJobGroup {
  readonly id: string;
  readonly status: string;
  /** The release that it ran; null when that is gone. */
  readonly release: string | null;
}

/** Calls the platform as a person with curl would. */
export type Call = <T>(method: string, path: string, body?: unknown) => Promise<T>;

/** Where schedules are, by what they are bound to. */
export const SCHEDULES: Readonly<Record<Variant["schedules"], string>> = {
  deployments: "/v4/deploymentSchedules",
  flows: "/v4/schedules",
};

const MARKER = / ?\[sluice v1 [^\]]*\]$/;

/** Reads the environment through its API, without any part of the provider. */
export async function takePicture(call: Call, { schedules: bound }: Variant): Promise<Picture> {
  const list = async <T>(path: string): Promise<T[]> => {
    const { data } = await call<{ data: T[] }>("GET", `${path}${path.includes("?") ? "&" : "?"}limit=500`);
    return data;
  };
  const connections = await list<RemoteConnection>("/v4/connections");
  const deployments = await list<{ id: number; name: string }>("/v4/deployments");
  const releases = await list<RemoteRelease>("/v4/releases?embed=flows");
  const schedules = await list<RemoteSchedule>(SCHEDULES[bound]);
  const releaseOf = new Map(releases.flatMap((one) => one.flows.data.map((flow) => [flow.id, one] as const)));
  const runs = ({ tasks: [task] = [] }: RemoteSchedule) => task && releaseOf.get(task.runFlow.flowId);
  const jobGroups = await list<RemoteJobGroup>("/v4/jobGroups?embed=wrangledDataset");
  const isOrphan = (schedule: RemoteSchedule) => bound === "flows" && runs(schedule) === undefined;
  return {
    orphans: schedules.filter(isOrphan).map(({ id }) => String(id)),
    jobGroups: jobGroups.map(({ id, status, wrangledDataset }) => {
      const release = releaseOf.get(wrangledDataset?.flow?.id ?? -1);
      return { id: String(id), status, release: release === undefined ? null : String(release.id) };
    }),
    connections: connections.sort(byId).map(({ id, name, host, port, params, description, isGlobal }) => ({
      id: String(id),
      name,
      host: host ?? null,
      port: port == null ? null : Number(port),
      params: params ?? {},
      description: description ?? "",
      isGlobal: isGlobal ?? false,
    })),
    deployments: await Promise.all(
      deployments.sort(byId).map(async ({ id, name }) => ({
        id: String(id),
        name,
        rules: {
          connections: (await list<RemoteRule>(`/v4/deployments/${id}/objectImportRules`)).map((rule) => ({
            on: rule.onCondition,
            with: String(rule.withCondition.id),
          })),
          values: (await list<ValueRule>(`/v4/deployments/${id}/valueImportRules`)).filter(hasEffect),
        },
        releases: releases
          .filter(({ deployment }) => deployment.id === id)
          .sort(byId)
          .map(toRelease),
        schedules: schedules
          .filter((schedule) => (schedule.deployment ?? runs(schedule)?.deployment)?.id === id)
          .sort(byId)
          .map((schedule) => toSchedule(schedule, runs(schedule)?.id)),
      })),
    ),
  };
}

interface RemoteConnection {
  id: number;
  name: string;
  host?: string | null;
  port?: number | string | null;
  params?: Record<string, unknown> | null;
  description?: string | null;
  isGlobal?: boolean | null;
}

interface RemoteRelease {
  id: number;
  notes?: string | null;
  packageUuid: string;
  active?: boolean | null;
  deployment: { id: number };
  flows: { data: { id: number }[] };
}

interface RemoteSchedule {
  id: number;
  name: string;
  triggers: unknown[];
  enabled: boolean;
  deployment?: { id: number };
  tasks?: { runFlow: { flowId: number } }[];
  runParameters?: { overrides?: { data: { key: string; value: string }[] } } | null;
}

interface RemoteJobGroup {
  id: number;
  status: string;
  wrangledDataset?: { flow?: { id: number } } | null;
}

interface RemoteRule {
  onCondition: unknown;
  withCondition: { id: number | string };
}

/** What a program no longer states cannot be taken from some platforms, but its effect can. */
function hasEffect({ on, with: replacement }: ValueRule): boolean {
  return replacement !== on && replacement !== "$0";
}

function byId(a: { id: number }, b: { id: number }): number {
  return a.id - b.id;
}

function toRelease({ id, notes, packageUuid, active }: RemoteRelease): PicturedRelease {
  const text = notes ?? "";
  return {
    id: String(id),
    uuid: packageUuid,
    notes: text.replace(MARKER, ""),
    isMarked: MARKER.test(text),
    isActive: active === true,
  };
}

function toSchedule(
  { id, name, triggers, enabled, runParameters }: RemoteSchedule,
  runs: number | undefined,
): PicturedSchedule {
  const overrides = runParameters?.overrides?.data ?? [];
  return {
    id: String(id),
    name,
    triggers,
    enabled,
    parameters: Object.fromEntries(overrides.map(({ key, value }) => [key, value])),
    runs: runs === undefined ? null : String(runs),
  };
}
