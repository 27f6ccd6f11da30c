import { expect } from "vitest";
import type { FlowPackage } from "../../flow/model.js";
import { readPackage } from "../../flow/read.js";
import { writePackage } from "../../flow/write.js";
import { smallPackage, WAREHOUSE_UUID } from "../flow/small-package.js";
import { startTestPlatform, TOKEN, type Answer, type TestPlatform } from "./platform-fixture.js";

/** The multipart body of an import; `fields` are further parts. */
export async function packageForm(
  pkg: FlowPackage | Uint8Array,
  { part = "data", ...fields }: Record<string, string> = {},
): Promise<FormData> {
  const form = new FormData();
  for (const [name, value] of Object.entries(fields)) form.set(name, value);
  const bytes = pkg instanceof Uint8Array ? pkg : await writePackage(pkg);
  form.set(part, new Blob([new Uint8Array(bytes)]), "package.zip");
  return form;
}

/** Creates a connection with the uuid of the small package's stub, or another one; answers its id. */
export async function createWarehouse(platform: TestPlatform, uuid = WAREHOUSE_UUID): Promise<number> {
  const created = await platform.call("POST", "/v4/connections", {
    uuid,
    name: "warehouse",
    vendor: "postgres",
    vendorName: "postgres",
    type: "jdbc",
    credentialType: "basic",
    params: {},
    host: "db.example.com",
    port: 5432,
  });
  expect(created.status).toBe(201);
  return created.body.id as number;
}

/** Imports a package into the caller's flows; the import must succeed. */
export async function importFlows(platform: TestPlatform, pkg: FlowPackage | Uint8Array): Promise<Answer> {
  const imported = await platform.call("POST", "/v4/flows/package", await packageForm(pkg));
  expect(imported.status).toBe(201);
  return imported;
}

/** The package that a flow exports, read back. */
export async function exportFlow(platform: TestPlatform, flowId: number, query = ""): Promise<FlowPackage> {
  const response = await fetch(`${platform.endpoint("dev")}/v4/flows/${flowId}/package${query}`, {
    headers: { authorization: `Bearer ${TOKEN}` },
  });
  expect(response.status).toBe(200);
  return readPackage(new Uint8Array(await response.arrayBuffer()));
}

/** A platform that holds the small package's flow, with the ids that its import answered. */
export async function startWithSmallFlow() {
  const platform = await startTestPlatform();
  const connectionId = await createWarehouse(platform);
  const { body } = await importFlows(platform, smallPackage());
  const nodeId = Number(body.createdObjectMapping.flownodes["13"]);
  return {
    platform,
    connectionId,
    flowId: Number(body.primaryFlowIds[0]),
    /** The recipe `Clean`. */
    nodeId,
    /** The dataset `orders.csv`. */
    fileDatasetId: Number(body.createdObjectMapping.datasources["41"]),
    tableDatasetId: Number(body.createdObjectMapping.datasources["42"]),
    outputId: Number(body.createdObjectMapping.outputobjects["61"]),
  };
}

/** Headers of a new person who is no administrator. */
export async function createPerson(platform: TestPlatform, email: string): Promise<Record<string, string>> {
  const password = "long-enough-password";
  const created = await platform.call("POST", "/v4/people", { email, password });
  expect(created.status).toBe(201);
  return { authorization: `Basic ${Buffer.from(`${email}:${password}`).toString("base64")}` };
}
