import { Interrupted, OutOfTime } from "./errors.js";

/** How long one request may take. */
export interface Limit {
  readonly signal: AbortSignal;
  /** To be called when the request is over. */
  release(): void;
}

/**
 * The user's wish to stop, or the end of the time that an operation may take: reads and waits end with it at once, a
 * write that is on its way is let go to its end.
 */
export class Interruption {
  /** What goes on and ends with it; one listener stands for all, as there may be many. */
  readonly #endings = new Set<() => void>();

  /** @param deadline of the operation that asks, in milliseconds since 1970; undefined when it may take any time. */
  constructor(
    private readonly signal: AbortSignal | undefined,
    private readonly deadline: () => number | undefined = () => undefined,
  ) {
    signal?.addEventListener("abort", () => {
      for (const end of [...this.#endings]) end();
    });
  }

  get isThere(): boolean {
    return this.signal?.aborted === true;
  }

  /** Throws {@link Interrupted} or {@link OutOfTime} when it is time to stop; call it before a request is sent. */
  refuse(method: string, url: string, cause?: unknown): void {
    if (this.isThere) throw new Interrupted(method, url, cause);
    if (this.#left() <= 0) throw new OutOfTime(method, url, cause);
  }

  /** Milliseconds until the operation's time is over. */
  #left(): number {
    return (this.deadline() ?? Infinity) - Date.now();
  }

  /** The time limit of one request, in milliseconds; a read ends with the interruption as well. */
  limit(method: string, milliseconds: number): Limit {
    const controller = new AbortController();
    const end = () => controller.abort(new DOMException("the time limit is over", "TimeoutError"));
    const timer = setTimeout(end, method === "GET" ? Math.min(milliseconds, this.#left()) : milliseconds);
    const interrupt = () => controller.abort();
    if (method === "GET") this.#endings.add(interrupt);
    const release = () => {
      clearTimeout(timer);
      this.#endings.delete(interrupt);
    };
    return { signal: controller.signal, release };
  }

  /** Resolves after `milliseconds`, or as soon as the user wishes to stop. */
  wait(milliseconds: number): Promise<void> {
    if (milliseconds <= 0 || this.isThere) return Promise.resolve();
    return new Promise((resolve) => {
      const end = () => {
        clearTimeout(timer);
        this.#endings.delete(end);
        resolve();
      };
      const timer = setTimeout(end, Math.min(milliseconds, this.#left()));
      this.#endings.add(end);
    });
  }
}
