import { describe, expect, it } from "vitest";
import { z } from "zod";
import { RateLimiter } from "../../../provider/client/limiter.js";
import { clientOf, errorOf, exception, startServer } from "./scripted-server.js";
import type { ReceivedRequest, Step } from "./scripted-server.js";

const row = z.object({ id: z.int() });

/** Answers pages out of `total` rows. */
function pages(total: number): (request: ReceivedRequest) => Step {
  return ({ method, url }) => {
    if (method !== "GET") return { status: 200, body: { id: 1 } };
    const query = new URL(url, "http://localhost").searchParams;
    const offset = Number(query.get("offset"));
    const count = Math.max(0, Math.min(Number(query.get("limit")), total - offset));
    return {
      status: 200,
      body: { data: Array.from({ length: count }, (_, at) => ({ id: offset + at + 1 })) },
    };
  };
}

describe("lists", () => {
  it.each([
    [0, 1],
    [1, 1],
    [99, 1],
    [100, 2],
    [250, 3],
  ])("a list of %i rows is read to its end in %i requests", async (total, requests) => {
    const server = await startServer(pages(total));
    const rows = await clientOf(server.url).list("/v4/things", row, { deploymentId: 7 });
    expect(rows.map(({ id }) => id)).toEqual(Array.from({ length: total }, (_, at) => at + 1));
    expect(server.requests).toHaveLength(requests);
    expect(server.requests.every(({ url }) => url.includes("deploymentId=7"))).toBe(true);
  });

  it("a list is asked once, also by many at a time", async () => {
    const server = await startServer(pages(5));
    const client = clientOf(server.url);
    await Promise.all(Array.from({ length: 20 }, () => client.list("/v4/things", row)));
    await client.list("/v4/things", row);
    expect(server.requests).toHaveLength(1);
  });

  it("lists with other queries are other lists", async () => {
    const server = await startServer(pages(5));
    const client = clientOf(server.url);
    await client.list("/v4/things", row, { deploymentId: 1 });
    await client.list("/v4/things", row, { deploymentId: 2 });
    expect(server.requests).toHaveLength(2);
  });

  it.each(["post", "put", "patch"] as const)("a list is asked again after a %s", async (method) => {
    const server = await startServer(pages(5));
    const client = clientOf(server.url);
    await client.list("/v4/things", row);
    await client[method]("/v4/things/1", {}, row);
    await client.list("/v4/things", row);
    expect(server.requests.map((request) => request.method)).toEqual(["GET", method.toUpperCase(), "GET"]);
  });

  it("a list is asked again after a delete and after an upload", async () => {
    const server = await startServer(pages(5));
    const client = clientOf(server.url);
    await client.list("/v4/things", row);
    await client.delete("/v4/things/1");
    await client.list("/v4/things", row);
    await client.upload("/v4/things", "a.zip", new Uint8Array([1]), row);
    await client.list("/v4/things", row);
    expect(server.requests.map((request) => request.method)).toEqual(["GET", "DELETE", "GET", "POST", "GET"]);
  });

  it("a dry run of an upload changes no list, and is repeated like a read", async () => {
    const answer = pages(5);
    let tries = 0;
    const server = await startServer((request) =>
      request.method === "POST" && tries++ === 0 ? "cut" : answer(request),
    );
    const client = clientOf(server.url, { retries: 1 });
    await client.list("/v4/things", row);
    await client.tryUpload("/v4/things/dryRun", "a.zip", new Uint8Array([1]), z.unknown());
    await client.list("/v4/things", row);
    expect(server.requests.map((request) => request.method)).toEqual(["GET", "POST", "POST"]);
  });

  it("a list is asked again after a write that failed: it may have happened", async () => {
    const answer = pages(5);
    const server = await startServer((request) => (request.method === "POST" ? "cut" : answer(request)));
    const client = clientOf(server.url);
    await client.list("/v4/things", row);
    await errorOf(client.post("/v4/things", {}, row));
    await client.list("/v4/things", row);
    expect(server.requests).toHaveLength(3);
  });

  it("a list that could not be read is not remembered", async () => {
    const answer = pages(5);
    let isBroken = true;
    const server = await startServer((request) =>
      isBroken ? { status: 403, body: exception("AccessControlException", "no") } : answer(request),
    );
    const client = clientOf(server.url);
    await errorOf(client.list("/v4/things", row));
    isBroken = false;
    expect(await client.list("/v4/things", row)).toHaveLength(5);
  });

  it("a row of another shape is an error that names the list", async () => {
    const server = await startServer([{ status: 200, body: { data: [{ id: "one" }] } }]);
    const error = await errorOf(clientOf(server.url).list("/v4/things", row));
    expect(error.message).toBe(
      `GET ${server.url}/v4/things answered a row that is not as the v4 API says: 0.id Invalid input: expected number, received string`,
    );
  });
});

