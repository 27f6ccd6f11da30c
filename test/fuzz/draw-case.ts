import type { Fault } from "../../platform/index.js";
import { seededDraws } from "../provider/framework/random.js";
import type { Random } from "../provider/framework/random.js";
import { MISSPELT, ROWS } from "./fuzz-packages.js";
import type { PackageSpec } from "./fuzz-packages.js";
import type { Variant } from "./fuzz-platform.js";
import type { Declaration, Slot, Trigger, ValueRule } from "./program.js";
import type { Disturbance, FuzzCase, HandEdit, NeighbourAct, Step } from "./steps.js";

const CONNECTIONS: readonly Slot[] = ["c1", "c2"];
const DEPLOYMENTS: readonly Slot[] = ["d1", "d2"];
const CHILDREN = ["rules", "release", "nightly", "weekly"] as const;

const VALUE_RULES: readonly ValueRule[] = [
  { type: "s3Bucket", on: "acme-dev", with: "acme-prod" },
  { type: "s3Bucket", on: "/^acme-.*$/", with: "acme-eu" },
  { type: "fileLocation", on: "/\\/out\\//", with: "/prod/" },
  { type: "fileLocation", on: "/orders/orders.csv", with: "/in/orders.csv" },
];

const TRIGGERS: readonly Trigger[] = [
  { daily: { hourOfDay: 2, minuteOfHour: 30 } },
  { hourly: { minuteOfHour: 5 }, timezone: "Asia/Tokyo" },
  { weekly: { hourOfDay: 6, minuteOfHour: 0, daysOfWeek: [1, 5] }, timezone: "Europe/Berlin" },
  { cron: "0 30 4 ? * MON-FRI" },
  { oneTime: "2099-01-31T02:00:00Z" },
];

const TEXTS = ["", "first", "a longer text, with [brackets]", "naïve — ünïcode"];

/** The case that a seed stands for; always the same. */
export function drawCase(seed: number, length = 10): FuzzCase {
  const draw = new Draw(seededDraws(seed));
  const on = draw.variant();
  return {
    ...(on && { on }),
    steps: [...draw.firstProgram(), ...Array.from({ length }, () => draw.steps()).flat()],
  };
}

/** Draws of one case. */
class Draw {
  constructor(private readonly random: Random) {}

