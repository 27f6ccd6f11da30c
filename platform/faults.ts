import type { FastifyReply, FastifyRequest } from "fastify";
import { suggestWord } from "../flow/language/nearest-word.js";
import { toProblems } from "./answer-error.js";
import { DataNotFoundException, ValidationFailed } from "./errors.js";
import type { BeforeLastWrite } from "./faults/before-last-write.js";
import { faultRuleSchema, type Fault, type FaultReport, type FaultRule } from "./faults/fault.js";
import { toOpenApiPath, type CollectedRoutes } from "./open-api.js";
import { createRateLimiter, type RateLimiter } from "./rate-limit.js";
import { compileSchema } from "./validation.js";

/** Paths of the control itself; no fault strikes them. */
export const FAULTS_PATH = "/v4/faults";

interface StoredRule {
  readonly id: number;
  readonly rule: FaultRule;
  /** Null: no end. */
  readonly times: number | null;
  readonly limit: RateLimiter | null;
  seen: number;
  struck: number;
}

/** What the control needs of the server that it strikes. */
export interface FaultySurroundings {
  readonly routes: CollectedRoutes;
  readonly environments: ReadonlyMap<string, number>;
  readonly beforeLastWrite: BeforeLastWrite;
}

/**
 * Makes requests go wrong on purpose, by rules. Of the rules that match a request, the first that is due strikes it; those
 * behind it do not count that request. Only requests with access are struck.
 */
export class FaultControl {
  readonly #rules = new Map<number, StoredRule>();
  readonly #ending = new AbortController();
  #last = 0;
  #forgetting: Promise<void> = Promise.resolve();
  #surroundings: FaultySurroundings | null = null;

  /** @param crash ends the process at once; null where that would end more than the platform. */
  constructor(readonly crash: (() => void) | null) {}

  /** Ends every pause when the platform stops. */
  get ending(): AbortSignal {
    return this.#ending.signal;
  }

  /** What stale reads come from. */
  get beforeLastWrite(): BeforeLastWrite {
    return this.#in().beforeLastWrite;
  }

  /** Whether a write has to be preceded by a copy, which costs time. */
  get isCopying(): boolean {
    return this.#hasStale();
  }

  /** Says what the rules are about; to be called once, before a rule is added. */
  attach(surroundings: FaultySurroundings): void {
    this.#surroundings = surroundings;
  }

