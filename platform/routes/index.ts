import type { FastifyInstance } from "fastify";
import type { CollectedRoutes } from "../open-api.js";
import type { Platform } from "../platform.js";
import { registerApiAccessTokens } from "./api-access-tokens.js";
import { registerAuth } from "./auth.js";
import { registerConnectionPermissions } from "./connection-permissions.js";
import { registerConnections } from "./connections.js";
import { registerDeploymentSchedules } from "./deployment-schedules.js";
import { registerDeployments } from "./deployments.js";
import { registerFlowPackages } from "./flow-packages.js";
import { registerFlows } from "./flows.js";
import { registerImportRules } from "./import-rules.js";
import { registerOpenApiSpec } from "./open-api-spec.js";
import { registerPeople } from "./people.js";
import { registerReleases } from "./releases.js";
import { registerSchedules } from "./schedules.js";

/** Adds the routes of one API; `routes` grows with every route and is complete once the server is ready. */
export type RegisterRoutes = (app: FastifyInstance, platform: Platform, routes: CollectedRoutes) => void;

/** THE list of APIs: one line per file in this folder. */
export const ROUTES: readonly RegisterRoutes[] = [
  registerAuth,
  registerOpenApiSpec,
  registerPeople,
  registerApiAccessTokens,
  registerConnections,
  registerConnectionPermissions,
  registerDeployments,
  registerImportRules,
  registerReleases,
  registerSchedules,
  registerDeploymentSchedules,
  registerFlows,
  registerFlowPackages,
];
