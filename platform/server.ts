import { randomUUID } from "node:crypto";
import type { IncomingMessage } from "node:http";
import multipart from "@fastify/multipart";
import {
  fastify,
  LogController,
  type FastifyInstance,
  type FastifyRequest,
  type FastifyServerOptions,
} from "fastify";
import { decodeUtf8 } from "../flow/storable-text.js";
import { answerClientError, answerError } from "./answer-error.js";
import { authenticate } from "./auth.js";
import { findTextProblem, findValueProblem } from "./body-problem.js";
import { ApiValidationFailed, RouteNotFoundException } from "./errors.js";
import { BeforeLastWrite } from "./faults/before-last-write.js";
import { installFaults } from "./faults/strike.js";
import { createHostGuard, refuseByRole, refuseTooLarge } from "./guard.js";
import { collectRoutes } from "./open-api.js";
import type { Caller, Platform } from "./platform.js";
import { createRateLimiter } from "./rate-limit.js";
import { redact, type RequestRecord } from "./recording.js";
import { ROUTES } from "./routes/index.js";
import { compileLazily } from "./validation.js";

declare module "fastify" {
  interface FastifyRequest {
    caller: Caller;
    /** The environment in the path. */
    environment: { readonly id: number; readonly name: string };
  }
  interface FastifyContextConfig {
    /** One line for the OpenAPI document. */
    summary?: string;
    /** Status of the answer when all went well; 200 when not given. */
    status?: number;
    /** True: not part of the product's API; marked so in the OpenAPI document. */
    isExtension?: boolean;
    /** Associations that the route's `embed` takes; the OpenAPI document lists them. */
    embeds?: readonly string[];
    /** True: the route answers callers without access itself. */
    isOpen?: boolean;
    /** True: the route takes a package as multipart/form-data. */
    isUpload?: boolean;
  }
}

/** Header of every answer; the same id stands in the log. */
const REQUEST_ID_HEADER = "x-trifacta-request-id";

/** Takes down a request and the status that it was answered; 0 when it was not. */
type TakeDown = (request: FastifyRequest, status: number) => void;

/** Time for the headers of a request, in milliseconds. */
const LONGEST_HEADERS = 30_000;

/** The HTTP application; it listens nowhere yet. `records` receives a record per request when that is switched on. */
export function createServer(
  platform: Platform,
  logger: FastifyServerOptions["logger"],
  records: RequestRecord[],
): FastifyInstance {
  const environments = new WeakMap<IncomingMessage, string>();
  const app: FastifyInstance = fastify({
    ...(logger === undefined ? {} : { logger }),
    logController: new LogController({ disableRequestLogging: true, requestIdLogLabel: "requestId" }),
    genReqId: () => randomUUID(),
    // Behind a proxy everybody would have its address; of the addresses that it tells, the last one is not the caller's word.
    trustProxy: platform.settings.hosts.length > 0 && ((_address, hop) => hop === 0),
    rewriteUrl: (request) => splitEnvironment(platform, environments, request),
    routerOptions: { ignoreTrailingSlash: true },
    exposeHeadRoutes: false,
    bodyLimit: platform.settings.maxBodyBytes,
    requestTimeout: platform.settings.receiveMilliseconds,
    http: {
      headersTimeout: Math.min(platform.settings.receiveMilliseconds, LONGEST_HEADERS),
      // How soon a client is cut off whose time is over.
      connectionsCheckingInterval: Math.min(platform.settings.receiveMilliseconds, 5000),
    },
    // Requests on open connections are still answered while the server drains.
    return503OnClosing: false,
    forceCloseConnections: "idle",
    frameworkErrors: (error, request, reply) => answerError(error, request, reply),
    clientErrorHandler: answerClientError,
  });
  app.setValidatorCompiler(compileLazily);
  acceptBodies(app, platform);
  app.setErrorHandler((error, request, reply) => answerError(error, request, reply));
  app.setNotFoundHandler((request) => {
    throw new RouteNotFoundException(
      `There is no route ${request.method} ${request.url.split("?", 1)[0] ?? ""}`,
    );
  });
  const record: TakeDown = (request, status) => {
    records.push({
      method: request.method,
      path: request.url,
      status,
      environment: environments.get(request.raw) ?? null,
      body: request.isMultipart() ? null : redact(request.body),
      requestId: request.id,
    });
  };
  addHooks(app, platform, environments, platform.settings.recordRequests ? record : null);
  const collected = collectRoutes(app);
  if (platform.faults) {
    platform.faults.attach({
      routes: collected,
      environments: platform.environments,
      beforeLastWrite: new BeforeLastWrite(platform.directory, platform.database, (database) =>
        createServer(asBefore(platform, database), false, []),
      ),
    });
    installFaults(app, platform.faults, platform.settings.recordRequests ? record : () => undefined);
  }
  for (const register of ROUTES) register(app, platform, collected);
  return app;
}

