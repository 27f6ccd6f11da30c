import { z } from "zod";
import { named } from "./field-rules.js";

/** A secret as a program or a setting states it: the text itself, or a reference to where it is. */
export const secretText = z.union([
  z.string(),
  named(
    "SecretFromEnv",
    z
      .strictObject({ fromEnv: z.string().min(1).describe("Name of the environment variable.") })
      .describe("A secret that is read out of an environment variable whenever it is needed."),
  ),
  named(
    "SecretFromFile",
    z
      .strictObject({ fromFile: z.string().min(1).describe("Path of the file.") })
      .describe("A secret that is read out of a file whenever it is needed."),
  ),
]);

export type SecretText = z.output<typeof secretText>;
