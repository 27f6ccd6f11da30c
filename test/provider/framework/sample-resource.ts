import { z } from "zod";
import type { ResourceDefinition } from "../../../provider/framework/define-resource.js";
import { defineResource } from "../../../provider/framework/define-resource.js";
import {
  absentAs,
  derived,
  immutable,
  localOnly,
  replaceWhen,
  secret,
  serverDefault,
  unordered,
  writeOnly,
} from "../../../provider/framework/field-rules.js";

const text = z.string().optional();

/** One field for each field rule; its methods do nothing, as these tests are about what goes around them. */
export const sample: ResourceDefinition = defineResource({
  name: "Sample",
  description: "A resource for tests.",
  api: "/v4/samples",
  inputs: z.strictObject({
    ordinary: text,
    immutable: immutable(text, "it is part of the id"),
    shrinking: replaceWhen(
      z.int().optional(),
      "it only grows",
      (before, after) => typeof before === "number" && typeof after === "number" && after < before,
    ),
    secret: secret(text, "it is a password"),
    writeOnly: writeOnly(z.record(z.string(), z.unknown()).optional(), "it never comes back"),
    serverDefault: serverDefault(text, "people set it by hand"),
    unordered: unordered(z.array(z.looseObject({})).optional(), "a set"),
    derived: derived(text, "worked out"),
    localOnly: localOnly(text, "only looked at here"),
    absentAs: absentAs(z.array(z.string()).optional(), "none is an empty list", []),
  }),
  outputs: z.object({ made: z.string() }),
  examples: { minimal: "", full: "" },
  create: () => Promise.resolve({ id: "1", outputs: { made: "now" } }),
  read: () => Promise.resolve({ inputs: {}, outputs: { made: "now" } }),
  existing: {
    list: () => Promise.resolve([]),
    read: () => Promise.resolve({ inputs: {}, outputs: { made: "now" } }),
  },
  update: () => Promise.resolve({ made: "now" }),
  delete: () => Promise.resolve(),
});

/** The sample with other members. */
export function sampleWith(changes: Partial<ResourceDefinition>): ResourceDefinition {
  return { ...sample, ...changes };
}

/** The sample with other inputs. */
export function sampleOf(shape: z.ZodRawShape): ResourceDefinition {
  return sampleWith({ inputs: z.strictObject(shape) });
}

/** What every host adds. */
export const OWNER = { owner: "project/stack/sample" };
