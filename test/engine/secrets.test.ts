import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { Writable } from "node:stream";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { ordersProgram, writeOrdersPackages } from "./orders.js";
import type { OrdersChanges } from "./orders.js";
import { isWithoutEngine, startEngineTest, TOKEN, writesOf } from "./stack.js";
import type { EngineTest } from "./stack.js";

const FIRST = "canary-first-5e0c1f";
const SECOND = "canary-second-a913";
const FROM_ENVIRONMENT = "canary-variable-77b2";
const FROM_FILE = "canary-file-4d10";
const IN_SETTINGS = "canary-setting-b6e8";
const CANARIES = [FIRST, SECOND, FROM_ENVIRONMENT, FROM_FILE, IN_SETTINGS, TOKEN];

describe.skipIf(isWithoutEngine)("secrets", () => {
  let test: EngineTest;
  /** Everything that was printed or logged. */
  const heard: string[] = [];

  beforeAll(async () => {
    const log = new Writable({
      write: (chunk: Buffer, _encoding, done) => {
        heard.push(chunk.toString());
        done();
      },
    });
    test = await startEngineTest({ log, environment: { WAREHOUSE_PASSWORD: FROM_ENVIRONMENT } });
    const spare = { spare: { endpoint: test.platform.endpoint("dev"), token: IN_SETTINGS } };
    await test.stack.setConfig("sluice:environments", { value: JSON.stringify(spare), secret: true });
    await writeOrdersPackages(test);
    await writeFile(join(test.folder, "password.txt"), `${FROM_FILE}\n`);
  });
  afterAll(() => test.close());

  const onOutput = (text: string) => heard.push(text);
  async function up(changes: OrdersChanges): Promise<string[]> {
    test.use(ordersProgram(changes));
    const requests = await test.requestsDuring(() =>
      test.stack.up({ diff: true, onOutput, onError: onOutput }),
    );
    return writesOf(requests);
  }
  const withPassword = (password: unknown): OrdersChanges => ({
    connection: { credentials: { username: "loader", password: password as string } },
  });
  const CHANGED = ["PATCH /vN/connections/N"];

  it("are sent again when they changed, and only then", async () => {
    await up(withPassword(FIRST));
    test.use(ordersProgram(withPassword(SECOND)));
    await test.stack.preview({ diff: true, onOutput, onError: onOutput });
    expect(await up(withPassword(FIRST))).toEqual([]);
    expect(await up(withPassword(SECOND))).toEqual(CHANGED);
    expect(await up(withPassword({ fromEnv: "WAREHOUSE_PASSWORD" }))).toEqual(CHANGED);
    expect(await up(withPassword({ fromFile: "password.txt" }))).toEqual(CHANGED);
    expect(await up(withPassword({ fromFile: "password.txt" }))).toEqual([]);
    await writeFile(join(test.folder, "password.txt"), SECOND);
    expect(await up(withPassword({ fromFile: "password.txt" }))).toEqual(CHANGED);
  });

  it("are in no error, also when the platform refuses what holds them", async () => {
    test.use(ordersProgram({ connection: { credentials: { password: FIRST }, port: 70_000 } }));
    heard.push(await test.failureOf(() => test.stack.up({ diff: true })));
    test.use(ordersProgram({ connection: { credentials: { password: [FIRST] as never } } }));
    heard.push(await test.failureOf(() => test.stack.up({ diff: true })));
    test.use(ordersProgram({ connection: { credentials: { password: FIRST }, type: "remotefile" } }));
    await test.stack.up({ diff: true, onOutput }).catch((error: unknown) => heard.push(String(error)));
  });

  it("are in no state, preview, update, JSON, log or request record", async () => {
    const places = {
      state: await test.state(),
      export: await test.pulumi("stack", "export"),
      history: await test.pulumi("stack", "history", "--json"),
      configuration: await test.pulumi("config", "--json"),
    };
    const records = JSON.stringify(test.platform.requests);
    const everything = { ...places, records, heard: heard.join("") };
    for (const [place, text] of Object.entries(everything)) {
      expect(text.length, place).toBeGreaterThan(0);
      for (const canary of CANARIES) expect(text.includes(canary), `${canary} in ${place}`).toBe(false);
    }
    expect(everything.heard).toContain("[secret]");
    expect(everything.heard).toContain('"msg":');
  });

  it("arrived at the platform all the same", async () => {
    expect(await test.call("GET", "/v4/connections/1")).toMatchObject({ name: "warehouse" });
    const records = test.platform.requests.filter(({ path }) => path.startsWith("/v4/connections"));
    expect(records.some(({ body }) => JSON.stringify(body).includes("[redacted]"))).toBe(true);
  });
});
