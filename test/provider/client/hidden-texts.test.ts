import { expect, it } from "vitest";
import { hidingTexts, secretsInAuthorization } from "../../../provider/client/hidden-texts.js";
import { clientOf, errorOf, exception, startServer, TOKEN } from "./scripted-server.js";
import { z } from "zod";

const SECRET = 'pa"ss\n&wörd +/';

it.each<[string, (text: string) => string]>([
  ["as it is", (text) => text],
  ["in JSON", (text) => JSON.stringify({ text })],
  ["in JSON that is quoted in JSON", (text) => JSON.stringify({ body: JSON.stringify({ text }) })],
  ["in JSON of ASCII letters only", (text) => JSON.stringify(text).replaceAll("ö", "\\u00f6")],
  ["in a URL", (text) => `https://example.com/?filter=${encodeURIComponent(text)}&x=1`],
  ["in a form", (text) => String(new URLSearchParams({ text }))],
  ["in a URL that quotes JSON", (text) => encodeURIComponent(JSON.stringify({ text }))],
  ["in base64", (text) => Buffer.from(text).toString("base64")],
  ["in base64 of URLs", (text) => Buffer.from(text).toString("base64url")],
])("a secret is hidden %s, and what is around it stays", (_form, show) => {
  const hide = hidingTexts([SECRET, "another"]);
  expect(hide(`<${show(SECRET)}>`)).toBe(`<${show("§")}>`.replace(/§|%C2%A7|wqc=?/, "[secret]"));
});

it("nothing is hidden that is too short to be told from ordinary words", () => {
  expect(hidingTexts(["", "ab"])("ab and nothing")).toBe("ab and nothing");
});

it("an Authorization header gives its token, or user and password in every form that it is sent in", () => {
  expect(secretsInAuthorization("Bearer token")).toEqual(["token"]);
  const pair = Buffer.from("loader:pa:ss").toString("base64");
  expect(secretsInAuthorization(`Basic ${pair}`)).toEqual([pair, "loader:pa:ss", "pa:ss"]);
});

it("a refusal that quotes the request's headers is told without the token", async () => {
  const quoted = exception(
    "Refused",
    `got Bearer ${TOKEN}`,
    JSON.stringify({ authorization: `Bearer ${TOKEN}` }),
  );
  const server = await startServer([{ status: 400, body: quoted }]);
  const client = clientOf(server.url);
  for (const action of [client.get("/v4/a", z.unknown()), client.download("/v4/a"), client.delete("/v4/a")]) {
    const { message } = await errorOf(action);
    expect(message).toContain("got Bearer [secret]");
    expect(message).not.toContain(TOKEN);
  }
});

it("a token by reference is read for each request, and hidden as it was then", async () => {
  const tokens = ["first-token", "second-token"];
  let asked = 0;
  const server = await startServer(({ headers }) => {
    asked += 1;
    return { status: 400, body: exception("Refused", `got ${headers.authorization ?? ""}`) };
  });
  const client = clientOf(server.url, { authorization: () => `Bearer ${tokens[asked === 0 ? 0 : 1] ?? ""}` });
  for (let round = 0; round < 2; round += 1)
    expect((await errorOf(client.get("/v4/a", z.unknown()))).message).toContain("got Bearer [secret]");
  expect(server.requests.map(({ headers }) => headers.authorization)).toEqual([
    "Bearer first-token",
    "Bearer second-token",
  ]);
});
