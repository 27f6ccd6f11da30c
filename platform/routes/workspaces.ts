import type { FastifyInstance } from "fastify";
import type { Platform } from "../platform.js";

/**
 * `GET /v4/workspaces/current`: which environment this is. Its id is the one that objects show as `workspace.id`;
 * `stage` is an extension, null where the platform was not told one.
 */
export function registerWorkspaces(app: FastifyInstance, platform: Platform): void {
  app.get(
    "/v4/workspaces/current",
    { config: { summary: "The environment" } },
    async ({ environment: { id, name } }) => {
      const row = await platform.database
        .selectFrom("environments")
        .select("createdAt")
        .where("id", "=", id)
        .executeTakeFirstOrThrow();
      const { stages } = platform.settings;
      const stage = Object.hasOwn(stages, name) ? stages[name] : null;
      return { id, name, stage: stage ?? null, createdAt: row.createdAt };
    },
  );
}
