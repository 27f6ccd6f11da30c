import { setTimeout } from "node:timers/promises";
import { expect, test } from "vitest";
import { ordersBytes, WAREHOUSE_TWIN } from "./orders-package.js";
import { makeDirectory, toForm, TOKEN } from "./platform-fixture.js";
import { request, startPlatformProcess } from "./platform-process.js";

const ROUNDS = 5;
const WRITERS = 3;

/** What the platform has acknowledged so far. */
interface Acknowledged {
  readonly deployments: Map<number, string>;
  /** Release id → deployment id. */
  readonly releases: Map<number, number>;
  readonly notes: Map<number, string>;
}

test(
  "a kill at any moment loses no acknowledged write and leaves no half-done import",
  { timeout: 120_000 },
  async () => {
    const directory = makeDirectory();
    const bytes = await ordersBytes();
    const acknowledged: Acknowledged = { deployments: new Map(), releases: new Map(), notes: new Map() };
    let written = 0;
    for (let round = 0; round < ROUNDS; round += 1) {
      const platform = await startPlatformProcess(directory);
      if (round === 0) await request(platform.endpoint, "POST", "/v4/connections", WAREHOUSE_TWIN);
      const writers = Array.from({ length: WRITERS }, (_, writer) =>
        writeUntilCut(platform.endpoint, `${round}-${writer}`, bytes, acknowledged),
      );
      const target = written + 5 + Math.floor(Math.random() * 40);
      await waitFor(
        () => acknowledged.notes.size + acknowledged.releases.size + acknowledged.deployments.size >= target,
      );
      platform.process.kill("SIGKILL");
      await Promise.all(writers);
      expect((await platform.ended).signal).toBe("SIGKILL");
      written = acknowledged.notes.size + acknowledged.releases.size + acknowledged.deployments.size;
    }
    const platform = await startPlatformProcess(directory);
    await checkAll(platform.endpoint, acknowledged, bytes);
  },
);

/** Writes one thing after the other and notes what was answered, until the connection breaks. */
async function writeUntilCut(endpoint: string, name: string, bytes: Uint8Array, acknowledged: Acknowledged) {
  for (let count = 0; ; count += 1) {
    try {
      const deployment = await request(endpoint, "POST", "/v4/deployments", { name: `${name}-${count}` });
      expect(deployment.status).toBe(201);
      acknowledged.deployments.set(deployment.body.id as number, `${name}-${count}`);
      const path = `/v4/deployments/${deployment.body.id}/releases`;
      const release = await request(endpoint, "POST", path, toForm(bytes));
      expect(release.status).toBe(201);
      acknowledged.releases.set(release.body.release.id as number, deployment.body.id as number);
      const notes = `notes of ${name}-${count}`;
      const changed = await request(endpoint, "PATCH", `/v4/releases/${release.body.release.id}`, { notes });
      expect(changed.status).toBe(200);
      acknowledged.notes.set(release.body.release.id as number, notes);
    } catch (error) {
      if (error instanceof TypeError) return;
      throw error;
    }
  }
}

async function checkAll(endpoint: string, acknowledged: Acknowledged, bytes: Uint8Array) {
  interface Row {
    readonly id: number;
    readonly name: string;
    readonly notes: string;
    readonly active: boolean | null;
    readonly deployment: { readonly id: number };
    readonly flows: { readonly data: readonly unknown[] };
  }
  const deployments = (await request(endpoint, "GET", "/v4/deployments?noLimit=true")).body.data as Row[];
  const names = new Map(deployments.map(({ id, name }) => [id, name]));
  for (const [id, name] of acknowledged.deployments) expect(names.get(id)).toBe(name);

  const releases = (await request(endpoint, "GET", "/v4/releases?noLimit=true&embed=flows")).body
    .data as Row[];
  const byId = new Map(releases.map((release) => [release.id, release]));
  for (const [id, deploymentId] of acknowledged.releases) {
    expect(byId.get(id)).toMatchObject({ active: true, deployment: { id: deploymentId } });
  }
  for (const [id, notes] of acknowledged.notes) expect(byId.get(id)?.notes).toBe(notes);
  for (const { id, flows } of releases) {
    expect(flows.data, `flows of release ${id}`).toHaveLength(1);
    const response = await fetch(`${endpoint}/v4/releases/${id}/package`, {
      headers: { authorization: `Bearer ${TOKEN}` },
    });
    expect(Buffer.from(await response.arrayBuffer()).equals(bytes), `package of release ${id}`).toBe(true);
  }
  expect((await request(endpoint, "GET", "/v4/flows/count")).body.count).toBe(releases.length);
}

async function waitFor(isDone: () => boolean): Promise<void> {
  const deadline = Date.now() + 30_000;
  while (!isDone()) {
    if (Date.now() > deadline) throw new Error("not enough writes in time");
    await setTimeout(5);
  }
}
