import { z } from "zod";
import { dynamicTypeOf, PROVIDER_KEY, trampolineOf } from "../provider/hosts/dynamic-names.js";
import { ownSettings } from "../provider/hosts/plugin/own-settings.js";
import { registry } from "../provider/registry.js";
import { createUrnMoves } from "./migrate-state-urns.js";
import type { UrnMoves } from "./migrate-state-urns.js";
import { tokenOf } from "../provider/framework/token.js";

/** Where resources live: in the engine's dynamic provider, or in the provider plugin. */
export type HostName = "dynamic" | "plugin";

const values = z.record(z.string(), z.unknown());
const resource = z.looseObject({
  urn: z.string(),
  type: z.string(),
  custom: z.boolean(),
  id: z.string().optional(),
  inputs: values.optional(),
  outputs: values.optional(),
  provider: z.string().optional(),
  propertyDependencies: values.optional(),
  viewOf: z.string().optional(),
});
const stackExport = z.looseObject({
  version: z.number(),
  deployment: z.looseObject({
    resources: z.array(resource).optional(),
    pending_operations: z.array(z.looseObject({ type: z.string().optional() })).optional(),
  }),
});

type Resource = z.output<typeof resource>;
export type StackExport = z.output<typeof stackExport>;

/** Forms of a deployment that the engines of today write. */
const KNOWN_VERSIONS: readonly number[] = [3, 4];
const DYNAMIC_PROVIDER = "pulumi:providers:pulumi-nodejs";
const PLUGIN_PROVIDER = "pulumi:providers:sluice";
const SETTINGS_PREFIX = "sluice:";

/** Reads the text of a `pulumi stack export`. Throws Error with what is wrong with it. */
export function readStackExport(text: string): StackExport {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new Error(`not JSON: ${reason}; make it with \`pulumi stack export --file …\``, { cause: error });
  }
  const { version } = (json ?? {}) as { version?: unknown };
  if (typeof version === "number" && !KNOWN_VERSIONS.includes(version))
    throw new Error(
      `the export has format ${version}, and this version of Sluice knows ${KNOWN_VERSIONS.join(" and ")}; export it with another Pulumi, or upgrade Sluice`,
    );
  const parsed = stackExport.safeParse(json);
  // What was read, not what was parsed: parsing leaves a key out that is called __proto__.
  if (parsed.success) return json as StackExport;
  const [issue] = parsed.error.issues;
  throw new Error(
    `not a stack export (${issue?.path.join(".") ?? ""}: ${issue?.message ?? ""}); make it with \`pulumi stack export --file …\``,
  );
}

/**
 * The export with Sluice's resources on the other host: what names them, and the provider that they belong to. All else,
 * encrypted values too, stays as it is. Throws Error, naming what stands in the way, and changes nothing then.
 */
export function moveExport(
  given: StackExport,
  to: HostName,
  pluginVersion: string,
): { moved: string[]; export: StackExport } {
  const { resources = [], pending_operations: pending = [] } = given.deployment;
  if (pending.length > 0)
    throw new Error(
      `the stack has ${pending.length} pending operations, as an update of it broke off; run \`pulumi refresh\` until there are none, then export it again`,
    );
  const moves = createUrnMoves(
    registry.map(({ name }) => {
      const [dynamic, plugin] = [dynamicTypeOf(name), tokenOf(name)];
      return to === "plugin" ? [dynamic, plugin] : [plugin, dynamic];
    }),
  );
  const moving = resources.filter(({ type }) => moves.isMoving(type));
  refuseUnknown(resources, to);
  if (moving.length === 0) throw new Error(nothingToMove(resources, to));
  refuseTwins(resources, moving, moves);
  const provider = providerOf(resources, moving, to, pluginVersion);
  const views = new Set(moving.map(({ urn }) => urn));
  const next = resources
    // Only the plugin shows parts of a release.
    .filter(({ viewOf }) => to === "plugin" || viewOf === undefined || !views.has(viewOf))
    .map((each) => (moves.isMoving(each.type) ? moveResource(each, to, provider.reference) : each))
    .map((each) => moves.inside(each) as Resource);
  return {
    moved: moving.map(({ urn }) => urn),
    export: {
      ...given,
      deployment: { ...given.deployment, resources: withProvider(next, provider) },
    },
  };
}

interface TargetProvider {
  readonly entry: Resource;
  readonly reference: string;
  /** The provider that the resources leave. */
  readonly former: string;
}

