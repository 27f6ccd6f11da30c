import type { JsonObject } from "../../flow/model.js";
import { findDeployment } from "../deployments.js";
import { ApiException } from "../errors.js";
import { nextMoment } from "../fire-times.js";
import { findFlow } from "../flows/access.js";
import type { Caller, Platform } from "../platform.js";
import type { Row } from "../store/schema.js";
import { parseStored } from "../store/stored-json.js";
import type { Trigger } from "../triggers.js";
import type { Clock } from "./clock.js";
import type { RunBody } from "./run-body.js";
import { runDeployment, runFlow } from "./run-deployment.js";

/** What became of the last moment of a schedule: its member `lastRun`. */
export interface LastRun extends JsonObject {
  /** ISO time at which it was to run. */
  scheduledFor: string;
  /** `Starting` stands only while job groups are being queued. How those went on is theirs to say. */
  status: "Starting" | "Started" | "Failed" | "Missed";
  /** Why nothing or not everything was started; null when all was. */
  reason: string | null;
  jobGroups: { id: number }[];
}

/** Where the clock writes what nobody asked for. */
export interface ScheduleLog {
  info(details: object, message: string): void;
  warn(details: object, message: string): void;
  error(details: object, message: string): void;
}

type Schedule =
  | { readonly table: "schedules"; readonly row: Row<"schedules"> }
  | { readonly table: "deploymentSchedules"; readonly row: Row<"deploymentSchedules"> };

const TICK_MILLISECONDS = 1000;
/** A run may start this late, so that a restart or a busy machine loses none; what is later was missed. */
const GRACE_MILLISECONDS = 60_000;
/** Missed moments are counted up to here. */
const COUNTED_MOMENTS = 1000;
/** Sorts behind every time. */
const NEVER = "never";

/**
 * Starts what schedules say, when they say it. Each schedule's next moment is in the database and moves on before its
 * run is started, so that no moment has two runs, over a restart neither; a moment that was missed is told and left out.
 */
export class ScheduleClock {
  private stop: (() => void) | null = null;
  private ticking: Promise<void> | null = null;

  constructor(
    private readonly platform: Platform,
    private readonly clock: Clock,
    private readonly log: ScheduleLog,
  ) {}

  /** Looks for what is due now, and once a second from then on. */
  async start(): Promise<void> {
    await this.tellCutOff();
    this.stop = this.clock.every(TICK_MILLISECONDS, () => this.tick());
    await this.tick();
  }

  /** Starts nothing any more; a run that is being started is waited for. */
  async close(): Promise<void> {
    this.stop?.();
    this.stop = null;
    await this.ticking;
  }

  private tick(): Promise<void> {
    return (this.ticking ??= this.fireAll().finally(() => {
      this.ticking = null;
    }));
  }

  private async fireAll(): Promise<void> {
    try {
      for (const schedule of await this.findDue()) await this.handle(schedule);
    } catch (error) {
      this.log.error({ err: error }, "looking for schedules that are due failed");
    }
  }

  private async handle(schedule: Schedule): Promise<void> {
    try {
      if (schedule.row.nextMoment === null) await this.plan(schedule);
      else await this.fire(schedule, new Date(schedule.row.nextMoment));
    } catch (error) {
      this.log.error({ err: error, ...nameOf(schedule) }, "firing a schedule failed");
    }
  }

  private async findDue(): Promise<Schedule[]> {
    const flows = await this.selectDue("schedules");
    const found: Schedule[] = flows.map((row) => ({ table: "schedules", row }));
    if (!this.platform.settings.deploymentSchedules) return found;
    const deployments = await this.selectDue("deploymentSchedules");
    return [...found, ...deployments.map((row): Schedule => ({ table: "deploymentSchedules", row }))];
  }

