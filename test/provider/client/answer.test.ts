import { describe, expect, it } from "vitest";
import { z } from "zod";
import {
  Conflict,
  InvalidRequest,
  NotFound,
  PlatformError,
  RouteNotFound,
  Unauthorized,
  UnexpectedAnswer,
} from "../../../provider/client/errors.js";
import { clientOf, errorOf, exception, startServer, TOKEN } from "./scripted-server.js";
import type { Step } from "./scripted-server.js";

const row = z.object({ id: z.int() });
const html = { "content-type": "text/html; charset=utf-8" };

async function errorFor(step: Step): Promise<PlatformError> {
  const server = await startServer([step]);
  const error = await errorOf(clientOf(server.url, { retries: 0 }).get("/v4/things/1", row));
  if (!(error instanceof PlatformError)) throw error;
  expect(error.message).toContain(`GET ${server.url}/v4/things/1`);
  return error;
}

describe("answers that are errors", () => {
  it("are told without what a terminal would obey", async () => {
    const hostile = "\u001b[2J\u001b]0;x\u0007a\r\u009b31mb\nc";
    const { message } = await errorFor({ status: 400, body: exception("Refused", hostile, hostile) });
    expect([...message].filter((character) => /\p{Cc}/u.test(character))).toEqual(["\n", "\n"]);
  });

  it.each<[string, Step, typeof PlatformError]>([
    ["404 in the envelope", { status: 404, body: exception("DataNotFoundException", "gone") }, NotFound],
    ["410 in the envelope", { status: 410, body: exception("DataDeletedException", "gone") }, NotFound],
    [
      "404 for the path itself",
      { status: 404, body: exception("RouteNotFoundException", "no route") },
      RouteNotFound,
    ],
    ["404 of a proxy", { status: 404, body: "<html>not found</html>", headers: html }, UnexpectedAnswer],
    ["404 in JSON without the envelope", { status: 404, body: { error: "no" } }, UnexpectedAnswer],
    ["410 without a body", { status: 410 }, UnexpectedAnswer],
    ["403 in the envelope", { status: 403, body: exception("AccessControlException", "no") }, Unauthorized],
    ["403 of a proxy", { status: 403, body: "<html>", headers: html }, Unauthorized],
    ["401", { status: 401, body: exception("InvalidToken", "no") }, Unauthorized],
    ["409", { status: 409, body: exception("ConflictException", "no") }, Conflict],
    ["400", { status: 400, body: exception("ValidationFailed", "no") }, InvalidRequest],
  ])("%s is its own kind of error", async (_name, step, kind) => {
    const error = await errorFor(step);
    expect(error.constructor).toBe(kind);
    expect(error.status).toBe(typeof step === "object" ? step.status : 0);
  });

  it("the message quotes what the platform said, details too", async () => {
    const error = await errorFor({
      status: 400,
      body: exception("ValidationFailed", "Body is wrong", "name: is required"),
      headers: { "x-trifacta-request-id": "request-17" },
    });
    expect(error.message).toMatch(/answered 400 ValidationFailed: Body is wrong - name: is required$/);
    expect(error).toMatchObject({ code: "ValidationFailed", requestId: "request-17", method: "GET" });
  });

  it("401 names the setting", async () => {
    const error = await errorFor({ status: 401, body: exception("InvalidToken", "no") });
    expect(error.message).toContain("check sluice:token (or SLUICE_TOKEN): it is missing, wrong or expired");
  });

  it("a page instead of JSON is described by its kind, not quoted", async () => {
    const error = await errorFor({ status: 200, body: "<html>sign in</html>", headers: html });
    expect(error).toBeInstanceOf(UnexpectedAnswer);
    expect(error.message).toContain("something that is not JSON (text/html, 20 characters)");
    expect(error.message).toContain("base URL of a platform, without /v4");
  });

  it.each<[string, Step, string]>([
    ["garbage", { status: 200, body: "{]" }, "something that is not JSON"],
    ["nothing", { status: 200 }, "an empty body where the v4 API has one"],
    ["another shape", { status: 200, body: { id: "one" } }, "id is not as the v4 API says"],
  ])("%s in place of an object is not taken for one", async (_name, step, said) => {
    const error = await errorFor(step);
    expect(error).toBeInstanceOf(UnexpectedAnswer);
    expect(error.message).toContain(said);
  });

  it("a change may be answered without a body when nothing of it is needed", async () => {
    const server = await startServer([{ status: 204 }]);
    await clientOf(server.url).patch("/v4/things/1", { name: "a" }, z.unknown());
    expect(server.requests).toHaveLength(1);
  });

  it("a redirect is not followed: the token stays at home", async () => {
    const elsewhere = await startServer([{ status: 200, body: { id: 1 } }]);
    const server = await startServer([
      { status: 302, headers: { location: `${elsewhere.url}/v4/things/1` } },
    ]);
    const error = await errorOf(clientOf(server.url).get("/v4/things/1", row));
    expect(error).toBeInstanceOf(UnexpectedAnswer);
    expect(elsewhere.requests).toEqual([]);
  });
});

describe("credentials", () => {
  const failures: Step[] = [
    { status: 401, body: exception("InvalidToken", "no") },
    { status: 403, body: exception("AccessControlException", "no") },
    { status: 404, body: exception("DataNotFoundException", "no") },
    { status: 500, body: "oops" },
    { status: 302, headers: { location: "/elsewhere" } },
    { status: 200, body: "garbage" },
    "cut",
    "silent",
  ];

  it("the token goes out in the header and never into an error", async () => {
    const server = await startServer((request) => failures[Number(request.url.split("/").at(-1))] ?? "cut");
    const client = clientOf(server.url, { retries: 0, timeoutSeconds: 0.2 });
    for (const index of failures.keys()) {
      const error = await errorOf(client.get(`/v4/things/${index}`, row));
      expect(`${error.message} ${error.stack} ${JSON.stringify(error)}`).not.toContain(TOKEN);
    }
    expect(server.requests).toHaveLength(failures.length);
    expect(new Set(server.requests.map((request) => request.headers.authorization))).toEqual(
      new Set([`Bearer ${TOKEN}`]),
    );
  });

  it("a token that cannot be in a header fails without being quoted", async () => {
    const server = await startServer([{ status: 200, body: { id: 1 } }]);
    const client = clientOf(server.url, { retries: 0, authorization: `Bearer ${TOKEN}\nx` });
    const error = await errorOf(client.get("/v4/things/1", row));
    expect(`${error.message} ${error.stack}`).not.toContain(TOKEN);
    expect(server.requests).toEqual([]);
  });
});