/** The default provider on the other side, with the settings of the one on this side. */
function providerOf(
  resources: readonly Resource[],
  moving: readonly Resource[],
  to: HostName,
  version: string,
): TargetProvider {
  const type = to === "plugin" ? PLUGIN_PROVIDER : DYNAMIC_PROVIDER;
  const formerType = to === "plugin" ? DYNAMIC_PROVIDER : PLUGIN_PROVIDER;
  const used = [...new Set(moving.map(({ provider = "" }) => provider))];
  const explicit = used.find((reference) => !isDefaultProvider(reference, formerType));
  if (explicit !== undefined) {
    const owner = moving.find(({ provider = "" }) => provider === explicit)?.urn;
    throw new Error(
      `${String(owner)} belongs to ${explicit === "" ? "no provider" : `the provider ${explicit}`}, and only resources of default providers can be moved: their settings are those of the stack`,
    );
  }
  const former = resources.find(
    (each) => each.type === formerType && used[0] === `${each.urn}::${String(each.id)}`,
  );
  if (former === undefined)
    throw new Error(`the export lacks the provider ${String(used[0])}; it is damaged`);
  const name = to === "plugin" ? `default_${version.replaceAll(/[.\-+]/g, "_")}` : "default";
  const urn = `${former.urn.split("::").slice(0, 2).join("::")}::${type}::${name}`;
  const present = resources.find((each) => each.urn === urn);
  const entry = present ?? {
    ...former,
    urn,
    type,
    ...Object.fromEntries(
      (["inputs", "outputs"] as const).map((kind) => [kind, settingsFor(to, former[kind] ?? {}, version)]),
    ),
  };
  return { entry, reference: `${urn}::${String(entry.id)}`, former: former.urn };
}

/** The engine names them `default`, or `default_` with the version of the plugin. */
function isDefaultProvider(reference: string, type: string): boolean {
  const [, , found, name = ""] = reference.replace(/^urn:pulumi:/, "").split("::");
  return found === type && /^default(?:_|$)/.test(name);
}

/** The plugin's settings are inputs of their own; a dynamic provider gets the stack's configuration with its namespaces. */
function settingsFor(
  to: HostName,
  former: Readonly<Record<string, unknown>>,
  version: string,
): Record<string, unknown> {
  if (to === "dynamic")
    return Object.fromEntries(
      Object.entries(ownSettings(former)).map(([key, value]) => [SETTINGS_PREFIX + key, value]),
    );
  const own = Object.entries(former).filter(([key]) => key.startsWith(SETTINGS_PREFIX));
  return {
    ...Object.fromEntries(own.map(([key, value]) => [key.slice(SETTINGS_PREFIX.length), value])),
    version,
  };
}

/** The provider stands where the former was, if it was not there before that, and the former goes when nothing is left to it. */
function withProvider(resources: readonly Resource[], { entry, former }: TargetProvider): Resource[] {
  const isStillUsed = resources.some(({ provider = "" }) => provider.startsWith(`${former}::`));
  const places = [entry.urn, former].map((wanted) => resources.findIndex(({ urn }) => urn === wanted));
  const [present = -1, left = -1] = places;
  const isBefore = present !== -1 && present < left;
  return resources.flatMap((each) => {
    if (each.urn === entry.urn) return isBefore ? [each] : [];
    if (each.urn !== former) return [each];
    return [...(isStillUsed ? [each] : []), ...(isBefore ? [] : [entry])];
  });
}

function moveResource(each: Resource, to: HostName, provider: string): Resource {
  const { refreshBeforeUpdate, ...rest } = each;
  const name = each.type.split(":").at(-1) ?? "";
  const line = to === "plugin" ? undefined : trampolineOf(name);
  return {
    ...(to === "plugin" ? each : rest),
    provider,
    ...(each.inputs && { inputs: withLine(each.inputs, line) }),
    ...(each.outputs && { outputs: withLine(each.outputs, line) }),
    ...(each.propertyDependencies && {
      propertyDependencies: withLine(each.propertyDependencies, line === undefined ? undefined : []),
    }),
  };
}

function withLine(given: Readonly<Record<string, unknown>>, line: unknown): Record<string, unknown> {
  const { [PROVIDER_KEY]: _former, ...rest } = given;
  return line === undefined ? rest : { [PROVIDER_KEY]: line, ...rest };
}

function refuseUnknown(resources: readonly Resource[], to: HostName): void {
  const prefix = to === "plugin" ? dynamicTypeOf("") : tokenOf("");
  const known = registry.map(({ name }) => prefix + name);
  const unknown = resources.find(
    ({ type, custom }) => custom && type.startsWith(prefix) && !known.includes(type),
  );
  if (unknown !== undefined)
    throw new Error(
      `${unknown.urn} has a type that this version of Sluice does not know; a newer one made it: upgrade Sluice`,
    );
}

/** Two resources of one name on either host would become one. */
function refuseTwins(resources: readonly Resource[], moving: readonly Resource[], moves: UrnMoves): void {
  const present = new Set(resources.map(({ urn }) => urn));
  const twin = moving.find(({ urn }) => present.has(moves.urn(urn)));
  if (twin !== undefined)
    throw new Error(
      `${twin.urn} cannot be moved: the stack has a ${moves.urn(twin.urn)} already; rename or delete one of the two first`,
    );
}

function nothingToMove(resources: readonly Resource[], to: HostName): string {
  const [from, there] = to === "plugin" ? ["dynamic", tokenOf("")] : ["plugin", dynamicTypeOf("")];
  const isThere = resources.some(({ type }) => type.startsWith(there));
  return isThere
    ? `nothing to move: the stack's resources are on the ${to} host already`
    : `nothing to move: the export holds no resource of Sluice on the ${from} host`;
}
