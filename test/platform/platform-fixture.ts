import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { onTestFinished } from "vitest";
import { startPlatform, type PlatformOptions, type RunningPlatform } from "../../platform/index.js";

/** Token of every platform that these tests start. */
export const TOKEN = "test-token-0123456789";

/** A running platform with short calls into its environment `dev`. */
export interface TestPlatform extends RunningPlatform {
  readonly directory: string;
  /** One request with the start token; `body` goes as JSON, FormData as it is. */
  call(method: string, path: string, body?: unknown, environment?: string): Promise<Answer>;
  /** Sends bytes as a multipart form with one file part. */
  upload(path: string, bytes: Uint8Array, environment?: string): Promise<Answer>;
  /** One request with other headers, for example another token. */
  callAs(headers: Record<string, string>, method: string, path: string, body?: unknown): Promise<Answer>;
}

/** What a request was answered. `body` is parsed JSON, or null when there is none. */
export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  // eslint-disable-next-line @typescript-eslint/no-explicit-any -- tests read whatever members they expect
  readonly body: any;
}

/** A new directory that goes when the test ends. */
export function makeDirectory(): string {
  const directory = mkdtempSync(join(tmpdir(), "sluice-platform-"));
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }));
  return directory;
}

/** Starts a platform with environments dev and prod on a free port; it stops when the test ends. */
export async function startTestPlatform(options: Partial<PlatformOptions> = {}): Promise<TestPlatform> {
  const directory = options.data ?? makeDirectory();
  const platform = await startPlatform({
    environments: ["dev", "prod"],
    token: TOKEN,
    ...options,
    data: directory,
  });
  onTestFinished(() => platform.close());
  const callAs: TestPlatform["callAs"] = (headers, method, path, body) =>
    send(`${platform.endpoint("dev")}${path}`, headers, method, body);
  const call: TestPlatform["call"] = (method, path, body, environment = "dev") =>
    send(`${platform.endpoint(environment)}${path}`, { authorization: `Bearer ${TOKEN}` }, method, body);
  return {
    ...platform,
    directory,
    callAs,
    call,
    upload: (path, bytes, environment) => call("POST", path, toForm(bytes), environment),
  };
}

/** A multipart form as clients send packages. */
export function toForm(bytes: Uint8Array, part = "data"): FormData {
  const form = new FormData();
  form.set(part, new Blob([bytes]), "orders.zip");
  return form;
}

async function send(
  url: string,
  headers: Record<string, string>,
  method: string,
  body: unknown,
): Promise<Answer> {
  const isForm = body instanceof FormData;
  const response = await fetch(url, {
    method,
    headers: body === undefined || isForm ? headers : { "content-type": "application/json", ...headers },
    ...(body === undefined ? {} : { body: isForm || typeof body === "string" ? body : JSON.stringify(body) }),
  });
  const text = await response.text();
  const isJson = response.headers.get("content-type")?.includes("json") ?? false;
  return {
    status: response.status,
    headers: response.headers,
    body: isJson ? JSON.parse(text) : text || null,
  };
}
