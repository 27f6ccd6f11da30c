import { constants } from "node:os";

const SIGNALS = ["SIGINT", "SIGTERM"] as const;

/** The user's wish that this process stop. The second one ends it at once, as ever. */
export class StopSignals {
  readonly #controller = new AbortController();
  #received: (typeof SIGNALS)[number] | undefined;
  readonly #onSignal = (signal: NodeJS.Signals): void => {
    this.#received = SIGNALS.find((known) => known === signal);
    this.#controller.abort();
  };

  constructor() {
    for (const signal of SIGNALS) process.once(signal, this.#onSignal);
  }

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  /** Exit code of a process that was stopped, as shells have it: 130 after Ctrl-C; undefined while nobody wished it. */
  get exitCode(): number | undefined {
    return this.#received === undefined ? undefined : 128 + constants.signals[this.#received];
  }

  /** Leaves signals to Node.js again. */
  dispose(): void {
    for (const signal of SIGNALS) process.removeListener(signal, this.#onSignal);
  }
}
