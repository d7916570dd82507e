import type { ChildProcess } from "node:child_process";
import * as path from "node:path";
import { ExpectedError } from "../config/errors";

// Required by path, so that the bundle shares this module with start.cjs.
const { spawnPack } = require(path.join(__dirname, "spawnPack.cjs")) as {
  spawnPack: (directory: string) => ChildProcess;
};

/** A policy pack in a separate process that serves the engine's analyzer protocol. */
export interface PackProcess {
  /** Port that the pack listens on. Resolves when the pack is ready. */
  port: Promise<number>;
  /** Keeps this process alive while the pack runs. Without this call, this process may exit first. */
  hold(): void;
  /** Stops the pack. Can be called repeatedly. */
  close(): void;
}

/**
 * Starts a policy pack and returns immediately. The pack loads while the caller continues, so call this
 * before loading large modules.
 */
export function startPack(directory: string): PackProcess {
  const child = spawnPack(path.resolve(directory));
  const port = portOf(child, directory);
  // The caller handles a rejection when it awaits the port. Until then, an unhandled rejection would end
  // this process.
  port.catch(() => undefined);
  const handles = [child, child.stdout, child.stderr] as unknown as NodeJS.RefCounted[];
  for (const handle of handles) handle.unref();
  return {
    port,
    hold: () => {
      for (const handle of handles) handle.ref();
    },
    close: () => void child.kill(),
  };
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
      else fail("printed other text before its port number");
    });
    child.once("error", (error) => fail(`could not be started (${error.message})`));
    child.once("exit", (code) => fail(`exited during startup (exit code ${code})`));
  });
}
