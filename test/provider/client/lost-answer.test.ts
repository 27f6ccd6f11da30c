import { describe, expect, it } from "vitest";
import { z } from "zod";
import { clientOf, errorOf, startServer } from "./scripted-server.js";
import type { ReceivedRequest, Step } from "./scripted-server.js";

const row = z.object({ id: z.int(), name: z.string() });
const made = { id: 7, name: "orders" };

/** A server that answers the POST so, and shows the object in its list from so many looks on. */
async function startCreating(post: Step, { shownFrom }: { shownFrom: number }, retries = 2) {
  let looks = 0;
  const server = await startServer(({ method }: ReceivedRequest): Step => {
    if (method === "POST") return post;
    looks += 1;
    return { status: 200, body: { data: looks >= shownFrom ? [made] : [] } };
  });
  const client = clientOf(server.url, { retries });
  const create = () =>
    client.create("/v4/things", { name: "orders" }, row, async () =>
      (await client.list("/v4/things", row)).find(({ name }) => name === "orders"),
    );
  return { server, create, methods: () => server.requests.map(({ method }) => method).join(" ") };
}

describe("an object that is made with one POST", () => {
  it.each<[string, Step]>([
    ["a cut connection", "cut"],
    ["half an answer", "half"],
    ["a gateway that gave up", { status: 504 }],
    ["an answer without a body", { status: 201 }],
    ["an answer that is not JSON", { status: 200, body: "<html>" }],
    ["an answer of another form", { status: 201, body: { uuid: "a" } }],
  ])("is looked for after %s, and found", async (_name, post) => {
    const { create, methods } = await startCreating(post, { shownFrom: 1 });
    expect(await create()).toEqual(made);
    expect(methods()).toBe("POST GET");
  });

  it("is looked for again while the platform may still be at it", async () => {
    const { create, methods } = await startCreating("cut", { shownFrom: 3 });
    expect(await create()).toEqual(made);
    expect(methods()).toBe("POST GET GET GET");
  });

  it("that is not there is not made again, and the error says both", async () => {
    const { server, create, methods } = await startCreating("cut", { shownFrom: 9 });
    const error = await errorOf(create());
    expect(error.message).toMatch(
      /^POST \S+\/v4\/things: the connection failed \(\w+\); not repeated, as it may have been carried out: run it again to see; it was looked for and is not there$/,
    );
    expect(error.message).toContain(server.url);
    expect(methods()).toBe("POST GET GET GET");
  });

  it("is looked for once after an error that the platform answered itself", async () => {
    const { create, methods } = await startCreating({ status: 500 }, { shownFrom: 9 });
    await expect(create()).rejects.toThrow("answered 500");
    expect(methods()).toBe("POST GET");
  });

  it("is not looked for when the platform refused it", async () => {
    const refusal = { status: 400, body: { exception: { name: "ValidationFailed", message: "no" } } };
    const { create, methods } = await startCreating(refusal, { shownFrom: 1 });
    await expect(create()).rejects.toThrow("ValidationFailed: no");
    expect(methods()).toBe("POST");
  });

  it("and cannot be looked for may be there, and the error says so", async () => {
    const server = await startServer(({ method }) => (method === "POST" ? "cut" : { status: 403 }));
    const client = clientOf(server.url, { retries: 0 });
    const create = client.create(
      "/v4/things",
      {},
      row,
      async () => (await client.list("/v4/things", row))[0],
    );
    const { message } = await errorOf(create);
    expect(message).toContain(
      `whether it was made all the same is not known: GET ${server.url}/v4/things?limit=100&offset=0 answered 403`,
    );
  });
});

it("a page of HTML in place of a package is no package", async () => {
  const headers = { "content-type": "text/html; charset=utf-8" };
  const server = await startServer([{ status: 200, body: "<html>", headers }]);
  await expect(clientOf(server.url).download("/v4/releases/7/package")).rejects.toThrow(
    `GET ${server.url}/v4/releases/7/package answered 200 with a page of HTML (6 bytes)`,
  );
});

it("a page that answers a delete with 200 does not count as done", async () => {
  const server = await startServer([{ status: 200, body: "<html>" }]);
  await expect(clientOf(server.url).delete("/v4/things/7")).rejects.toThrow("is not JSON");
});