  /** Undefined: the usual platform. */
  variant(): Variant | undefined {
    if (this.#chance(0.5)) return undefined;
    return {
      rules: this.random.pick(["replace-list", "replace-by-key"]),
      schedules: this.random.pick(["deployments", "flows"]),
    };
  }

  /** Usually everything that one deployment can have, so that there is something to change. */
  firstProgram(): Step[] {
    const slots = ["c1", "d1", ...CHILDREN.map((child) => `d1/${child}`)];
    const declared = slots.filter(() => this.#chance(0.8)).map((slot) => this.#declare(slot, 0));
    return [...declared, this.#up(0.3)];
  }

  /** What people do next; a change is often followed by the update that carries it out. */
  steps(): Step[] {
    if (this.#chance(0.35)) return [this.#declare(this.#slot(), 0.12), this.#up(0.5)];
    return [this.#step()];
  }

  #step(): Step {
    const kind = this.random.below(100);
    if (kind < 45) return this.#declare(this.#slot(), 0.12);
    if (kind < 65) return this.#up(0.2);
    if (kind < 86) return { do: "by-hand", ...this.#handEdit() };
    if (kind < 92) return { do: "neighbour", ...this.#neighbourAct() };
    if (kind < 94) return { do: "rename", slot: this.#slot() };
    if (kind < 96) return { do: "refresh" };
    if (kind < 97) return { do: "restart-platform" };
    if (kind < 98) return { do: "destroy", ...(this.#chance(0.5) && { disturbances: this.#disturbances() }) };
    return { do: "lose-state" };
  }

  #up(chanceOfDisturbances: number): Step {
    return {
      do: "up",
      refreshFirst: this.#chance(0.4),
      ...(this.#chance(chanceOfDisturbances) && { disturbances: this.#disturbances() }),
    };
  }

  /** Small numbers more often than large ones: an update that changes one thing writes little. */
  #few(limit: number): number {
    return Math.min(this.random.below(limit), this.random.below(limit));
  }

  #chance(probability: number): boolean {
    return this.random.below(1000) < probability * 1000;
  }

  #slot(): Slot {
    const kind = this.random.below(10);
    if (kind < 2) return this.random.pick(CONNECTIONS);
    // Mostly one deployment, so that changes meet.
    const deployment = this.#chance(0.8) ? "d1" : "d2";
    if (kind < 3) return deployment;
    if (kind < 7) return `${deployment}/release`;
    return `${deployment}/${this.random.pick(CHILDREN)}`;
  }

  #declare(slot: Slot, chanceOfNone: number): Step {
    return { do: "declare", slot, as: this.#chance(chanceOfNone) ? null : this.#declaration(slot) };
  }

  #declaration(slot: Slot): Declaration {
    const name = `${slot}${this.random.pick(["", "", " renamed"])}`;
    if (CONNECTIONS.includes(slot))
      return {
        kind: "Connection",
        name,
        ...(this.#chance(0.5) && { host: this.random.pick(["a.example.com", "b.example.com"]) }),
        ...(this.#chance(0.5) && { port: this.random.pick([5432, 5433]) }),
        params: this.random.pick([{}, { database: "sales" }]),
        description: this.random.pick(TEXTS),
        isGlobal: this.#chance(0.3),
        ...(this.#chance(0.6) && { password: this.random.below(3) }),
      };
    if (DEPLOYMENTS.includes(slot)) return { kind: "Deployment", name, forceDelete: this.#chance(0.2) };
    if (slot.endsWith("/rules"))
      return {
        kind: "ImportRules",
        ...(this.#chance(0.7) && { warehouse: this.random.pick(CONNECTIONS) }),
        values: this.#valueRules(),
      };
    if (slot.endsWith("/release"))
      return {
        kind: "Release",
        package: this.#package(),
        notes: this.random.pick(TEXTS),
        active: this.#chance(0.85),
        ...(this.#chance(0.3) && { keepReleases: 2 + this.random.below(2) }),
        ...(this.#chance(0.2) && { verify: { minRows: this.random.pick([1, ROWS, ROWS + 1]) } }),
      };
    return {
      kind: "Schedule",
      name,
      triggers: [this.random.pick(TRIGGERS), ...(this.#chance(0.3) ? [this.random.pick(TRIGGERS)] : [])],
      ...(this.#chance(0.5) && { enabled: this.#chance(0.5) }),
      parameters: this.random.pick<Record<string, string>>([
        {},
        { region: "02" },
        { region: "02", day: "1" },
        { [MISSPELT]: "02", day: "1" },
      ]),
    };
  }

  #valueRules(): ValueRule[] {
    const chosen = VALUE_RULES.filter(() => this.#chance(0.4));
    return this.#chance(0.5) ? chosen : chosen.reverse();
  }

  #package(): PackageSpec {
    return {
      factor: 1 + this.random.below(3),
      output: this.random.pick(["daily", "clean"]),
      usesWarehouse: this.#chance(0.5),
      exported: this.#chance(0.8) ? 0 : 1,
    };
  }

  #handEdit(): HandEdit {
    const deployment = this.#chance(0.8) ? "d1" : "d2";
    const pick = this.random.below(4);
    const text = this.random.pick(TEXTS);
    switch (this.random.below(14)) {
      case 0:
        return { edit: "rename", slot: this.random.pick([...CONNECTIONS, ...DEPLOYMENTS]) };
      case 1:
        return { edit: "delete", slot: this.#objectSlot() };
      case 2:
        return { edit: "describe", slot: this.random.pick(CONNECTIONS), text };
      case 3:
        return { edit: "pause", slot: `${deployment}/nightly`, enabled: this.#chance(0.5) };
      case 4:
        return { edit: "rules", deployment, values: this.#valueRules() };
      case 5:
      case 6:
        return { edit: "activate", deployment, pick };
      case 7:
        return { edit: "deactivate", deployment };
      case 8:
        return { edit: "delete-release", deployment, pick };
      case 9:
        return { edit: "notes", deployment, text, keepsMarker: this.#chance(0.6) };
      case 10:
        // No package of a program: whose it is could not be told.
        return {
          edit: "import",
          deployment,
          package: { ...this.#package(), factor: 9, usesWarehouse: false },
        };
      case 11:
      case 12:
        return { edit: "edit-recipe", deployment, text: this.random.pick(["Sift", "Scrub"]) };
      default:
        return this.#chance(0.5)
          ? { edit: "edit-flow", deployment, text }
          : {
              edit: "make",
              what: this.random.pick(["connection", "deployment"] as const),
              name: `by hand ${pick}`,
            };
    }
  }

  #neighbourAct(): NeighbourAct {
    const spec = this.#package();
    if (this.#chance(0.3)) return { act: "move-in", package: spec };
    if (this.#chance(0.4)) return { act: "take-over", deployment: "d1", package: spec };
    return { act: "claim", slot: this.#chance(0.3) ? "d1" : this.#slot() };
  }

  #objectSlot(): Slot {
    return this.random.pick([...CONNECTIONS, ...DEPLOYMENTS, "d1/nightly", "d1/weekly"]);
  }

  #disturbances(): Disturbance[] {
    return Array.from({ length: 1 + this.random.below(2) }, () => this.#disturbance());
  }

  #disturbance(): Disturbance {
    switch (this.random.below(5)) {
      case 4:
        return { kind: "fault", method: "GET", skip: this.#few(12), fault: { kind: "stale" } };
      case 0:
        return { kind: "kill", write: 1 + this.#few(8), when: this.random.pick(["before", "after"]) };
      case 1:
        return { kind: "interrupt", call: 1 + this.random.below(30) };
      default: {
        const methods = ["POST", "PATCH", "PUT", "DELETE"] as const;
        return {
          kind: "fault",
          ...(this.#chance(0.8) && { method: this.random.pick(methods) }),
          skip: this.#few(5),
          fault: this.random.pick(FAULTS),
        };
      }
    }
  }
}

/** What goes wrong with a request; faults that only cost time are left to the fault matrix. */
const FAULTS: readonly Fault[] = [
  { kind: "status", status: 500 },
  { kind: "status", status: 503, xRetryAfter: 0 },
  { kind: "status", status: 429, xRetryAfter: 0 },
  { kind: "status", status: 403 },
  { kind: "status", status: 500, when: "after" },
  { kind: "cut", at: "request" },
  { kind: "cut", at: "answer" },
  { kind: "cut", at: "body" },
  { kind: "truncated" },
];
