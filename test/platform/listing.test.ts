import { expect, test } from "vitest";
import { startTestPlatform, type TestPlatform } from "./platform-fixture.js";

/** Thirty deployments, `Orders 01` to `Orders 28`, `Sales` and `sales daily`, in this order. */
async function startWithDeployments(): Promise<TestPlatform> {
  const platform = await startTestPlatform();
  const names = Array.from({ length: 28 }, (_, index) => `Orders ${String(index + 1).padStart(2, "0")}`);
  for (const name of [...names, "Sales", "sales daily"])
    await platform.call("POST", "/v4/deployments", { name });
  return platform;
}

async function listNames(platform: TestPlatform, query: string): Promise<string[]> {
  const { status, body } = await platform.call("GET", `/v4/deployments?${query}`);
  expect(status).toBe(200);
  return (body.data as { name: string }[]).map(({ name }) => name);
}

test("a list has 25 rows, the newest first, when the request says nothing", async () => {
  const names = await listNames(await startWithDeployments(), "");
  expect(names).toHaveLength(25);
  expect(names.slice(0, 3)).toEqual(["sales daily", "Sales", "Orders 28"]);
});

test("limit, offset and noLimit choose the page; the last page is short", async () => {
  const platform = await startWithDeployments();
  expect(await listNames(platform, "sort=name&limit=2&offset=1")).toEqual(["Orders 02", "Orders 03"]);
  expect(await listNames(platform, "limit=10&offset=25")).toHaveLength(5);
  expect(await listNames(platform, "noLimit=true")).toHaveLength(30);
  expect(await listNames(platform, "noLimit=true&offset=28")).toEqual(["Orders 02", "Orders 01"]);
  expect(await listNames(platform, "limit=0")).toEqual([]);
});

test("sort takes several fields and directions", async () => {
  const platform = await startWithDeployments();
  expect(await listNames(platform, "sort=-name&limit=1")).toEqual(["sales daily"]);
  expect(await listNames(platform, "sort=name,-id&limit=1")).toEqual(["Orders 01"]);
});

test("each filter type finds what its name says", async () => {
  const platform = await startWithDeployments();
  const find = (filter: string, filterType: string) =>
    listNames(platform, `sort=name&filter=${encodeURIComponent(filter)}&filterType=${filterType}`);
  expect(await find("Sales", "exact")).toEqual(["Sales"]);
  expect(await find("sales", "exactIgnoreCase")).toEqual(["Sales"]);
  expect(await find("ALES d", "contains")).toEqual(["sales daily"]);
  expect(await find("daily sales", "fuzzy")).toEqual(["sales daily"]);
  expect(await find("%", "contains")).toEqual([]);
  expect(await listNames(platform, "filter=SALES&sort=name")).toEqual(["Sales", "sales daily"]);
});

test("filterFields looks at other fields", async () => {
  const platform = await startWithDeployments();
  expect(await listNames(platform, "filter=2&filterFields=id&filterType=exact")).toEqual(["Orders 02"]);
});

test("includeCount counts all rows that the filter finds", async () => {
  const platform = await startWithDeployments();
  const { body } = await platform.call("GET", "/v4/deployments?filter=orders&limit=3&includeCount=true");
  expect(body.data).toHaveLength(3);
  expect(body.count).toBe(28);
  expect((await platform.call("GET", "/v4/deployments/count?filter=sales")).body).toEqual({ count: 2 });
});

test("fields leaves the named members and the id", async () => {
  const platform = await startWithDeployments();
  const { body } = await platform.call("GET", "/v4/deployments?fields=name;numReleases&limit=1");
  expect(body.data).toEqual([{ id: 30, name: "sales daily", numReleases: 0 }]);
});

test("embeds match whatever their case, take options, and stay when fields are named", async () => {
  const platform = await startWithDeployments();
  const { body } = await platform.call(
    "GET",
    "/v4/deployments/1?embed=CREATOR(fields=email),releases(limit=1)&fields=name",
  );
  expect(body).toEqual({
    id: 1,
    name: "Orders 01",
    creator: { id: 1, email: "admin@sluice.local" },
    releases: { data: [] },
  });
});

test.each([
  [
    "embed=flows",
    "No association flows in deployments! Valid associations are creator, updater, releases, latestRelease, objectImportRules, valueImportRules",
  ],
  ["embed=creator(max=1)", 'embed creator: "max=1" is no option'],
  [
    "sort=color",
    'sort: deployments have no field "color" to use here; valid are id, name, createdAt, updatedAt',
  ],
  ["filter=a&filterFields=constructor", 'filterFields: deployments have no field "constructor"'],
  ["filter=a&filterType=soundex", "filterType must be one of fuzzy, contains, exact, exactIgnoreCase"],
  ["limit=-1", 'limit must be a whole number of 0 or more, not "-1"'],
  ["offset=x", 'offset must be a whole number of 0 or more, not "x"'],
])("%s is refused with the product's ValidationFailed", async (query, details) => {
  const platform = await startTestPlatform();
  const { status, body } = await platform.call("GET", `/v4/deployments?${query}`);
  expect(status).toBe(400);
  expect(body.exception).toMatchObject({ name: "ValidationFailed", message: "Input validation failed" });
  expect(body.exception.details).toContain(details);
});
