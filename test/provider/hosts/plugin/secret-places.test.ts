import { describe, expect, it } from "vitest";
import { hiding } from "../../../../provider/framework/hiding.js";
import { secretsOf, widened } from "../../../../provider/hosts/plugin/secret-places.js";
import { decode } from "../../../../provider/hosts/plugin/values.js";
import { sample } from "../../framework/sample-resource.js";
import { secretOf, toStruct } from "./engine-form.js";
import type { EngineValues } from "./engine-form.js";

function hide(values: EngineValues): (text: string) => string {
  return hiding(sample, [decode(toStruct(values))]);
}

describe("secret places", () => {
  it("are what came as secret, what the definition calls secret, and what is worked out of either", () => {
    const given = decode(toStruct({ ordinary: "a", unordered: [{ b: secretOf("c") }], secret: "d" }));
    expect(secretsOf(sample, given)).toEqual([
      ["secret"],
      ["writeOnly"],
      ["unordered", 0, "b"],
      ["secretFingerprints"],
      ["derived"],
    ]);
    expect(secretsOf(sample, decode(toStruct({ ordinary: "a" })))).not.toContainEqual(["derived"]);
  });

  it("grow to the whole of a field that holds something else now", () => {
    expect(widened([["a", 1, "b"], ["c", 0], ["d"]], ["a", "d"])).toEqual([["a"], ["c", 0], ["d"]]);
  });
});

describe("texts for people", () => {
  it("hold no secret, whether marked by the program or called so by the definition", () => {
    const safe = hide({ ordinary: secretOf("hush"), writeOnly: { password: "pa55word" }, localOnly: "seen" });
    expect(safe('hush: "pa55word" was refused, though seen')).toBe(
      '[secret]: "[secret]" was refused, though seen',
    );
  });

  it("hold none in another spelling either: in JSON, in a URL", () => {
    const secret = 'a "b"\n&ü';
    const safe = hide({ ordinary: secretOf({ deep: [secret] }) });
    for (const text of [
      secret,
      JSON.stringify(secret),
      encodeURIComponent(secret),
      String(new URLSearchParams({ filter: secret })),
    ])
      expect(safe(`before ${text} after`)).toMatch(/^before \W?(?:filter=)?\[secret\]\W? after$/);
    expect(hide({ ordinary: secretOf("broken \ud800 text") })("broken \ud800 text")).toBe("[secret]");
  });

  it("hide the longer of two secrets as a whole", () => {
    expect(hide({ ordinary: secretOf(["pass", "password"]) })("password, pass")).toBe("[secret], [secret]");
  });

  it("still say what is said in clear elsewhere, where a secret is kept, and what is in every text", () => {
    const safe = hide({
      ordinary: "postgres",
      writeOnly: { username: "postgres", pin: "12", on: true, password: { fromEnv: "PASSWORD_OF_PROD" } },
    });
    const text = "postgres: 12 is true, and the environment variable PASSWORD_OF_PROD is not set";
    expect(safe(text)).toBe(text);
  });
});
