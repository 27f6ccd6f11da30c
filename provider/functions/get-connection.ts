import { z } from "zod";
import { defineFunction } from "../framework/define-function.js";
import { remote as connectionRow } from "../resources/connection.js";
import { findObject, idArgument } from "./find-object.js";

const inputs = z.strictObject({
  id: idArgument.optional().describe("Id of the connection. Give this, the name or the UUID."),
  name: z.string().min(1).optional().describe("Name of the connection, which must be the only one of it."),
  uuid: z.string().min(1).optional().describe("UUID of the connection; what packages refer to."),
});

const outputs = z.object({
  id: z.string().describe("Id at the platform; what import rules point to."),
  uuid: z.string().describe("Unique across instances; what packages refer to."),
  name: z.string().describe("Name of the connection."),
  vendor: z.string().optional().describe("Kind of system, for example `postgres`."),
  type: z.string().describe("Protocol family of the vendor: `jdbc`, `rest` or `remotefile`."),
  host: z.string().optional().describe("Host name or address."),
  port: z.int().optional().describe("TCP port."),
  credentialType: z
    .string()
    .optional()
    .describe(
      "How the platform signs in, for example `basic`. The credentials themselves are never answered.",
    ),
  description: z.string().describe("Shown in the platform's connection list."),
  isGlobal: z.boolean().describe("Whether it is available to everybody."),
});

/** Without params: a connection string among them may hold a password. */
const row = connectionRow.omit({ params: true });

export const getConnection = defineFunction({
  name: "getConnection",
  description:
    "Looks a connection up that another program, or a person, made: by its name, its id or its UUID. Import rules can point to it. Parameters and credentials are left out.",
  inputs,
  outputs,
  example: `const warehouse = sluice.getConnectionOutput({ name: "warehouse" });
new sluice.ImportRules("orders", {
  deploymentId: deployment.id,
  connections: [{ on: { uuid: "a7d6b1c0-0b52-11ef-8c55-0242ac120002" }, with: warehouse.id }],
});`,
  usesPlatform: true,

  async invoke({ client }, wanted) {
    const { id, name, uuid } = wanted;
    const found = await findObject(
      client,
      { what: "connection", path: "/v4/connections", row },
      { id, name, uuid },
    );
    return {
      id: String(found.id),
      uuid: found.uuid,
      name: found.name,
      ...(found.vendor && { vendor: found.vendor }),
      type: found.type,
      ...(found.host && { host: found.host }),
      ...(found.port && { port: Number(found.port) }),
      ...(found.credentialType && { credentialType: found.credentialType }),
      description: found.description ?? "",
      isGlobal: found.isGlobal ?? false,
    };
  },
});
