import { z } from "zod";
import { networkReason, parseAnswer, refusePage, toError, toNetworkError } from "./answer.js";
import { json, packageForm } from "./content.js";
import type { Content } from "./content.js";
import { InvalidRequest, RouteNotFound, UnexpectedAnswer } from "./errors.js";
import { hidingTexts, secretsInAuthorization } from "./hidden-texts.js";
import { confirmIdentity, IDENTITY_PATH, WrongEnvironment } from "./identity.js";
import type { Expectation } from "./identity.js";
import { Interruption } from "./interruption.js";
import { RateLimiter } from "./limiter.js";
import { lookFor, mayBeDone } from "./lost-answer.js";
import { PagedList } from "./paged-list.js";
import { Reachability } from "./reachability.js";
import { withRetries } from "./retry.js";
import type { Pause, RetryPolicy } from "./retry.js";

/** How to reach one environment of a platform. */
export interface ClientSettings {
  /** Base URL of the environment, without `/v4`. */
  endpoint: string;
  /** Value of the Authorization header; a function is asked for every request. */
  authorization: string | (() => string);
  /** What the environment must say of itself before it is asked for anything else. */
  expect?: Expectation | undefined;
  /** Time limit of one attempt, in seconds. */
  timeoutSeconds: number;
  /** Attempts after the first. */
  retries: number;
  /** 0: no limit of our own. */
  requestsPerSecond: number;
  /** Ends reads and waits when the user interrupts the engine; a write that was sent goes on to its end. */
  signal?: AbortSignal;
  /** End of the time for who asks, in milliseconds since 1970; by the asynchronous context. It ends what `signal` ends. */
  deadline?: () => number | undefined;
  /** Is told of every wait of two seconds and more, in the asynchronous context of who waits. */
  onWait?: (message: string) => void;
  /** Is told once, until the next answer, of each cause for which the platform does not answer while it is tried again. */
  onUnreached?: (message: string) => void;
}

/** What belongs to who asks, and not to the environment that is asked. */
export type ClientHooks = Pick<ClientSettings, "signal" | "deadline" | "onWait" | "onUnreached">;

export type Query = Record<string, string | number | boolean | undefined>;
type Method = "GET" | "POST" | "PUT" | "PATCH" | "DELETE";

/** Requests for one object each, of all kinds together, before lists are read instead. */
const SINGLE_READS = 4;
/** Milliseconds from which on people are told of a wait. */
const LONG_WAIT = 2000;
const TOO_MANY_REQUESTS = 429;
const page = z.object({ data: z.array(z.unknown()) });

/**
 * The v4 API over HTTP: one place for authentication, the rate limit, time limits, retries, paging and
 * the validation of answers. Throws the errors of `errors.ts` and nothing else.
 */
export class Client {
  readonly endpoint: string;
  readonly #settings: ClientSettings;
  readonly #limiter: RateLimiter;
  readonly #retry: RetryPolicy;
  readonly #interruption: Interruption;
  readonly #reachability: Reachability;
  readonly #lists = new Map<string, PagedList>();
  readonly #twin: Client | undefined;
  #singleReads = 0;
  #confirmed: Promise<void> | undefined;

