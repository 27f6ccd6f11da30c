import { createRequire } from "node:module";
import * as pulumi from "@pulumi/pulumi";
import type * as Sluice from "pulumi-sluice";
import type * as SluicePlugin from "pulumi-sluice/plugin";
import { applyRules, describeContents } from "../flow/index.js";
import { buildFromSource } from "../flow/source.js";

/** File of the package that every release has, in the program's folder. */
export const PACKAGE = "small.zip";

/** A flow as small as real ones get: one dataset, two recipes, one output, no connection. */
export const SMALL_SOURCE = {
  uuid: "0d5f6a0e-6f1c-11ef-8e51-0242ac120002",
  exportedAt: "2024-09-10T08:00:00.000Z",
  flows: [
    {
      name: "Visits",
      datasets: { "visits.csv": { file: "s3://acme/visits.csv", columns: ["day", "page", "count"] } },
      recipes: {
        Clean: {
          from: "visits.csv",
          steps: [
            "settype col: count type: Integer",
            "filter type: custom rowType: single row: ISMISSING([page]) action: Delete",
          ],
        },
        Daily: {
          from: "Clean",
          steps: ["groupby type: agg group: day value: visits = SUM(count)"],
        },
      },
      outputs: [{ recipe: "Daily", file: "s3://acme/daily.csv", action: "overwrite" }],
    },
  ],
};

const load = createRequire(__filename);

type Sdk = Pick<typeof Sluice | typeof SluicePlugin, "Deployment" | "Release">;

/** Half deployments, half releases. Loaded the way a program loads them: compiled. */
function sluiceProgram(sdkName: "pulumi-sluice" | "pulumi-sluice/plugin") {
  return (resources: number): void => {
    const sluice = load(sdkName) as Sdk;
    for (let index = 0; index < resources / 2; index += 1) {
      const deployment = new sluice.Deployment(`visits-${index}`, { name: `visits ${index}` });
      new sluice.Release(`visits-${index}`, { deploymentId: deployment.id, package: PACKAGE });
    }
  };
}

/** Kinds of resources in {@link everyKindProgram}. */
export const KINDS = 5;

/** As many resources of every kind: each deployment has rules, a release and a schedule. */
function everyKindProgram(resources: number): void {
  const sluice = load("pulumi-sluice/plugin") as typeof SluicePlugin;
  for (let index = 0; index < resources / KINDS; index += 1) {
    const name = `visits-${index}`;
    const warehouse = new sluice.Connection(name, { name, vendor: "postgres", host: "db.example.com" });
    const { id: deploymentId } = new sluice.Deployment(name, { name });
    const { connections } = new sluice.ImportRules(name, {
      deploymentId,
      connections: [{ on: { id: "1" }, with: warehouse.id }],
    });
    new sluice.Release(name, { deploymentId, package: PACKAGE, rules: { connections } });
    new sluice.Schedule(name, {
      ...{ deploymentId, name },
      triggers: [{ daily: { hourOfDay: 2, minuteOfHour: 30 }, timezone: "Europe/Berlin" }],
    });
  }
}

function noopProgram(make: (name: string, inputs: Record<string, unknown>) => void) {
  return (resources: number): void => {
    for (let index = 0; index < resources; index += 1) make(`noop-${index}`, { name: `noop ${index}` });
  };
}

/** As long as the one that releases get that write to the same place. */
const FINDING = `output-shared: s3://acme/daily.csv is written by ${"bench/plugin-sluice/visits-100 and ".repeat(3)} others`;

/** The engine reads and writes values of the same kind and size as Sluice's, in the same order, and nothing is done for them. */
function noopAlikeProgram(resources: number): void {
  const source = buildFromSource(SMALL_SOURCE, "small package");
  const contents = describeContents(applyRules(source, { connections: [], values: [] }));
  for (let index = 0; index < resources / 2; index += 1) {
    const owner = `bench/plugin-noop-alike/visits-${index}`;
    const deployment = new PluginNoOp(`deployment-${index}`, {
      ...{ name: `visits ${index}`, owner, adopt: false, forceDelete: false },
    });
    new PluginNoOp(`release-${index}`, {
      ...{ deploymentId: deployment.id, package: PACKAGE, owner, contents, contentDigest: "0".repeat(64) },
      ...{ action: "deploy: the first release from this program", active: true, adopt: false, notes: "" },
      ...{ editedInPlace: "warn", findings: [FINDING], severities: {} },
      refresh: true,
    });
  }
}

/** What is compared, by the names of the stacks. */
export const programs = {
  "dynamic-noop": noopProgram((name, inputs) => new NoOp(name, inputs)),
  "dynamic-sluice": sluiceProgram("pulumi-sluice"),
  "plugin-noop": noopProgram((name, inputs) => new PluginNoOp(name, inputs)),
  "plugin-noop-alike": noopAlikeProgram,
  "plugin-sluice": sluiceProgram("pulumi-sluice/plugin"),
  "plugin-every-kind": everyKindProgram,
};

/** Name of a stack, which is what its program is called. */
export type StackName = keyof typeof programs;

/** As little as a dynamic resource can be: it is made of its inputs and talks to nobody. */
class NoOp extends pulumi.dynamic.Resource {
  constructor(name: string, inputs: Record<string, unknown>) {
    const provider: pulumi.dynamic.ResourceProvider = {
      create: (given: unknown) => Promise.resolve({ id: "noop", outs: given }),
    };
    super(provider, name, inputs);
  }
}

/** A resource of the plugin that does nothing. */
class PluginNoOp extends pulumi.CustomResource {
  constructor(name: string, inputs: Record<string, unknown>) {
    super("noop:index:Thing", name, inputs);
  }
}