  /**
   * Puts a rule in force, behind those that there are. Throws `ValidationFailed` when it is not well formed, or speaks of
   * a route or environment that this platform has not.
   */
  add(rule: FaultRule): FaultReport {
    this.#check(rule);
    const { fault } = rule;
    const isLimit = fault.kind === "rate-limit";
    // What is kept from earlier rules is from before some write, and not from before the last one.
    if (fault.kind === "stale" && !this.#hasStale()) this.#forgetting = this.#in().beforeLastWrite.forget();
    this.#last += 1;
    const stored: StoredRule = {
      id: this.#last,
      rule: { ...rule, ...(rule.route === undefined ? {} : { route: toOpenApiPath(rule.route) }) },
      times: rule.times === undefined ? (isLimit ? null : 1) : rule.times,
      limit: isLimit ? createRateLimiter(fault.requests, fault.seconds * 1000) : null,
      seen: 0,
      struck: 0,
    };
    this.#rules.set(stored.id, stored);
    return toReport(stored);
  }

  /** Every rule that strikes requests of the environment, of all when none is given, in order. */
  list(environment?: string): FaultReport[] {
    return this.#of(environment).map(toReport);
  }

  /** Ends a rule. Throws `DataNotFoundException` when it is not there. */
  remove(id: number, environment?: string): void {
    const stored = this.#of(environment).find((one) => one.id === id);
    if (!stored) throw new DataNotFoundException(`There is no fault rule ${id}`);
    this.#rules.delete(id);
  }

  /** Ends every rule that strikes requests of the environment, of all when none is given. */
  clear(environment?: string): void {
    for (const { id } of this.#of(environment)) this.#rules.delete(id);
  }

  /** The fault that strikes this request, which counts it. Throws what a rate limit answers. */
  next(request: FastifyRequest, reply: FastifyReply): Fault | null {
    const route = toOpenApiPath(request.routeOptions.url ?? "");
    if (route.startsWith(FAULTS_PATH)) return null;
    for (const stored of this.#rules.values()) {
      const { rule, times, limit } = stored;
      if (rule.method !== undefined && rule.method !== request.method) continue;
      if (rule.route !== undefined && rule.route !== route) continue;
      if (rule.environment !== undefined && rule.environment !== request.environment.name) continue;
      if (times !== null && stored.struck >= times) continue;
      stored.seen += 1;
      if (stored.seen <= (rule.skip ?? 0) || !this.#isDue(rule.fault, request)) continue;
      if (limit === null) {
        stored.struck += 1;
        return rule.fault;
      }
      if (!request.routeOptions.config.isOpen) strikeAbove(limit, stored, request, reply);
    }
    return null;
  }

  /** Ends pauses, and removes what stale reads came from. */
  async close(): Promise<void> {
    this.#ending.abort();
    await this.#forgetting;
    await this.#surroundings?.beforeLastWrite.close();
  }

  #isDue({ kind }: Fault, { method, environment }: FastifyRequest): boolean {
    return kind !== "stale" || (method === "GET" && this.#in().beforeLastWrite.isKnown(environment.name));
  }

  #hasStale(): boolean {
    return [...this.#rules.values()].some(
      ({ rule, times, struck }) => rule.fault.kind === "stale" && (times === null || struck < times),
    );
  }

  #of(environment: string | undefined): StoredRule[] {
    return [...this.#rules.values()].filter(
      ({ rule }) =>
        environment === undefined || rule.environment === undefined || rule.environment === environment,
    );
  }

  #check({ environment, ...posted }: FaultRule): void {
    const isValid = compileSchema(faultRuleSchema);
    if (!isValid(posted)) throw wrong(...toProblems(isValid.errors ?? [], "rule"));
    const { environments } = this.#in();
    if (environment !== undefined && !environments.has(environment)) {
      throw wrong(
        `environment: this platform has no "${environment}"${suggestWord(environment, environments.keys())}`,
      );
    }
    this.#checkRoute(posted);
    if (posted.fault.kind === "stale" && (posted.method ?? "GET") !== "GET")
      throw wrong(`method: only a GET can be stale, not a ${posted.method}`);
    if (posted.fault.kind === "crash" && this.crash === null) {
      throw wrong(
        "fault.kind: this platform shares its process with others, which would end with it; start it with `sluice platform start --faults`, or give startPlatform a function `crash`",
      );
    }
  }

  #checkRoute({ route, method }: FaultRule): void {
    if (route === undefined) return;
    const path = toOpenApiPath(route);
    const { routes } = this.#in();
    const methods = routes.filter(({ url }) => toOpenApiPath(url) === path).flatMap((known) => known.method);
    if (methods.length === 0) {
      const known = routes.map(({ url }) => toOpenApiPath(url));
      throw wrong(
        `route: there is no ${route}${suggestWord(path, known)}; GET /v4/open-api-spec lists them all`,
      );
    }
    if (method !== undefined && !methods.includes(method))
      throw wrong(`method: ${route} takes ${methods.join(", ")}, not ${method}`);
  }

  #in(): FaultySurroundings {
    if (this.#surroundings === null) throw new Error("the server is not there yet");
    return this.#surroundings;
  }
}

/** Whoever adds a rule in this process reads the message, who posts one the details. */
function wrong(...problems: readonly string[]): ValidationFailed {
  return new ValidationFailed([...problems], `The fault rule cannot be used: ${problems.join("; ")}`);
}

function strikeAbove(
  limit: RateLimiter,
  stored: StoredRule,
  request: FastifyRequest,
  reply: FastifyReply,
): void {
  try {
    limit(request.caller, reply);
  } catch (error) {
    stored.struck += 1;
    throw error;
  }
}

function toReport({ id, rule, times, seen, struck }: StoredRule): FaultReport {
  return { id, ...rule, skip: rule.skip ?? 0, times, seen, struck };
}
