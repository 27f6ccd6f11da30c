import { request } from "node:http";
import { expect, test } from "vitest";
import { startTestPlatform, TOKEN, type TestPlatform } from "../platform-fixture.js";

/** A request with headers that a browser sets and fetch does not let anybody choose. */
function ask(platform: TestPlatform, headers: Record<string, string>): Promise<number | undefined> {
  return new Promise((resolve, reject) => {
    const options = {
      host: "127.0.0.1",
      port: platform.port,
      path: "/dev/v4/people/current",
      headers: { authorization: `Bearer ${TOKEN}`, ...headers },
    };
    request(options, (answer) => {
      answer.resume();
      answer.once("end", () => resolve(answer.statusCode));
    })
      .once("error", reject)
      .end();
  });
}

test("a name that was made to lead to this machine is not answered", async () => {
  const platform = await startTestPlatform({ settings: { hosts: ["Platform.example.com"] } });
  for (const host of ["127.0.0.1", `localhost:${platform.port}`, "[::1]:80", "platform.example.COM:443"])
    expect(await ask(platform, { host }), host).toBe(200);
  for (const host of ["rebound.example.com", "127.0.0.1.example.com", "localhost@example.com", "127.0.0.2"])
    expect(await ask(platform, { host }), host).toBe(421);
});

test("a page of another host is not answered, with a token either; one of this machine is", async () => {
  const platform = await startTestPlatform();
  for (const origin of ["http://localhost:3000", platform.url])
    expect(await ask(platform, { origin }), origin).toBe(200);
  for (const origin of ["https://example.com", "null", "http://localhost.example.com", "file://"])
    expect(await ask(platform, { origin }), origin).toBe(421);
});

test("the answer says what to do, and no page may read it", async () => {
  const platform = await startTestPlatform();
  const response = await fetch(`${platform.endpoint("dev")}/v4/auth`, {
    headers: { origin: "https://example.com" },
  });
  expect(await response.json()).toMatchObject({
    exception: {
      name: "MisdirectedRequest",
      message: "Web pages of https://example.com may not call this platform",
    },
  });
  for (const name of ["access-control-allow-origin", "server", "x-powered-by", "www-authenticate"])
    expect(response.headers.get(name), name).toBeNull();
});

test("no answer is kept on the way or taken for a page", async () => {
  const platform = await startTestPlatform();
  for (const path of ["/v4/people/current", "/v4/nothing", "/v4/auth"]) {
    const { headers } = await platform.call("GET", path);
    expect(headers.get("cache-control")).toBe("no-store");
    expect(headers.get("x-content-type-options")).toBe("nosniff");
  }
});
