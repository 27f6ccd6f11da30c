import type { FastifyInstance } from "fastify";
import { authenticate } from "../auth.js";
import { UnauthorizedException } from "../errors.js";
import type { Platform } from "../platform.js";

/** `GET /v4/auth`: says with 200 whether the credentials are good, and never answers 401. */
export function registerAuth(app: FastifyInstance, platform: Platform): void {
  app.get(
    "/v4/auth",
    { config: { summary: "Whether the caller has access", isOpen: true } },
    async (request) => {
      try {
        await authenticate(platform, request.environment, request);
        return { body: "OK", headers: {} };
      } catch (error) {
        if (error instanceof UnauthorizedException) return { body: "Unauthorized", headers: {} };
        throw error;
      }
    },
  );
}
