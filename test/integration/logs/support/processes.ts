import { ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import * as fs from "node:fs";
import * as net from "node:net";
import { setTimeout as sleep } from "node:timers/promises";

/** A program under test: its output goes to a file, and it ends when the test says so. */
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
      // No credentials or proxies of the person who runs the tests.
      env: { PATH: process.env["PATH"] ?? "", HOME: "/nonexistent", ...environment },
    });
    fs.closeSync(log);
    return new Server(child, logFile);
  }

  get running(): boolean {
    return this.child.exitCode === null && this.child.signalCode === null;
  }

  /** Ends the program and waits until it has. */
  async stop(signal: "SIGTERM" | "SIGKILL" = "SIGTERM"): Promise<void> {
    if (!this.running) return;
    const ended = once(this.child, "exit");
    this.child.kill(signal);
    const timer = setTimeout(() => this.child.kill("SIGKILL"), 60_000);
    await ended;
    clearTimeout(timer);
  }

  log(): string {
    return fs.readFileSync(this.logFile, "utf8");
  }
}

/** Free ports of the loopback interface, all different. */
export async function freePorts(count: number): Promise<number[]> {
  const listeners = await Promise.all(
    Array.from({ length: count }, async () => {
      const listener = net.createServer().listen(0, "127.0.0.1");
      await once(listener, "listening");
      return listener;
    }),
  );
  const ports = listeners.map((listener) => (listener.address() as net.AddressInfo).port);
  await Promise.all(listeners.map((listener) => once(listener.close(), "close")));
  return ports;
}

/** Waits until `condition` gives something that is not undefined or false. */
export async function eventually<T>(
  what: string,
  condition: () => Promise<T | undefined | false> | T | undefined | false,
  seconds = 60,
): Promise<T> {
  const end = Date.now() + seconds * 1000;
  let last: unknown;
  while (Date.now() < end) {
    try {
      const result = await condition();
      if (result !== undefined && result !== false) return result;
    } catch (error) {
      last = error;
    }
    await sleep(200);
  }
  throw new Error(`not within ${seconds} s: ${what}`, { cause: last });
}
