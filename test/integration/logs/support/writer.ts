import { setTimeout as sleep } from "node:timers/promises";
import { Loki } from "./loki";

/** Pushes one line after the other until it is stopped, as a collector does: again until Loki took it. */
export class Writer {
  /** What Loki took. */
  readonly lines: string[] = [];
  /** How often a push had to be repeated. */
  retried = 0;
  private stopped = false;
  private readonly done: Promise<void>;
  private readonly start = Date.now() - 60_000;

  /** Each line goes to any of `through`, as by a Service; between two lines is `pauseMs`. */
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

  /** Everything that Loki took. A line that was being pushed is taken or not, then. */
  async stop(): Promise<string[]> {
    this.stopped = true;
    await this.done;
    return this.lines;
  }
}
