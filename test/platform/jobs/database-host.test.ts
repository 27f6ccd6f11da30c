import { describe, expect, it } from "vitest";
import { findDatabaseHost } from "../../../platform/jobs/database-host.js";

describe("a database server that jobs may reach", () => {
  it.each([
    ["127.0.0.1", 5432, ["127.0.0.1"]],
    ["127.0.0.1", 5432, ["127.0.0.1:5432"]],
    ["127.0.0.1", 1, ["db.example.org", "127.0.0.1"]],
    ["[::1]", 5432, ["[::1]:5432"]],
    ["::1", 5432, ["[::1]"]],
  ])("is %s at %i when %j are allowed", async (host, port, allowed) => {
    expect(await findDatabaseHost(host, port, allowed)).toMatchObject({ port });
  });

  it.each([
    ["127.0.0.1", 5432, []],
    ["127.0.0.1", 5432, ["127.0.0.1:5433"]],
    ["127.0.0.1", 5432, ["localhost:5432"]],
    ["localhost", 5432, ["127.0.0.1"]],
    ["127.1", 5432, ["127.0.0.1"]],
    ["2130706433", 5432, ["127.0.0.1"]],
    ["169.254.169.254", 80, ["127.0.0.1"]],
    ["db.example.org.evil.test", 5432, ["db.example.org"]],
    ["::ffff:127.0.0.1", 5432, ["127.0.0.1"]],
    ["/var/run/postgresql", 5432, ["127.0.0.1"]],
    ["", 5432, ["127.0.0.1"]],
  ])("is not %s at %i when %j are allowed", async (host, port, allowed) => {
    await expect(findDatabaseHost(host, port, allowed)).rejects.toThrow("--allow-database");
  });

  it("has its name resolved once, whatever its case and the dot at its end", async () => {
    const found = await findDatabaseHost("LocalHost.", 5432, ["localhost"]);
    expect(found.name).toBe("localhost");
    expect(found.address).toMatch(/^(127\.0\.0\.1|::1)$/);
  });

  it("is named when its name has no address", async () => {
    await expect(findDatabaseHost("gone.invalid", 5432, ["gone.invalid"])).rejects.toThrow(
      "the host gone.invalid has no address",
    );
  });
});
