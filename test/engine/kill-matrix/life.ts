import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { writePackage } from "../../../flow/index.js";
import { RUNNABLE } from "../../provider/runnable-orders.js";
import { ordersProgram, writeOrdersPackages } from "../orders.js";
import type { OrdersChanges } from "../orders.js";
import { pluginOrdersProgram } from "../orders-on-plugin.js";
import type { PluginOrdersChanges } from "../orders-on-plugin.js";
import type { EngineTest } from "../stack.js";
import { WAREHOUSE_FILE } from "./sample.js";
import type { Host } from "./victims.js";

/** A step in the life of a stack that sends every kind of write. */
export interface Phase {
  readonly name: "create" | "update" | "rollback" | "refused" | "destroy";
  run(test: EngineTest): Promise<unknown>;
  /** What then must find nothing to do. */
  rest(test: EngineTest): Promise<unknown>;
}

/** The program at some time: all that differs from the ordinary one. */
type Changes = OrdersChanges & PluginOrdersChanges;

const VERIFY = { timeoutSeconds: 60, minRows: 1 };
const WAREHOUSE = { vendor: "duckdb", host: undefined, params: { database: WAREHOUSE_FILE } };

/** What cannot be told from somebody else's after a kill is taken over with `adopt`, as the error says. */
const FIRST = {
  version: "1.0.0",
  connection: { ...WAREHOUSE, adopt: true, sharing: [{ personId: 2 }] },
  deployment: { adopt: true },
  release: { verify: VERIFY },
  schedule: { adopt: true, enabled: false },
} as unknown as Changes;

const CHANGED = {
  version: "1.1.0",
  connection: { ...FIRST.connection, description: "Rows for reports", sharing: [{ personId: 3 }] },
  deployment: { adopt: true, name: "orders of all regions" },
  rules: { values: [{ type: "s3Bucket", on: "acme-dev", with: "acme-live" }] },
  release: { verify: VERIFY },
  schedule: {
    adopt: true,
    enabled: true,
    triggers: [{ daily: { hourOfDay: 3, minuteOfHour: 30 }, timezone: "Europe/Berlin" }],
  },
} as unknown as Changes;

/** The package and the rules of before; the rest stays. */
const BACK = {
  ...CHANGED,
  version: "1.0.0",
  rules: {},
  schedule: { ...CHANGED.schedule, enabled: false },
} as Changes;

/** A package whose run does not end. */
const ENDLESS = {
  ...BACK,
  release: { package: "endless.zip", verify: { timeoutSeconds: 1 } },
} as Changes;

/** Create; all that can change; back to the first package; one that does not pass its verification; destroy. */
export function lifeOn(host: Host): readonly Phase[] {
  const become = (changes: Changes) => (test: EngineTest) => {
    test.use(host === "dynamic" ? ordersProgram(changes) : pluginOrdersProgram(changes));
    return test.stack.up();
  };
  const rest = (test: EngineTest) => test.stack.preview({ expectNoChanges: true });
  return [
    { name: "create", run: become(FIRST), rest },
    { name: "update", run: become(CHANGED), rest },
    { name: "rollback", run: become(BACK), rest },
    {
      name: "refused",
      run: async (test) => {
        const message = await test.failureOf(() => become(ENDLESS)(test));
        if (!message.includes("did not pass its verification")) throw new Error(message);
      },
      // It has left everything as the program of before has it.
      rest: (test) => {
        test.use(host === "dynamic" ? ordersProgram(BACK) : pluginOrdersProgram(BACK));
        return rest(test);
      },
    },
    { name: "destroy", run: (test) => test.stack.destroy(), rest: (test) => test.stack.destroy() },
  ];
}

/** Writes the packages of all phases into the program's folder. */
export async function writePackages(test: EngineTest): Promise<void> {
  await writeOrdersPackages(test);
  await writeFile(join(test.folder, "endless.zip"), await writePackage(RUNNABLE.endless()));
}
