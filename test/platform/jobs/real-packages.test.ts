import { mkdirSync, copyFileSync, readFileSync, readdirSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { describe, expect, it } from "vitest";
import { createGraph } from "../../../flow/graph.js";
import { readPackage } from "../../../flow/read.js";
import { showLocation } from "../../../flow/location.js";
import type { FileDataset, FlowPackage } from "../../../flow/model.js";
import { resolveLocation } from "../../../platform/jobs/storage.js";
import { readExpected } from "../../flow/compile/read-csv.js";
import { HAS_REAL_PACKAGES } from "../../real-packages.js";
import { importFlows } from "../flow-fixture.js";
import { startJobPlatform, type JobPlatform } from "./job-fixture.js";

const FOLDER = join(__dirname, "../../../../shared/packages");

/** Real packages that read nothing but text files. */
const PACKAGES = ["add-properties-as-columns", "last-day-of-month", "missing-days", "remove-duplicate-names"];

/** Puts the files beside a package where its datasets look for them. */
function putFiles(platform: JobPlatform, name: string, pkg: FlowPackage): void {
  const root = join(platform.directory, "storage/dev");
  const files = readdirSync(join(FOLDER, name, "data"));
  const datasets = pkg.flows.flatMap((flow) => flow.datasets);
  for (const dataset of datasets.filter((one): one is FileDataset => one.kind === "file")) {
    const wanted = basename(dataset.location.path).toLowerCase();
    const file = files.find((one) => one.toLowerCase() === wanted);
    if (file === undefined) throw new Error(`no file for ${dataset.name}`);
    const { path } = resolveLocation({ root, mappings: {} }, showLocation(dataset.type, dataset.location));
    mkdirSync(dirname(path), { recursive: true });
    copyFileSync(join(FOLDER, name, "data", file), path);
  }
}

describe.skipIf(!HAS_REAL_PACKAGES)("jobs of real packages", () => {
  it.each(PACKAGES)("%s gives the rows that are expected", async (name) => {
    const platform = await startJobPlatform();
    const pkg = await readPackage(join(FOLDER, name, "package.zip"));
    putFiles(platform, name, pkg);
    const { body } = await importFlows(platform, readFileSync(join(FOLDER, name, "package.zip")));
    const expected = readdirSync(join(FOLDER, name, "expected")).filter((file) => file.endsWith(".csv"));
    for (const file of expected) {
      const placed = [...createGraph(pkg).nodes.values()].find((one) => one.name === basename(file, ".csv"));
      const nodeId = Number(body.createdObjectMapping.flownodes[String(placed?.node.id)]);
      const started = await platform.call("POST", "/v4/jobGroups", {
        wrangledDataset: { id: nodeId },
        overrides: { writesettings: [{ path: `s3://acme-dev/${file}`, hasQuotes: false }] },
      });
      expect(await platform.ended(started.body.id as number)).toMatchObject({ failureReason: null });
      const sorted = (text: string) =>
        readExpected(text)
          .map((row) => JSON.stringify(row))
          .sort();
      expect(sorted(platform.read(file))).toEqual(
        sorted(readFileSync(join(FOLDER, name, "expected", file), "utf8")),
      );
    }
  });
});
