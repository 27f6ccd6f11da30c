/** Whether a fault strikes before anything is done, or when all is done and only the answer is left. */
export type Moment = "before" | "after";

/** What goes wrong with a request. `FAULTS` holds the same as schemas, with what each member means. */
export type Fault =
  | {
      readonly kind: "status";
      readonly status: number;
      readonly when?: Moment;
      readonly retryAfter?: string | number;
      readonly xRetryAfter?: string | number;
      readonly contentType?: string;
      readonly body?: string;
    }
  | { readonly kind: "delay"; readonly milliseconds: number; readonly when?: Moment }
  | { readonly kind: "slow-body"; readonly bytes: number; readonly milliseconds: number }
  | {
      readonly kind: "cut";
      readonly at: "request" | "answer" | "head" | "body" | "end";
      readonly bytes?: number;
    }
  | { readonly kind: "stale" }
  | { readonly kind: "rate-limit"; readonly requests: number; readonly seconds: number }
  | { readonly kind: "truncated"; readonly bytes?: number; readonly contentLength?: "right" | "wrong" }
  | { readonly kind: "crash"; readonly when?: Moment };

/** Which requests a fault strikes. */
export interface FaultRule {
  /** Any method when not given. */
  readonly method?: string;
  /** A path as the OpenAPI document has it, as in `/v4/releases/{id}`; any when not given. */
  readonly route?: string;
  /** Any environment when not given. */
  readonly environment?: string;
  /** How many matching requests pass before the first is struck; 0 when not given. */
  readonly skip?: number;
  /** How many are struck, null: all. 1 when not given; a rate limit strikes all that are too many. */
  readonly times?: number | null;
  readonly fault: Fault;
}

/** A rule in force, and what came of it. */
export interface FaultReport extends FaultRule {
  readonly id: number;
  /** Matching requests so far that no earlier rule struck, until the rule had struck as often as it may. */
  readonly seen: number;
  readonly struck: number;
}

const whenSchema = {
  enum: ["before", "after"],
  description: "Before anything is done (the default), or when all is done and only the answer is left",
} as const;
const headerSchema = { type: ["string", "integer"], maxLength: 100, pattern: "^[\\x20-\\x7e]*$" } as const;
const MOST_MILLISECONDS = 600_000;

/** The members of each kind of fault, and which of them must be given. */
const FAULTS: Record<
  Fault["kind"],
  { readonly description: string; readonly properties: object; readonly required: readonly string[] }
> = {
  status: {
    description: "Answers this status",
    properties: {
      status: { type: "integer", minimum: 200, maximum: 599 },
      when: whenSchema,
      retryAfter: { ...headerSchema, description: "Header Retry-After: seconds or a date" },
      xRetryAfter: { ...headerSchema, description: "Header x-retry-after: seconds" },
      contentType: { type: "string", maxLength: 100, pattern: "^[\\x20-\\x7e]+$" },
      body: {
        type: "string",
        maxLength: 100_000,
        description: "An error in the API's envelope when not given",
      },
    },
    required: ["status"],
  },
  delay: {
    description: "Waits; a request is carried out then although its sender may be gone",
    properties: {
      milliseconds: { type: "integer", minimum: 1, maximum: MOST_MILLISECONDS },
      when: whenSchema,
    },
    required: ["milliseconds"],
  },
  "slow-body": {
    description: "Sends the answer's body in small pieces",
    properties: {
      bytes: { type: "integer", minimum: 1, description: "Size of a piece" },
      milliseconds: {
        type: "integer",
        minimum: 1,
        maximum: MOST_MILLISECONDS,
        description: "Pause before each piece",
      },
    },
    required: ["bytes", "milliseconds"],
  },
  cut: {
    description: "Resets the connection",
    properties: {
      at: {
        enum: ["request", "answer", "head", "body", "end"],
        description:
          "request: nothing is done. answer: all is done and nothing answered. head: after the answer's head. body: after `bytes` of its body. end: after the whole answer",
      },
      bytes: { type: "integer", minimum: 0, description: "Half of the body when not given" },
    },
    required: ["at"],
  },
  stale: {
    description: "Answers a GET as it was before the last write; strikes nothing before there was one",
    properties: {},
    required: [],
  },
  "rate-limit": {
    description: "Answers 429 to what a person asks beyond so many requests in so many seconds",
    properties: {
      requests: { type: "integer", minimum: 0 },
      seconds: { type: "number", exclusiveMinimum: 0, maximum: 3600 },
    },
    required: ["requests", "seconds"],
  },
  truncated: {
    description: "Sends only the beginning of the body",
    properties: {
      bytes: { type: "integer", minimum: 0, description: "Half of the body when not given" },
      contentLength: {
        enum: ["right", "wrong"],
        description:
          "Content-Length of what is sent (the default), or of all; the connection ends early then",
      },
    },
    required: [],
  },
  crash: {
    description: "Ends the platform's process at once",
    properties: { when: whenSchema },
    required: [],
  },
};

/** Schema of a rule as it is posted; the environment is the one in the path. */
export const faultRuleSchema = {
  type: "object",
  properties: {
    method: {
      enum: ["GET", "POST", "PUT", "PATCH", "DELETE"],
      description: "Any when not given",
    },
    route: {
      type: "string",
      maxLength: 200,
      description: "A path of this document, as in /v4/releases/{id}; any when not given",
    },
    skip: { type: "integer", minimum: 0, description: "How many matching requests pass first; 0 by default" },
    times: {
      type: ["integer", "null"],
      minimum: 1,
      description: "How many are struck, null: all; 1 by default, of a rate limit null",
    },
    fault: {
      type: "object",
      discriminator: { propertyName: "kind" },
      required: ["kind"],
      oneOf: Object.entries(FAULTS).map(([kind, { description, properties, required }]) => ({
        type: "object",
        description,
        properties: { kind: { const: kind }, ...properties },
        required: ["kind", ...required],
        additionalProperties: false,
      })),
    },
  },
  required: ["fault"],
  additionalProperties: false,
} as const;
