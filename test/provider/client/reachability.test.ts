import { createServer } from "node:http";
import type { Server } from "node:http";
import { createServer as createPort } from "node:net";
import type { AddressInfo } from "node:net";
import { describe, expect, it, onTestFinished } from "vitest";
import { z } from "zod";
import { clientOf, errorOf, exception, startServer } from "./scripted-server.js";

const row = z.object({ id: z.int() });
const nothingListens = "nothing listens there; is the platform running, and sluice:endpoint right?";

/** A port of this machine where nobody listens. */
async function freePort(): Promise<number> {
  const server = createPort();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

/** A platform on this port; ends with the test at the latest. */
async function startAt(port: number): Promise<Server> {
  const server = createServer((_request, response) => {
    response.setHeader("connection", "close").setHeader("content-type", "application/json").end('{"id":1}');
  });
  await new Promise<void>((resolve) => server.listen(port, "127.0.0.1", resolve));
  onTestFinished(() => stop(server));
  return server;
}

async function stop(server: Server): Promise<void> {
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
}

describe("a platform that is not reached", () => {
  it("is told of at once and once, however many requests go there", async () => {
    const endpoint = `http://127.0.0.1:${await freePort()}/prod`;
    const told: { message: string; at: number }[] = [];
    const started = performance.now();
    const onUnreached = (message: string) => told.push({ message, at: performance.now() - started });
    const client = clientOf(endpoint, { retries: 3, onUnreached });
    await Promise.all([1, 2, 3].map((id) => errorOf(client.get(`/v4/things/${id}`, row))));
    expect(told).toHaveLength(1);
    const [{ message, at } = { message: "", at: 0 }] = told;
    // Waits of 200, 400 and 800 milliseconds, or less, and what the attempts take.
    expect(message).toMatch(/; it is tried again for at most [12] s$/);
    expect(message).toContain(`${endpoint}: ${nothingListens}; `);
    // Before the first of those waits is over.
    const all = performance.now() - started;
    expect(all - at).toBeGreaterThan(300);
  });

  it("is not told of when nobody tries again", async () => {
    const told: string[] = [];
    const onUnreached = (message: string) => told.push(message);
    const client = clientOf(`http://127.0.0.1:${await freePort()}`, { retries: 0, onUnreached });
    await errorOf(client.get("/v4/things/1", row));
    expect(told).toEqual([]);
  });

  it("is waited for no longer than three seconds when it never answered, by all requests together", async () => {
    const client = clientOf(`http://127.0.0.1:${await freePort()}`, { retries: 20 });
    const started = performance.now();
    const first = await errorOf(client.get("/v4/things/1", row));
    expect(performance.now() - started).toBeGreaterThan(2900);
    // Twenty attempts would take hours.
    expect(first.message).toMatch(/; tried [4-7] times: run it again/);
    expect((await errorOf(client.get("/v4/things/2", row))).message).toContain("; tried once: ");
  });

  it("is found when it listens a moment later", async () => {
    const port = await freePort();
    const told: string[] = [];
    const client = clientOf(`http://127.0.0.1:${port}`, {
      retries: 4,
      onUnreached: (message) => {
        told.push(message);
        void startAt(port);
      },
    });
    expect(await client.post("/v4/things", {}, row)).toEqual({ id: 1 });
    expect(told).toHaveLength(1);
  });

  it("is tried as often as settings say when it answered before, and told of every time that it goes", async () => {
    const port = await freePort();
    const told: string[] = [];
    const onUnreached = (message: string) => told.push(message);
    const client = clientOf(`http://127.0.0.1:${port}`, { retries: 2, onUnreached });
    for (const times of [1, 2]) {
      const platform = await startAt(port);
      await client.get("/v4/things/1", row);
      await stop(platform);
      for (const id of [2, 3]) {
        const { message } = await errorOf(client.get(`/v4/things/${id}`, row));
        expect(message).toContain("; tried 3 times: ");
      }
      expect(told).toHaveLength(times);
    }
  });

  it("is told of by the time that its silence will take", async () => {
    const server = await startServer(["silent"]);
    const told: string[] = [];
    const settings = {
      retries: 2,
      timeoutSeconds: 1.5,
      onUnreached: (message: string) => told.push(message),
    };
    await errorOf(clientOf(server.url, settings).get("/v4/things/1", row));
    // Two more of 1.5 s, and waits of 200 and 400 milliseconds at most.
    expect(told).toHaveLength(1);
    expect(told[0]).toMatch(
      /: no answer within 1\.5 s \(sluice:timeoutSeconds\); it is tried again for at most [45] s$/,
    );
  });
});

describe("a platform that cannot say which environment it is", () => {
  const broken = { status: 500, body: exception("InternalServerException", "broken") };
  const settings = { retries: 2, expect: { name: "prod" } };

  it.each<[string, (client: ReturnType<typeof clientOf>) => Promise<unknown>]>([
    ["a read", (client) => client.get("/v4/things/1", row)],
    ["a download", (client) => client.download("/v4/things/1/package")],
    ["a write", (client) => client.post("/v4/things", {}, row)],
    ["a creation", (client) => client.create("/v4/things", {}, row, () => Promise.resolve(undefined))],
  ])("is asked by %s as often as settings say, and no oftener", async (_name, request) => {
    const server = await startServer([broken]);
    const { message } = await errorOf(request(clientOf(server.url, settings)));
    expect(server.requests.map(({ url }) => url)).toEqual(Array(3).fill("/v4/workspaces/current"));
    expect(message).toBe(
      `GET ${server.url}/v4/workspaces/current answered 500 InternalServerException: broken; tried 3 times: run it again when the platform answers`,
    );
  });
});
