import { createServer } from "node:net";
import type { AddressInfo } from "node:net";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import { Unavailable } from "../../../provider/client/errors.js";
import { clientOf, errorOf, exception, startServer } from "./scripted-server.js";
import type { Step } from "./scripted-server.js";

const row = z.object({ id: z.int() });
const good: Step = { status: 200, body: { id: 1 } };
const broken: Step = { status: 500, body: exception("InternalServerException", "broken") };
const busy: Step = { status: 429, headers: { "x-retry-after": "0" }, body: exception("Quota", "too many") };

describe("repeating requests", () => {
  it.each<[string, Step]>([
    ["429", busy],
    ["500", broken],
    ["503 of a proxy", { status: 503, body: "<html>", headers: { "content-type": "text/html" } }],
    ["a cut connection", "cut"],
    ["a connection cut in the middle of the answer", "half"],
  ])("a read that met %s is repeated and succeeds", async (_name, failure) => {
    const server = await startServer([failure, good]);
    expect(await clientOf(server.url).get("/v4/things/1", row)).toEqual({ id: 1 });
    expect(server.requests).toHaveLength(2);
  });

  it.each<[string, Step]>([
    ["429", busy],
    ["500", broken],
    ["a cut connection", "cut"],
  ])("a read that only meets %s is tried exactly as often as settings say", async (_name, failure) => {
    const server = await startServer([failure]);
    const error = await errorOf(clientOf(server.url, { retries: 2 }).get("/v4/things/1", row));
    expect(error).toBeInstanceOf(Unavailable);
    expect(server.requests).toHaveLength(3);
  });

  it("no retries means one attempt", async () => {
    const server = await startServer([broken]);
    await errorOf(clientOf(server.url, { retries: 0 }).get("/v4/things/1", row));
    expect(server.requests).toHaveLength(1);
  });

  it.each<[string, Step]>([
    ["500", broken],
    ["a cut connection", "cut"],
  ])("a create that met %s is not repeated: it may have happened", async (_name, failure) => {
    const server = await startServer([failure, good]);
    const error = await errorOf(clientOf(server.url).post("/v4/things", { a: 1 }, row));
    expect(error).toMatchObject({ name: "Unavailable", notExecuted: false });
    expect(server.requests).toHaveLength(1);
  });

  it("a create that met 429 is repeated with the same body: it cannot have happened", async () => {
    const server = await startServer([busy, good]);
    expect(await clientOf(server.url).post("/v4/things", { a: 1 }, row)).toEqual({ id: 1 });
    expect(server.requests.map((request) => request.body)).toEqual(['{"a":1}', '{"a":1}']);
  });

  it("an upload that met 429 sends the whole package again", async () => {
    const server = await startServer([busy, good]);
    await clientOf(server.url).upload("/v4/things", "flow.zip", new TextEncoder().encode("PK bytes"), row);
    expect(server.requests).toHaveLength(2);
    for (const { body } of server.requests)
      expect(body).toMatch(/name="data"; filename="flow.zip"[\s\S]+PK bytes/);
  });

  it.each(["put", "patch"] as const)(
    "a %s that met 500 is repeated: it says the same twice",
    async (method) => {
      const server = await startServer([broken, good]);
      expect(await clientOf(server.url)[method]("/v4/things/1", { a: 1 }, row)).toEqual({ id: 1 });
      expect(server.requests).toHaveLength(2);
    },
  );

  it("a delete that met a cut connection is repeated", async () => {
    const server = await startServer(["cut", { status: 204 }]);
    await clientOf(server.url).delete("/v4/things/1");
    expect(server.requests).toHaveLength(2);
  });

  it("a refused request is not repeated", async () => {
    const server = await startServer([{ status: 400, body: exception("ValidationFailed", "no") }]);
    await errorOf(clientOf(server.url).patch("/v4/things/1", {}, row));
    expect(server.requests).toHaveLength(1);
  });

  it.each([
    ["x-retry-after", "0.4"],
    ["retry-after", "0.4"],
  ])("the platform's %s is waited for", async (header, seconds) => {
    const server = await startServer([{ ...busy, headers: { [header]: seconds } }, good]);
    await clientOf(server.url).get("/v4/things/1", row);
    const [first, second] = server.requests;
    // The first back-off of our own is at most 200 ms.
    expect((second?.at ?? 0) - (first?.at ?? 0)).toBeGreaterThanOrEqual(390);
  });

  it("a proxy's retry-after may be a date", async () => {
    const server = await startServer([
      { ...busy, headers: { "retry-after": new Date(Date.now() - 5000).toUTCString() } },
    ]);
    const error = await errorOf(clientOf(server.url, { retries: 0 }).get("/v4/things/1", row));
    expect(error).toMatchObject({ retryAfter: 0 });
  });

  it("nobody listening is said as such, also for a create, which is repeated", async () => {
    const free = createServer();
    const port = await new Promise<number>((resolve) =>
      free.listen(0, "127.0.0.1", () => resolve((free.address() as AddressInfo).port)),
    );
    await new Promise((resolve) => free.close(resolve));
    const error = await errorOf(
      clientOf(`http://127.0.0.1:${port}`, { retries: 1 }).post("/v4/things", {}, row),
    );
    expect(error).toMatchObject({ name: "Unavailable", notExecuted: true, status: 0, code: "ECONNREFUSED" });
    expect(error.message).toContain("nothing listens there; is the platform running");
  });

  it("an answer that does not come in time is a time-out with the setting's name", async () => {
    const server = await startServer(["silent"]);
    const error = await errorOf(
      clientOf(server.url, { retries: 1, timeoutSeconds: 0.15 }).get("/v4/things/1", row),
    );
    expect(error).toMatchObject({ name: "Unavailable", code: "TimeoutError", notExecuted: false });
    expect(error.message).toBe(
      `GET ${server.url}/v4/things/1: no answer within 0.15 s (sluice:timeoutSeconds); tried 2 times: run it again when the platform answers`,
    );
    expect(server.requests).toHaveLength(2);
  });
});
