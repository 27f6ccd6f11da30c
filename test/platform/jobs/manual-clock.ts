import type { Clock } from "../../../platform/jobs/clock.js";

/** A clock that stands still until it is moved. */
export class ManualClock implements Clock {
  private readonly actions = new Set<() => Promise<void>>();

  constructor(private time: string) {}

  now(): Date {
    return new Date(this.time);
  }

  every(_milliseconds: number, action: () => Promise<void>): () => void {
    this.actions.add(action);
    return () => this.actions.delete(action);
  }

  /** Moves to an ISO time and waits for what happens then. */
  async moveTo(time: string): Promise<void> {
    this.time = time;
    for (const action of this.actions) await action();
  }
}
