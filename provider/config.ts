import { z } from "zod";
import { suggestWord } from "../flow/language/nearest-word.js";
import type { Expectation } from "./client/identity.js";
import { named } from "./framework/field-rules.js";
import { secretText } from "./framework/secret-text.js";
import type { SecretText } from "./framework/secret-text.js";
import { resolveReferences, SecretUnavailable } from "./framework/secrets.js";

const REFERENCE =
  "The text itself, or the JSON object `{fromEnv}` or `{fromFile}` that says where it is read whenever it is needed.";

const expectation = z.union([
  z.string().min(1),
  named(
    "Expectation",
    z
      .strictObject({
        name: z
          .string()
          .min(1)
          .optional()
          .describe("Name of the environment; in the product, of the workspace."),
        id: z.string().min(1).optional().describe("Id of the workspace, as text."),
        stage: z
          .string()
          .min(1)
          .optional()
          .describe("What the environment is for, for example `production`; the embedded platform tells it."),
      })
      .describe("What an environment must say of itself."),
  ),
]);

const target = {
  endpoint: z
    .string()
    .superRefine((text, context) => {
      const problem = endpointProblem(text);
      if (problem !== undefined) context.addIssue({ code: "custom", message: problem });
    })
    .optional()
    .describe("Base URL of the environment, without /v4. Falls back to SLUICE_ENDPOINT."),
  token: secretText
    .optional()
    .describe(`API access token (secret). ${REFERENCE} Falls back to SLUICE_TOKEN.`),
  username: z
    .string()
    .min(1)
    .optional()
    .describe("Account for Basic authentication, when there is no token."),
  password: secretText.optional().describe(`Password for Basic authentication (secret). ${REFERENCE}`),
  expect: expectation
    .optional()
    .describe(
      "What the environment must say of itself: its name, or an object of `name`, `id` and `stage`. Another environment is neither read nor written.",
    ),
};

