import { z } from "zod";
import { defineFunction } from "../framework/define-function.js";
import { listReleases } from "../resources/release-history.js";
import { findObject, idArgument } from "./find-object.js";

const inputs = z.strictObject({
  id: idArgument.optional().describe("Id of the deployment. Give this or the name."),
  name: z.string().min(1).optional().describe("Name of the deployment, which must be the only one of it."),
});

const outputs = z.object({
  id: z.string().describe("Id at the platform; what a Release or a Schedule takes as `deploymentId`."),
  name: z.string().describe("Name of the deployment."),
  activeReleaseId: z
    .string()
    .optional()
    .describe("Id of the release that the platform runs. Left out: none is active."),
  releaseCount: z.int().describe("Number of releases."),
  createdAt: z.string().optional().describe("When it was made, in ISO 8601."),
  updatedAt: z.string().optional().describe("When it was last changed, in ISO 8601."),
});

const row = z.object({
  id: z.int(),
  name: z.string(),
  createdAt: z.string().nullish(),
  updatedAt: z.string().nullish(),
});

/** Deployments as functions look them up. */
export const deployments = { what: "deployment", path: "/v4/deployments", row };

export const getDeployment = defineFunction({
  name: "getDeployment",
  description: "Looks a deployment up that another program, or a person, made: by its name or its id.",
  inputs,
  outputs,
  example: `const orders = sluice.getDeploymentOutput({ name: "orders" });
export const active = orders.activeReleaseId;`,
  usesPlatform: true,

  async invoke({ client }, { id, name }) {
    const found = await findObject(client, deployments, { id, name });
    const releases = await listReleases(client, String(found.id));
    const active = releases.find((release) => release.isActive);
    return {
      id: String(found.id),
      name: found.name,
      ...(active && { activeReleaseId: String(active.id) }),
      releaseCount: releases.length,
      ...(found.createdAt != null && { createdAt: found.createdAt }),
      ...(found.updatedAt != null && { updatedAt: found.updatedAt }),
    };
  },
});
