import type { FlowPackage } from "../../flow/index.js";
import { writePackage } from "../../flow/index.js";
import type { ProviderTest } from "./provider-test.js";

/** Makes a connection at the platform, past the provider; gives its id. */
export async function makeConnection(
  test: Pick<ProviderTest, "call">,
  name: string,
  uuid?: string,
): Promise<string> {
  const { id } = await test.call<{ id: number }>("POST", "/v4/connections", {
    name,
    ...(uuid !== undefined && { uuid }),
    vendor: "postgres",
    vendorName: "postgres",
    type: "jdbc",
    credentialType: "noAuth",
    params: {},
  });
  return String(id);
}

/** Makes a deployment at the platform, past the provider; gives its id. */
export async function makeDeployment(test: ProviderTest, name = "orders"): Promise<string> {
  return String((await test.call<{ id: number }>("POST", "/v4/deployments", { name })).id);
}

/** What the platform says to an import. */
export interface ImportAnswer {
  primaryFlowIds: number[];
  release: { id: number };
}

/** Imports a package into a deployment, past the provider. */
export async function importByHand(
  test: ProviderTest,
  deploymentId: string,
  source: FlowPackage,
): Promise<ImportAnswer> {
  const form = new FormData();
  form.set("data", new Blob([await writePackage(source)]), "by-hand.zip");
  return test.call("POST", `/v4/deployments/${deploymentId}/releases`, form);
}
