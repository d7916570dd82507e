import { spawn } from "node:child_process";
import * as fs from "node:fs";
import { childrenOf } from "../test/support/childrenOf";

/** Resources used by one run of a command. */
export interface Measurement {
  /** Wall time from start to exit, in milliseconds. */
  wallMs: number;
  /** Peak resident memory of the largest process in the command's process tree, in MiB. */
  peakMb: number;
}

/** Runs `node` and measures it together with its child processes. */
export function measure(args: string[]): Promise<Measurement> {
  const start = process.hrtime.bigint();
  const child = spawn(process.execPath, args, { stdio: ["ignore", "ignore", "pipe"] });
  let errors = "";
  child.stderr.on("data", (chunk: Buffer) => (errors += chunk.toString()));
  let peakMb = 0;
  // The kernel records each process's peak, so polling misses only growth at the very end.
  const poll = setInterval(() => (peakMb = Math.max(peakMb, ...treePeaks(child.pid!))), 10);
  return new Promise((resolve, reject) => {
    child.once("exit", (code) => {
      const wallMs = Number(process.hrtime.bigint() - start) / 1e6;
      clearInterval(poll);
      if (code === 0) resolve({ wallMs, peakMb });
      else reject(new Error(`node ${args.join(" ")} exited with ${code}:\n${errors}`));
    });
  });
}

/**
 * Returns the median of several runs of each command. Runs of the commands alternate, so other load on
 * the machine affects them equally.
 */
export async function compare<Name extends string>(
  rounds: number,
  commands: Record<Name, () => Promise<Measurement>>,
): Promise<Record<Name, Measurement>> {
  const runs = Object.entries(commands) as [Name, () => Promise<Measurement>][];
  const results = new Map<Name, Measurement[]>();
  for (let round = 0; round < rounds; round++) {
    for (const [name, run] of runs) {
      results.set(name, [...(results.get(name) ?? []), await run()]);
    }
  }
  return Object.fromEntries(
    [...results].map(([name, measured]) => [
      name,
      {
        wallMs: median(measured.map(({ wallMs }) => wallMs)),
        peakMb: median(measured.map(({ peakMb }) => peakMb)),
      },
    ]),
  ) as Record<Name, Measurement>;
}

/** Returns the median, or the upper of the two middle values. */
export function median(values: number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? NaN;
}

function treePeaks(pid: number): number[] {
  try {
    const status = fs.readFileSync(`/proc/${pid}/status`, "utf8");
    const peak = Number(/VmHWM:\s+(\d+)/.exec(status)?.[1] ?? 0) / 1024;
    return [peak, ...childrenOf(pid).flatMap(treePeaks)];
  } catch {
    // The process exited between two polls.
    return [0];
  }
}

/** Returns a process's CPU time so far, in milliseconds. */
export function cpuMs(pid: number): number {
  // proc_pid_stat(5): fields from the third onward follow the process name. utime and stime count 10 ms
  // ticks.
  const fields = fs.readFileSync(`/proc/${pid}/stat`, "utf8").split(") ").at(-1)?.split(" ") ?? [];
  return (Number(fields[11]) + Number(fields[12])) * 10;
}
