import { expect, it } from "vitest";
import { faultRuleSchema } from "../../platform/faults/fault.js";
import { Lifecycle } from "../../provider/framework/lifecycle.js";
import { registry } from "../../provider/registry.js";
import { cases } from "../conformance/cases.js";
import { faultList } from "./fault-list.js";
import { operations } from "./operations.js";

it("every registered resource has an example, and no other", () => {
  expect(Object.keys(cases).sort()).toEqual(registry.map(({ name }) => name).sort());
});

it("every method of a resource's life is in an operation", () => {
  const methods = Object.getOwnPropertyNames(Lifecycle.prototype).filter((name) => name !== "constructor");
  // What a preview shows of a diff is worked out of the diff alone.
  const covered = new Set<string>(["detail", ...operations.flatMap((operation) => operation.methods)]);
  expect([...covered].sort()).toEqual(methods.sort());
});

it("every kind of fault that the platform can make, in each of its ways, is in the list", () => {
  // It takes all requests with it: what comes of that is in the tests of kills.
  const elsewhere = ["crash"];
  const ways = faultRuleSchema.properties.fault.oneOf.flatMap(({ properties }) => {
    const { kind, ...members } = properties as Record<string, { const?: string; enum?: readonly string[] }>;
    const choices = Object.entries(members).flatMap(([name, { enum: values = [] }]) =>
      values.map((value) => `${kind?.const} ${name} ${value}`),
    );
    const optional = Object.keys(members).map((name) => `${kind?.const} ${name}`);
    return elsewhere.includes(kind?.const ?? "") ? [] : [`${kind?.const}`, ...optional, ...choices];
  });
  const listed = faultList.flatMap(({ fault }) =>
    Object.entries(fault).flatMap(([name, value]) =>
      name === "kind"
        ? [String(value)]
        : [`${fault.kind} ${name}`, ...(typeof value === "string" ? [`${fault.kind} ${name} ${value}`] : [])],
    ),
  );
  expect(ways.length).toBeGreaterThan(15);
  expect(ways.filter((way) => !listed.includes(way))).toEqual([
    // What holds when nothing is said, and amounts.
    "status when before",
    "delay when before",
    "cut bytes",
    "truncated bytes",
    "truncated contentLength right",
  ]);
});
