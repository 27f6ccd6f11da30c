import { buildPackage } from "../../flow/source.js";
import type { FlowPackage } from "../../flow/index.js";
import { smallPackage, WAREHOUSE_UUID } from "../flow/small-package.js";
import { importByHand, makeDeployment } from "../provider/by-hand.js";
import type { ProviderTest, Values } from "../provider/provider-test.js";

/** What the suite needs to know of a function to call it. */
export interface FunctionCase {
  /** Makes at the platform what the function is asked about; what it gives is handed to `inputs`. */
  prepare?(test: ProviderTest): Promise<Values>;
  /** Every input that fits with the others. */
  inputs(made: Values): Values;
}

/** A secret that the packages and the connection of these cases hold, and that no answer may. */
export const CANARY = "canary-b0a4";

const RULES = { connections: [{ on: { uuid: WAREHOUSE_UUID }, with: "1" }], values: [] };

/** The small package with a webhook that carries the secret wherever one can stand. */
export function packageWithSecrets(): FlowPackage {
  const source = smallPackage();
  return {
    ...source,
    flows: source.flows.map((flow) => ({
      ...flow,
      webhooks: [
        {
          id: 91,
          name: "tell",
          triggerEvent: "any",
          triggerObject: "any",
          url: `https://loader:${CANARY}@hooks.example.com/${CANARY}?token=${CANARY}`,
          method: "post",
          headers: { authorization: `Bearer ${CANARY}` },
          body: `{"token":"${CANARY}"}`,
          secretKey: CANARY,
          verifiesTls: true,
          retries: true,
          nodeIds: [],
        },
      ],
    })),
  };
}

async function makePackages(test: ProviderTest): Promise<Values> {
  const orders = await buildPackage("examples/quickstart/packages/orders-1.0.0");
  const parameters = [{ id: 92, name: "region", value: {} }];
  const other = { ...orders, flows: orders.flows.map((flow) => ({ ...flow, parameters })) };
  return {
    secret: await test.packageFile("secret.zip", packageWithSecrets()),
    other: await test.packageFile("other.zip", other),
  };
}

async function makeConnection(test: ProviderTest): Promise<Values> {
  const { id } = await test.call("POST", "/v4/connections", {
    name: "warehouse",
    uuid: WAREHOUSE_UUID,
    vendor: "postgres",
    vendorName: "postgres",
    type: "jdbc",
    params: { connectStrOpts: `password=${CANARY}` },
    credentialType: "basic",
    credentials: [{ username: "loader", password: CANARY }],
  });
  return { connectionId: String(id) };
}

async function makeRelease(test: ProviderTest): Promise<Values> {
  await makeConnection(test);
  const deploymentId = await makeDeployment(test);
  const { release } = await importByHand(test, deploymentId, packageWithSecrets());
  return { ...(await makePackages(test)), deploymentId, releaseId: String(release.id) };
}

/** One entry for each registered function. */
export const functionCases: Record<string, FunctionCase> = {
  comparePackages: {
    prepare: makePackages,
    inputs: ({ secret, other }) => ({ before: other, after: secret, rules: RULES }),
  },
  getConnection: {
    prepare: makeConnection,
    inputs: () => ({ name: "warehouse" }),
  },
  getDeployment: {
    prepare: makeRelease,
    inputs: () => ({ name: "orders" }),
  },
  getRelease: {
    prepare: makeRelease,
    inputs: ({ releaseId }) => ({ id: releaseId }),
  },
  getReleases: {
    prepare: makeRelease,
    inputs: ({ deploymentId }) => ({ deploymentId }),
  },
  inspectPackage: {
    prepare: makePackages,
    inputs: ({ secret }) => ({ package: secret, rules: RULES }),
  },
  previewImport: {
    prepare: makeRelease,
    inputs: ({ deploymentId, secret }) => ({ deploymentId, package: secret }),
  },
  renderSql: {
    prepare: makePackages,
    inputs: ({ other }) => ({
      package: other,
      recipe: "Daily revenue",
      rules: RULES,
      parameters: { region: "EU" },
      typed: true,
    }),
  },
};
