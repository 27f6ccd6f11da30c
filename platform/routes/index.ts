import type { FastifyInstance } from "fastify";
import type { CollectedRoutes } from "../open-api.js";
import type { Platform } from "../platform.js";
import { registerApiAccessTokens } from "./api-access-tokens.js";
import { registerAuth } from "./auth.js";
import { registerConnectionPermissions } from "./connection-permissions.js";
import { registerConnections } from "./connections.js";
import { registerDeploymentSchedules } from "./deployment-schedules.js";
import { registerDeployments } from "./deployments.js";
import { registerFaults } from "./faults.js";
import { registerFlowInputs } from "./flow-inputs.js";
import { registerFlowPackages } from "./flow-packages.js";
import { registerFlowRuns } from "./flow-runs.js";
import { registerFlowRunParameterOverrides } from "./flow-run-parameter-overrides.js";
import { registerFlows } from "./flows.js";
import { registerFolders } from "./folders.js";
import { registerImportRules } from "./import-rules.js";
import { registerImportedDatasets } from "./imported-datasets.js";
import { registerJobGroups } from "./job-groups.js";
import { registerJobs } from "./jobs.js";
import { registerOpenApiSpec } from "./open-api-spec.js";
import { registerOutputObjects } from "./output-objects.js";
import { registerPeople } from "./people.js";
import { registerPublications } from "./publications.js";
import { registerReleases } from "./releases.js";
import { registerSchedules } from "./schedules.js";
import { registerSqlScripts } from "./sql-scripts.js";
import { registerWebhookFlowTasks } from "./webhook-flow-tasks.js";
import { registerWorkspaces } from "./workspaces.js";
import { registerWrangledDatasets } from "./wrangled-datasets.js";
import { registerWriteSettings } from "./write-settings.js";

/** Adds the routes of one API; `routes` grows with every route and is complete once the server is ready. */
export type RegisterRoutes = (app: FastifyInstance, platform: Platform, routes: CollectedRoutes) => void;

/** THE list of APIs: one line per file in this folder. */
export const ROUTES: readonly RegisterRoutes[] = [
  registerAuth,
  registerOpenApiSpec,
  registerWorkspaces,
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
  registerFlowInputs,
  registerFolders,
  registerImportedDatasets,
  registerWrangledDatasets,
  registerOutputObjects,
  registerWriteSettings,
  registerPublications,
  registerSqlScripts,
  registerFlowRunParameterOverrides,
  registerWebhookFlowTasks,
  registerFlowRuns,
  registerJobGroups,
  registerJobs,
  registerFaults,
];
