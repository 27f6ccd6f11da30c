import { mkdirSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { resolveLocation } from "../../../platform/jobs/storage.js";
import { makeDirectory } from "../platform-fixture.js";

const places = {
  root: "/srv/files",
  mappings: { "s3://acme": "/srv/acme", "s3://acme/raw/": "/srv/raw", "hdfs://": "/srv/hdfs" },
};

describe("a location", () => {
  it.each([
    ["s3://other/a/b.csv", "/srv/files/s3/other/a/b.csv"],
    ["gs://other//a/./b.csv", "/srv/files/gs/other/a/b.csv"],
    ["s3a://acme/a.csv", "/srv/acme/a.csv"],
    ["s3://acme/raw/a.csv", "/srv/raw/a.csv"],
    ["s3://acme-other/a.csv", "/srv/files/s3/acme-other/a.csv"],
    ["hdfs:///data/a.csv", "/srv/hdfs/data/a.csv"],
    ["hdfs://host:8020/data/a.csv", "/srv/hdfs/host/data/a.csv"],
    ["abfss://raw@acme.dfs.core.windows.net/a.csv", "/srv/files/abfss/raw@acme.dfs.core.windows.net/a.csv"],
    ["ftp://user:secret@host/a.csv", "/srv/files/ftp/host/a.csv"],
    ["/data/a.csv", "/srv/files/file/data/a.csv"],
    ["s3://other/50%25 off/a.csv", "/srv/files/s3/other/50%25 off/a.csv"],
  ])("%s is the file %s", (uri, path) => {
    expect(resolveLocation(places, uri).path).toBe(path);
  });

  it.each(["s3://acme/../x", "s3://other/a/../../../../etc/passwd", "s3://../x", "/../x", "s3://acme/a\0b"])(
    "%j is refused",
    (uri) => {
      expect(() => resolveLocation(places, uri)).toThrow("leaves its storage");
    },
  );

  it("may pass through links that stay inside, and no others", () => {
    const root = makeDirectory();
    const folder = join(root, "s3/b");
    mkdirSync(join(folder, "real"), { recursive: true });
    symlinkSync(join(folder, "real"), join(folder, "inside"));
    symlinkSync("/etc", join(folder, "outside"));
    const local = { root, mappings: {} };
    expect(resolveLocation(local, "s3://b/inside/new.csv").path).toBe(join(folder, "inside/new.csv"));
    expect(() => resolveLocation(local, "s3://b/outside/passwd")).toThrow("over a symbolic link");
  });
});
