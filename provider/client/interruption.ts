import { Interrupted } from "./errors.js";

/** How long one request may take. */
export interface Limit {
  readonly signal: AbortSignal;
  /** To be called when the request is over. */
  release(): void;
}

/** The user's wish to stop: reads and waits end with it at once, a write that is on its way is let go to its end. */
export class Interruption {
  /** What goes on and ends with it; one listener stands for all, as there may be many. */
  readonly #endings = new Set<() => void>();

  constructor(private readonly signal: AbortSignal | undefined) {
    signal?.addEventListener("abort", () => {
      for (const end of [...this.#endings]) end();
    });
  }

  get isThere(): boolean {
    return this.signal?.aborted === true;
  }

  /** Throws {@link Interrupted} when the user wished to stop; call it before a request is sent. */
  refuse(method: string, url: string, cause?: unknown): void {
    if (this.isThere) throw new Interrupted(method, url, cause);
  }

  /** The time limit of one request, in milliseconds; a read ends with the interruption as well. */
  limit(method: string, milliseconds: number): Limit {
    const controller = new AbortController();
    const end = () => controller.abort(new DOMException("the time limit is over", "TimeoutError"));
    const timer = setTimeout(end, milliseconds);
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
      const timer = setTimeout(end, milliseconds);
      this.#endings.add(end);
    });
  }
}
