import { z } from "zod";
import { isEqual } from "../../provider/framework/canonical.js";
import { checkInputs } from "../../provider/framework/check.js";
import { withDefaults } from "../../provider/framework/defaults.js";
import type { ResourceDefinition } from "../../provider/framework/define-resource.js";
import { inputFields } from "../../provider/framework/fields.js";
import { rulesOf } from "../../provider/framework/field-rules.js";

type Values = Readonly<Record<string, unknown>>;

/** Stands in inputs for a value that looks like a secret: the program takes it from the stack's settings. */
const FROM_SETTING = "sluice:fromSetting";

/** What a program should state of what the platform holds, or why it cannot. */
export interface StatedInputs {
  readonly inputs: Record<string, unknown>;
  readonly remarks: string[];
  /** Why a program with these inputs would be refused; the reader has to mend that at the platform. */
  readonly problem?: string;
}

/**
 * Leaves out what is a default, what the provider works out, what stays as it is when a program leaves it out, and
 * secrets; says in remarks what is missing.
 */
export function stateInputs(definition: ResourceDefinition, observed: Values): StatedInputs {
  const fields = inputFields(definition);
  const inputs: Record<string, unknown> = {};
  const remarks: string[] = [];
  for (const [name, field] of Object.entries(fields)) {
    const rules = rulesOf(field);
    const value = observed[name] ?? undefined;
    if (rules.writeOnly !== undefined) remarks.push(...remarkOn(name, observed));
    if (name === "enabled" && value === false) remarks.push(PAUSED);
    if (rules.writeOnly ?? rules.derived ?? rules.serverDefault) continue;
    if (value !== undefined && !isEqual(value, withDefaults(field, undefined))) inputs[name] = value;
  }
  const { failures } = checkInputs(definition, { ...inputs, owner: "adopt" });
  if (failures.length === 0) return { inputs: withoutSecrets(fields, inputs), remarks };
  const reasons = failures.map(({ property, reason }) =>
    property === "" ? reason : `${property} ${reason}`,
  );
  return { inputs: {}, remarks: [], problem: reasons.join("; ") };
}

/** The setting that a value is taken from, when it is one that stood for a secret. */
export function settingOf(value: unknown): string | undefined {
  if (typeof value !== "object" || value === null) return undefined;
  const setting = (value as Record<string, unknown>)[FROM_SETTING];
  return typeof setting === "string" ? setting : undefined;
}

const PAUSED = "paused at the platform when it was adopted; stays so until `enabled: true` is stated here";

function remarkOn(name: string, { credentialType }: Values): string[] {
  if (credentialType === "noAuth") return [];
  const example =
    credentialType === undefined || credentialType === "basic"
      ? `{ username: "…", password: { fromEnv: "…" } }`
      : `{ …: { fromEnv: "…" } }`;
  return [`${name} stay as they are at the platform; to set them from here, add: ${name}: ${example}`];
}

/** Free texts by name, such as parameters of a vendor, are where people put passwords that no rule knows of. */
function withoutSecrets(
  fields: Readonly<Record<string, z.ZodType>>,
  inputs: Values,
): Record<string, unknown> {
  const cleaned = Object.entries(inputs).map(([name, value]) => {
    if (!isRecord(fields[name])) return [name, value] as const;
    const members = Object.entries(value as Values).map(
      ([key, member]) => [key, isSecret(key, member) ? { [FROM_SETTING]: key } : member] as const,
    );
    return [name, Object.fromEntries(members)] as const;
  });
  return Object.fromEntries(cleaned);
}

function isRecord(field: z.ZodType | undefined): boolean {
  if (field instanceof z.ZodOptional || field instanceof z.ZodDefault)
    return isRecord(field.def.innerType as z.ZodType);
  return field instanceof z.ZodRecord;
}

const SECRET_NAME = /passw|pwd|secret|token|api[-_]?key|private[-_]?key|credential/i;
const SECRET_VALUE =
  /:\/\/[^\s/:@]*:[^\s/@]+@|\b(password|passwd|pwd|secret|token|accountkey|sharedaccesskey|apikey)\s*=\s*[^;&\s]/i;

function isSecret(name: string, value: unknown): boolean {
  return typeof value === "string" && value !== "" && (SECRET_NAME.test(name) || SECRET_VALUE.test(value));
}
