import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { isSameContent } from "../../../flow/digest.js";
import type { FlowPackage } from "../../../flow/model.js";
import { applyRules } from "../../../flow/rules.js";
import { readPackage } from "../../../flow/read.js";
import { writePackage } from "../../../flow/write.js";
import { toNewColumns } from "../../../platform/connections.js";
import { exportPackage } from "../../../platform/flows/export.js";
import { importPackage } from "../../../platform/flows/import.js";
import { stampNew } from "../../../platform/ownership.js";
import { DEFAULT_SETTINGS } from "../../../platform/settings.js";
import { openDatabase } from "../../../platform/store/database.js";
import { openSealer } from "../../../platform/store/sealing.js";
import { prepareEnvironments } from "../../../platform/environments.js";
import { randomPackage } from "../../flow/random-package.js";

const SEEDS = Array.from({ length: 100 }, (_, seed) => seed);

describe("exporting what was imported", () => {
  const directory = mkdtempSync(join(tmpdir(), "sluice-export-"));
  const database = openDatabase(directory);
  const sealer = openSealer(directory);
  const platform = { database, sealer, settings: DEFAULT_SETTINGS };
  const caller = { environmentId: 1, personId: 1 };

  beforeAll(() => prepareEnvironments(database, ["dev"], "test-token-0123456789"));
  afterAll(async () => {
    await database.destroy();
    rmSync(directory, { recursive: true, force: true });
  });

  it.each(SEEDS)("keeps the meaning of the random package %i", async (seed) => {
    const original = withAllFlowsPrimary(randomPackage(seed));
    for (const stub of original.connections) await createTwin(stub.uuid);
    const ruled = applyRules(original, { connections: [], values: [] });
    const target = { ...caller, folderId: null, releaseId: null, namePrefix: null, sealer };

    const { primaryFlowIds } = await database
      .transaction()
      .execute((transaction) => importPackage(transaction, target, ruled));
    const exported = await exportPackage(platform, caller, primaryFlowIds);

    const reread = await readPackage(await writePackage(exported));
    expect(isSameContent(ruled, reread)).toBe(true);
  });

  async function createTwin(uuid: string): Promise<void> {
    const body = {
      name: uuid,
      vendor: "postgres",
      vendorName: "postgres",
      type: "jdbc",
      credentialType: "basic",
      params: {},
    };
    await database
      .insertInto("connections")
      .values({
        ...stampNew({ ...caller, environment: "dev", isAdmin: true }),
        uuid,
        ...toNewColumns(sealer, body),
      })
      .onConflict((conflict) => conflict.doNothing())
      .execute();
  }
});

function withAllFlowsPrimary(pkg: FlowPackage): FlowPackage {
  return {
    ...pkg,
    metadata: { ...pkg.metadata, primaryFlowIds: pkg.flows.map((flow) => flow.id) },
    flows: pkg.flows.map((flow) => ({ ...flow, isPrimary: true })),
  };
}
