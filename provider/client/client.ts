import { z } from "zod";
import { parseAnswer, toError, toNetworkError } from "./answer.js";
import { UnexpectedAnswer } from "./errors.js";
import { RateLimiter } from "./limiter.js";
import { withRetries } from "./retry.js";
import type { RetryPolicy } from "./retry.js";

/** How to reach one environment of a platform. */
export interface ClientSettings {
  /** Base URL of the environment, without `/v4`. */
  endpoint: string;
  /** Value of the Authorization header. */
  authorization: string;
  /** Time limit of one attempt, in seconds. */
  timeoutSeconds: number;
  /** Attempts after the first. */
  retries: number;
  /** 0: no limit of our own. */
  requestsPerSecond: number;
  /** Ends requests and waits when the user interrupts the engine. */
  signal?: AbortSignal;
}

export type Query = Record<string, string | number | boolean | undefined>;
type Method = "GET" | "POST" | "PUT" | "PATCH" | "DELETE";

/** Rows per page when a list is read to its end; the platform's own default of 25 costs four times the requests. */
const PAGE = 100;

/** Objects of one kind that are read by id before the list is read instead. */
const SINGLE_READS = 8;
const nothing = z.unknown();

/**
 * The v4 API over HTTP: one place for authentication, the rate limit, time limits, retries, paging and
 * the validation of answers. Throws the errors of `errors.ts` and nothing else.
 */
export class Client {
  readonly endpoint: string;
  readonly #settings: ClientSettings;
  readonly #limiter: RateLimiter;
  readonly #retry: RetryPolicy;
  readonly #lists = new Map<string, Promise<unknown[]>>();
  /** How many objects of a path were asked for by id. */
  readonly #single = new Map<string, number>();

  constructor(settings: ClientSettings) {
    this.endpoint = settings.endpoint.replace(/\/+$/, "");
    this.#settings = settings;
    this.#limiter = new RateLimiter(settings.requestsPerSecond);
    this.#retry = { retries: settings.retries, longestWaitSeconds: 60, firstWaitMilliseconds: 200 };
  }

  get<T>(path: string, answer: z.ZodType<T>, query: Query = {}): Promise<T> {
    return this.#exchange("GET", path, answer, query);
  }

  post<T>(path: string, body: unknown, answer: z.ZodType<T>): Promise<T> {
    return this.#exchange("POST", path, answer, {}, json(body));
  }

  put<T>(path: string, body: unknown, answer: z.ZodType<T>): Promise<T> {
    return this.#exchange("PUT", path, answer, {}, json(body));
  }

  patch<T>(path: string, body: unknown, answer: z.ZodType<T>): Promise<T> {
    return this.#exchange("PATCH", path, answer, {}, json(body));
  }

  async delete(path: string): Promise<void> {
    await this.#exchange("DELETE", path, nothing);
  }

