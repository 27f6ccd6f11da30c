import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { registry } from "../../provider/registry.js";
import { cases } from "../conformance/cases.js";
import type { Host } from "../provider/provider-test.js";
import { faultList } from "./fault-list.js";
import type { NamedFault } from "./fault-list.js";
import { findProblems, runUndisturbed } from "./matrix.js";
import type { BeginLife, StruckPlace, Undisturbed } from "./matrix.js";
import { operations } from "./operations.js";
import { PlatformSlots } from "./platform-slots.js";

/** A host whose resources go through every operation with every fault; several cases run at a time. */
export interface MatrixHost {
  readonly name: "dynamic" | "plugin";
  /** A host for each case that runs at the same time. */
  start(): Promise<readonly Host[]>;
  close(): Promise<void>;
}

const CASE_TIMEOUT = 400_000;

/** The fault matrix of one host: tests for each resource and operation, made of the registry. */
export function describeFaultMatrix(host: MatrixHost): void {
  let slots: PlatformSlots;
  beforeAll(async () => {
    slots = await PlatformSlots.start(await host.start());
  });
  afterAll(async () => {
    await slots.close();
    await host.close();
  });

  const ours = operations.filter(({ only = host.name }) => only === host.name);
  const rows = registry.flatMap(({ name }) => ours.map((operation) => ({ name, operation })));

  it("every registered resource has an example", () => {
    expect(registry.filter(({ name }) => cases[name] === undefined)).toEqual([]);
  });

  describe.concurrent.each(rows)("$operation.name a $name", ({ name, operation }) => {
    const beginLife: BeginLife = async (test) => {
      const entry = cases[name];
      if (entry === undefined) throw new Error(`${name} has no case in test/conformance/cases.ts`);
      const made = (await entry.prepare?.(test)) ?? {};
      const resource = test.resource(name, "subject");
      return { test, entry, resource, inputs: entry.inputs(made), changed: entry.changed(made) };
    };

    it(
      "survives every fault",
      async () => {
        const undisturbed = await runUndisturbed(slots, operation, beginLife);
        const struck = casesOf(undisturbed, host);
        const problems = struck.map(async ({ place, named }) => {
          const found = await findProblems(slots, operation, beginLife, undisturbed, place, named).catch(
            (error: unknown) => [
              `the case broke off: ${error instanceof Error ? error.stack : String(error)}`,
            ],
          );
          return found.map((problem) => `${place.method} ${place.route}, ${named.name}: ${problem}`);
        });
        expect((await Promise.all(problems)).flat()).toEqual([]);
        expect(struck.length).toBeGreaterThanOrEqual(faultList.length - 2);
      },
      CASE_TIMEOUT,
    );
  });
}

/**
 * On the dynamic host every write with every fault. Of the reads each fault takes its turn; an answer that is not repeated
 * can lead a resource astray, so that every read gets those. The plugin takes the same way from the framework on: there each
 * fault takes its turn of all requests, and every write gets those after which it is done and nobody knows.
 */
function casesOf({ places }: Undisturbed, host: MatrixHost): Case[] {
  const isRead = ({ method }: StruckPlace) => method === "GET";
  const reads = places.filter(isRead);
  const writes = places.filter((place) => !isRead(place));
  const isFull = host.name === "dynamic";
  return faultList.flatMap((named, index) => {
    const inTurn = (of: readonly StruckPlace[]) =>
      of.length === 0 ? [] : of.slice(index % of.length).slice(0, 1);
    const isLost = named.isDone && named.effect === "transient";
    const struckReads = isFull && named.effect === "final" ? reads : inTurn(reads);
    const struckWrites = isFull || isLost ? writes : inTurn(writes);
    const isTurnOfReads = isFull || writes.length === 0 || index % 2 === 0 || named.isForReads;
    return [
      ...(named.isForReads ? [] : struckWrites),
      ...(isTurnOfReads && !named.isForWrites ? struckReads : []),
    ].map((place) => ({ place, named }));
  });
}

interface Case {
  readonly place: StruckPlace;
  readonly named: NamedFault;
}