/** The platform over an older copy of its store. */
function asBefore(platform: Platform, database: Platform["database"]): Platform {
  const settings = { ...platform.settings, requestsPerMinute: null, recordRequests: false };
  return { ...platform, database, settings, faults: null };
}

/** Takes `/<environment>` off the path and remembers it; a path without a known one is left and not found. */
function splitEnvironment(
  platform: Platform,
  environments: WeakMap<IncomingMessage, string>,
  request: IncomingMessage,
): string {
  const url = request.url ?? "/";
  const match = /^\/([^/?]+)(\/.*)?$/.exec(url);
  const name = match?.[1];
  if (name === undefined || !platform.environments.has(name)) return url;
  environments.set(request, name);
  return match?.[2] ?? "/";
}

function acceptBodies(app: FastifyInstance, platform: Platform): void {
  app.removeContentTypeParser(["text/plain", "application/json"]);
  const parseJson = app.getDefaultJsonParser("error", "error");
  app.addContentTypeParser<Buffer>("application/json", { parseAs: "buffer" }, (request, bytes, done) => {
    // Clients send the content type with an empty body, too.
    if (bytes.length === 0) return done(null, undefined);
    const refuse = (problem: string) => done(new ApiValidationFailed(problem));
    const body = decodeUtf8(bytes);
    if (body === undefined) return refuse("the body is not text in UTF-8");
    const problem = findTextProblem(body);
    if (problem !== undefined) return refuse(problem);
    void parseJson(request, body, (error, value) => {
      const unstorable = error === null ? findValueProblem(value) : undefined;
      if (unstorable === undefined) done(error, value);
      else refuse(unstorable);
    });
  });
  void app.register(multipart, {
    limits: {
      fileSize: platform.settings.maxPackageBytes,
      files: 1,
      fields: 20,
      fieldSize: platform.settings.maxBodyBytes,
    },
  });
}

function addHooks(
  app: FastifyInstance,
  platform: Platform,
  environments: WeakMap<IncomingMessage, string>,
  record: TakeDown | null,
): void {
  const { requestsPerMinute } = platform.settings;
  const limit = requestsPerMinute === null ? null : createRateLimiter(requestsPerMinute);
  const refuseForeignHosts = createHostGuard(platform.settings);
  app.addHook("onRequest", async (request, reply) => {
    // Answers hold tokens and names: no browser shall guess what they are, and nothing on the way shall keep them.
    reply.headers({
      [REQUEST_ID_HEADER]: request.id,
      "x-content-type-options": "nosniff",
      "cache-control": "no-store",
    });
    refuseForeignHosts(request);
    const name = environments.get(request.raw);
    const id = name === undefined ? undefined : platform.environments.get(name);
    if (name === undefined || id === undefined) {
      throw new RouteNotFoundException(
        `The path must start with an environment of this platform, as in /<environment>/v4/deployments`,
      );
    }
    request.environment = { id, name };
    if (request.routeOptions.config.isOpen) return;
    const caller = await authenticate(platform, request.environment, request);
    request.caller = caller;
    limit?.(request.caller, reply);
    refuseByRole(request, caller);
    refuseTooLarge(request, platform.settings);
  });
  app.addHook("preHandler", async (request, reply) => {
    reply.code(request.routeOptions.config.status ?? 200);
  });
  app.addHook("onResponse", async (request, reply) => {
    const environment = environments.get(request.raw) ?? null;
    request.log.info(
      {
        environment,
        method: request.method,
        path: request.url,
        status: reply.statusCode,
        milliseconds: Math.round(reply.elapsedTime * 10) / 10,
      },
      "answered",
    );
  });
  if (record) {
    // onSend and not onResponse: the record must be there when the client has the answer.
    app.addHook("onSend", async (request, reply) => record(request, reply.statusCode));
  }
}
