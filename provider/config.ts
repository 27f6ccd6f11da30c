import { z } from "zod";
import { suggestWord } from "../flow/language/nearest-word.js";

const target = {
  endpoint: z
    .string()
    .superRefine((text, context) => {
      const problem = endpointProblem(text);
      if (problem !== undefined) context.addIssue({ code: "custom", message: problem });
    })
    .optional()
    .describe("Base URL of the environment, without /v4. Falls back to SLUICE_ENDPOINT."),
  token: z.string().min(1).optional().describe("API access token (secret). Falls back to SLUICE_TOKEN."),
  username: z
    .string()
    .min(1)
    .optional()
    .describe("Account for Basic authentication, when there is no token."),
  password: z.string().min(1).optional().describe("Password for Basic authentication (secret)."),
};

/** The settings of the provider: every key that a stack may set under `sluice:`. */
export const settings = z.strictObject({
  ...target,
  environments: z
    .record(z.string(), z.strictObject(target))
    .optional()
    .describe(
      "More environments by name, for programs that move between them; chosen by a resource's `environment`.",
    ),
  sourceMarkers: z
    .array(z.string().min(1))
    .default([])
    .describe(
      "Names of the source environment's buckets, hosts or databases: a release that still points to one is reported.",
    ),
  requestsPerSecond: z
    .number()
    .min(0)
    .default(0)
    .describe("Most requests a second to one environment; 0 sets no limit of our own."),
  timeoutSeconds: z
    .number()
    .positive()
    .default(60)
    .describe("Time limit of one attempt of a request, in seconds."),
  retries: z
    .int()
    .min(0)
    .max(20)
    .default(4)
    .describe("Attempts after the first, for requests that are safe to repeat."),
  views: z
    .enum(["preview", "state", "off"])
    .default("preview")
    .describe(
      "Where a release shows its flows, recipes and outputs as resources of their own: in previews only, in updates and the stack's state too, or nowhere. Read the guide to reviewing before choosing `state`. The plugin only.",
    ),
});

export type Settings = z.output<typeof settings>;

/** Settings whose values must never be shown. */
export const secretSettings: readonly string[] = ["token", "password", "environments"];

/** A stack's configuration cannot be used: an unknown key, a value of the wrong form, or something that is missing. */
export class ConfigurationError extends Error {
  override readonly name = "ConfigurationError";
}

/** Where requests of one environment go and how they authenticate. */
export interface Target {
  /** The environment's name; undefined for the stack's own. */
  environment: string | undefined;
  endpoint: string;
  authorization: string;
}

/** The settings among all keys of a stack's configuration, which are `namespace:key`. */
export function fromStackConfiguration(
  configuration: Readonly<Record<string, unknown>>,
): Record<string, unknown> {
  const own = Object.entries(configuration).map(([key, value]) => [split(key), value] as const);
  return Object.fromEntries(
    own.flatMap(([[namespace, name], value]) => (namespace === "sluice" ? [[name, value]] : [])),
  );
}

/**
 * Reads settings as the engine hands them over: values as text, objects as JSON.
 * Throws {@link ConfigurationError} naming every problem, without a value.
 */
export function readSettings(values: Readonly<Record<string, unknown>>): Settings {
  const present = Object.entries(values).filter(([, value]) => value !== undefined && value !== "");
  const parsed = settings.safeParse(
    Object.fromEntries(present.map(([name, value]) => [name, fromText(name, value)])),
  );
  if (parsed.success) return parsed.data;
  const problems = parsed.error.issues.flatMap((issue) =>
    issue.code === "unrecognized_keys"
      ? issue.keys.map((key) => unknownKey([...issue.path, key].join("."), key))
      : [`sluice:${issue.path.join(".")}: ${issue.message}`],
  );
  throw new ConfigurationError(`the stack's configuration cannot be used: ${problems.join("; ")}`);
}

/** The endpoint and credentials of an environment. Throws {@link ConfigurationError} saying what to set. */
export function targetOf(
  all: Settings,
  environment: string | undefined,
  variables: NodeJS.ProcessEnv = process.env,
): Target {
  const chosen = environment === undefined ? all : all.environments?.[environment];
  if (chosen === undefined) {
    const known = Object.keys(all.environments ?? {});
    const guess = suggestWord(environment ?? "", known);
    throw new ConfigurationError(
      `environment "${environment}" is not configured: add it to sluice:environments${guess || (known.length > 0 ? ` (there: ${known.join(", ")})` : "")}`,
    );
  }
  // The variables stand for the stack's own environment; a named one must be spelt out.
  const fallback = environment === undefined ? variables : {};
  const endpoint = chosen.endpoint ?? fallback.SLUICE_ENDPOINT;
  const isBasic =
    chosen.token === undefined && chosen.username !== undefined && chosen.password !== undefined;
  const token = isBasic ? undefined : (chosen.token ?? fallback.SLUICE_TOKEN);
  const prefix = environment === undefined ? "sluice:" : `sluice:environments.${environment}.`;
  if (!endpoint) {
    throw new ConfigurationError(
      `no platform is named: run \`pulumi config set ${prefix}endpoint https://…\`${environment === undefined ? " or set SLUICE_ENDPOINT" : ""}`,
    );
  }
  const problem = endpointProblem(endpoint);
  if (problem !== undefined)
    throw new ConfigurationError(`${prefix}endpoint (or SLUICE_ENDPOINT): ${problem}`);
  if (token) {
    if (!/^[\x21-\x7e]+$/.test(token))
      throw new ConfigurationError(
        `${prefix}token (or SLUICE_TOKEN) holds a space, a line break or a letter outside ASCII, which no token has; set it again without`,
      );
    return { environment, endpoint, authorization: `Bearer ${token}` };
  }
  if (isBasic) {
    const pair = Buffer.from(`${chosen.username}:${chosen.password}`).toString("base64");
    return { environment, endpoint, authorization: `Basic ${pair}` };
  }
  throw new ConfigurationError(
    `no token for ${endpoint}: run \`pulumi config set --secret ${prefix}token …\`${environment === undefined ? " or set SLUICE_TOKEN" : ""} (or ${prefix}username and ${prefix}password)`,
  );
}

/** A URL is quoted in messages: it must hold nothing that is a secret. */
function endpointProblem(text: string): string | undefined {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined || !/^https?:$/.test(url.protocol))
    return "must be an http or https URL, the base URL without /v4";
  if (url.username !== "" || url.password !== "")
    return "must not hold a user or password; set sluice:username and sluice:password";
  if (url.search !== "" || url.hash !== "") return "must be a base URL, without ? or #";
  return undefined;
}

function split(key: string): [string, string] {
  const at = key.indexOf(":");
  return [key.slice(0, at), key.slice(at + 1)];
}

/** Stack configuration carries text; what is not text by its definition is JSON. */
function fromText(name: string, value: unknown): unknown {
  if (typeof value !== "string" || isText((settings.shape as Record<string, z.ZodType>)[name])) return value;
  try {
    return JSON.parse(value) as unknown;
  } catch {
    return value;
  }
}

/** A key that is no setting is left as it is: it is refused by name. */
function isText(field: z.ZodType | undefined): boolean {
  if (field instanceof z.ZodOptional || field instanceof z.ZodDefault)
    return isText(field.def.innerType as z.ZodType);
  return field === undefined || field instanceof z.ZodString;
}

function unknownKey(path: string, key: string): string {
  const known = Object.keys(settings.shape);
  return `sluice:${path} is not a setting${suggestWord(key, known) || `; there are ${known.join(", ")}`}`;
}
