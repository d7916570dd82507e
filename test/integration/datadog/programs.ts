import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import * as net from "node:net";

/** Ports of loopback that nothing listens on. */
export async function freePorts(count: number): Promise<number[]> {
  const servers = Array.from({ length: count }, () => net.createServer().listen(0, "127.0.0.1"));
  await Promise.all(servers.map((server) => once(server, "listening")));
  const ports = servers.map((server) => (server.address() as net.AddressInfo).port);
  await Promise.all(servers.map((server) => once(server.close(), "close")));
  return ports;
}

/** A program that runs until it is stopped. */
export class Program {
  /** Everything it wrote. */
  said = "";
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
      stream?.on("data", (text) => (this.said += String(text)));
    }
    this.ended = new Promise((resolve) => {
      this.child.on("error", (error) => {
        this.failure = error;
        resolve();
      });
      this.child.on("exit", () => resolve());
    });
  }

  /** The answer to a GET, as soon as the program gives one; an error with what it said if it never does. */
  async answer(url: string): Promise<string> {
    for (const deadline = Date.now() + 60_000; Date.now() < deadline;) {
      if (this.failure !== undefined || this.child.exitCode !== null) break;
      try {
        const response = await fetch(url);
        if (response.ok) return await response.text();
      } catch {
        // It does not listen yet.
      }
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
    throw new Error(
      `${url} was never answered: ${this.failure?.message ?? "the program said"}\n${this.said}`,
    );
  }

  /** Asks it to end, as Kubernetes does, and waits until it has. */
  async stop(): Promise<void> {
    this.child.kill("SIGTERM");
    const insist = setTimeout(() => this.child.kill("SIGKILL"), 20_000);
    await this.ended;
    clearTimeout(insist);
  }
}
