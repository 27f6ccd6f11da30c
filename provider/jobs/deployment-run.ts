import { z } from "zod";
import type { Client } from "../client/client.js";
import { InvalidRequest, NotFound, RouteNotFound, Unavailable } from "../client/errors.js";

/** What a run is started with. */
export interface RunOptions {
  /** Values of the flow's parameters by name, in place of their own. */
  readonly parameters?: Readonly<Record<string, string>> | undefined;
}

/** How long to wait for a run, and who is told meanwhile. */
export interface WaitOptions {
  /** Waiting ends at this time, in milliseconds since 1970, with the outcome `running`. */
  readonly until?: number | undefined;
  /** Waiting ends as soon as one job group did not complete. */
  readonly untilFirstFailure?: boolean | undefined;
  /** Is told whenever something changes, in words for people. */
  readonly onProgress?: ((message: string) => void) | undefined;
}

/** A file or table that a job group wrote, as far as the platform tells. */
export interface WrittenOutput {
  /** The file's or the table's own name, without what is before it in the location. */
  readonly name: string;
  readonly location: string;
  readonly rows: number | undefined;
  readonly bytes: number | undefined;
  /** Names of the columns, in order. */
  readonly columns: readonly string[] | undefined;
}

/** What became of one output of the flow. */
export interface JobGroupResult {
  readonly id: number;
  /** Name of the recipe, where the platform tells. */
  readonly recipe: string | undefined;
  /** As the platform says: `Created`, `InProgress`, `Complete`, `Failed`, `Canceled`. */
  readonly status: string;
  /** Why it failed, where the platform tells. */
  readonly reason: string | undefined;
  /** From start to end, where it has ended and the platform tells. */
  readonly seconds: number | undefined;
  /** Undefined where the platform does not tell of outputs, and while it runs. */
  readonly outputs: readonly WrittenOutput[] | undefined;
}

/** What became of a run. */
export interface RunResult {
  /** The worst that happened to a job group; `running` when waiting ended before they did. */
  readonly outcome: "complete" | "failed" | "canceled" | "running";
  /** In the order in which they were started. */
  readonly groups: readonly JobGroupResult[];
}

/** Milliseconds between two looks at a run: a short job is seen to end at once, a long one is asked about seldom. */
const FIRST_PAUSE = 200;
const LONGEST_PAUSE = 10_000;
/** Milliseconds without an answer after which waiting gives up, where no time limit comes first. */
const LONGEST_OUTAGE = 5 * 60_000;

/** Whether a job group has ended otherwise than well. */
export function hasFailed({ status }: Pick<JobGroupResult, "status">): boolean {
  return isBad(status);
}

const started = z.object({ data: z.array(z.object({ id: z.int() })) });

/**
 * Starts the active release of a deployment: a job group for each manual output of its primary flow. Throws what the client
 * throws; InvalidRequest when no release is active or nothing can be run. A lost answer is not repeated, as that could run twice.
 */
export async function runDeployment(
  client: Client,
  deploymentId: string,
  { parameters = {} }: RunOptions = {},
): Promise<DeploymentRun> {
  const path = `/v4/deployments/${encodeURIComponent(deploymentId)}/run`;
  const overrides = Object.entries(parameters).map(([key, value]) => ({ key, value }));
  const body = overrides.length === 0 ? {} : { runParameters: { overrides: { data: overrides } } };
  const { data } = await client.post(path, body, started);
  if (data.length === 0)
    throw new InvalidRequest(
      `deployment ${deploymentId} started no job: it has no active release, or its flow has no manual output`,
      { status: 201, method: "POST", url: client.endpoint + path },
    );
  return new DeploymentRun(
    client,
    data.map(({ id }) => id),
  );
}

/** A run of a deployment that was started. */
export class DeploymentRun {
  readonly #statuses: Map<number, string>;

  constructor(
    private readonly client: Client,
    readonly jobGroupIds: readonly number[],
  ) {
    this.#statuses = new Map(jobGroupIds.map((id) => [id, "Created"]));
  }

