import ts from "typescript";
import { describe, expect, it } from "vitest";
import { planProgram } from "../../../cli/adopt/program.js";
import { printTypeScript } from "../../../cli/adopt/typescript.js";
import { printYaml } from "../../../cli/adopt/yaml.js";
import { expectGolden } from "../command-line.js";
import { adopted, ORDERS } from "./objects.js";
import { ODD_CONNECTIONS } from "./hand-made.js";

/** What the first argument's `name` property holds in each `new` expression of a module. */
function namesIn(text: string): string[] {
  const names: string[] = [];
  const visit = (node: ts.Node): void => {
    if (
      ts.isPropertyAssignment(node) &&
      node.name.getText() === "name" &&
      ts.isStringLiteral(node.initializer)
    )
      names.push(node.initializer.text);
    node.forEachChild(visit);
  };
  visit(ts.createSourceFile("index.ts", text, ts.ScriptTarget.ES2022, true));
  return names;
}

function manyObjects(count: number) {
  return Array.from({ length: count }, (_, index) => String(index + 1)).flatMap((id) => [
    adopted("Connection", id, `store ${id}`, { name: `store ${id}`, vendor: "postgres" }),
    adopted("Deployment", id, `flow ${id}`, { name: `flow ${id}` }),
    adopted("ImportRules", id, `flow ${id}`, {
      deploymentId: id,
      connections: [{ on: { id: "9" }, with: id }],
    }),
  ]);
}

describe("a program in TypeScript", () => {
  it("reads like one that a person wrote", () => {
    const files = printTypeScript(planProgram(ORDERS));
    expect([...files.keys()]).toEqual(["index.ts"]);
    expectGolden("adopt-orders.ts.txt", files.get("index.ts") ?? "");
  });

  it("holds every name as it is, without a letter that nobody sees", () => {
    const objects = ODD_CONNECTIONS.map((name, index) =>
      adopted("Connection", String(index + 1), name, { name, vendor: "postgres" }),
    );
    const text = printTypeScript(planProgram(objects)).get("index.ts") ?? "";
    expect(namesIn(text).sort()).toEqual([...ODD_CONNECTIONS].sort());
    expect(text).not.toMatch(/[^\P{C}\n]/u);
  });

  it("keeps small files when there is much, one for each group, and shared ones for what stands alone", () => {
    const files = printTypeScript(planProgram(manyObjects(90)));
    const lines = [...files.values()].map((text) => text.split("\n").length);
    expect(Math.max(...lines)).toBeLessThan(400);
    expect([...files.keys()]).toEqual(
      expect.arrayContaining(["index.ts", "connections-1.ts", "connections-3.ts", "deployments/flow-90.ts"]),
    );
    expect(files.get("deployments/flow-90.ts")).toContain(`import { store90 } from "../connections-3";`);
    const imported = [...(files.get("index.ts") ?? "").matchAll(/"\.\/(.+)"/g)].map(
      ([, path]) => `${path}.ts`,
    );
    expect(imported.sort()).toEqual([...files.keys()].filter((path) => path !== "index.ts").sort());
  });
});

describe("a program in YAML", () => {
  it("reads like one that a person wrote", () => {
    expectGolden("adopt-orders.yaml.txt", printYaml(planProgram(ORDERS)));
  });
});
