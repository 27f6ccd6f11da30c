import type { AdoptedObject } from "../../../cli/adopt/adopted-object.js";
import { findDefinition } from "../../../provider/registry.js";

/** An object as it is after reading. */
export function adopted(
  type: string,
  id: string,
  name: string,
  inputs: Readonly<Record<string, unknown>>,
  remarks: readonly string[] = [],
): AdoptedObject {
  const definition = findDefinition(type);
  if (definition === undefined) throw new Error(`there is no ${type}`);
  return { definition, id, name, inputs, remarks, warnings: [] };
}

const RULES = {
  connections: [{ on: { uuid: "d75255f0-a245-11e7-8618-adc1dbb4bed0" }, with: "7" }],
  values: [{ type: "fileLocation", on: "/\\/dev\\/(.*)/", with: "/prod/$1" }],
};

/** A deployment with one resource of every kind, and a connection. */
export const ORDERS: readonly AdoptedObject[] = [
  adopted("Schedule", "5", "nightly", {
    deploymentId: "3",
    name: "nightly",
    triggers: [{ daily: { hourOfDay: 2, minuteOfHour: 30 }, timezone: "Europe/Berlin" }],
  }),
  adopted("Release", "3", "orders", {
    deploymentId: "3",
    package: "packages/orders-9.zip",
    rules: RULES,
    notes: 'the "first" one, for $5\n',
  }),
  adopted("ImportRules", "3", "orders", { deploymentId: "3", ...RULES }),
  adopted("Deployment", "3", "orders", { name: "orders" }),
  adopted(
    "Connection",
    "7",
    "Umsätze",
    {
      name: "Umsätze",
      vendor: "postgres",
      port: 5432,
      params: { "connect opts": { "sluice:fromSetting": "connect opts" }, ssl: true, __proto__x: "${a}" },
    },
    ["credentials are not here"],
  ),
];
