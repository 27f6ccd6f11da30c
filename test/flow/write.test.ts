import { describe, expect, it } from "vitest";
import { DEFAULT_PACKAGE_LIMITS, readArchive } from "../../flow/archive.js";
import type { FlowPackage, JsonObject } from "../../flow/model.js";
import { readPackage } from "../../flow/read.js";
import { writePackage } from "../../flow/write.js";
import { HAS_REAL_PACKAGES, listRealPackages } from "../real-packages.js";
import { randomPackage } from "./random-package.js";
import { smallPackage, withFlow } from "./small-package.js";

async function definitionOf(pkg: FlowPackage): Promise<{ names: string[]; definition: JsonObject }> {
  const entries = await readArchive(await writePackage(pkg), DEFAULT_PACKAGE_LIMITS, () => true);
  const names = [...entries.keys()];
  return { names, definition: JSON.parse(entries.get(names[0] ?? "")?.toString("utf8") ?? "") as JsonObject };
}

describe.skipIf(!HAS_REAL_PACKAGES)("writing real packages", () => {
  it.each(listRealPackages())("gives back all of $name", async ({ path }) => {
    const pkg = await readPackage(path);
    expect(await readPackage(await writePackage(pkg))).toEqual({ ...pkg, generation: 2 });
  });
});

describe("writing a package", () => {
  it("gives back all of any package", async () => {
    for (let seed = 1; seed <= 150; seed += 1) {
      const pkg = randomPackage(seed);
      expect(await readPackage(await writePackage(pkg)), `seed ${seed}`).toEqual(pkg);
    }
  });

  it("gives the same bytes each time", async () => {
    expect(await writePackage(smallPackage())).toEqual(await writePackage(smallPackage()));
  });

  it("makes no checksum of its own", async () => {
    expect((await definitionOf(smallPackage())).definition).not.toHaveProperty("hash");
    expect((await definitionOf({ ...smallPackage(), hash: "d+jN" })).definition).toHaveProperty(
      "hash",
      "d+jN",
    );
  });

  it("names the definition after the primary flow, without what file systems refuse", async () => {
    const pkg = withFlow(smallPackage(), () => ({ name: "Profiling & Quality: été/../x" }));
    expect((await definitionOf(pkg)).names).toEqual(["flow_Profiling  Quality étéx.json"]);
  });

  it("puts an artifact's content into an entry of its own", async () => {
    const artifacts = [{ id: 9, storageId: "ab-12", type: "targetmapping", content: '{"a":1}\n' }];
    const pkg = { ...smallPackage(), artifacts };
    expect((await definitionOf(pkg)).names).toContain("artifact_ab-12.data");
    expect((await readPackage(await writePackage(pkg))).artifacts).toEqual(artifacts);
  });

  it("refuses a node that reads a reference which no node publishes", async () => {
    const pkg = withFlow(smallPackage(), (flow) => ({
      nodes: flow.nodes.map((node) => ({ ...node, sourceReferenceId: 99 })),
    }));
    await expect(writePackage(pkg)).rejects.toMatchObject({ code: "broken-reference" });
  });
});
