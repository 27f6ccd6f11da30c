import type { FastifyInstance } from "fastify";
import { toOpenApi, type CollectedRoutes } from "../open-api.js";
import type { Platform } from "../platform.js";

/** `GET /v4/open-api-spec`: what this platform can do, made from its own routes. */
export function registerOpenApiSpec(app: FastifyInstance, platform: Platform, routes: CollectedRoutes): void {
  app.get(
    "/v4/open-api-spec",
    { config: { summary: "The OpenAPI document of this platform" } },
    async (request) =>
      toOpenApi(
        routes,
        platform.settings.productVersion,
        `http://${request.host}/${request.caller.environment}`,
      ),
  );
}
