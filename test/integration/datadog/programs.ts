import { type ChildProcess, spawn } from "node:child_process";
import { setTimeout as sleep } from "node:timers/promises";

/** A program that runs until it is stopped. */
export class Program {
  /** Output so far. */
  output = "";
  private readonly child: ChildProcess;
  private readonly ended: Promise<void>;
  private failure: Error | undefined;

  constructor(
    command: string,
    args: string[],
    options: { cwd: string; env: Record<string, string | undefined> },
  ) {
    this.child = spawn(command, args, { ...options, stdio: ["ignore", "pipe", "pipe"] });
    for (const stream of [this.child.stdout, this.child.stderr]) {
      stream?.on("data", (text) => (this.output += String(text)));
    }
    this.ended = new Promise((resolve) => {
      this.child.on("error", (error) => {
        this.failure = error;
        resolve();
      });
      this.child.on("exit", () => resolve());
    });
  }

  /** Body of the first successful GET; throws with the output of the program after a timeout. */
  async answer(url: string): Promise<string> {
    for (const deadline = Date.now() + 60_000; Date.now() < deadline;) {
      if (this.failure !== undefined || this.child.exitCode !== null) break;
      try {
        const response = await fetch(url);
        if (response.ok) return await response.text();
      } catch {
        // The program does not listen yet.
      }
      await sleep(100);
    }
    throw new Error(
      `no response from ${url}: ${this.failure?.message ?? "output of the program"}\n${this.output}`,
    );
  }

  /** Stops the program with SIGTERM, as Kubernetes does, and waits until it has exited. */
  async stop(): Promise<void> {
    this.child.kill("SIGTERM");
    const killTimer = setTimeout(() => this.child.kill("SIGKILL"), 20_000);
    await this.ended;
    clearTimeout(killTimer);
  }
}
