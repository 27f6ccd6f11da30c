import { z } from "zod";
import type { Client } from "../client/client.js";
import type { ExistingObject } from "../framework/define-resource.js";

/** Every deployment that the account sees; what belongs to one is called by its name. */
export async function listDeployments(client: Client): Promise<ExistingObject[]> {
  const rows = await client.list("/v4/deployments", z.object({ id: z.int(), name: z.string() }));
  return rows.map(({ id, name }) => ({ id: String(id), name }));
}

/** The deployment with this id. Throws NotFound. */
export async function requireDeployment(client: Client, id: string): Promise<ExistingObject> {
  const found = await client.getById("/v4/deployments", id, z.object({ id: z.int(), name: z.string() }));
  return { id: String(found.id), name: found.name };
}
