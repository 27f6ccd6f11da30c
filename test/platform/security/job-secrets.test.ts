import { createServer } from "node:net";
import type { AddressInfo, Socket } from "node:net";
import { expect, onTestFinished, test } from "vitest";
import { Canaries } from "../../canaries/canaries.js";
import { startJobPlatform } from "../jobs/job-fixture.js";
import { connect, shopFlow } from "../jobs/relation-fixture.js";

const CLEARTEXT = Buffer.from([0x52, 0, 0, 0, 8, 0, 0, 0, 3]);

/** A server of Postgres' protocol that asks for the password in clear and quotes it in its refusal. */
async function startQuotingServer(): Promise<{ port: number; heard: string[] }> {
  const heard: string[] = [];
  const server = createServer((socket) => {
    socket.once("data", () => socket.write(CLEARTEXT));
    socket.on("data", (bytes) => {
      if (bytes[0] !== 0x70) return;
      const password = bytes.subarray(5, -1).toString("utf8");
      heard.push(password);
      refuse(socket, `password "${password}" is wrong`);
    });
    socket.on("error", () => undefined);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => void server.close());
  return { port: (server.address() as AddressInfo).port, heard };
}

function refuse(socket: Socket, message: string): void {
  const fields = Buffer.from(`SFATAL\0C28P01\0M${message}\0D${JSON.stringify({ message })}\0\0`);
  const head = Buffer.alloc(5, "E");
  head.writeUInt32BE(fields.length + 4, 1);
  socket.end(Buffer.concat([head, fields]));
}

test("a job's log, scratch and answers hold no credentials, also when a server quotes them", async () => {
  const { port, heard } = await startQuotingServer();
  const canaries = new Canaries();
  const lines: string[] = [];
  const platform = await startJobPlatform({ databases: { allow: ["127.0.0.1"] } }, undefined, {
    log: { write: (line: string) => lines.push(line) },
  });
  const password = canaries.make("credentials");
  const connection = await connect(platform, "postgres", {
    host: "127.0.0.1",
    port,
    params: { database: "shop" },
    credentialType: "basic",
    credentials: [{ username: "loader", password }],
  });
  const pkg = shopFlow(
    connection,
    { connection: "Shop", table: "public.orders" },
    { file: "s3://acme-dev/out.csv" },
  );
  const deployment = await platform.deploy(pkg);
  const group = await platform.run(deployment);
  expect(group.status).toBe("Failed");
  expect(heard).toContain(password);
  const log = await platform.log(group.id);
  expect(log).toContain(`password "***" is wrong`);
  expect(canaries.findIn(log + JSON.stringify(group) + lines.join(""))).toEqual([]);
  const running = await canaries.findBelow(platform.directory);
  await platform.close();
  expect([...running.found, ...(await canaries.findBelow(platform.directory)).found]).toEqual([]);
});