  private selectDue<Table extends Schedule["table"]>(table: Table): Promise<Row<Table>[]> {
    const name: Schedule["table"] = table;
    return this.platform.database
      .selectFrom(name)
      .selectAll()
      .where("enabled", "=", 1)
      .where("environmentId", "in", [...this.platform.environments.values()])
      .where((where) =>
        where.or([
          where("nextMoment", "is", null),
          where("nextMoment", "<=", this.clock.now().toISOString()),
        ]),
      )
      .orderBy("nextMoment")
      .orderBy("id")
      .execute() as Promise<Row<Table>[]>;
  }

  /** A schedule that is new, changed or switched on again counts from that change, never from a moment it has run for. */
  private async plan(schedule: Schedule): Promise<void> {
    const now = this.clock.now().getTime();
    const changed = Date.parse(schedule.row.updatedAt);
    const isJustChanged = changed <= now && now - changed <= GRACE_MILLISECONDS;
    const lastRun = parseStored(schedule.row.lastRun) as LastRun | null;
    const last = lastRun === null ? 0 : Date.parse(lastRun.scheduledFor);
    const next = nextMoment(triggersOf(schedule), new Date(Math.max(isJustChanged ? changed : now, last)));
    await this.moveOn(schedule, next, null);
  }

  private async fire(schedule: Schedule, due: Date): Promise<void> {
    const oldest = this.clock.now().getTime() - GRACE_MILLISECONDS;
    if (due.getTime() < oldest) return this.miss(schedule, due, new Date(oldest - 1));
    const next = nextMoment(triggersOf(schedule), due);
    const starting: LastRun = {
      scheduledFor: due.toISOString(),
      status: "Starting",
      reason: null,
      jobGroups: [],
    };
    if (!(await this.moveOn(schedule, next, starting))) return;
    const { started, problems } = await this.run(schedule, due);
    const lastRun: LastRun = {
      ...starting,
      status: problems.length === 0 ? "Started" : "Failed",
      reason: problems.length === 0 ? null : problems.join("; "),
      jobGroups: started.map(({ id }) => ({ id })),
    };
    await this.platform.database
      .updateTable(schedule.table)
      .set({ lastRun: JSON.stringify(lastRun) })
      .where("id", "=", schedule.row.id)
      .execute();
    if (problems.length === 0) this.log.info({ ...nameOf(schedule), ...lastRun }, "a schedule fired");
    else this.log.warn({ ...nameOf(schedule), ...lastRun }, "a schedule could not run");
  }

  /** Tells of the moments from `first` to `last`, and goes on behind them. */
  private async miss(schedule: Schedule, first: Date, last: Date): Promise<void> {
    const triggers = triggersOf(schedule);
    let missed = 1;
    let latest = first;
    let next = nextMoment(triggers, first);
    while (next !== null && next <= last && missed < COUNTED_MOMENTS) {
      missed += 1;
      latest = next;
      next = nextMoment(triggers, next);
    }
    const isMore = next !== null && next <= last;
    const runs = isMore
      ? `more than ${missed} runs`
      : missed === 1
        ? "the run"
        : `${missed} runs from ${first.toISOString()}`;
    const lastRun: LastRun = {
      scheduledFor: latest.toISOString(),
      status: "Missed",
      reason: `${runs} until ${latest.toISOString()}: the platform was not running, or not firing schedules; run it by hand if it is needed`,
      jobGroups: [],
    };
    const after = isMore ? nextMoment(triggers, last) : next;
    if (!(await this.moveOn(schedule, after, lastRun))) return;
    this.log.warn({ ...nameOf(schedule), ...lastRun }, "a schedule missed its time");
    const now = this.clock.now().toISOString();
    if (after !== null && after.toISOString() <= now) {
      const row = { ...schedule.row, nextMoment: after.toISOString() };
      await this.fire({ ...schedule, row } as Schedule, after);
    }
  }

