import { Ajv, type AnySchema, type ValidateFunction } from "ajv";
import type { FastifySchemaCompiler } from "fastify";

let ajv: Ajv | null = null;

/**
 * Validators for Fastify that are compiled when a route is first asked, not when the server starts: compiling all of
 * them would be most of the time that a start takes.
 */
export const compileLazily: FastifySchemaCompiler<unknown> = ({ schema }) => {
  let compiled: ValidateFunction | null = null;
  const validate = (value: unknown): boolean => {
    compiled ??= compileSchema(schema as AnySchema);
    const isValid = compiled(value);
    validate.errors = compiled.errors ?? [];
    return isValid;
  };
  validate.errors = [] as NonNullable<ValidateFunction["errors"]>;
  return validate;
};

/** Compiles one schema as the routes use it: no value is changed to fit. Throws when the schema itself is wrong. */
export function compileSchema(schema: AnySchema): ValidateFunction {
  ajv ??= new Ajv({ allErrors: true, allowUnionTypes: true, discriminator: true });
  return ajv.compile(schema);
}
