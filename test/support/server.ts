import { ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import * as fs from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";

/** A program under test, with its output in a file. */
export class Server {
  private constructor(
    private readonly child: ChildProcess,
    readonly logFile: string,
  ) {}

  static start(
    program: string,
    args: string[],
    logFile: string,
    environment: Record<string, string> = {},
  ): Server {
    const log = fs.openSync(logFile, "a");
    const child = spawn(program, args, {
      stdio: ["ignore", log, log],
      // Without the credentials and proxies of the user who runs the tests.
      env: { PATH: process.env["PATH"] ?? "", HOME: "/nonexistent", ...environment },
    });
    fs.closeSync(log);
    return new Server(child, logFile);
  }

  get running(): boolean {
    return this.child.exitCode === null && this.child.signalCode === null;
  }

  /** Stops the program and waits until it has exited. */
  async stop(signal: "SIGTERM" | "SIGKILL" = "SIGTERM"): Promise<void> {
    if (!this.running) return;
    const exited = once(this.child, "exit");
    this.child.kill(signal);
    const timer = setTimeout(() => this.child.kill("SIGKILL"), 60_000);
    await exited;
    clearTimeout(timer);
  }

  log(): string {
    return fs.readFileSync(this.logFile, "utf8");
  }
}

/** Waits until `condition` returns a value other than undefined and false. */
export async function eventually<T>(
  description: string,
  condition: () => Promise<T | undefined | false> | T | undefined | false,
  seconds = 60,
): Promise<T> {
  const end = Date.now() + seconds * 1000;
  let lastError: unknown;
  while (Date.now() < end) {
    try {
      const result = await condition();
      if (result !== undefined && result !== false) return result;
    } catch (error) {
      lastError = error;
    }
    await sleep(200);
  }
  throw new Error(`timed out after ${seconds} s: ${description}`, { cause: lastError });
}