describe("objects by id", () => {
  it("a few are asked for one by one, many cost pages", async () => {
    const list = pages(250);
    const server = await startServer((request) => {
      const id = /\/things\/(\d+)$/.exec(request.url)?.[1];
      return id === undefined ? list(request) : { status: 200, body: { id: Number(id) } };
    });
    const client = clientOf(server.url);
    const ids = Array.from({ length: 250 }, (_, at) => String(at + 1));
    const found = await Promise.all(ids.map((id) => client.getById("/v4/things", id, row)));
    expect(found.map(({ id }) => String(id))).toEqual(ids);
    expect(server.requests).toHaveLength(4 + 3);
  });

  it("among writes they are asked for one by one, as every write makes a list worthless", async () => {
    const list = pages(250);
    const server = await startServer((request) => {
      const id = /\/things\/(\d+)$/.exec(request.url)?.[1];
      return id === undefined ? list(request) : { status: 200, body: { id: Number(id) } };
    });
    const client = clientOf(server.url);
    for (let id = 1; id <= 20; id += 1) {
      await client.getById("/v4/things", String(id), row);
      await client.patch(`/v4/things/${id}`, {}, row);
    }
    expect(server.requests).toHaveLength(20 + 20);
  });

  it("one that the list does not show is asked for all the same, so that only the platform says what is gone", async () => {
    const server = await startServer((request) =>
      request.url.endsWith("/things/999")
        ? { status: 404, body: exception("DataNotFoundException", "there is none") }
        : pages(5)(request),
    );
    const client = clientOf(server.url);
    const ids = ["1", "2", "3", "4", "5", "1", "2", "3", "4"];
    for (const id of ids) await client.getById("/v4/things", id, z.looseObject({})).catch(() => undefined);
    expect(await errorOf(client.getById("/v4/things", "999", row))).toMatchObject({ name: "NotFound" });
  });
});

describe("requests", () => {
  it("an endpoint may end in a slash; queries are escaped", async () => {
    const server = await startServer([{ status: 200, body: { id: 1 } }]);
    await clientOf(`${server.url}/prod//`).get("/v4/things", row, { filter: "a&b c", embed: undefined });
    expect(server.requests[0]?.url).toBe("/prod/v4/things?filter=a%26b+c");
  });

  it("an endpoint with https in place of http is told from a network that fails", async () => {
    const server = await startServer([{ status: 200, body: { id: 1 } }]);
    const client = clientOf(server.url.replace("http:", "https:"), { retries: 0 });
    expect((await errorOf(client.get("/v4/things", row))).message).toMatch(
      /what listens there does not speak TLS as the endpoint says \(ERR_SSL_\w+\); is it http:\/\/ in sluice:endpoint\?/,
    );
  });

  it("a package is downloaded byte for byte", async () => {
    const server = await startServer([{ status: 200, body: "PK\u0003\u0004" }]);
    const bytes = await clientOf(server.url).download("/v4/flows/1/package");
    expect([...bytes]).toEqual([0x50, 0x4b, 3, 4]);
  });

  it("a download that is refused is an error of the usual kind", async () => {
    const server = await startServer([{ status: 404, body: exception("DataNotFoundException", "no flow") }]);
    const error = await errorOf(clientOf(server.url).download("/v4/flows/1/package"));
    expect(error).toMatchObject({ name: "NotFound", code: "DataNotFoundException" });
  });
});

