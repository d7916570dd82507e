import { setTimeout as sleep } from "node:timers/promises";
import { Loki } from "./loki";

/** Pushes lines one by one until it is stopped, and retries each until Loki acknowledges it, as a collector does. */
export class Writer {
  /** Lines that Loki acknowledged. */
  readonly lines: string[] = [];
  /** Number of retries. */
  retried = 0;
  private stopped = false;
  private readonly done: Promise<void>;
  private readonly start = Date.now() - 60_000;

  /** Pushes to `through` in turn, as a Service would, with a delay of `pauseMs` between lines. */
  constructor(
    private readonly stream: Record<string, string>,
    private readonly through: Loki[],
    private readonly pauseMs = 0,
  ) {
    this.done = this.run();
  }

  private async run(): Promise<void> {
    while (!this.stopped) {
      const index = this.lines.length;
      if (await this.push(index)) this.lines.push(`line ${index}`);
      else this.retried += 1;
      await sleep(this.pauseMs);
    }
  }

  private async push(index: number): Promise<boolean> {
    const time = `${BigInt(this.start) * 1_000_000n + BigInt(index) * 1000n}`;
    const loki = this.through[(index + this.retried) % this.through.length];
    try {
      return (await loki?.push(this.stream, [[time, `line ${index}`]])) === 204;
    } catch {
      return false;
    }
  }

  /** Stops after the current line; returns all acknowledged lines. */
  async stop(): Promise<string[]> {
    this.stopped = true;
    await this.done;
    return this.lines;
  }
}
