import { expect, test } from "vitest";
import { startTestPlatform } from "./platform-fixture.js";

test("a new token is answered once and opens the environment it was made in", async () => {
  const platform = await startTestPlatform();
  const made = await platform.call("POST", "/v4/apiAccessTokens", { lifetimeSeconds: -1, description: "ci" });
  expect(made.status).toBe(201);
  const { tokenValue, tokenInfo } = made.body as { tokenValue: string; tokenInfo: { tokenId: string } };
  expect(tokenInfo).toMatchObject({ description: "ci", expiredAt: null, lastUsed: null });
  const headers = { authorization: `Bearer ${tokenValue}` };
  expect((await platform.callAs(headers, "GET", "/v4/people/current")).status).toBe(200);
  const { body } = await platform.call("GET", `/v4/apiAccessTokens/${tokenInfo.tokenId}`);
  expect(body).toEqual({ ...tokenInfo, lastUsed: expect.any(String) as string });
  const inProd = await fetch(`${platform.endpoint("prod")}/v4/people/current`, { headers });
  expect(inProd.status).toBe(401);
});

test("a revoked token is refused", async () => {
  const platform = await startTestPlatform();
  const { body } = await platform.call("POST", "/v4/apiAccessTokens", { lifetimeSeconds: 3600 });
  expect((await platform.call("DELETE", `/v4/apiAccessTokens/${body.tokenInfo.tokenId}`)).status).toBe(204);
  const headers = { authorization: `Bearer ${body.tokenValue}` };
  expect((await platform.callAs(headers, "GET", "/v4/people/current")).status).toBe(401);
  expect((await platform.call("DELETE", `/v4/apiAccessTokens/${body.tokenInfo.tokenId}`)).status).toBe(404);
});

test("an expired token is refused", async () => {
  const platform = await startTestPlatform();
  const { body } = await platform.call("POST", "/v4/apiAccessTokens", { lifetimeSeconds: 1 });
  const headers = { authorization: `Bearer ${body.tokenValue}` };
  const deadline = Date.now() + 10_000;
  let status = 200;
  while (status === 200 && Date.now() < deadline) {
    status = (await platform.callAs(headers, "GET", "/v4/people/current")).status;
  }
  expect(status).toBe(401);
  expect(Date.now()).toBeGreaterThanOrEqual(Date.parse(body.tokenInfo.expiredAt as string));
});

test("a lifetime of 0 or below -1 is refused", async () => {
  const platform = await startTestPlatform();
  for (const lifetimeSeconds of [0, -2]) {
    expect((await platform.call("POST", "/v4/apiAccessTokens", { lifetimeSeconds })).status).toBe(400);
  }
});

test("people see their own tokens only", async () => {
  const platform = await startTestPlatform();
  await platform.call("POST", "/v4/people", { email: "ana@example.com", password: "a-long-password" });
  const headers = { authorization: `Basic ${btoa("ana@example.com:a-long-password")}` };
  expect((await platform.callAs(headers, "GET", "/v4/apiAccessTokens")).body).toEqual({ data: [] });
  const { body } = await platform.call("GET", "/v4/apiAccessTokens");
  expect((body.data as { description: string }[]).map(({ description }) => description)).toEqual([
    "start token",
  ]);
  expect((await platform.callAs(headers, "GET", `/v4/apiAccessTokens/${body.data[0].tokenId}`)).status).toBe(
    404,
  );
});
