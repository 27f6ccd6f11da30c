import type { FlowPackage } from "../../flow/index.js";
import { hasFailed } from "../jobs/deployment-run.js";
import type { JobGroupResult, RunResult, WrittenOutput } from "../jobs/deployment-run.js";
import { generalOf, recipesWriting } from "./release-verify.js";
import type { OutputExpectation, Verification } from "./release-verify.js";

/** Longest text that is quoted of a job's reason: it travels in a header of the engine's protocol. */
const LONGEST_REASON = 1500;
/** Columns that a message names before it counts. */
const MOST_NAMES = 30;

/**
 * What speaks against a run, each in words; empty when all is as expected. What the platform does not tell cannot be
 * checked, and that speaks against it, too.
 */
export function findShortfalls({ groups }: RunResult, wanted: Verification, source: FlowPackage): string[] {
  const failed = groups.filter(hasFailed);
  if (failed.length > 0) return failed.map(describeFailed);
  const named = Object.entries(wanted.outputs ?? {});
  const isExpecting = Object.keys(generalOf(wanted)).length > 0 || named.length > 0;
  if (!isExpecting) return [];
  const untold = groups.filter(({ outputs }) => outputs === undefined || outputs.length === 0);
  if (untold.length > 0) return untold.map(describeUntold);
  const all = groups.flatMap((group) => (group.outputs ?? []).map((output) => ({ group, output })));
  const chosen = named.map(([name, bounds]) => {
    const exact = all.filter(({ group, output }) => isCalled(name, group, output));
    const recipes = recipesWriting(source, name);
    const found = exact.length > 0 ? exact : all.filter(({ group }) => recipes.includes(group.recipe ?? ""));
    return { name, bounds, outputs: found.map(({ output }) => output) };
  });
  const there = all.map(({ output }) => output.name).join(", ");
  const missing = chosen
    .filter(({ outputs }) => outputs.length === 0)
    .map(({ name }) => `no output "${name}" was written; there is ${there}`);
  const unmet = all.flatMap(({ output }) => {
    const own = chosen.filter(({ outputs }) => outputs.includes(output)).map(({ bounds }) => bounds);
    return findUnmet(output, Object.assign(generalOf(wanted), ...own) as OutputExpectation);
  });
  return [...missing, ...unmet];
}

/** What a run wrote, for a person: outputs with rows, and how long it took. */
export function describeRun({ groups }: RunResult): string {
  return groups
    .map(({ id, recipe, seconds, outputs = [] }) => {
      const written = outputs.map(({ name, rows }) =>
        rows === undefined ? name : `${name} ${count(rows, "row")}`,
      );
      const took = seconds === undefined ? "" : `, ${seconds.toFixed(1)} s`;
      return `${written.join(", ") || (recipe ?? "an output")} (job group ${id}${took})`;
    })
    .join("; ");
}

function isCalled(name: string, { recipe }: JobGroupResult, { name: own, location }: WrittenOutput): boolean {
  return name === recipe || name === own || name === location;
}

function describeFailed({ id, recipe, status, reason = "" }: JobGroupResult): string {
  const said =
    reason === ""
      ? "the platform gives no reason; its log says more"
      : reason.slice(0, LONGEST_REASON).trim();
  return `job group ${id}${recipe === undefined ? "" : ` (${recipe})`} ended as ${status}: ${said}`;
}

function describeUntold({ id, recipe }: JobGroupResult): string {
  const name = recipe === undefined ? "" : ` (${recipe})`;
  return `the platform does not tell what job group ${id}${name} wrote, so rows and columns cannot be checked; leave the expectations out of \`verify\` to ask only that the jobs end well`;
}

function findUnmet(output: WrittenOutput, { minRows, maxRows, columns }: OutputExpectation): string[] {
  const { location, rows, columns: found } = output;
  const unmet: string[] = [];
  if (minRows !== undefined || maxRows !== undefined) {
    if (rows === undefined)
      unmet.push(`the platform does not tell how many rows ${location} has, so they cannot be checked`);
    else if (rows < (minRows ?? 0))
      unmet.push(`${location} has ${count(rows, "row")}, expected at least ${minRows}`);
    else if (rows > (maxRows ?? Infinity))
      unmet.push(`${location} has ${count(rows, "row")}, expected at most ${maxRows}`);
  }
  if (columns !== undefined) {
    const missing = columns.filter((name) => !found?.includes(name));
    if (found === undefined)
      unmet.push(`the platform does not tell which columns ${location} has, so they cannot be checked`);
    else if (missing.length > 0)
      unmet.push(
        `${location} has no column ${missing.map((name) => `"${name}"`).join(", ")}; it has ${listSome(found)}`,
      );
  }
  return unmet;
}

function listSome(names: readonly string[]): string {
  const more = names.length - MOST_NAMES;
  return more > 0 ? `${names.slice(0, MOST_NAMES).join(", ")} and ${more} more` : names.join(", ");
}

function count(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? "" : "s"}`;
}
