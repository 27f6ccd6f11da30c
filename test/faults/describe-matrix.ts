import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { functions } from "../../provider/functions.js";
import { registry } from "../../provider/registry.js";
import { cases } from "../conformance/cases.js";
import type { Host } from "../provider/provider-test.js";
import { faultList, hourLong } from "./fault-list.js";
import type { NamedFault } from "./fault-list.js";
import { beginCall, calling } from "./function-calls.js";
import type { FunctionCall } from "./function-calls.js";
import { findProblems, runUndisturbed } from "./matrix.js";
import type { Begin, StruckPlace, Undisturbed } from "./matrix.js";
import { operations } from "./operations.js";
import type { Life, Operation, Subject } from "./operations.js";
import { PlatformSlots } from "./platform-slots.js";

/** A host whose resources and functions go through every operation with every fault; several cases run at a time. */
export interface MatrixHost {
  readonly name: "dynamic" | "plugin";
  /** A host for each case that runs at the same time. */
  start(): Promise<readonly Host[]>;
  close(): Promise<void>;
}

const CASE_TIMEOUT = 400_000;

/** The fault matrix of one host: tests for each resource and operation, and each function, made of the registries. */
export function describeFaultMatrix(host: MatrixHost): void {
  let slots: PlatformSlots;
  beforeAll(async () => {
    slots = await PlatformSlots.start(await host.start());
  });
  afterAll(async () => {
    await slots.close();
    await host.close();
  });

  const rows = registry.flatMap(({ name }) => operations.map((operation) => ({ name, operation })));

  describe.concurrent.each(rows)("$operation.name a $name", ({ name, operation }) => {
    const begin = beginLifeOf(name);

    it(
      "survives every fault",
      async () => {
        const undisturbed = await runUndisturbed(slots, operation, begin);
        const struck = casesOf(undisturbed, host.name === "dynamic");
        expect(await problemsOf(slots, operation, begin, undisturbed, struck)).toEqual([]);
        expect(struck.length).toBeGreaterThanOrEqual(faultList.length - 2);
      },
      CASE_TIMEOUT,
    );
  });

  describe.concurrent.each([...hourLong])("$name", (named) => {
    it(
      "is waited for a minute, and then it is tried again",
      async () => {
        const begin = beginLifeOf("Deployment");
        // A create that may have been carried out is looked for at once, and not tried again.
        const waiting = named.effect === "postponed" ? ["creating", "reading"] : ["reading"];
        const waits = operations.filter(({ name }) => waiting.includes(name));
        const problems = waits.map(async (operation) => {
          const undisturbed = await runUndisturbed(slots, operation, begin);
          const isWrite = operation.name === "creating";
          const place = undisturbed.places.find(({ method }) => (method === "GET") !== isWrite);
          if (place === undefined) throw new Error(`${operation.name} asks nothing`);
          const started = performance.now();
          const found = await findProblems(slots, operation, begin, undisturbed, place, named);
          const seconds = (performance.now() - started) / 1000;
          return seconds < 60 ? [...found, `it took ${seconds} seconds`] : found;
        });
        expect((await Promise.all(problems)).flat()).toEqual([]);
      },
      CASE_TIMEOUT,
    );
  });

  // Programs of the dynamic host have no functions.
  if (host.name === "dynamic") return;
  describe.concurrent.each([...functions])("calling $name", (definition) => {
    it(
      definition.usesPlatform ? "survives every fault" : "asks nobody, so that there is nothing to strike",
      async () => {
        const begin: Begin<FunctionCall> = (test) => beginCall(test, definition);
        const undisturbed = await runUndisturbed(slots, calling, begin);
        const struck = casesOf(undisturbed, true);
        expect(undisturbed.places.length > 0).toBe(definition.usesPlatform);
        expect(await problemsOf(slots, calling, begin, undisturbed, struck)).toEqual([]);
        if (definition.usesPlatform) expect(struck.length).toBeGreaterThanOrEqual(faultList.length - 2);
      },
      CASE_TIMEOUT,
    );
  });
}

function beginLifeOf(name: string): Begin<Life> {
  return async (test) => {
    const entry = cases[name];
    if (entry === undefined) throw new Error(`${name} has no case in test/conformance/cases.ts`);
    const made = (await entry.prepare?.(test)) ?? {};
    const resource = test.resource(name, "subject");
    const title = `${name} "subject"`;
    const told = () => resource.state;
    return { test, title, told, entry, resource, inputs: entry.inputs(made), changed: entry.changed(made) };
  };
}

async function problemsOf<S extends Subject>(
  slots: PlatformSlots,
  operation: Operation<S>,
  begin: Begin<S>,
  undisturbed: Undisturbed,
  struck: readonly Case[],
): Promise<string[]> {
  const problems = struck.map(async ({ place, named }) => {
    const found = await findProblems(slots, operation, begin, undisturbed, place, named).catch(
      (error: unknown) => [`the case broke off: ${error instanceof Error ? error.stack : String(error)}`],
    );
    return found.map((problem) => `${place.method} ${place.route}, ${named.name}: ${problem}`);
  });
  return (await Promise.all(problems)).flat();
}

/**
 * In full, every write with every fault. Of the reads each fault takes its turn; an answer that is not repeated can lead the
 * provider astray, so that every read gets those. Resources take the same way on both hosts from the framework on: on the plugin
 * each fault takes its turn of all requests, and every write gets those after which it is done and nobody knows.
 */
function casesOf({ places }: Undisturbed, isFull: boolean): Case[] {
  const isRead = ({ method }: StruckPlace) => method === "GET";
  const reads = places.filter(isRead);
  const writes = places.filter((place) => !isRead(place));
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