/** The settings of the provider: every key that a stack may set under `sluice:`. */
export const settings = z.strictObject({
  ...target,
  environments: z
    .record(
      z.string(),
      z.strictObject(target).describe("Where an environment is, how to sign in there, and which it must be."),
    )
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
    .describe(
      "Most requests a second to one environment, from 1 on rounded down; 0 sets no limit of our own.",
    ),
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
  /** Value of the Authorization header. Made anew by every call, as what a reference points to may have changed. */
  authorization: () => string;
  /** What the environment must say of itself; undefined: anything. */
  expect: Expectation | undefined;
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
  const problems = new Set(parsed.error.issues.flatMap(problemsOf));
  throw new ConfigurationError(`the stack's configuration cannot be used: ${[...problems].join("; ")}`);
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
  const prefix = environment === undefined ? "sluice:" : `sluice:environments.${environment}.`;
  if (!endpoint) {
    throw new ConfigurationError(
      `no platform is named: run \`pulumi config set ${prefix}endpoint https://…\`${environment === undefined ? " or set SLUICE_ENDPOINT" : ""}`,
    );
  }
  const problem = endpointProblem(endpoint);
  if (problem !== undefined)
    throw new ConfigurationError(`${prefix}endpoint (or SLUICE_ENDPOINT): ${problem}`);
  const { username, password } = chosen;
  const isBasic = chosen.token === undefined && username !== undefined && password !== undefined;
  const token = isBasic ? undefined : (chosen.token ?? fallback.SLUICE_TOKEN);
  if (!token && !isBasic) {
    throw new ConfigurationError(
      `no token for ${endpoint}: run \`pulumi config set --secret ${prefix}token …\`${environment === undefined ? " or set SLUICE_TOKEN" : ""} (or ${prefix}username and ${prefix}password)`,
    );
  }
  const authorization = token
    ? () => bearerOf(token, `${prefix}token`)
    : () => basicOf(username ?? "", password ?? "", `${prefix}password`);
  // What cannot be read or sent is to be known before anything is asked for.
  authorization();
  const expect = typeof chosen.expect === "string" ? { name: chosen.expect } : chosen.expect;
  return { environment, endpoint, authorization, expect };
}

function bearerOf(given: SecretText, setting: string): string {
  const token = readSecret(given, setting);
  if (!/^[\x21-\x7e]+$/.test(token))
    throw new ConfigurationError(
      `${setting} (or SLUICE_TOKEN) holds a space, a line break or a letter outside ASCII, which no token has; set it again without`,
    );
  return `Bearer ${token}`;
}

function basicOf(username: string, password: SecretText, setting: string): string {
  return `Basic ${Buffer.from(`${username}:${readSecret(password, setting)}`).toString("base64")}`;
}

/** The secret itself. Throws {@link ConfigurationError} that names the setting and what it refers to. */
function readSecret(given: SecretText, setting: string): string {
  try {
    return String(resolveReferences(given));
  } catch (error) {
    if (!(error instanceof SecretUnavailable)) throw error;
    throw new ConfigurationError(`${setting}: ${error.message}`, { cause: error });
  }
}

/** A URL is quoted in messages: it must hold nothing that is a secret. */
function endpointProblem(text: string): string | undefined {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined || !/^https?:$/.test(url.protocol))
    return "must be an http or https URL, the base URL without /v4";
  if (url.username !== "" || url.password !== "")
    return "must not hold a user or password; set sluice:username and sluice:password";
  if (url.search !== "" || url.hash !== "") return "must be a base URL, without ? or #";
  if (/\/v4\/*$/.test(url.pathname)) return "must be the base URL: leave out the /v4 at its end";
  return undefined;
}

function split(key: string): [string, string] {
  const at = key.indexOf(":");
  return [key.slice(0, at), key.slice(at + 1)];
}

/** Stack configuration carries text; what is not text by its definition is JSON. */
function fromText(name: string, value: unknown): unknown {
  if (typeof value !== "string") return value;
  const field = (settings.shape as Record<string, z.ZodType>)[name];
  // A key that is no setting is left as it is: it is refused by name.
  if (field === undefined || admits(field, z.ZodString))
    return (field && toObject(name, value, field)) ?? value;
  try {
    return JSON.parse(value) as unknown;
  } catch {
    return value;
  }
}

/** A setting that is text or an object: the object, when the text is one. A secret may look like an object and be none. */
function toObject(name: string, value: string, field: z.ZodType): unknown {
  if (!admits(field, z.ZodObject) || !value.trimStart().startsWith("{")) return undefined;
  try {
    const parsed = JSON.parse(value) as object;
    return secretSettings.includes(name) && !isReference(parsed) ? undefined : parsed;
  } catch {
    return undefined;
  }
}

function isReference(value: object): boolean {
  return Object.keys(value).some((key) => key === "fromEnv" || key === "fromFile");
}

/** Whether the field, or one option of it, is of this kind. */
function admits(field: z.ZodType, kind: typeof z.ZodString | typeof z.ZodObject): boolean {
  if (field instanceof z.ZodOptional || field instanceof z.ZodDefault)
    return admits(field.def.innerType as z.ZodType, kind);
  if (field instanceof z.ZodUnion)
    return (field.def.options as z.ZodType[]).some((option) => admits(option, kind));
  return field instanceof kind;
}

function problemsOf(issue: z.core.$ZodIssue): string[] {
  const at = issue.path.indexOf("expect");
  if (at >= 0)
    return [
      `sluice:${issue.path.slice(0, at + 1).join(".")}: must be the environment's name, or an object of \`name\`, \`id\` and \`stage\`, each a text`,
    ];
  if (issue.code === "unrecognized_keys")
    return issue.keys.map((key) => unknownKey([...issue.path, key].join("."), key));
  const reason =
    issue.code === "invalid_union"
      ? "must be the text itself, or an object of either `fromEnv` or `fromFile`"
      : issue.message;
  return [`sluice:${issue.path.join(".")}: ${reason}`];
}

function unknownKey(path: string, key: string): string {
  const known = Object.keys(settings.shape);
  return `sluice:${path} is not a setting${suggestWord(key, known) || `; there are ${known.join(", ")}`}`;
}
