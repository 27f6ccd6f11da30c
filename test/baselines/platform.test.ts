import { readdirSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { contentDigest, readPackage } from "../../flow/index.js";
import { makeDirectory, startTestPlatform } from "../platform/platform-fixture.js";
import { BASELINE_TOKEN, BASELINES, listBaselines, LISTS, readBaseline, unpackPlatform } from "./baseline.js";

test("a baseline of the first version is there", () => {
  expect(listBaselines()).toContain("0.1.0");
});

describe.each(listBaselines())("what version %s wrote", (version) => {
  test("are packages that mean the same today", async () => {
    const { contentDigests } = readBaseline(version);
    for (const [name, digest] of Object.entries(contentDigests))
      expect([name, contentDigest(await readPackage(join(BASELINES, version, name)))]).toEqual([
        name,
        digest,
      ]);
    expect(Object.keys(contentDigests)).toHaveLength(2);
  });

  test("is a data directory that the platform opens, serves whole and goes on with", async () => {
    const data = join(makeDirectory(), "data");
    await unpackPlatform(version, data);
    const platform = await startTestPlatform({ data, token: BASELINE_TOKEN });
    const ask = async (path: string): Promise<Response> =>
      fetch(`${platform.url}/${path}`, { headers: { authorization: `Bearer ${BASELINE_TOKEN}` } });
    const counts: Record<string, number> = {};
    for (const list of LISTS) {
      const { data: rows } = (await (await ask(`${list}?noLimit=true`)).json()) as { data: unknown[] };
      counts[list] = rows.length;
    }
    expect(counts).toEqual(readBaseline(version).counts);

    const exported = await ask("prod/v4/deployments/1");
    expect(await exported.json()).toMatchObject({ name: "orders", numReleases: 2, latestRelease: { id: 2 } });
    expect(await (await ask("prod/v4/jobGroups/1/logs")).text()).not.toBe("");
    const file = Buffer.from(await (await ask("prod/v4/releases/2/package")).arrayBuffer());
    expect(file.subarray(0, 2).toString("latin1")).toBe("PK");
    expect(readdirSync(join(data, "blobs")).length).toBeGreaterThan(0);

    const made = await fetch(`${platform.url}/prod/v4/deployments`, {
      method: "POST",
      headers: { authorization: `Bearer ${BASELINE_TOKEN}`, "content-type": "application/json" },
      body: JSON.stringify({ name: "another" }),
    });
    expect(made.status).toBe(201);
  });
});