  /** @param twin a client of the same environment: both keep to one rate limit, and it forgets its lists with our writes. */
  constructor(settings: ClientSettings, twin?: Client) {
    this.endpoint = settings.endpoint.replace(/\/+$/, "");
    this.#settings = settings;
    this.#twin = twin;
    this.#confirmed = twin ? twin.#confirmed : undefined;
    this.#limiter = twin ? twin.#limiter : new RateLimiter(settings.requestsPerSecond);
    this.#interruption = new Interruption(settings.signal, settings.deadline);
    this.#reachability = twin ? twin.#reachability : new Reachability();
    this.#retry = {
      retries: settings.retries,
      longestWaitSeconds: 60,
      firstWaitMilliseconds: 200,
      patienceWith: (failure) => this.#reachability.patienceWith(failure),
    };
  }

  /**
   * Makes sure that this is the environment that is expected. Asked once; every request waits for it, so that the wrong
   * one is neither read nor written. Throws WrongEnvironment.
   */
  confirm(): Promise<void> {
    const { expect } = this.#settings;
    if (expect === undefined) return Promise.resolve();
    this.#confirmed ??= confirmIdentity(this.endpoint, expect, (answer) => this.get(IDENTITY_PATH, answer));
    return this.#confirmed.catch((error: unknown) => {
      // Who could not be reached may be asked again; who is the wrong one stays so.
      if (!(error instanceof WrongEnvironment)) this.#confirmed = undefined;
      throw error;
    });
  }

  get<T>(path: string, answer: z.ZodType<T>, query: Query = {}): Promise<T> {
    return this.#exchange("GET", path, answer, query);
  }

  post<T>(path: string, body: unknown, answer: z.ZodType<T>): Promise<T> {
    return this.#exchange("POST", path, answer, {}, json(body));
  }

  /**
   * Makes an object with one POST, which is never repeated blindly. When its answer is lost or of no use, `find` looks whether
   * the object is there; before the POST it was not. Throws the error of the POST when it is not found.
   */
  async create<T>(
    path: string,
    body: unknown,
    answer: z.ZodType<T>,
    find: () => Promise<T | undefined>,
  ): Promise<T> {
    await this.confirm();
    try {
      return await this.post(path, body, answer);
    } catch (error) {
      if (!mayBeDone(error)) throw error;
      return lookFor(error, this.#retry, this.#pauseBefore("POST", path), () => {
        this.#forgetLists();
        return find();
      });
    }
  }

  put<T>(path: string, body: unknown, answer: z.ZodType<T>): Promise<T> {
    return this.#exchange("PUT", path, answer, {}, json(body));
  }

  patch<T>(path: string, body: unknown, answer: z.ZodType<T>): Promise<T> {
    return this.#exchange("PATCH", path, answer, {}, json(body));
  }

  async delete(path: string): Promise<void> {
    await this.#exchange("DELETE", path, z.unknown());
  }

  /** Sends a package. */
  async upload<T>(path: string, fileName: string, bytes: Uint8Array, answer: z.ZodType<T>): Promise<T> {
    return this.#exchange("POST", path, answer, {}, packageForm(fileName, bytes));
  }

  /** Sends a package to a dry run: nothing changes by it, so it is repeated and remembered like a read. */
  async tryUpload<T>(path: string, fileName: string, bytes: Uint8Array, answer: z.ZodType<T>): Promise<T> {
    return this.#attempts("POST", path, answer, true, {}, packageForm(fileName, bytes));
  }

  /** The body as bytes, for packages. */
  async download(path: string): Promise<Uint8Array> {
    return this.#repeat("GET", path, true, async () => {
      const { exchange, isOk, body, hide } = await this.#send("GET", path, {
        accept: "*/*",
        read: (response) => response.arrayBuffer(),
      });
      if (!isOk) throw toError(exchange, hide(new TextDecoder().decode(body)));
      refusePage(exchange, body.byteLength);
      return new Uint8Array(body);
    });
  }

  /**
   * Every row of a list, paged to its end (fewer rows than asked = the last page). Kept until the next
   * write of this client, so that reading a thousand resources costs pages, not a thousand requests.
   */
  async list<T>(path: string, row: z.ZodType<T>, query: Query = {}): Promise<T[]> {
    const parsed = await this.#listOf(path, query).all(row);
    if (parsed.success) return [...parsed.data];
    const [issue] = parsed.error.issues;
    const url = urlOf(this.endpoint, path, query);
    throw new UnexpectedAnswer(
      `GET ${url} answered a row that is not as the v4 API says: ${issue?.path.join(".") ?? ""} ${issue?.message ?? ""}`,
      { status: 200, method: "GET", url },
    );
  }

  /**
   * One object by its id. The first few since a write are asked for one by one; beyond them the list is read, because a
   * refresh of a thousand objects should cost pages. An object that the list does not show is asked for all the same.
   */
  async getById<T>(path: string, id: string, row: z.ZodType<T>, query: Query = {}): Promise<T> {
    if (this.#lists.has(urlOf("", path, query)) || !this.readsAlone()) {
      const found = row.safeParse(await this.#findListed(path, id, query));
      if (found.success) return found.data;
    }
    return this.get(`${path}/${encodeURIComponent(id)}`, row, query);
  }

  /**
   * Whether one more object may be asked for by itself, and counts it: true for the first few since a write. After
   * that a list, if there is one that tells the same, costs less.
   */
  readsAlone(): boolean {
    this.#singleReads += 1;
    return this.#singleReads <= SINGLE_READS;
  }

  /** Waits between two looks at something that goes on; ends early with the user's interruption or the operation's time. */
  pause(milliseconds: number): Promise<void> {
    return this.#interruption.wait(milliseconds);
  }

  /**
   * A client for putting right what an interrupted operation began: neither the user's interruption nor the operation's
   * time ends it, so it tries for less than a minute. It reads lists anew.
   */
  uninterrupted(): Client {
    const { signal: _signal, deadline: _deadline, ...settings } = this.#settings;
    const { timeoutSeconds, retries } = settings;
    const patience = { timeoutSeconds: Math.min(timeoutSeconds, 10), retries: Math.min(retries, 4) };
    return new Client({ ...settings, ...patience }, this);
  }

  #listOf(path: string, query: Query): PagedList {
    const key = urlOf("", path, query);
    let list = this.#lists.get(key);
    if (list === undefined) {
      list = new PagedList(
        async (offset, limit) => (await this.get(path, page, { ...query, limit, offset })).data,
      );
      this.#lists.set(key, list);
    }
    return list;
  }

  async #findListed(path: string, id: string, query: Query): Promise<unknown> {
    try {
      return await this.#listOf(path, query).find(id);
    } catch (error) {
      // A platform that does not list these objects may tell of each by itself.
      if (error instanceof RouteNotFound || error instanceof InvalidRequest) return undefined;
      throw error;
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
    if (method !== "GET") this.#forgetLists();
    try {
      return await this.#attempts(method, path, answer, isRepeatable, query, content);
    } finally {
      if (method !== "GET") this.#forgetLists();
    }
  }

  #attempts<T>(
    method: Method,
    path: string,
    answer: z.ZodType<T>,
    isRepeatable: boolean,
    query: Query,
    content?: () => Content,
  ): Promise<T> {
    return this.#repeat(method, path, isRepeatable, async () => {
      const { exchange, isOk, body, hide } = await this.#send(method, path, {
        query,
        content: content?.(),
        read: (response) => response.text(),
      });
      if (!isOk) throw toError(exchange, hide(body));
      return parseAnswer(exchange, body, answer);
    });
  }

  /** Attempts, once it is sure where they go: asking for that has attempts of its own. */
  async #repeat<T>(
    method: Method,
    path: string,
    isRepeatable: boolean,
    attempt: () => Promise<T>,
  ): Promise<T> {
    if (path !== IDENTITY_PATH) await this.confirm();
    return withRetries(this.#retry, isRepeatable, this.#pauseBefore(method, path), attempt);
  }

  /** A write may change any list. Among writes a list would be read for one object and dropped: they are few again. */
  #forgetLists(): void {
    this.#lists.clear();
    this.#singleReads = 0;
    if (this.#twin) this.#twin.#forgetLists();
  }

  /** One attempt, up to the end of the answer's body. Throws what the network says, and Interrupted. */
  async #send<Body>(method: Method, path: string, attempt: Attempt<Body>) {
    const { query = {}, content, accept = "application/json", read } = attempt;
    const url = urlOf(this.endpoint, path, query);
    await this.#turn(method, path, url);
    const { timeoutSeconds } = this.#settings;
    const authorization = this.#authorization();
    const limit = this.#interruption.limit(method, timeoutSeconds * 1000);
    try {
      const response = await fetch(url, {
        method,
        headers: { accept, authorization, ...content?.headers },
        body: content?.body ?? null,
        // A redirect could carry the token to another host.
        redirect: "manual",
        signal: limit.signal,
      });
      this.#reachability.noteAnswer();
      const body = await read(response);
      const { status, headers, ok: isOk } = response;
      // A platform may quote the request with its headers.
      const hide = (text: string) => hidingTexts(secretsInAuthorization(authorization))(text);
      return { exchange: { method, url, status, headers }, isOk, body, hide };
    } catch (cause) {
      if (method === "GET") this.#interruption.refuse(method, url, cause);
      throw toNetworkError(method, url, cause, timeoutSeconds);
    } finally {
      limit.release();
    }
  }

  /** Resolves when this request may go out. */
  async #turn(method: Method, path: string, url: string): Promise<void> {
    const kind = kindOf(method, path);
    const { requestsPerSecond } = this.#settings;
    const reason = () =>
      this.#limiter.isHeld(kind)
        ? `the platform refuses more of ${kind} until then`
        : `sluice:requestsPerSecond allows ${requestsPerSecond} a second`;
    do {
      await this.#wait(this.#limiter.take(kind), reason);
      this.#interruption.refuse(method, url);
    } while (this.#limiter.isHeld(kind));
  }

  #authorization(): string {
    const { authorization } = this.#settings;
    return typeof authorization === "string" ? authorization : authorization();
  }

  #pauseBefore(method: Method, path: string): Pause {
    return async (milliseconds, failure, left) => {
      if (left !== undefined && this.#reachability.isNews(failure)) {
        const reason = networkReason(failure.code, this.#settings.timeoutSeconds);
        const seconds = Math.max(1, Math.round(left / 1000));
        this.#settings.onUnreached?.(
          `${this.endpoint}: ${reason}; it is tried again for at most ${seconds} s`,
        );
      }
      if (failure.status === TOO_MANY_REQUESTS) this.#limiter.hold(kindOf(method, path), milliseconds);
      await this.#wait(milliseconds, () => `${failure.message}; it is tried again then`);
      this.#interruption.refuse(method, urlOf(this.endpoint, path, {}), failure);
    };
  }

  /** Waits, at most until the user interrupts; a long wait is told. */
  #wait(milliseconds: number, reason: () => string): Promise<void> {
    if (milliseconds >= LONG_WAIT)
      this.#settings.onWait?.(`waiting ${Math.round(milliseconds / 1000)} s: ${reason()}`);
    return this.#interruption.wait(milliseconds);
  }
}

interface Attempt<Body> {
  query?: Query;
  content?: Content | undefined;
  accept?: string;
  read: (response: Response) => Promise<Body>;
}

/** What a platform counts together: the method and the path without ids. */
function kindOf(method: Method, path: string): string {
  return `${method} ${path.replaceAll(/\/\d+/g, "/N")}`;
}

function urlOf(endpoint: string, path: string, query: Query): string {
  const parameters = new URLSearchParams();
  for (const [name, value] of Object.entries(query))
    if (value !== undefined) parameters.set(name, String(value));
  const text = parameters.toString();
  return `${endpoint}${path}${text === "" ? "" : `?${text}`}`;
}
