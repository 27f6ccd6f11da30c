import { once } from "node:events";
import { createServer } from "node:http";
import type { ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { describe, expect, it, onTestFinished } from "vitest";
import { z } from "zod";
import type { Client } from "../../../provider/client/client.js";
import { Interrupted, OutOfTime } from "../../../provider/client/errors.js";
import { clientOf, errorOf, exception, startServer } from "./scripted-server.js";

const row = z.object({ id: z.int() });
/** Milliseconds: far less than the waits that it ends, and more than a busy machine needs to notice. */
const PROMPTLY = 1000;

/** Interrupts when `ready` says so; gives the error and how long after the interruption it came. */
async function interrupt(
  makeClient: (signal: AbortSignal) => Client,
  act: (client: Client) => Promise<unknown>,
  ready: () => Promise<unknown>,
): Promise<{ error: Error; milliseconds: number }> {
  const controller = new AbortController();
  const action = errorOf(act(makeClient(controller.signal)));
  await ready();
  const started = performance.now();
  controller.abort();
  const error = await action;
  return { error, milliseconds: performance.now() - started };
}

/** A server that answers when the test says so. */
async function startHoldingServer() {
  const held: ServerResponse[] = [];
  const server = createServer((_request, response) => {
    held.push(response);
    server.emit("held");
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    held,
    asked: () => once(server, "held"),
  };
}

describe("an interruption", () => {
  it.each([
    ["a read", (client: Client) => client.get("/v4/things/1", row)],
    ["a list", (client: Client) => client.list("/v4/things", row)],
    ["a download", (client: Client) => client.download("/v4/things/1/package")],
  ])("ends %s that is on its way", async (_what, act) => {
    const server = await startHoldingServer();
    const { error, milliseconds } = await interrupt(
      (signal) => clientOf(server.url, { signal }),
      act,
      server.asked,
    );
    expect(error).toBeInstanceOf(Interrupted);
    expect(error.message).toMatch(/^GET http:\S+ was interrupted; run `pulumi up` again$/);
    expect(milliseconds).toBeLessThan(PROMPTLY);
    expect(server.held).toHaveLength(1);
  });

  it("ends a read in the middle of its answer", async () => {
    const server = await startHoldingServer();
    const { error } = await interrupt(
      (signal) => clientOf(server.url, { signal }),
      (client) => client.get("/v4/things/1", row),
      async () => {
        await server.asked();
        server.held[0]?.writeHead(200, { "content-type": "application/json", "content-length": "1000" });
        await new Promise<void>((resolve) => server.held[0]?.write('{"id":', () => resolve()));
      },
    );
    expect(error).toBeInstanceOf(Interrupted);
  });

  it("ends the wait before another attempt, also of a write", async () => {
    for (const act of [
      (client: Client) => client.get("/v4/things/1", row),
      (client: Client) => client.post("/v4/things", {}, row),
    ]) {
      const server = await startServer([
        { status: 429, headers: { "retry-after": "30" }, body: exception("Quota", "later") },
      ]);
      let tell: () => void = () => undefined;
      const waits = new Promise<void>((resolve) => (tell = resolve));
      const { error, milliseconds } = await interrupt(
        (signal) => clientOf(server.url, { signal, onWait: tell }),
        act,
        () => waits,
      );
      expect(error).toBeInstanceOf(Interrupted);
      expect(milliseconds).toBeLessThan(PROMPTLY);
      expect(server.requests).toHaveLength(1);
    }
  });

  it("ends the wait for the rate limit, and nothing is sent any more", async () => {
    const server = await startServer([{ status: 200, body: { id: 1 } }]);
    const { error, milliseconds } = await interrupt(
      (signal) => clientOf(server.url, { signal, requestsPerSecond: 0.1 }),
      async (client) => {
        await client.get("/v4/things/1", row);
        await Promise.all([
          client.get("/v4/things/2", row),
          client.post("/v4/things", {}, row),
          client.delete("/v4/things/1"),
        ]);
      },
      async () => {
        while (server.requests.length === 0) await new Promise((resolve) => setImmediate(resolve));
      },
    );
    expect(error).toBeInstanceOf(Interrupted);
    expect(milliseconds).toBeLessThan(PROMPTLY);
    expect(server.requests).toHaveLength(1);
  });

  it.each([
    ["POST", (client: Client) => client.post("/v4/things", {}, row)],
    ["PUT", (client: Client) => client.put("/v4/things/1", {}, row)],
    ["PATCH", (client: Client) => client.patch("/v4/things/1", {}, row)],
    ["upload", (client: Client) => client.upload("/v4/things", "a.zip", new Uint8Array([1]), row)],
  ])("lets a %s that was sent come to its end, so that what it made is known", async (_method, act) => {
    const server = await startHoldingServer();
    const controller = new AbortController();
    const client = clientOf(server.url, { signal: controller.signal });
    const action = act(client);
    await server.asked();
    controller.abort();
    server.held[0]?.writeHead(200, { "content-type": "application/json" }).end('{"id":7}');
    expect(await action).toEqual({ id: 7 });
    expect(await errorOf(client.get("/v4/things/7", row))).toBeInstanceOf(Interrupted);
    expect(server.held).toHaveLength(1);
  });

  it("does not lift the time limit of a write", async () => {
    const server = await startHoldingServer();
    const controller = new AbortController();
    const client = clientOf(server.url, { signal: controller.signal, timeoutSeconds: 0.2 });
    const action = errorOf(client.post("/v4/things", {}, row));
    await server.asked();
    controller.abort();
    expect(await action).toMatchObject({ name: "Unavailable" });
  });
});

describe("a long wait", () => {
  it("is told with its length and its reason, a short one is not", async () => {
    const server = await startServer([
      { status: 503, headers: { "retry-after": "0" }, body: exception("Maintenance", "soon") },
      { status: 429, headers: { "x-retry-after": "57" }, body: exception("Quota", "30 a minute") },
    ]);
    const told: string[] = [];
    const controller = new AbortController();
    const onWait = (message: string) => {
      told.push(message);
      controller.abort();
    };
    const client = clientOf(server.url, { signal: controller.signal, onWait });
    await errorOf(client.get("/v4/things/1", row));
    expect(told).toEqual([
      `waiting 57 s: GET ${server.url}/v4/things/1 answered 429 Quota: 30 a minute; it is tried again then`,
    ]);
  });

  it("for the rate limit names the setting", async () => {
    const server = await startServer([{ status: 200, body: { id: 1 } }]);
    const told: string[] = [];
    const controller = new AbortController();
    const onWait = (message: string) => {
      told.push(message);
      controller.abort();
    };
    const client = clientOf(server.url, { signal: controller.signal, onWait, requestsPerSecond: 0.25 });
    await client.get("/v4/things/1", row);
    await errorOf(client.get("/v4/things/1", row));
    expect(told).toEqual(["waiting 4 s: sluice:requestsPerSecond allows 0.25 a second"]);
  });
});

describe("the end of an operation's time", () => {
  it("ends a read that is on its way, and a wait before the next attempt, and no request follows", async () => {
    const server = await startHoldingServer();
    const slow = clientOf(server.url, { deadline: deadlineIn(500), timeoutSeconds: 60 });
    await expect(slow.get("/v4/things/1", row)).rejects.toThrow(
      "would take longer than `customTimeouts` of the resource allows",
    );
    expect(server.held).toHaveLength(1);
    await expect(slow.post("/v4/things", {}, row)).rejects.toBeInstanceOf(OutOfTime);
    expect(server.held).toHaveLength(1);

    const busy = await startServer([
      { status: 503, headers: { "retry-after": "30" }, body: exception("Busy", "busy") },
    ]);
    const waiting = clientOf(busy.url, { deadline: deadlineIn(1000), retries: 3 });
    await expect(waiting.get("/v4/things/1", row)).rejects.toBeInstanceOf(OutOfTime);
    expect(busy.requests).toHaveLength(1);
  });

  it("lets a write that was sent go to its end", async () => {
    const server = await startHoldingServer();
    const client = clientOf(server.url, { deadline: deadlineIn(500), timeoutSeconds: 60 });
    const answer = client.post("/v4/things", {}, row);
    await server.asked();
    setTimeout(() => server.held[0]?.end('{"id":1}'), 700);
    expect(await answer).toEqual({ id: 1 });
  });
});

describe("putting right what was interrupted", () => {
  it("goes on after the interruption and after the operation's time, and reads lists anew", async () => {
    let asked = 0;
    const server = await startServer(({ method }) => ({
      status: 200,
      body: method === "GET" ? { data: [{ id: ++asked }] } : { id: 1 },
    }));
    const controller = new AbortController();
    const client = clientOf(server.url, { signal: controller.signal, deadline: deadlineIn(1000) });
    expect(await client.list("/v4/things", row)).toEqual([{ id: 1 }]);
    controller.abort();
    const calm = client.uninterrupted();
    expect(await calm.list("/v4/things", row)).toEqual([{ id: 2 }]);
    await expect(client.post("/v4/things", {}, row)).rejects.toBeInstanceOf(Interrupted);
    expect(await calm.patch("/v4/things/1", {}, row)).toEqual({ id: 1 });
  });

  it("makes the client forget what it knew of lists", async () => {
    let asked = 0;
    const server = await startServer(({ method }) => ({
      status: 200,
      body: method === "GET" ? { data: [{ id: ++asked }] } : { id: 1 },
    }));
    const client = clientOf(server.url);
    expect(await client.list("/v4/things", row)).toEqual([{ id: 1 }]);
    await client.uninterrupted().patch("/v4/things/1", {}, row);
    expect(await client.list("/v4/things", row)).toEqual([{ id: 2 }]);
  });

  it("does not try for long", async () => {
    const server = await startServer(["cut"]);
    const client = clientOf(server.url, { retries: 20, timeoutSeconds: 600 });
    await expect(client.uninterrupted().patch("/v4/things/1", {}, row)).rejects.toThrow("connection failed");
    expect(server.requests).toHaveLength(5);
  });
});

/** The same moment for every request that asks. */
function deadlineIn(milliseconds: number): () => number {
  const moment = Date.now() + milliseconds;
  return () => moment;
}
