import { describe, expect, it } from "vitest";
import { z } from "zod";
import { WrongEnvironment } from "../../../provider/client/identity.js";
import { clientOf, errorOf, exception, startServer } from "./scripted-server.js";
import type { Step } from "./scripted-server.js";

const ROW = z.object({ id: z.int() });
const CURRENT = "GET /v4/workspaces/current";

/** A platform that says this of itself and has whatever it is asked for. */
function platformSaying(identity: Step) {
  return startServer(({ url }) =>
    url === "/v4/workspaces/current" ? identity : { status: 200, body: { id: 1 } },
  );
}

const prod: Step = { status: 200, body: { id: 7, name: "prod", stage: "production" } };

describe("an expected environment", () => {
  it("is asked once who it is, before anything else, by requests at the same time too", async () => {
    const server = await platformSaying(prod);
    const client = clientOf(server.url, { expect: { name: "prod", id: "7", stage: "production" } });
    await Promise.all([client.post("/v4/a", {}, ROW), client.get("/v4/b", ROW), client.confirm()]);
    await client.delete("/v4/a/1");
    const requests = server.requests.map(({ method, url }) => `${method} ${url}`);
    expect(requests[0]).toBe(CURRENT);
    expect(requests.filter((request) => request === CURRENT)).toHaveLength(1);
    expect(requests).toHaveLength(4);
  });

  it("is not asked when nothing is expected", async () => {
    const server = await platformSaying(prod);
    const client = clientOf(server.url);
    await client.confirm();
    await client.get("/v4/b", ROW);
    expect(server.requests.map(({ url }) => url)).toEqual(["/v4/b"]);
  });

  it.each([
    [{ name: "dev" }, `is the environment with the name "prod", and sluice:expect wants "dev"`],
    [
      { name: "prod", stage: "test" },
      `is the environment with the stage "production", and sluice:expect wants "test"`,
    ],
    [{ id: "8" }, `is the environment with the id "7", and sluice:expect wants "8"`],
  ])("that is another one than %j gets no other request", async (expected, said) => {
    const server = await platformSaying(prod);
    const client = clientOf(server.url, { expect: expected });
    for (const action of [
      () => client.post("/v4/a", {}, ROW),
      () => client.get("/v4/a", ROW),
      () => client.list("/v4/a", ROW),
      () => client.download("/v4/a"),
      () => client.upload("/v4/a", "a.zip", new Uint8Array(1), ROW),
      () => client.tryUpload("/v4/a", "a.zip", new Uint8Array(1), ROW),
      () => client.delete("/v4/a"),
    ]) {
      const error = await errorOf(action());
      expect(error).toBeInstanceOf(WrongEnvironment);
      expect(error.message).toContain(`${server.url} ${said}: nothing was read or written there`);
    }
    expect(server.requests.map(({ url }) => url)).toEqual(["/v4/workspaces/current"]);
  });

  it.each<[string, Step, string]>([
    [
      "has no such path",
      { status: 404, body: exception("RouteNotFoundException", "no route") },
      "answered 404",
    ],
    [
      "keeps it from the account",
      { status: 403, body: exception("AccessControlException", "no") },
      "answered 403",
    ],
    ["is no platform", { status: 200, body: "<html>" }, "is not JSON"],
  ])("that %s is not taken for the right one", async (_case, step, said) => {
    const server = await platformSaying(step);
    const error = await errorOf(clientOf(server.url, { expect: { name: "prod" } }).get("/v4/a", ROW));
    expect(error).toBeInstanceOf(WrongEnvironment);
    expect(error.message).toContain("does not say which environment it is");
    expect(error.message).toContain(said);
    expect(server.requests).toHaveLength(1);
  });

  it("that tells no stage is not taken for the right one, and the message says which part to leave out", async () => {
    const server = await platformSaying({ status: 200, body: { id: 7, name: "prod" } });
    const client = clientOf(server.url, { expect: { name: "prod", stage: "production" } });
    expect((await errorOf(client.confirm())).message).toBe(
      `${server.url} does not tell its stage, and sluice:expect wants it to be "production": take the stage out of sluice:expect`,
    );
  });

  it("that could not be asked is asked again", async () => {
    let asked = 0;
    const server = await startServer(({ url }) =>
      url === "/v4/workspaces/current" && ++asked === 1
        ? { status: 503 }
        : { status: 200, body: { id: 1, name: "prod" } },
    );
    const client = clientOf(server.url, { retries: 0, expect: { name: "prod" } });
    expect((await errorOf(client.get("/v4/a", ROW))).message).toContain("answered 503");
    await expect(client.get("/v4/a", ROW)).resolves.toEqual({ id: 1 });
  });

  it("is not doubted for a wrong token: the message says what to do about that", async () => {
    const server = await platformSaying({
      status: 401,
      body: exception("UnauthorizedException", "no access"),
    });
    const error = await errorOf(clientOf(server.url, { expect: { name: "prod" } }).confirm());
    expect(error.name).toBe("Unauthorized");
    expect(error.message).toContain("check sluice:token");
  });
});
