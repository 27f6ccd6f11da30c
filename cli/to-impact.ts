import type { FlowContents, PackageContents } from "../flow/contents.js";
import { alignSequences } from "../flow/diff/sequence.js";
import { UNKNOWN } from "../provider/framework/unknown.js";
import type { EnginePreview, EngineStep } from "./engine-preview.js";
import type { Impact, ImpactFlow, ImpactPart, ImpactRelease } from "./impact.js";

/** The impact of a preview. Values of other resources than releases are left out: they may be secret. */
export function toImpact(preview: EnginePreview): Impact {
  const steps = preview.steps.filter((step) => isOwn(step) && !isView(step) && step.op !== "refresh");
  const releases = steps.filter((step) => typeOf(step).endsWith(":Release")).map(toRelease);
  return {
    version: 1,
    summary: preview.changeSummary ?? {},
    releases: releases.filter((release) => release.operation !== "same" || release.findings.length > 0),
    resources: steps
      .filter((step) => !typeOf(step).endsWith(":Release") && step.op !== "same")
      .map((step) => ({
        urn: step.urn,
        type: typeOf(step),
        name: nameOf(step.urn),
        operation: step.op,
        changed: changedInputs(step),
      })),
    diagnostics: (preview.diagnostics ?? []).map(({ severity, message, urn }) => ({
      severity,
      message: message.trim(),
      urn: urn ?? null,
    })),
  };
}

/** A resource of Sluice on either host. */
function isOwn(step: EngineStep): boolean {
  return /^(pulumi-nodejs:dynamic\/sluice|sluice:index):/.test(typeOf(step));
}

/** A release's parts are told with the release. */
function isView({ oldState, newState }: EngineStep): boolean {
  return (oldState ?? newState)?.viewOf !== undefined;
}

function toRelease(step: EngineStep): ImpactRelease {
  const before = step.oldState?.inputs ?? {};
  const after = step.newState?.inputs ?? {};
  const [contentsBefore, contentsAfter] = [toContents(before.contents), toContents(after.contents)];
  const isContentKnown = step.op === "delete" || contentsAfter !== undefined;
  return {
    urn: step.urn,
    name: nameOf(step.urn),
    operation: step.op,
    action: typeof after.action === "string" && step.op !== "same" ? after.action : null,
    package: { before: packageName(before.package), after: packageName(after.package) },
    isContentKnown,
    shortened: contentsAfter?.shortened ?? null,
    flows: isContentKnown ? compareFlows(contentsBefore?.flows ?? {}, contentsAfter?.flows ?? {}) : [],
    connections: isContentKnown ? compareParts(contentsBefore?.connections, contentsAfter?.connections) : [],
    findings: toFindings(after.findings),
  };
}

function compareFlows(before: PackageContents["flows"], after: PackageContents["flows"]): ImpactFlow[] {
  return namesOf(before, after).flatMap((name) => {
    const [old, now] = [before[name], after[name]];
    const flow: ImpactFlow = {
      name,
      change: changeOf(old, now),
      recipes: compareRecipes(old?.recipes, now?.recipes),
      inputs: compareParts(old?.inputs, now?.inputs),
      outputs: compareLists(old?.outputs, now?.outputs),
      parameters: compareParts(old?.parameters, now?.parameters),
      reads: compareParts(old?.reads, now?.reads),
      webhooks: compareParts(old?.webhooks, now?.webhooks),
      about: compareParts(textsAbout(old), textsAbout(now)),
    };
    const hasChange = Object.values(flow).some((member) => Array.isArray(member) && member.length > 0);
    return hasChange || flow.change !== "changed" ? [flow] : [];
  });
}

function compareRecipes(
  before: FlowContents["recipes"] = {},
  after: FlowContents["recipes"] = {},
): ImpactFlow["recipes"] {
  return namesOf(before, after).flatMap((name) => {
    const [old, now] = [before[name], after[name]];
    if (old === now) return [];
    return [{ name, change: changeOf(old, now), steps: compareSteps(linesOf(old), linesOf(now)) }];
  });
}

/** Removed lines before added ones at the same place, as a line diff shows them. */
function compareSteps(before: string[], after: string[]): ImpactFlow["recipes"][number]["steps"] {
  const steps: ImpactFlow["recipes"][number]["steps"] = [];
  let [old, now] = [0, 0];
  for (const [atOld, atNow] of [...alignSequences(before, after), [before.length, after.length] as const]) {
    steps.push(...before.slice(old, atOld).map((text) => ({ change: "removed" as const, text })));
    steps.push(...after.slice(now, atNow).map((text) => ({ change: "added" as const, text })));
    [old, now] = [atOld + 1, atNow + 1];
  }
  return steps;
}

/** Nothing but what a connection is mapped to hangs on a resource that is yet to be made. */
const NOT_YET_KNOWN = "known when its connection is made";

function compareParts(
  before: Readonly<Record<string, string>> = {},
  after: Readonly<Record<string, string>> = {},
): ImpactPart[] {
  return namesOf(before, after).flatMap((name) => {
    const [old, now] = [before[name], after[name]];
    if (old === now) return [];
    return [
      {
        name,
        change: changeOf(old, now),
        ...(old !== undefined && { before: old }),
        ...(now !== undefined && { after: now === UNKNOWN ? NOT_YET_KNOWN : now }),
      },
    ];
  });
}

function compareLists(
  before: Readonly<Record<string, readonly string[]>> = {},
  after: Readonly<Record<string, readonly string[]>> = {},
): ImpactPart[] {
  const joined = (lists: Readonly<Record<string, readonly string[]>>) =>
    Object.fromEntries(Object.entries(lists).map(([name, lines]) => [name, lines.join("\n")]));
  return compareParts(joined(before), joined(after));
}

function changedInputs({ oldState, newState }: EngineStep): string[] {
  const [before, after] = [oldState?.inputs ?? {}, newState?.inputs ?? {}];
  return namesOf(before, after).filter(
    (name) => name !== "__provider" && JSON.stringify(before[name]) !== JSON.stringify(after[name]),
  );
}

function changeOf(before: unknown, after: unknown): "added" | "removed" | "changed" {
  if (before === undefined) return "added";
  return after === undefined ? "removed" : "changed";
}

function textsAbout(flow: FlowContents | undefined): Record<string, string> {
  return {
    ...(flow?.description !== undefined && { description: flow.description }),
    ...(flow?.summary !== undefined && { summary: flow.summary }),
  };
}

function linesOf(text: string | undefined): string[] {
  return text === undefined || text === "" ? [] : text.split("\n");
}

/** Contents are an object; before they are known the engine shows a placeholder instead. */
function toContents(value: unknown): PackageContents | undefined {
  return typeof value === "object" && value !== null ? (value as PackageContents) : undefined;
}

function toFindings(value: unknown): ImpactRelease["findings"] {
  if (!Array.isArray(value)) return [];
  return value.map((finding) => {
    const [code = "", ...message] = String(finding).split(": ");
    return { code, message: message.join(": ") };
  });
}

function packageName(value: unknown): string | null {
  if (typeof value === "string") return value;
  const path = (value as { path?: unknown } | null | undefined)?.path;
  return typeof path === "string" ? path : null;
}

function typeOf(step: EngineStep): string {
  return step.newState?.type ?? step.oldState?.type ?? "";
}

function nameOf(urn: string): string {
  return urn.split("::").slice(3).join("::");
}

function namesOf(before: object, after: object): string[] {
  return [...new Set([...Object.keys(before), ...Object.keys(after)])].sort();
}
