import { ordersProgram } from "../orders.js";
import { pluginOrdersProgram } from "../orders-on-plugin.js";
import type { EngineTest, Program } from "../stack.js";
import type { Host } from "./victims.js";

/** A step in the life of a stack with one resource of every kind. */
export interface Phase {
  readonly name: "create" | "update" | "rollback" | "destroy";
  run(test: EngineTest): Promise<unknown>;
}

/** What cannot be told from somebody else's after a kill is taken over, as the error says. */
const ADOPTED = { connection: { adopt: true }, deployment: { adopt: true }, schedule: { adopt: true } };

const CHANGED = {
  rules: { values: [{ type: "s3Bucket", on: "acme-dev", with: "acme-live" }] },
  schedule: {
    adopt: true,
    triggers: [{ daily: { hourOfDay: 3, minuteOfHour: 30 }, timezone: "Europe/Berlin" }],
  },
} as const;

/** Create; a new package under other rules with another schedule; back to the first of all; destroy. */
export function lifeOn(host: Host): readonly Phase[] {
  const program = (isChanged: boolean): Program =>
    host === "dynamic"
      ? ordersProgram({ ...ADOPTED, ...(isChanged ? { ...CHANGED, version: "1.1.0" } : {}) } as never)
      : pluginOrdersProgram({ ...ADOPTED, ...(isChanged ? { ...CHANGED, version: "1.1.0" } : {}) } as never);
  const up = (isChanged: boolean) => (test: EngineTest) => {
    test.use(program(isChanged));
    return test.stack.up();
  };
  return [
    { name: "create", run: up(false) },
    { name: "update", run: up(true) },
    { name: "rollback", run: up(false) },
    { name: "destroy", run: (test) => test.stack.destroy() },
  ];
}