  /** Sends a package as the multipart part `data`, the name that every client of this API uses. */
  async upload<T>(path: string, fileName: string, bytes: Uint8Array, answer: z.ZodType<T>): Promise<T> {
    return this.#exchange("POST", path, answer, {}, () => {
      const form = new FormData();
      form.set("data", new Blob([bytes], { type: "application/octet-stream" }), fileName);
      return { body: form };
    });
  }

  /** The body as bytes, for packages. */
  async download(path: string): Promise<Uint8Array> {
    return withRetries(this.#retry, true, async () => {
      const { response, url } = await this.#send("GET", path, {}, undefined, "*/*");
      const bytes = await this.#read("GET", url, () => response.arrayBuffer());
      if (!response.ok) throw toError(exchangeOf("GET", url, response), new TextDecoder().decode(bytes));
      return new Uint8Array(bytes);
    });
  }

  /**
   * Every row of a list, paged to its end (fewer rows than asked = the last page). Kept until the next
   * write of this client, so that reading a thousand resources costs pages, not a thousand requests.
   */
  async list<T>(path: string, row: z.ZodType<T>, query: Query = {}): Promise<T[]> {
    const key = urlOf("", path, query);
    let rows = this.#lists.get(key);
    if (rows === undefined) {
      rows = this.#readPages(path, query);
      this.#lists.set(key, rows);
      rows.catch(() => this.#lists.delete(key));
    }
    const shape = z.array(row);
    const parsed = shape.safeParse(await rows);
    if (parsed.success) return parsed.data;
    const [issue] = parsed.error.issues;
    const url = urlOf(this.endpoint, path, query);
    throw new UnexpectedAnswer(
      `GET ${url} answered a row that is not as the v4 API says: ${issue?.path.join(".") ?? ""} ${issue?.message ?? ""}`,
      { status: 200, method: "GET", url },
    );
  }

  /**
   * One object by its id. The first few are asked for one by one; beyond them the whole list is read, because a
   * refresh of a thousand objects should cost pages. An object that the list does not show is asked for all the same.
   */
  async getById<T>(path: string, id: string, row: z.ZodType<T>): Promise<T> {
    const count = (this.#single.get(path) ?? 0) + 1;
    this.#single.set(path, count);
    if (count > SINGLE_READS) {
      const rows = await this.list(path, z.looseObject({ id: z.union([z.int(), z.string()]) }));
      const found = row.safeParse(rows.find((candidate) => String(candidate.id) === id));
      if (found.success) return found.data;
    }
    return this.get(`${path}/${id}`, row);
  }

  async #readPages(path: string, query: Query): Promise<unknown[]> {
    const page = z.object({ data: z.array(z.unknown()) });
    const rows: unknown[] = [];
    for (;;) {
      const { data } = await this.get(path, page, { ...query, limit: PAGE, offset: rows.length });
      rows.push(...data);
      if (data.length < PAGE) return rows;
    }
  }

  async #exchange<T>(
    method: Method,
    path: string,
    answer: z.ZodType<T>,
    query: Query = {},
    content?: () => Content,
  ): Promise<T> {
    // POST creates: repeating it blindly could create twice. Callers look before they repeat.
    const isRepeatable = method !== "POST";
    if (method !== "GET") this.#lists.clear();
    try {
      return await withRetries(this.#retry, isRepeatable, async () => {
        const { response, url } = await this.#send(method, path, query, content?.());
        const body = await this.#read(method, url, () => response.text());
        const exchange = exchangeOf(method, url, response);
        if (!response.ok) throw toError(exchange, body);
        return answer === nothing ? (undefined as T) : parseAnswer(exchange, body, answer);
      });
    } finally {
      if (method !== "GET") this.#lists.clear();
    }
  }

  async #send(
    method: Method,
    path: string,
    query: Query,
    content: Content | undefined,
    accept = "application/json",
  ) {
    const url = urlOf(this.endpoint, path, query);
    await this.#limiter.take();
    const response = await this.#read(method, url, () =>
      fetch(url, {
        method,
        headers: {
          accept,
          authorization: this.#settings.authorization,
          ...content?.headers,
        },
        body: content?.body ?? null,
        // A redirect could carry the token to another host.
        redirect: "manual",
        signal: AbortSignal.timeout(this.#settings.timeoutSeconds * 1000),
      }),
    );
    return { response, url };
  }

  async #read<T>(method: string, url: string, action: () => Promise<T>): Promise<T> {
    try {
      return await action();
    } catch (cause) {
      throw toNetworkError(method, url, cause, this.#settings.timeoutSeconds);
    }
  }
}

interface Content {
  body: string | FormData;
  headers?: Record<string, string>;
}

function json(body: unknown): () => Content {
  return () => ({ body: JSON.stringify(body), headers: { "content-type": "application/json" } });
}

function exchangeOf(method: string, url: string, response: Response) {
  return { method, url, status: response.status, headers: response.headers };
}

function urlOf(endpoint: string, path: string, query: Query): string {
  const parameters = new URLSearchParams();
  for (const [name, value] of Object.entries(query))
    if (value !== undefined) parameters.set(name, String(value));
  const text = parameters.toString();
  return `${endpoint}${path}${text === "" ? "" : `?${text}`}`;
}