  /**
   * Waits until all job groups have ended. A platform that is away for some minutes does not end it. Throws what the client
   * throws: Interrupted, OutOfTime, and Unavailable when the platform stays away.
   */
  async wait({ until = Infinity, untilFirstFailure, onProgress }: WaitOptions = {}): Promise<RunResult> {
    let told = "";
    let answeredAt = Date.now();
    for (let pause = FIRST_PAUSE; ; pause = Math.min(pause * 1.5, LONGEST_PAUSE)) {
      let progress: string;
      try {
        await this.#look(until);
        answeredAt = Date.now();
        progress = this.#describe();
      } catch (error) {
        const isPassing =
          error instanceof Unavailable && Date.now() < Math.min(until, answeredAt + LONGEST_OUTAGE);
        if (!isPassing) throw error;
        progress = `the platform does not answer (${error.message}); its jobs are still waited for`;
      }
      if (progress !== told) onProgress?.(progress);
      told = progress;
      const isLost = untilFirstFailure === true && this.#any(isBad);
      if (!this.#any(isGoingOn) || isLost || Date.now() >= until) return this.result();
      await this.client.pause(Math.max(0, Math.min(pause, until - Date.now())));
    }
  }

  /** Ends what still runs. What has ended meanwhile stays as it is. */
  async cancel(client: Client = this.client): Promise<void> {
    for (const [id, status] of this.#statuses) {
      if (!isGoingOn(status)) continue;
      try {
        await client.post(`/v4/jobGroups/${id}/cancel`, {}, z.unknown());
      } catch (error) {
        const hasEnded = !isGoingOn(await readStatus(client, id));
        if (!hasEnded) throw error;
      }
    }
  }

  /** What came of the job groups so far, as last seen. */
  async result(): Promise<RunResult> {
    const groups: JobGroupResult[] = [];
    for (const [id, status] of this.#statuses) groups.push(await readGroup(this.client, id, status));
    const outcome = this.#any((status) => status === "Failed")
      ? "failed"
      : this.#any(isBad)
        ? "canceled"
        : this.#any(isGoingOn)
          ? "running"
          : "complete";
    return { outcome, groups };
  }

  async #look(until: number): Promise<void> {
    for (const [id, status] of this.#statuses) {
      if (!isGoingOn(status)) continue;
      this.#statuses.set(id, await readStatus(this.client, id));
      if (Date.now() >= until) return;
    }
  }

  #any(test: (status: string) => boolean): boolean {
    return [...this.#statuses.values()].some(test);
  }

  #describe(): string {
    const counts = new Map<string, number>();
    for (const status of this.#statuses.values()) counts.set(status, (counts.get(status) ?? 0) + 1);
    const ids = this.jobGroupIds.join(", ");
    const states = [...counts].map(([status, count]) => `${count} ${status}`).join(", ");
    return `job group${this.jobGroupIds.length === 1 ? "" : "s"} ${ids}: ${states}`;
  }
}

/** Ended otherwise than well. `Cancelled` is a spelling of some versions. */
function isBad(status: string): boolean {
  return /^(Failed|Cancell?ed)$/.test(status);
}

/** Any word but the three for an end: there are more of them in some versions (`Pending`). */
function isGoingOn(status: string): boolean {
  return status !== "Complete" && !isBad(status);
}

/** Answered as a bare JSON string. */
function readStatus(client: Client, id: number): Promise<string> {
  return client.get(`/v4/jobGroups/${id}/status`, z.string());
}

const job = z.object({
  errorMessage: z.union([z.string(), z.object({ data: z.unknown() })]).nullish(),
});
const group = z.object({
  failureReason: z.string().nullish(),
  startedAt: z.string().nullish(),
  endedAt: z.string().nullish(),
  jobs: z.object({ data: z.array(job) }).nullish(),
  wrangledDataset: z.object({ name: z.string().nullish() }).nullish(),
});

async function readGroup(client: Client, id: number, status: string): Promise<JobGroupResult> {
  const path = `/v4/jobGroups/${id}`;
  const found = await client
    .get(path, group, { embed: "jobs,wrangledDataset" })
    // Not every version embeds both.
    .catch((error: unknown) =>
      isNotOffered(error) ? client.get(path, group) : Promise.reject(error as Error),
    );
  const { startedAt, endedAt } = found;
  return {
    id,
    status,
    recipe: found.wrangledDataset?.name ?? undefined,
    reason: status === "Complete" ? undefined : reasonOf(found),
    seconds: startedAt && endedAt ? (Date.parse(endedAt) - Date.parse(startedAt)) / 1000 : undefined,
    outputs: isGoingOn(status) ? undefined : await readOutputs(client, id),
  };
}

function reasonOf({ failureReason, jobs }: z.output<typeof group>): string | undefined {
  if (failureReason) return failureReason;
  const [first] = (jobs?.data ?? []).flatMap(({ errorMessage }) => {
    const said = typeof errorMessage === "object" ? errorMessage?.data : errorMessage;
    return said ? [typeof said === "string" ? said : JSON.stringify(said)] : [];
  });
  return first;
}

/** Row count, bytes and columns are told by the embedded platform, by others perhaps not. */
const written = {
  rowCount: z.int().nullish(),
  bytes: z.int().nullish(),
  columns: z.array(z.string()).nullish(),
};
const outputs = z.object({
  files: z.array(z.object({ uri: z.string(), ...written })).nullish(),
  tables: z
    .array(z.object({ tableName: z.string(), path: z.array(z.string()).nullish(), ...written }))
    .nullish(),
});

async function readOutputs(client: Client, id: number): Promise<WrittenOutput[] | undefined> {
  let found: z.output<typeof outputs>;
  try {
    found = await client.get(`/v4/jobGroups/${id}/outputs`, outputs);
  } catch (error) {
    if (isNotOffered(error)) return undefined;
    throw error;
  }
  const { files, tables } = found;
  return [
    ...(files ?? []).map((file) => toWritten(file.uri, "/", file)),
    ...(tables ?? []).map((table) =>
      toWritten([...(table.path ?? []), table.tableName].join("."), ".", table),
    ),
  ];
}

function toWritten(
  location: string,
  separator: string,
  { rowCount, bytes, columns }: z.output<z.ZodObject<typeof written>>,
): WrittenOutput {
  const name = location.split(separator).findLast((part) => part !== "") ?? location;
  return {
    name,
    location,
    rows: rowCount ?? undefined,
    bytes: bytes ?? undefined,
    // A result without columns is none: the platform does not tell them.
    columns: columns?.length ? columns : undefined,
  };
}

/** A platform of another version that does not know the request, or not for this object. */
function isNotOffered(error: unknown): boolean {
  return error instanceof RouteNotFound || error instanceof InvalidRequest || error instanceof NotFound;
}
