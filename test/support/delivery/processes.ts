import { type ChildProcess, spawn } from "node:child_process";
import * as net from "node:net";
import { type ToolName, toolPath } from "../../../tools/paths.cjs";

/** A tool that runs beside the test, and ends with it. */
export interface RunningTool {
  /** What it has written so far; the first thing to read when something is not as expected. */
  log: () => string;
  /** Ends it the way Kubernetes does, and waits until it is gone. */
  stop: () => Promise<void>;
}

/** A port of the loopback that nobody uses. */
export function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = net.createServer();
    server.once("error", reject);
    server.listen(0, "127.0.0.1", () => {
      const { port } = server.address() as net.AddressInfo;
      server.close(() => resolve(port));
    });
  });
}

/** Starts a tool and waits until `readyUrl` answers with 200. */
export async function startTool(
  tool: ToolName,
  args: string[],
  readyUrl: string,
): Promise<RunningTool> {
  const child = spawn(toolPath(tool), args, { stdio: ["ignore", "pipe", "pipe"] });
  const written: Buffer[] = [];
  child.stdout.on("data", (chunk: Buffer) => written.push(chunk));
  child.stderr.on("data", (chunk: Buffer) => written.push(chunk));
  const log = (): string => Buffer.concat(written).toString();
  const stop = (): Promise<void> => end(child);
  // A test that is killed must leave nothing behind.
  const lastResort = (): void => void child.kill("SIGKILL");
  process.once("exit", lastResort);
  child.once("exit", () => process.removeListener("exit", lastResort));

  try {
    await until(`${tool} is ready`, async () => {
      if (child.exitCode !== null) throw new Error(`${tool} ended with ${child.exitCode}`);
      return (await fetch(readyUrl).catch(() => undefined))?.status === 200;
    });
  } catch (error) {
    await stop();
    throw new Error(`${(error as Error).message}\n${log()}`, { cause: error });
  }
  return { log, stop };
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const gone = new Promise((resolve) => child.once("exit", resolve));
  child.kill("SIGTERM");
  const force = setTimeout(() => child.kill("SIGKILL"), 10_000);
  await gone;
  clearTimeout(force);
}

/** Waits until a condition holds; throws what was waited for when it does not come about. */
export async function until(
  what: string,
  holds: () => boolean | Promise<boolean>,
  seconds = 30,
): Promise<void> {
  const end = Date.now() + seconds * 1000;
  while (!(await holds())) {
    if (Date.now() > end) throw new Error(`waited ${seconds} s in vain: ${what}`);
    await sleep(50);
  }
}

export function sleep(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}
