import { request as openRequest, type IncomingMessage } from "node:http";
import { join } from "node:path";
import { writeFileSync } from "node:fs";
import { json } from "node:stream/consumers";
import { setTimeout } from "node:timers/promises";
import { expect, test } from "vitest";
import { ordersBytes, WAREHOUSE_TWIN } from "../platform/orders-package.js";
import { makeDirectory, startTestPlatform, TOKEN } from "../platform/platform-fixture.js";
import { request, runPlatformCommand, startPlatformProcess } from "../platform/platform-process.js";

test("SIGTERM ends the platform with 0 after it has answered the requests that run", async () => {
  const platform = await startPlatformProcess(makeDirectory());
  await request(platform.endpoint, "POST", "/v4/connections", WAREHOUSE_TWIN);
  await request(platform.endpoint, "POST", "/v4/deployments", { name: "orders" });
  const bytes = Buffer.from(await ordersBytes());
  const upload = openUpload(`${platform.endpoint}/v4/deployments/1/releases`, bytes.length);
  await upload.send(bytes.subarray(0, 100));
  // Another request on another connection is answered only after the platform has seen the first half.
  await request(platform.endpoint, "GET", "/v4/auth");
  platform.process.kill("SIGTERM");
  await waitUntilRefused(platform.endpoint);
  await upload.send(bytes.subarray(100));
  expect(await upload.finish()).toBe(201);
  expect(await platform.ended).toEqual({ code: 0, signal: null });
});

test("a token that was not given is printed at the first start and never again", async () => {
  const data = makeDirectory();
  const args = ["start", "--data", data, "--environment", "dev", "--environment", "prod", "--log", "info"];
  const first = runPlatformCommand(args, {});
  await waitForText(() => first.printed.out, "token");
  const token = /^token \(shown once, keep it\): (\S+)$/m.exec(first.printed.out)?.[1] ?? "";
  const prod = /^prod: (\S+)$/m.exec(first.printed.out)?.[1] ?? "";
  const answer = await fetch(`${prod}/v4/people/current`, { headers: { authorization: `Bearer ${token}` } });
  expect(answer.status).toBe(200);
  first.process.kill("SIGINT");
  expect((await first.ended).code).toBe(0);
  expect(first.printed.error).not.toContain(token);

  const second = runPlatformCommand(args, {});
  await waitForText(() => second.printed.out, "token: the one printed at the first start");
  expect(second.printed.out).not.toContain(token);
});

test("an environment's stage and another host's name are what requests are answered by", async () => {
  const data = makeDirectory();
  const args = ["start", "--data", data, "--stage", "dev=test bench", "--host-name", "platform.example.com"];
  const started = runPlatformCommand(args);
  await waitForText(() => started.printed.out, "dev: http");
  const dev = /^dev: (\S+)$/m.exec(started.printed.out)?.[1] ?? "";
  const current = await new Promise<unknown>((resolve, reject) => {
    const headers = { authorization: `Bearer ${TOKEN}`, host: "platform.example.com" };
    openRequest(`${dev}/v4/workspaces/current`, { headers }, (answer) => {
      json(answer).then(resolve, reject);
    })
      .once("error", reject)
      .end();
  });
  expect(current).toMatchObject({ name: "dev", stage: "test bench" });
});