  /** Takes the schedule's moment; false when somebody changed, switched off or removed the schedule meanwhile. */
  private async moveOn({ table, row }: Schedule, next: Date | null, lastRun: LastRun | null) {
    const { numUpdatedRows } = await this.platform.database
      .updateTable(table)
      .set({
        nextMoment: next?.toISOString() ?? NEVER,
        ...(lastRun === null ? {} : { lastRun: JSON.stringify(lastRun) }),
      })
      .where("id", "=", row.id)
      .where("enabled", "=", 1)
      .where("updatedAt", "=", row.updatedAt)
      .where("nextMoment", "is", row.nextMoment)
      .executeTakeFirst();
    return numUpdatedRows > 0n;
  }

  private async run(schedule: Schedule, due: Date) {
    const started: { readonly id: number }[] = [];
    const problems: string[] = [];
    const collect = async (start: () => Promise<readonly { readonly id: number }[]>) => {
      try {
        started.push(...(await start()));
      } catch (error) {
        if (!(error instanceof ApiException)) {
          this.log.error({ err: error, ...nameOf(schedule) }, "starting a schedule's run failed");
        }
        problems.push(error instanceof Error ? error.message : String(error));
      }
    };
    const { database } = this.platform;
    if (schedule.table === "deploymentSchedules") {
      const { deploymentId, runParameters } = schedule.row;
      const body = toBody(due, parseStored(runParameters) as RunBody["runParameters"] | null);
      await collect(async () => {
        const caller = await this.findCreator(schedule);
        const deployment = await findDeployment(database, caller, deploymentId);
        return runDeployment(this.platform, caller, deployment, body, "scheduled-or-manual");
      });
      return { started, problems };
    }
    const tasks = JSON.parse(schedule.row.tasks) as { runFlow: { flowId: number } }[];
    for (const { runFlow: task } of tasks) {
      await collect(async () => {
        const caller = await this.findCreator(schedule);
        const flow = await findFlow(database, caller, task.flowId);
        return (await runFlow(this.platform, caller, flow, toBody(due, null), { written: "scheduled" }))
          .groups;
      });
    }
    return { started, problems };
  }

  /** A schedule does what its creator may do. */
  private async findCreator({ row }: Schedule): Promise<Caller> {
    const { creatorId, environmentId } = row;
    const person = await this.platform.database
      .selectFrom("people")
      .select(["email", "isAdmin", "isDisabled"])
      .where("id", "=", creatorId)
      .executeTakeFirstOrThrow();
    if (person.isDisabled === 1) {
      throw new Error(
        `the schedule runs as ${person.email}, who is disabled; make it anew as somebody who is not`,
      );
    }
    const [environment = ""] = [...this.platform.environments].find(([, id]) => id === environmentId) ?? [];
    return { environmentId, environment, personId: creatorId, isAdmin: person.isAdmin === 1 };
  }

  /** A platform that was killed while it started a run: the moment is taken, and will not run again. */
  private async tellCutOff(): Promise<void> {
    for (const table of ["schedules", "deploymentSchedules"] as const) {
      const rows = await this.platform.database
        .selectFrom(table)
        .select(["id", "lastRun"])
        .where("lastRun", "like", '%"status":"Starting"%')
        .execute();
      for (const { id, lastRun } of rows) {
        const reason = "platform stopped while it started the run; look whether its job groups are there";
        const told = { ...(parseStored(lastRun) as LastRun), status: "Failed", reason };
        await this.platform.database
          .updateTable(table)
          .set({ lastRun: JSON.stringify(told) })
          .where("id", "=", id)
          .execute();
        this.log.warn({ table, schedule: id, ...told }, "a schedule was cut off");
      }
    }
  }
}

function triggersOf({ row }: Schedule): Trigger[] {
  return JSON.parse(row.triggers) as Trigger[];
}

/** Paths with dates mean the moment of the schedule, however late the run starts. */
function toBody(due: Date, runParameters: RunBody["runParameters"] | null): RunBody {
  return {
    ranfrom: "schedule",
    runParameters: { ...runParameters, referenceDate: due.toISOString() },
  };
}

function nameOf({ table, row }: Schedule) {
  return { table, schedule: row.id, name: row.name };
}
