import { type ChildProcess, spawn } from "node:child_process";
import * as fs from "node:fs";
import * as path from "node:path";
import { prepareBundle } from "../bundle/bundle.cjs";
import { ExpectedError } from "../config/errors";

/** A policy pack that runs in its own process and speaks the protocol of the engine. */
export interface PackProcess {
  /** The port at which the pack answers, once it does. */
  port: Promise<number>;
  /** From now on this process goes on for as long as the pack does; before, nobody waits for it. */
  hold(): void;
  /** Ends the process; can be called more than once. */
  close(): void;
}

/**
 * Starts a policy pack and returns at once: it loads while the caller does its own work, so call
 * this before requiring anything heavy. The engine's own way to run a pack also loads the TypeScript
 * compiler, which takes longer than all the rest; what is started here is a bundle in JavaScript.
 */
export function startPack(directory: string): PackProcess {
  const child = spawn(process.execPath, packArguments(path.resolve(directory)), {
    cwd: directory,
    stdio: ["ignore", "pipe", "pipe"],
    env: packEnvironment(),
  });
  const close = (): void => {
    process.removeListener("exit", close);
    child.kill();
  };
  process.once("exit", close);
  const port = portOf(child, directory);
  // Whoever waits for the port sees the failure; until then it must not end this process.
  port.catch(() => undefined);
  const handles = [child, child.stdout, child.stderr] as unknown as NodeJS.RefCounted[];
  for (const handle of handles) handle.unref();
  return {
    port,
    hold: () => {
      for (const handle of handles) handle.ref();
    },
    close,
  };
}

/** A pack in TypeScript runs as a bundle; one in JavaScript runs as it is. */
function packArguments(directory: string): string[] {
  if (!fs.existsSync(path.join(directory, "pack.ts"))) return [directory];
  try {
    const { own, packages } = prepareBundle("pack", directory);
    return [path.join(__dirname, "runPack.cjs"), directory, own, packages];
  } catch (error) {
    // esbuild's message names the file, the line and the mistake.
    throw new ExpectedError(error instanceof Error ? error.message : String(error));
  }
}

function packEnvironment(): NodeJS.ProcessEnv {
  // Options meant for this process, such as a loader for TypeScript, only slow the pack down.
  const { NODE_OPTIONS: _options, ...environment } = process.env;
  return environment;
}

function portOf(child: ChildProcess, directory: string): Promise<number> {
  return new Promise((resolve, reject) => {
    let output = "";
    let errors = "";
    const fail = (reason: string): void => {
      const detail = (errors + output).trim();
      reject(
        new ExpectedError(
          `the policy pack in ${directory} ${reason}${detail ? `:\n${detail}` : ""}`,
        ),
      );
    };
    child.stderr?.on("data", (chunk: Buffer) => (errors += chunk.toString()));
    child.stdout?.on("data", (chunk: Buffer) => {
      output += chunk.toString();
      const [line, rest] = output.split("\n", 2);
      if (rest === undefined) return;
      if (/^\d+$/.test(line ?? "")) resolve(Number(line));
      else fail("printed something before its port number");
    });
    child.once("error", (error) => fail(`could not be started (${error.message})`));
    child.once("exit", (code) => fail(`ended while it started (exit code ${code})`));
  });
}
