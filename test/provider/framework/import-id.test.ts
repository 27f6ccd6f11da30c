import { describe, expect, it } from "vitest";
import {
  findNamed,
  ImportIdRefused,
  parseImportId,
  splitEnvironment,
} from "../../../provider/framework/import-id.js";

describe("what a person writes to import", () => {
  it.each([
    ["12", { id: "12", name: "12" }],
    ["orders", { name: "orders" }],
    ["id:12", { id: "12" }],
    ["name:12", { name: "12" }],
    ["name:id:12", { name: "id:12" }],
    ["012", { name: "012" }],
    ["0", { name: "0" }],
    ["-1", { name: "-1" }],
    ["12345678901234567", { name: "12345678901234567" }],
    ["../../admin", { name: "../../admin" }],
    ["a/b?c=d#e%2e", { name: "a/b?c=d#e%2e" }],
    [" ", { name: " " }],
    ["12\n", { name: "12\n" }],
    ['"', { name: '"' }],
    ["Überträge 💶", { name: "Überträge 💶" }],
    ["\u0000", { name: "\u0000" }],
  ])("%j is read as %j", (text, expected) => {
    expect(parseImportId(text)).toEqual(expected);
  });

  it.each(["", "id:", "name:"])("%j names nothing", (text) => {
    expect(() => parseImportId(text)).toThrow(ImportIdRefused);
  });

  it.each(["id:orders", "id:../1", "id:0", "id:1.5"])("%j is no id", (text) => {
    expect(() => parseImportId(text)).toThrow(
      `${JSON.stringify(text)} is no id: ids are whole numbers; leave the prefix out to give a name`,
    );
  });
});

describe("an environment in front", () => {
  it.each([
    ["dev/orders", "dev", "orders"],
    ["dev/12", "dev", "12"],
    ["dev/a/b", "dev", "a/b"],
    ["name:dev/orders", undefined, "name:dev/orders"],
    ["other/orders", undefined, "other/orders"],
    ["devil/orders", undefined, "devil/orders"],
    ["dev", undefined, "dev"],
    ["dev/", "dev", ""],
  ])("of %j is %j, and the object %j", (given, environment, text) => {
    expect(splitEnvironment(given, ["dev", "prod"])).toEqual({ environment, text });
  });
});

describe("an object looked for by its name", () => {
  const orders = { id: "1", name: "orders" };
  const find = (name: string, objects = [orders, { id: "2", name: "customers" }]) =>
    findNamed(objects, name, "Deployment", "http://platform");

  it("is the one of exactly this name", () => {
    expect(find("orders")).toBe(orders);
  });

  it("that nothing has is refused with the nearest, or with what there is", () => {
    expect(() => find("order")).toThrow(
      new ImportIdRefused('no Deployment at http://platform has the name "order" (did you mean "orders"?)'),
    );
    expect(() => find("Rechnungen")).toThrow(
      'no Deployment at http://platform has the name "Rechnungen"; there are 1 ("orders"), 2 ("customers")',
    );
    expect(() => find("orders", [])).toThrow('has the name "orders"; there is none');
  });

  it("that several have is refused with the id and place of each", () => {
    const nightly = ["orders", "customers"].map((deployment, at) => ({
      id: String(at + 7),
      name: "nightly",
      place: `of deployment "${deployment}"`,
    }));
    expect(() => findNamed(nightly, "nightly", "Schedule", "http://platform")).toThrow(
      'the name "nightly" means 2 objects of the type Schedule: 7 ("nightly" of deployment "orders"), 8 ("nightly" of deployment "customers"); give the id, for example 7',
    );
  });

  it("is named in one line of a readable length, whatever was written", () => {
    const failure = (name: string): string => {
      try {
        find(name);
      } catch (error) {
        if (error instanceof ImportIdRefused) return error.message;
      }
      throw new Error("expected the name to be refused");
    };
    for (const name of ["a\nb\u0000\u001b[31m", "x".repeat(1_000_000), "\u2028".repeat(500)]) {
      const message = failure(name);
      expect(message.length).toBeLessThan(1000);
      // eslint-disable-next-line no-control-regex -- these must not come through
      expect(message).not.toMatch(/[\u0000-\u001f]/);
    }
    const many = Array.from({ length: 500 }, (_, at) => ({
      id: String(at),
      name: `deployment number ${at}`,
    }));
    expect(() => find("zebra", many)).toThrow(/9 \("deployment number 9"\) and 490 more$/);
  });
});
