/** Time for what happens by itself. Tests give one that they move. */
export interface Clock {
  now(): Date;
  /** Calls `action` again and again until the answered function is called; `action` never rejects. */
  every(milliseconds: number, action: () => Promise<void>): () => void;
}

/** The machine's clock. It keeps no process alive. */
export const SYSTEM_CLOCK: Clock = {
  now: () => new Date(),
  every: (milliseconds, action) => {
    const timer = setInterval(() => void action(), milliseconds).unref();
    return () => clearInterval(timer);
  },
};