describe("the rate limit", () => {
  it("lets a second's worth go at once and makes the rest wait", async () => {
    const server = await startServer([{ status: 200, body: { id: 1 } }]);
    const client = clientOf(server.url, { requestsPerSecond: 20 });
    const started = performance.now();
    await Promise.all(Array.from({ length: 30 }, () => client.get("/v4/things/1", row)));
    expect(server.requests).toHaveLength(30);
    const atOnce = server.requests.filter(({ at }) => at - started < 40).length;
    expect(atOnce).toBeLessThanOrEqual(20);
    expect(performance.now() - started).toBeGreaterThanOrEqual(1000);
  });

  it("counts attempts, not requests", async () => {
    const server = await startServer([
      { status: 429, headers: { "x-retry-after": "0" }, body: exception("Quota", "no") },
    ]);
    const started = performance.now();
    await errorOf(clientOf(server.url, { requestsPerSecond: 5, retries: 7 }).get("/v4/things/1", row));
    expect(server.requests).toHaveLength(8);
    // Five, and three more a second later.
    expect(performance.now() - started).toBeGreaterThanOrEqual(1000);
  });

  it("serves who asked first first", () => {
    const limiter = new RateLimiter(50);
    const waits = Array.from({ length: 60 }, () => limiter.take("GET /v4/things"));
    expect(waits.slice(0, 50)).toEqual(Array.from({ length: 50 }, () => 0));
    expect(Math.min(...waits.slice(50))).toBeGreaterThan(900);
  });

  it.each([15, 12.5, 1, 0.5])("lets at most %s go in any second, from the first on", (requestsPerSecond) => {
    const limiter = new RateLimiter(requestsPerSecond);
    const started = performance.now();
    const turns = Array.from({ length: 100 }, () => performance.now() - started + limiter.take("GET"));
    const [seconds, most] = requestsPerSecond < 1 ? [1 / requestsPerSecond, 1] : [1, requestsPerSecond];
    const inNextSecond = (turn: number) =>
      turns.filter((other) => other >= turn && other < turn + seconds * 1000).length;
    expect(Math.max(...turns.map(inNextSecond))).toBeLessThanOrEqual(most);
    expect(turns.at(-1)).toBeLessThanOrEqual((100 / requestsPerSecond) * 1000 * 1.05);
  });

  it("is off at 0", () => {
    const limiter = new RateLimiter(0);
    const waits = Array.from({ length: 1000 }, () => limiter.take("GET /v4/things"));
    expect(waits.every((wait) => wait === 0)).toBe(true);
  });
});

describe("a platform that refuses more for now", () => {
  const refusal = (seconds: string) => ({
    status: 429,
    headers: { "x-retry-after": seconds },
    body: exception("TooManyRequestsException", "Too Many Requests"),
  });
  const answer = { status: 200, body: { id: 1 } };

  it("is sent nothing at all for a second or two, nor is what waits already", async () => {
    let refused = 0;
    const server = await startServer(({ at }) => {
      refused ||= at;
      return at - refused < 1000 ? refusal("1") : answer;
    });
    const client = clientOf(server.url, { requestsPerSecond: 4 });
    const ask = (index: number) => client.get(`/v4/${index % 2 === 0 ? "things" : "others"}/${index}`, row);
    await Promise.all([0, 1, 2, 3, 4, 5, 6, 7].map(ask));
    const early = server.requests.filter(({ at }) => at - refused < 1000);
    // The first second's worth was on its way when the platform refused.
    expect(early).toHaveLength(4);
    expect(server.requests).toHaveLength(12);
  });

  it("for ever is told of with the time that the platform asked for last", async () => {
    const server = await startServer([refusal("0"), refusal("3600")]);
    const error = await errorOf(clientOf(server.url, { retries: 1 }).get("/v4/things/1", row));
    expect(error.message).toContain(
      "; tried 2 times, and it asks to wait 3600 s: run it again when the platform answers",
    );
  });

  it("for longer is sent other requests, as it is a quota of one operation", async () => {
    let refused = 0;
    const server = await startServer(({ url, at }) => {
      if (url === "/v4/others/1") return answer;
      refused ||= at;
      return at - refused < 3000 ? refusal("3") : answer;
    });
    const told: string[] = [];
    const client = clientOf(server.url, { onWait: (message) => told.push(message) });
    const first = client.get("/v4/things/1", row);
    while (told.length === 0) await new Promise((resolve) => setImmediate(resolve));
    const second = client.get("/v4/things/2", row);
    await client.get("/v4/others/1", row);
    expect(performance.now() - refused).toBeLessThan(3000);
    await Promise.all([first, second]);
    const waited = server.requests.filter(({ url }) => url === "/v4/things/2");
    expect(waited).toHaveLength(1);
    expect(told[1]).toBe("waiting 3 s: the platform refuses more of GET /v4/things/N until then");
  });
});
