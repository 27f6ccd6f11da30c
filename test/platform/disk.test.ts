import { spawnSync } from "node:child_process";
import { readdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it, test } from "vitest";
import { toDiskException } from "../../platform/disk-error.js";
import { ordersBytes, WAREHOUSE_TWIN } from "./orders-package.js";
import { makeDirectory, toForm } from "./platform-fixture.js";
import { request, startPlatformProcess } from "./platform-process.js";

const DISK_MEGABYTES = 24;
const MORE_THAN_FIT = 400;

/** A user may mount small disks in a name space of their own on most Linux systems, and nowhere else. */
const CAN_MOUNT =
  spawnSync("unshare", ["--user", "--map-root-user", "--mount", "sh", "-c", "mount -t tmpfs none /mnt"])
    .status === 0;

describe.skipIf(!CAN_MOUNT)("a data directory whose disk cannot be written", () => {
  it("answers 507 to writes while the disk is full, still reads, and goes on when there is space", async () => {
    const data = makeDirectory();
    const disk = { smallDiskAt: data, smallDiskMegabytes: DISK_MEGABYTES };
    const { endpoint, process } = await startPlatformProcess(data, disk);
    // What is mounted there is seen by that process alone.
    const seen = `/proc/${process.pid}/root${data}`;
    await request(endpoint, "POST", "/v4/connections", WAREHOUSE_TWIN);
    await request(endpoint, "POST", "/v4/deployments", { name: "before" });
    const before = await ordersBytes({ comment: "before" });
    expect((await request(endpoint, "POST", "/v4/deployments/1/releases", toForm(before))).status).toBe(201);
    const filler = join(seen, "filler");
    fillUp(filler);

    const made: string[] = ["before"];
    let refused = null;
    for (let number = 0; number < MORE_THAN_FIT && refused === null; number += 1) {
      const name = `deployment ${number} ${"x".repeat(200)}`;
      const answer = await request(endpoint, "POST", "/v4/deployments", { name });
      if (answer.status === 201) made.push(name);
      else refused = answer;
    }
    const full = {
      status: 507,
      body: {
        exception: {
          name: "InsufficientStorageException",
          message: expect.stringMatching(
            /data directory is full, and nothing was changed; make space/,
          ) as string,
        },
      },
    };
    expect(refused).toMatchObject(full);
    const after = await ordersBytes({ comment: "x".repeat(20_000) });
    const importOf = (bytes: Uint8Array) =>
      request(endpoint, "POST", "/v4/deployments/1/releases", toForm(bytes));
    expect(await importOf(after)).toMatchObject(full);
    expect(await request(endpoint, "PATCH", "/v4/deployments/1", { name: "changed" })).toMatchObject(full);
    const names = async () =>
      ((await request(endpoint, "GET", "/v4/deployments?noLimit=true")).body.data as { name: string }[])
        .map(({ name }) => name)
        .sort();
    expect(await names()).toEqual([...made].sort());
    expect(readdirSync(join(seen, "blobs")).filter((name) => name.endsWith(".tmp"))).toEqual([]);

    rmSync(filler);
    expect((await request(endpoint, "POST", "/v4/deployments", { name: "after" })).status).toBe(201);
    const released = await importOf(after);
    expect(released.status).toBe(201);
    expect(await names()).toEqual([...made, "after"].sort());
    const releases = (await request(endpoint, "GET", "/v4/deployments/1/releases")).body.data as unknown[];
    expect(releases, "nothing half-done is there").toHaveLength(2);
  });

  it("answers 500 and says so while packages cannot be written, and goes on when they can be", async () => {
    const data = makeDirectory();
    const { endpoint, process } = await startPlatformProcess(data, {
      smallDiskAt: data,
      smallDiskMegabytes: DISK_MEGABYTES,
    });
    await request(endpoint, "POST", "/v4/connections", WAREHOUSE_TWIN);
    await request(endpoint, "POST", "/v4/deployments", { name: "orders" });
    const inside = (script: string) => {
      const into = ["--user", "--mount", "--preserve-credentials", "--target", String(process.pid)];
      const { status, stderr } = spawnSync("nsenter", [...into, "sh", "-c", script, join(data, "blobs")]);
      expect(status, stderr.toString()).toBe(0);
    };
    const bytes = await ordersBytes();
    const importIt = () => request(endpoint, "POST", "/v4/deployments/1/releases", toForm(bytes));
    inside('mount --bind "$0" "$0" && mount -o remount,bind,ro "$0"');
    expect(await importIt()).toMatchObject({
      status: 500,
      body: {
        exception: {
          name: "StorageNotWritableException",
          message: expect.stringMatching(
            /cannot write its data directory \(EROFS\), and nothing was ch/,
          ) as string,
        },
      },
    });
    expect((await request(endpoint, "GET", "/v4/releases")).body.data).toEqual([]);
    inside('umount "$0"');
    expect((await importIt()).status).toBe(201);
  });

  it("does not start on a read-only disk, and says why", async () => {
    const data = makeDirectory();
    const script = 'mount -t tmpfs -o ro none "$0" && exec "$@"';
    const readOnly = ["--user", "--map-root-user", "--mount", "sh", "-c", script, data];
    const main = join(__dirname, "../../dist/cli/main.js");
    const started = spawnSync("unshare", [
      ...readOnly,
      process.execPath,
      main,
      "platform",
      "start",
      "--data",
      data,
    ]);
    expect(started.status).toBe(2);
    expect(started.stderr.toString()).toMatch(
      /^error: the data directory .* cannot be written \(EROFS: .*; choose/,
    );
  });

  it("backs up nothing onto a full disk, and leaves nothing there", async () => {
    const data = makeDirectory();
    const running = await startPlatformProcess(data);
    await request(running.endpoint, "POST", "/v4/deployments", { name: "orders" });
    const folder = makeDirectory();
    const script = 'mount -t tmpfs -o size=64k none "$0" && "$@"; echo "left: $(ls -A "$0")"';
    const small = ["--user", "--map-root-user", "--mount", "sh", "-c", script, folder];
    const main = join(__dirname, "../../dist/cli/main.js");
    const backup = ["platform", "backup", "--data", data, "--to", join(folder, "backup.zip")];
    const { stdout, stderr } = spawnSync("unshare", [...small, process.execPath, main, ...backup]);
    expect(stderr.toString()).toMatch(/^error: backing up .*: database or disk is full; /);
    expect(stdout.toString()).toBe("left: \n");
  });
});

test("errors of the disk are told from others by their codes", () => {
  const statusOf = (code: string) => toDiskException(Object.assign(new Error("x"), { code }), "r")?.status;
  expect(["ENOSPC", "EDQUOT", "SQLITE_FULL"].map(statusOf)).toEqual([507, 507, 507]);
  expect(["EROFS", "SQLITE_READONLY_DBMOVED", "SQLITE_IOERR_WRITE"].map(statusOf)).toEqual([500, 500, 500]);
  expect(["ENOENT", "SQLITE_CONSTRAINT", "SQLITE_BUSY"].map(statusOf)).toEqual([
    undefined,
    undefined,
    undefined,
  ]);
  expect(toDiskException(null, "r")).toBeUndefined();
});

/** Writes until nothing more fits. */
function fillUp(file: string): void {
  for (const size of [1 << 20, 1 << 16, 1 << 12]) {
    for (let part = 0; ; part += 1) {
      try {
        writeFileSync(file, Buffer.alloc(size), { flag: "a" });
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== "ENOSPC") throw error;
        break;
      }
    }
  }
}
