import type { FastifyInstance, RouteOptions } from "fastify";

/** Routes as they were registered: the source of the OpenAPI document. */
export type CollectedRoutes = readonly RouteOptions[];

/** Starts to collect; call it before routes are registered. */
export function collectRoutes(app: FastifyInstance): CollectedRoutes {
  const routes: RouteOptions[] = [];
  app.addHook("onRoute", (route) => {
    if (route.url.startsWith("/v4/")) routes.push(route);
  });
  return routes;
}

/** A route's path as OpenAPI writes it: `/v4/releases/:id` is `/v4/releases/{id}`. */
export function toOpenApiPath(url: string): string {
  return url.replace(/:([A-Za-z]+)/g, "{$1}");
}

/** The OpenAPI 3.0 document of the collected routes, for one environment's base URL. */
export function toOpenApi(routes: CollectedRoutes, productVersion: string, baseUrl: string) {
  const paths: Record<string, Record<string, unknown>> = {};
  for (const route of routes) {
    const path = toOpenApiPath(route.url);
    const methods = (paths[path] ??= {});
    for (const method of [route.method].flat()) methods[method.toLowerCase()] = toOperation(route);
  }
  return {
    openapi: "3.0.3",
    info: { title: "Sluice embedded platform", version: productVersion },
    servers: [{ url: baseUrl }],
    security: [{ bearer: [] }, { basic: [] }],
    components: {
      securitySchemes: {
        bearer: { type: "http", scheme: "bearer" },
        basic: { type: "http", scheme: "basic" },
      },
    },
    paths,
  };
}

interface ObjectSchema {
  readonly properties?: Readonly<Record<string, { readonly description?: string }>>;
  readonly required?: readonly string[];
}

function toOperation(route: RouteOptions) {
  const { summary, status = 200, isExtension, isUpload, embeds = [] } = route.config ?? {};
  const body = isUpload ? UPLOAD_BODY : route.schema?.body && toJsonContent(route.schema.body);
  return {
    ...(summary === undefined ? {} : { summary }),
    ...(isExtension ? { "x-sluice-extension": true } : {}),
    ...(embeds.length > 0 ? { "x-sluice-embeds": embeds } : {}),
    parameters: [
      ...toParameters(route.schema?.params as ObjectSchema | undefined, "path"),
      ...toParameters(route.schema?.querystring as ObjectSchema | undefined, "query"),
    ],
    ...(body ? { requestBody: body } : {}),
    responses: {
      [status]: { description: summary ?? "Done" },
      default: { description: "An error", ...toJsonContent(ERROR_SCHEMA) },
    },
  };
}

function toParameters(schema: ObjectSchema | undefined, place: "path" | "query") {
  return Object.entries(schema?.properties ?? {}).map(([name, { description, ...property }]) => ({
    name,
    in: place,
    required: place === "path" || (schema?.required?.includes(name) ?? false),
    ...(description === undefined ? {} : { description }),
    schema: property,
  }));
}

function toJsonContent(schema: unknown) {
  return { content: { "application/json": { schema } } };
}

const UPLOAD_BODY = {
  content: {
    "multipart/form-data": {
      schema: {
        type: "object",
        properties: { data: { type: "string", format: "binary" } },
        required: ["data"],
      },
    },
  },
};

const ERROR_SCHEMA = {
  type: "object",
  properties: {
    exception: {
      type: "object",
      properties: { name: { type: "string" }, message: { type: "string" }, details: {} },
      required: ["name", "message"],
    },
  },
  required: ["exception"],
};