test("a start that fails says why in one line and ends with 2", async () => {
  const platform = await startTestPlatform();
  const file = join(makeDirectory(), "file");
  writeFileSync(file, "");
  for (const [args, message] of [
    [["--data", platform.directory], `error: the data directory ${platform.directory} is in use`],
    [
      ["--data", makeDirectory(), "--port", String(platform.port)],
      `error: port ${platform.port} on 127.0.0.1 is taken`,
    ],
    [["--data", join(file, "below")], "cannot be written"],
    [
      ["--data", makeDirectory(), "--environment", "Dev Area"],
      'error: "Dev Area" is no name for an environment',
    ],
    [["--data", makeDirectory(), "--stage", "production"], "It must be an environment and its stage"],
    [["--data", makeDirectory(), "--log", "loud"], "argument 'loud' is invalid. Allowed choices are trace,"],
    [
      ["--data", makeDirectory(), "--import-rules", "merge"],
      "argument 'merge' is invalid. Allowed choices are replace-by-key,",
    ],
  ] as const) {
    const command = runPlatformCommand(["start", ...args]);
    expect((await command.ended).code, message).toBe(2);
    expect(command.printed.error).toContain(message);
    expect(command.printed.error.trim().split("\n"), message).toHaveLength(1);
  }
});

test("--no-schedules keeps schedules and starts none of them", async () => {
  const schedule = {
    name: "every second",
    deployment: { id: 1 },
    triggers: [{ timeBased: { cron: { expression: "* * * * * ?" }, timezone: "UTC" } }],
  };
  const start = async (...flags: string[]) => {
    const platform = await startPlatformProcess(makeDirectory(), {}, flags);
    await request(platform.endpoint, "POST", "/v4/deployments", { name: "orders" });
    const made = await request(platform.endpoint, "POST", "/v4/deploymentSchedules", schedule);
    expect(made.status).toBe(201);
    return async () =>
      (await request(platform.endpoint, "GET", "/v4/deploymentSchedules/1")).body as { lastRun: unknown };
  };
  // The quiet one is there first, so it had its chance when the other has fired.
  const quiet = await start("--no-schedules");
  const firing = await start();
  await waitFor(async () => (await firing()).lastRun !== null);
  expect(await quiet()).toMatchObject({ name: "every second", enabled: true, lastRun: null });
});

test("--no-deployment-schedules leaves schedules to flows", async () => {
  const { endpoint } = await startPlatformProcess(makeDirectory(), {}, ["--no-deployment-schedules"]);
  expect((await request(endpoint, "GET", "/v4/deploymentSchedules")).status).toBe(404);
  expect((await request(endpoint, "GET", "/v4/schedules")).status).toBe(200);
});

function openUpload(url: string, size: number) {
  const head = Buffer.from(
    '--cut\r\nContent-Disposition: form-data; name="data"; filename="orders.zip"\r\nContent-Type: application/octet-stream\r\n\r\n',
  );
  const tail = Buffer.from("\r\n--cut--\r\n");
  const upload = openRequest(url, {
    method: "POST",
    headers: {
      authorization: `Bearer ${TOKEN}`,
      "content-type": "multipart/form-data; boundary=cut",
      "content-length": head.length + size + tail.length,
    },
  });
  const answered = new Promise<number>((resolve, reject) => {
    upload.on("response", (response: IncomingMessage) => {
      response.resume();
      resolve(response.statusCode ?? 0);
    });
    upload.on("error", reject);
  });
  const send = (bytes: Buffer) => new Promise<void>((sent) => upload.write(bytes, () => sent()));
  return {
    send: async (bytes: Buffer) => {
      if (upload.writableLength === 0 && !upload.headersSent) await send(head);
      await send(bytes);
    },
    finish: () => {
      upload.end(tail);
      return answered;
    },
  };
}

/** The platform takes no new connection once it drains. */
async function waitUntilRefused(endpoint: string): Promise<void> {
  await waitFor(async () => {
    try {
      await fetch(`${endpoint}/v4/auth`, { headers: { connection: "close" } });
      return false;
    } catch {
      return true;
    }
  });
}

async function waitForText(read: () => string, text: string): Promise<void> {
  await waitFor(async () => read().includes(text));
}

async function waitFor(isDone: () => Promise<boolean>): Promise<void> {
  const deadline = Date.now() + 20_000;
  while (!(await isDone())) {
    if (Date.now() > deadline) throw new Error("it did not happen in time");
    await setTimeout(5);
  }
}
