import type { FastifyRequest } from "fastify";

/** Schema of a path with `:id`. */
export const idParamsSchema = {
  type: "object",
  properties: { id: { type: "string", pattern: "^[0-9]{1,15}$", description: "Id of the object" } },
  required: ["id"],
} as const;

/** Schema of an id in a body or query: clients send numbers and numeric strings. */
export const idSchema = {
  anyOf: [
    { type: "integer", minimum: 0, maximum: Number.MAX_SAFE_INTEGER },
    { type: "string", pattern: "^[0-9]{1,15}$" },
  ],
} as const;

/** Schema of `{"id": n}`. */
export const referenceSchema = {
  type: "object",
  properties: { id: idSchema },
  required: ["id"],
} as const;

/** An id as `idSchema` allows it. */
export type IdValue = number | string;

/** Route types of a path with `:id`. */
export interface ById {
  Params: { id: string };
}

/** The id in the path. */
export function readId(request: FastifyRequest<ById>): number {
  return Number(request.params.id);
}

/** The number of an id that `idSchema` allowed. */
export function toId(value: IdValue): number {
  return Number(value);
}
