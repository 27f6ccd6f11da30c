import { expect, test } from "vitest";
import { startTestPlatform, type TestPlatform } from "./platform-fixture.js";
import { WAREHOUSE_TWIN } from "./orders-package.js";

const S3 = { type: "s3Bucket", on: "acme-dev", with: "acme-prod" };
const FOLDER = { type: "fileLocation", on: "//development//", with: "/production/" };
const TABLE = { type: "dbTableName", on: "/_dev$/", with: "" };

function objectRule(onCondition: object, id: number | string = 1) {
  return { tableName: "connections", onCondition, withCondition: { id } };
}

async function startWithDeployment(importRules: "replace-by-key" | "replace-list" = "replace-by-key") {
  const platform = await startTestPlatform({ settings: { importRules } });
  await platform.call("POST", "/v4/connections", WAREHOUSE_TWIN);
  await platform.call("POST", "/v4/connections", { ...WAREHOUSE_TWIN, uuid: undefined });
  await platform.call("POST", "/v4/deployments", { name: "orders" });
  return platform;
}

const setValues = (platform: TestPlatform, rules: unknown) =>
  platform.call("PATCH", "/v4/deployments/1/valueImportRules", rules);
const setObjects = (platform: TestPlatform, rules: unknown) =>
  platform.call("PATCH", "/v4/deployments/1/objectImportRules", rules);

test("a new deployment has no rules", async () => {
  const platform = await startWithDeployment();
  for (const list of ["objectImportRules", "valueImportRules"]) {
    expect((await platform.call("GET", `/v4/deployments/1/${list}`)).body).toEqual({ data: [] });
  }
});

test("rules are kept in their order", async () => {
  const platform = await startWithDeployment();
  const set = await setValues(platform, [FOLDER, S3, TABLE]);
  expect([set.status, set.body]).toEqual([200, { deleted: [], data: [FOLDER, S3, TABLE] }]);
  expect((await platform.call("GET", "/v4/deployments/1/valueImportRules")).body).toEqual({
    data: [FOLDER, S3, TABLE],
  });
});

test("by key, a change replaces rules on the same values and keeps the others in front", async () => {
  const platform = await startWithDeployment("replace-by-key");
  await setValues(platform, [S3, FOLDER]);
  const changed = { ...S3, with: "acme-qa" };
  const { body } = await setValues(platform, [changed, TABLE]);
  expect(body).toEqual({ deleted: [S3], data: [FOLDER, changed, TABLE] });
  expect((await setValues(platform, [])).body).toEqual({ deleted: [], data: [FOLDER, changed, TABLE] });
});

test("as a list, a change replaces all rules", async () => {
  const platform = await startWithDeployment("replace-list");
  await setValues(platform, [S3, FOLDER]);
  expect((await setValues(platform, [TABLE])).body).toEqual({ deleted: [S3, FOLDER], data: [TABLE] });
  expect((await setValues(platform, [])).body).toEqual({ deleted: [TABLE], data: [] });
});

test("connection rules are on the same object when their conditions are, whatever the form of the id", async () => {
  const platform = await startWithDeployment();
  await setObjects(platform, [objectRule({ id: "22" }), objectRule({ uuid: "d75255f0" })]);
  const { body } = await setObjects(platform, [objectRule({ id: 22 }, "2")]);
  expect(body).toEqual({
    deleted: [objectRule({ id: "22" })],
    data: [objectRule({ uuid: "d75255f0" }), objectRule({ id: 22 }, "2")],
  });
});

test("rules of one kind do not touch the other, nor another deployment", async () => {
  const platform = await startWithDeployment("replace-list");
  await platform.call("POST", "/v4/deployments", { name: "sales" });
  await setValues(platform, [S3]);
  await setObjects(platform, [objectRule({ uuid: "d75255f0" })]);
  expect((await platform.call("GET", "/v4/deployments/1/valueImportRules")).body.data).toEqual([S3]);
  expect((await platform.call("GET", "/v4/deployments/2/valueImportRules")).body.data).toEqual([]);
});

test.each([
  [
    "an unknown type",
    [S3, { ...S3, type: "s3bucket" }],
    'rules[1].type: unknown type "s3bucket" (did you mean "s3Bucket"?)',
  ],
  ["a regex that RE2 does not take", [{ ...S3, on: "/(a/" }], "rules[0].on: invalid regex"],
  ["a lookbehind", [{ ...S3, on: "/(?<=a)b/" }], "RE2 has no lookahead or lookbehind"],
  ["an empty pattern", [{ ...S3, on: "" }], "rules[0].on: is empty"],
])("%s is refused and nothing is written", async (_case, rules, message) => {
  const platform = await startWithDeployment();
  await setValues(platform, [FOLDER]);
  const { status, body } = await setValues(platform, rules);
  expect([status, body.exception.name]).toEqual([400, "ValidationFailed"]);
  expect((body.exception.details as string[]).join("\n")).toContain(message);
  expect((await platform.call("GET", "/v4/deployments/1/valueImportRules")).body.data).toEqual([FOLDER]);
});

test("all problems of a list come in one answer", async () => {
  const platform = await startWithDeployment();
  const { body } = await setObjects(platform, [
    objectRule({ uuid: "/a/" }, 1),
    objectRule({ uuid: "b" }, 99),
  ]);
  expect(body.exception.details).toEqual([
    "rules[0].onCondition.uuid: /a/ looks like a regex, but connections are matched by literals only",
    "rules[1].withCondition.id: connection 99 does not exist in this environment; create it first",
  ]);
  expect((await platform.call("GET", "/v4/deployments/1/objectImportRules")).body.data).toEqual([]);
});

test("a connection of another environment is no target", async () => {
  const platform = await startWithDeployment();
  const { body } = await platform.call("POST", "/v4/connections", WAREHOUSE_TWIN, "prod");
  const refused = await setObjects(platform, [objectRule({ uuid: "b" }, body.id as number)]);
  expect(refused.status).toBe(400);
});

test.each([
  ["no list", S3],
  ["another table", [{ ...objectRule({ uuid: "a" }), tableName: "flows" }]],
  ["no condition", [objectRule({})]],
  ["an unknown condition", [objectRule({ vendor: "postgres" })]],
  ["a target without id", [{ ...objectRule({ uuid: "a" }), withCondition: { uuid: "b" } }]],
])("%s does not match the schema", async (_case, rules) => {
  const platform = await startWithDeployment();
  const { status, body } = await setObjects(platform, rules);
  expect([status, body.exception.name]).toEqual([400, "ApiValidationFailed"]);
});

test("a list of deployments embeds the rules of each, in their order", async () => {
  const platform = await startWithDeployment();
  await platform.call("POST", "/v4/deployments", { name: "without rules" });
  await setValues(platform, [FOLDER, S3]);
  await setObjects(platform, [objectRule({ uuid: "u" }), objectRule({ name: "n" }, 2)]);
  const { body } = await platform.call(
    "GET",
    "/v4/deployments?sort=id&fields=name&embed=objectImportRules,valueImportRules",
  );
  expect(body.data).toEqual([
    {
      id: 1,
      name: "orders",
      objectImportRules: { data: [objectRule({ uuid: "u" }), objectRule({ name: "n" }, 2)] },
      valueImportRules: { data: [FOLDER, S3] },
    },
    { id: 2, name: "without rules", objectImportRules: { data: [] }, valueImportRules: { data: [] } },
  ]);
});
