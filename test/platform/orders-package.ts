import type { FlowPackage } from "../../flow/model.js";
import { writePackage } from "../../flow/write.js";
import { smallPackage, WAREHOUSE_UUID } from "../flow/small-package.js";
import type { TestPlatform } from "./platform-fixture.js";

/** Body of a connection whose uuid is that of the orders package's connection. */
export const WAREHOUSE_TWIN = {
  uuid: WAREHOUSE_UUID,
  name: "warehouse",
  vendor: "postgres",
  vendorName: "postgres",
  type: "jdbc",
  params: {},
  credentialType: "noAuth",
};

/** The orders package with other metadata, for example a newer product version. */
export function ordersPackage(metadata: Partial<FlowPackage["metadata"]> = {}): FlowPackage {
  const pkg = smallPackage();
  return { ...pkg, metadata: { ...pkg.metadata, ...metadata } };
}

/** Bytes of the orders package. */
export function ordersBytes(metadata: Partial<FlowPackage["metadata"]> = {}): Promise<Uint8Array> {
  return writePackage(ordersPackage(metadata));
}

/** A deployment in an environment where the orders package can be imported without rules; answers its id. */
export async function createOrdersDeployment(platform: TestPlatform): Promise<number> {
  await platform.call("POST", "/v4/connections", WAREHOUSE_TWIN);
  const { body } = await platform.call("POST", "/v4/deployments", { name: "orders" });
  return body.id as number;
}
