import { createServer } from "node:http";
import type { Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { ordersProgram, releasesOf, writeOrdersPackages } from "./orders.js";
import { startPlatformProxy } from "./platform-proxy.js";
import type { Interference, PlatformProxy, ProxiedRequest } from "./platform-proxy.js";
import { isWithoutEngine, startEngineTest, TOKEN, writesOf } from "./stack.js";
import type { EngineTest } from "./stack.js";

describe.skipIf(isWithoutEngine)("a platform that cannot be worked with", () => {
  let test: EngineTest;
  let proxy: PlatformProxy;
  let website: Server;

  beforeAll(async () => {
    test = await startEngineTest({
      config: { "sluice:retries": { value: "1" }, "sluice:timeoutSeconds": { value: "2" } },
    });
    proxy = await startPlatformProxy(test.platform.endpoint("prod"));
    website = createServer((request, response) => {
      request.resume();
      response.writeHead(200, { "content-type": "text/html" }).end("<html>Welcome</html>");
    });
    await new Promise<void>((resolve) => website.listen(0, "127.0.0.1", resolve));
    await writeOrdersPackages(test);
    test.use(ordersProgram());
  });
  afterAll(async () => {
    website.close();
    await proxy.close();
    await test.close();
  });
  beforeEach(() => pointTo({ SLUICE_ENDPOINT: proxy.endpoint, SLUICE_TOKEN: TOKEN }));

  function pointTo(variables: Record<string, string>): void {
    const { SLUICE_ENDPOINT: _endpoint, SLUICE_TOKEN: _token, ...rest } = test.stack.workspace.envVars;
    test.stack.workspace.envVars = { ...rest, ...variables };
  }

  /** What the engine prints for a new stack; nothing may have been written. */
  async function refusalOf(
    action: () => Promise<unknown> = () => test.stack.preview(),
    decide?: (request: ProxiedRequest) => Interference | undefined,
  ): Promise<string> {
    proxy.interfere(decide);
    let message = "";
    const requests = await test.requestsDuring(async () => {
      message = await test.failureOf(action);
    });
    proxy.interfere(undefined);
    expect(writesOf(requests)).toEqual([]);
    return message;
  }

  it("is not named at all", async () => {
    pointTo({ SLUICE_TOKEN: TOKEN });
    expect(await refusalOf()).toContain(
      "no platform is named: run `pulumi config set sluice:endpoint https://…` or set SLUICE_ENDPOINT",
    );
  });
  it("gets no token", async () => {
    pointTo({ SLUICE_ENDPOINT: proxy.endpoint });
    expect(await refusalOf()).toContain(
      `no token for ${proxy.endpoint}: run \`pulumi config set --secret sluice:token …\` or set SLUICE_TOKEN`,
    );
  });
  it("gets a wrong token, which no message repeats", async () => {
    pointTo({ SLUICE_ENDPOINT: proxy.endpoint, SLUICE_TOKEN: "canary-wrong-token-71" });
    const message = await refusalOf();
    expect(message).toMatch(/checking \w+ "\w+": GET .* answered 401 /);
    expect(message).toContain("check sluice:token (or SLUICE_TOKEN): it is missing, wrong or expired");
    expect(message).not.toContain("canary-wrong-token-71");
  });
  it("is a website", async () => {
    const { port } = website.address() as AddressInfo;
    pointTo({ SLUICE_ENDPOINT: `http://127.0.0.1:${port}`, SLUICE_TOKEN: TOKEN });
    expect(await refusalOf()).toMatch(
      /GET http:\S+ answered 200 with something that is not JSON \(text\/html, 20 characters\); check that the endpoint is the base URL of a platform, without \/v4/,
    );
  });
  it("does not listen", async () => {
    const closed = await startPlatformProxy(test.platform.endpoint("prod"));
    await closed.close();
    pointTo({ SLUICE_ENDPOINT: closed.endpoint, SLUICE_TOKEN: TOKEN });
    const message = await refusalOf();
    expect(message).toMatch(
      /GET \S+: nothing listens there; is the platform running, and sluice:endpoint right\?/,
    );
    expect(message).not.toContain("client.js");
    const warning = `warning: ${closed.endpoint}: nothing listens there; is the platform running, and sluice:endpoint right?; it is tried again for at most 1 s\n`;
    expect(message.split(warning)).toHaveLength(2);
  });
  it("answers 500 to everything", async () => {
    const body = '{"exception":{"name":"InternalError","message":"out of disk"}}';
    expect(await refusalOf(undefined, () => ({ kind: "answer", status: 500, body }))).toMatch(
      /GET \S+ answered 500 InternalError: out of disk/,
    );
  });
  it("answers garbage", async () => {
    const headers = { "content-type": "application/json" };
    const garbage: Interference = { kind: "answer", status: 200, headers, body: '{"data": [{"id": "seven' };
    expect(await refusalOf(undefined, () => garbage)).toMatch(
      /GET \S+ answered 200 with something that is not JSON \(application\/json, 23 characters\)/,
    );
    const other: Interference = { kind: "answer", status: 200, headers, body: '{"rows": []}' };
    expect(await refusalOf(undefined, () => other)).toMatch(
      /GET \S+ answered 200, but data is not as the v4 API says/,
    );
  });
  it("answers nothing", async () => {
    expect(await refusalOf(undefined, () => ({ kind: "silence" }))).toMatch(
      /GET \S+: no answer within 2 s \(sluice:timeoutSeconds\)/,
    );
  });

  it("refuses the import for good: no second attempt, and the stack goes on from there", async () => {
    const imports = () => proxy.requests.filter(({ method, path }) => isImport({ method, path }));
    proxy.interfere((request) => (isImport(request) ? { kind: "answer", status: 503 } : undefined));
    const message = await test.failureOf(() => test.stack.up());
    expect(message).toMatch(/creating Release "orders": POST \S+ answered 503 an empty body/);
    expect(imports()).toHaveLength(1);
    expect(await releasesOf(test)).toEqual([]);
    proxy.interfere(undefined);
    await test.stack.up();
    expect(await releasesOf(test)).toMatchObject([{ id: 1, active: true }]);
  });

  it("does not answer an import in time: the next update finds what was made and imports nothing again", async () => {
    await test.stack.destroy();
    proxy.interfere((request) => (isImport(request) ? { kind: "hold-answer" } : undefined));
    const before = test.platform.requests.filter(isImport).length;
    expect(await test.failureOf(() => test.stack.up())).toMatch(
      /creating Release "orders": POST \S+: no answer within 2 s \(sluice:timeoutSeconds\)/,
    );
    proxy.interfere(undefined);
    await test.stack.up();
    expect(test.platform.requests.filter(isImport)).toHaveLength(before + 1);
    expect(await releasesOf(test)).toMatchObject([{ id: 2, active: true }]);
  });

  it("asks to slow down, and is waited for", async () => {
    test.use(ordersProgram({ version: "1.1.0" }));
    const refused = new Set<string>();
    proxy.interfere((request) => {
      const key = `${request.method} ${request.path}`;
      if (refused.has(key)) return undefined;
      refused.add(key);
      return { kind: "answer", status: 429, headers: { "x-retry-after": "0.05" } };
    });
    const requests = await test.requestsDuring(() => test.stack.up());
    proxy.interfere(undefined);
    expect(refused.size).toBeGreaterThan(2);
    expect(writesOf(requests)).toEqual(["POST /vN/deployments/N/releases", "PATCH /vN/releases/N"]);
    expect(await releasesOf(test)).toMatchObject([{ active: null }, { active: true }]);
  });

  it("hides everything from a refresh: nothing is taken for gone", async () => {
    const before = await test.state();
    const envelope = '{"exception":{"name":"AccessDenied","message":"not for you"}}';
    const refusals: Interference[] = [
      { kind: "answer", status: 403, body: envelope },
      { kind: "answer", status: 404, headers: { "content-type": "text/html" }, body: "<html>Nothing</html>" },
      { kind: "answer", status: 502 },
    ];
    for (const refusal of refusals) {
      proxy.interfere(() => refusal);
      const message = await test.failureOf(() => test.stack.refresh());
      expect(message).toMatch(/reading \w+ "\w+": GET \S+ answered (403|404|502) /);
      expect(message).not.toContain("client.js");
      const reasons = [...message.matchAll(/reading \w+ "\w+": GET/g)].map(([reason]) => reason);
      expect(reasons, "each told once").toEqual([...new Set(reasons)]);
    }
    proxy.interfere(undefined);
    expect(resourcesIn(await test.state())).toEqual(resourcesIn(before));
    expect(writesOf(await test.requestsDuring(() => test.stack.up()))).toEqual([]);
  });
});

function isImport({ method, path }: ProxiedRequest): boolean {
  return method === "POST" && /\/deployments\/\d+\/releases$/.test(path);
}

function resourcesIn(state: string): unknown[] {
  const { checkpoint } = JSON.parse(state) as { checkpoint: { latest: { resources: { urn: string }[] } } };
  return checkpoint.latest.resources.map(({ urn }) => urn).sort();
}
