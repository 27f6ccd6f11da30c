import { describe, expect, it } from "vitest";
import { planProgram } from "../../../cli/adopt/program.js";
import type { ProgramResource } from "../../../cli/adopt/program.js";
import { flatten } from "../../../cli/adopt/references.js";
import { registry } from "../../../provider/registry.js";
import { adopted, ORDERS } from "./objects.js";

/** What a resource refers to, as `type.output`. */
function targetsOf(resource: ProgramResource | undefined): string[] {
  const values = (resource?.arguments ?? []).flatMap(([, value]) => flatten(value));
  return values.flatMap((value) =>
    value.kind === "reference" ? [`${value.to.definition.name} ${value.to.id}.${value.output}`] : [],
  );
}

function find(resources: readonly ProgramResource[], type: string, id?: string): ProgramResource | undefined {
  return resources.find(
    ({ object }) => object.definition.name === type && (id === undefined || object.id === id),
  );
}

function literalsOf(resource: ProgramResource | undefined): unknown[] {
  const values = (resource?.arguments ?? []).flatMap(([, value]) => flatten(value));
  return values.flatMap((value) => (value.kind === "literal" ? [value.value] : []));
}

describe("the plan of a program", () => {
  it("refers to other resources where their ids or fields stand", () => {
    const resources = planProgram(ORDERS);
    expect(targetsOf(find(resources, "ImportRules"))).toEqual(["Deployment 3.id", "Connection 7.id"]);
    expect(targetsOf(find(resources, "Release"))).toEqual([
      "Deployment 3.id",
      "ImportRules 3.connections",
      "ImportRules 3.values",
    ]);
    expect(targetsOf(find(resources, "Schedule"))).toEqual(["Release 3.deploymentId"]);
  });

  it("states the id of what is not adopted", () => {
    const few = ORDERS.filter(({ definition }) => ["ImportRules", "Schedule"].includes(definition.name));
    const resources = planProgram(few);
    expect(resources.flatMap(targetsOf)).toEqual([]);
    expect(literalsOf(find(resources, "ImportRules"))).toEqual(expect.arrayContaining(["3", "7"]));
  });

  it("refers to the deployment when there is no release to follow", () => {
    const resources = planProgram(ORDERS.filter(({ definition }) => definition.name !== "Release"));
    expect(targetsOf(find(resources, "Schedule"))).toEqual(["Deployment 3.id"]);
  });

  it("never takes the rules of another deployment, however equal they are", () => {
    const rules = { values: [{ type: "s3Bucket", on: "a", with: "b" }] };
    const resources = planProgram(
      ["1", "2"].flatMap((id) => [
        adopted("Deployment", id, `orders ${id}`, { name: `orders ${id}` }),
        adopted("ImportRules", id, `orders ${id}`, { deploymentId: id, ...rules }),
        adopted("Release", id, `orders ${id}`, {
          deploymentId: id,
          package: "p.zip",
          rules: { connections: [], ...rules },
        }),
      ]),
    );
    for (const id of ["1", "2"])
      expect(targetsOf(find(resources, "Release", id))).toEqual([
        `Deployment ${id}.id`,
        `ImportRules ${id}.connections`,
        `ImportRules ${id}.values`,
      ]);
  });

  it("states the rules of a release that differ from those in force", () => {
    const [rules] = ORDERS.filter(({ definition }) => definition.name === "ImportRules");
    const others = ORDERS.filter((object) => object !== rules);
    const resources = planProgram([
      ...others,
      adopted("ImportRules", "3", "orders", { deploymentId: "3", values: [] }),
    ]);
    expect(targetsOf(find(resources, "Release"))).toEqual(["Deployment 3.id", "Connection 7.id"]);
  });

  it("has each resource after those that it refers to, whatever the order of the objects", () => {
    for (const objects of [ORDERS, ORDERS.toReversed()]) {
      const resources = planProgram(objects);
      expect(resources.map(({ object }) => object.definition.name)).toEqual([
        "Connection",
        "Deployment",
        "ImportRules",
        "Release",
        "Schedule",
      ]);
    }
  });

  it("names every type of the registry", () => {
    const objects = registry.map((definition) => adopted(definition.name, "1", "orders", {}));
    expect(planProgram(objects).map(({ object }) => object.definition)).toEqual(registry);
  });
});
