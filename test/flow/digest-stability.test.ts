import { describe, expect, it } from "vitest";
import { contentDigest, rulesFingerprint } from "../../flow/index.js";
import { buildPackage } from "../../flow/source.js";

/**
 * Releases carry these values in their notes. When they change for an unchanged package, every release looks as if it had
 * never been imported and is imported again: then the marker needs a new version that still reads the old one.
 */
describe("digests that releases carry", () => {
  it.each([
    ["quickstart/packages/orders-1.0.0", "33eeff4506d86975"],
    ["quickstart/packages/orders-1.1.0", "1b4f009971f915fb"],
    ["two-environments/packages/customer-value-1.0.0", "6ecfaa2e126efcf4"],
    ["two-environments/packages/customer-value-1.1.0", "ea3ced027e9065ab"],
  ])("the content of %s keeps its digest", async (path, digest) => {
    expect(contentDigest(await buildPackage(`examples/${path}`)).slice(0, 16)).toBe(digest);
  });

  it("rules keep their fingerprint", () => {
    const rules = {
      connections: [{ on: { uuid: "a7d6b1c0-0b52-11ef-8c55-0242ac120002" }, with: 7 }],
      values: [{ type: "s3Bucket", on: "acme-dev", with: "acme-prod" } as const],
    };
    expect(rulesFingerprint(rules).slice(0, 16)).toBe("690e50c693bb6b0a");
  });
});
