import { type ChildProcess, spawn } from "node:child_process";
import { setTimeout as sleep } from "node:timers/promises";
import { type ToolName, toolPath } from "../../../tools/paths.cjs";
import { freePorts } from "../ports";

/** A tool that runs during a test. */
export interface RunningTool {
  /** Output so far; check it first if a test fails. */
  log: () => string;
  /** Stops the tool, by default with SIGTERM as Kubernetes does, and waits until it has exited. */
  stop: (signal?: "SIGTERM" | "SIGKILL") => Promise<void>;
}

/** An unused port of the loopback interface. */
export async function freePort(): Promise<number> {
  const [port = 0] = await freePorts(1);
  return port;
}

/** Starts a tool, with further environment variables, and waits until `readyUrl` answers with 200. */
export async function startTool(
  tool: ToolName,
  args: string[],
  readyUrl: string,
  env: Record<string, string> = {},
): Promise<RunningTool> {
  const child = spawn(toolPath(tool), args, {
    stdio: ["ignore", "pipe", "pipe"],
    env: { ...process.env, ...env },
  });
  const written: Buffer[] = [];
  child.stdout.on("data", (chunk: Buffer) => written.push(chunk));
  child.stderr.on("data", (chunk: Buffer) => written.push(chunk));
  const log = (): string => Buffer.concat(written).toString();
  const stop = (signal: "SIGTERM" | "SIGKILL" = "SIGTERM"): Promise<void> => end(child, signal);
  // The tool must not outlive a test run that is aborted.
  const killOnExit = (): void => void child.kill("SIGKILL");
  process.once("exit", killOnExit);
  child.once("exit", () => process.removeListener("exit", killOnExit));

  try {
    await until(`${tool} is ready`, async () => {
      if (child.exitCode !== null) throw new Error(`${tool} exited with ${child.exitCode}`);
      return (await fetch(readyUrl).catch(() => undefined))?.status === 200;
    });
  } catch (error) {
    await stop();
    throw new Error(`${(error as Error).message}\n${log()}`, { cause: error });
  }
  return { log, stop };
}

async function end(child: ChildProcess, signal: "SIGTERM" | "SIGKILL"): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exited = new Promise((resolve) => child.once("exit", resolve));
  child.kill(signal);
  const killTimer = setTimeout(() => child.kill("SIGKILL"), 10_000);
  await exited;
  clearTimeout(killTimer);
}

/** Waits until a condition holds; throws an error with its description after a timeout. */
export async function until(
  description: string,
  condition: () => boolean | Promise<boolean>,
  seconds = 30,
): Promise<void> {
  const end = Date.now() + seconds * 1000;
  while (!(await condition())) {
    if (Date.now() > end) throw new Error(`timed out after ${seconds} s: ${description}`);
    await sleep(50);
  }
}
