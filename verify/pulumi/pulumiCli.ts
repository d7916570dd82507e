import { spawn } from "node:child_process";
import { ExpectedError } from "../../preview/config/errors";

export const missingPulumi =
  "the Pulumi CLI is not on the PATH\n  fix: https://www.pulumi.com/docs/install/";

/** The result of a Pulumi CLI command. */
export interface CliResult {
  code: number | null;
  out: string;
  err: string;
}

/** Returns the output of a command that must succeed. */
export async function mustPulumi(args: string[], input?: string): Promise<string> {
  const { code, out, err } = await pulumi(args, input);
  if (code !== 0) throw new ExpectedError(`pulumi ${args.join(" ")} failed: ${(out + err).trim()}`);
  return out;
}

/** Runs the Pulumi CLI, and returns its exit code and output. */
export function pulumi(args: string[], input = ""): Promise<CliResult> {
  return run("pulumi", ["--non-interactive", "--color", "never", ...args], {
    input,
    missing: missingPulumi,
  });
}

/** Runs a program. `missing` is the error message if the program is not on the PATH. */
export function run(
  program: string,
  args: string[],
  { missing, input = "" }: { missing: string; input?: string },
): Promise<CliResult> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args);
    let out = "";
    let err = "";
    child.stdout.on("data", (chunk) => (out += chunk));
    child.stderr.on("data", (chunk) => (err += chunk));
    child.on("error", () => reject(new ExpectedError(missing)));
    child.on("close", (code) => resolve({ code, out, err }));
    // A failing command may exit without reading its input. Its exit code reports the failure.
    child.stdin.on("error", () => undefined).end(input);
  });
}
