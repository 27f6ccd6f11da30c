import { buildPackage, writePackage } from "../../../flow/index.js";

/** UUID of the connection that the example's packages name. */
const WAREHOUSE = "a7d6b1c0-0b52-11ef-8c55-0242ac120002";

/** A password that a person put where none belongs; nothing that adopt writes may hold it. */
export const MISPLACED_PASSWORD = "hunter2-misplaced";

/** Names as people give them: other scripts, nothing but signs, code, words of the language, one of another's. */
export const ODD_CONNECTIONS = [
  "Umsätze 2024",
  "売上データ",
  "!!!",
  "class",
  'quote " and \\ backslash',
  "${pulumi.stack} $$ `tick` ${",
  "a b",
  "a-b",
  "line\nbreak",
  "left\u202eright",
  "👩‍💻",
  "3rd party",
  "__proto__",
  "null",
];

/** Deployments with an active release have two releases; others have none. */
export const DEPLOYMENTS = [
  { name: "orders", isReleased: true },
  { name: "Orders", isReleased: true },
  { name: "con", isReleased: false },
  { name: "Lager: Bestände / täglich", isReleased: true },
  { name: "constructor", isReleased: false },
];

type Call = <T>(method: string, path: string, body?: unknown) => Promise<T>;

/** Calls a platform's environment as a person with curl would. */
export function callerOf(endpoint: string, token: string): Call {
  return async <T>(method: string, path: string, body?: unknown) => {
    const isForm = body instanceof FormData;
    const response = await fetch(`${endpoint}${path}`, {
      method,
      headers: {
        authorization: `Bearer ${token}`,
        ...(body !== undefined && !isForm && { "content-type": "application/json" }),
      },
      body: body === undefined ? null : isForm ? body : JSON.stringify(body),
    });
    const text = await response.text();
    if (!response.ok) throw new Error(`${method} ${path}: ${String(response.status)} ${text}`);
    return (text === "" ? undefined : JSON.parse(text)) as T;
  };
}

interface Made {
  readonly id: number;
}

/** Fills an environment by hand; `stores` connections have plain names, beside the odd ones and `warehouse`. */
export async function makeByHand(endpoint: string, token: string, stores: number): Promise<void> {
  const call = callerOf(endpoint, token);
  const warehouse = await call<Made>("POST", "/v4/connections", {
    ...connection("warehouse"),
    uuid: WAREHOUSE,
    host: "db.example.com",
    port: 5432,
    params: { database: "sales", connectStrOpts: `ssl=true;password=${MISPLACED_PASSWORD}` },
    credentialType: "basic",
    credentials: [{ username: "loader", password: "never-comes-back" }],
    description: "For everybody",
    isGlobal: true,
  });
  const plain = Array.from({ length: stores }, (_, index) => `store ${String(index + 1)}`);
  for (const name of [...ODD_CONNECTIONS, ...plain]) await call("POST", "/v4/connections", connection(name));
  const pkg = await packageOf("1.0.0");
  for (const { name, isReleased } of DEPLOYMENTS) {
    const { id } = await call<Made>("POST", "/v4/deployments", { name });
    if (!isReleased) continue;
    const path = `/v4/deployments/${String(id)}`;
    await call("PATCH", `${path}/objectImportRules`, [
      { tableName: "connections", onCondition: { uuid: WAREHOUSE }, withCondition: { id: warehouse.id } },
    ]);
    await call("PATCH", `${path}/valueImportRules`, [
      { type: "s3Bucket", on: "acme-dev", with: "acme-prod" },
      { type: "fileLocation", on: "/\\/in\\/(.*)/", with: "/in/$1" },
    ]);
    for (let times = 0; times < 2; times += 1) await call("POST", `${path}/releases`, pkg);
    for (const [schedule, enabled] of [["nightly", true] as const, [`only ${name}`, false] as const]) {
      const made = await call<Made>("POST", "/v4/deploymentSchedules", {
        name: schedule,
        triggers: [{ timeBased: { daily: { hourOfDay: 2, minuteOfHour: 30 }, timezone: "Europe/Berlin" } }],
        deployment: { id },
        runParameters: { overrides: { data: [{ key: "region", value: "$02" }] } },
      });
      if (!enabled) await call("POST", `/v4/deploymentSchedules/${String(made.id)}/disable`, {});
    }
  }
}

function connection(name: string): Record<string, unknown> {
  return {
    name,
    vendor: "postgres",
    vendorName: "postgres",
    type: "jdbc",
    credentialType: "noAuth",
    params: { "odd key ${x}": "v" },
  };
}

/** With the parameter that the schedules give a value to. */
async function packageOf(version: string): Promise<FormData> {
  const form = new FormData();
  const source = await buildPackage(`examples/quickstart/packages/orders-${version}`);
  const parameters = [{ id: 1, name: "region", value: {} }];
  const flows = source.flows.map((flow) => ({ ...flow, parameters }));
  const bytes = await writePackage({ ...source, flows });
  form.set("data", new Blob([bytes]), `orders-${version}.zip`);
  return form;
}
