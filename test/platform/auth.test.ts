import { expect, test } from "vitest";
import { startTestPlatform } from "./platform-fixture.js";

test("auth says with 200 whether the credentials are good", async () => {
  const platform = await startTestPlatform();
  const good = await platform.call("GET", "/v4/auth");
  expect([good.status, good.body]).toEqual([200, { body: "OK", headers: {} }]);
  const bad = await platform.callAs({ authorization: "Bearer wrong" }, "GET", "/v4/auth");
  expect([bad.status, bad.body]).toEqual([200, { body: "Unauthorized", headers: {} }]);
});
