import * as path from "node:path";
import { type Arguments, parseArguments, usage } from "./config/arguments";
import { ExpectedError, UsageError } from "./config/errors";
import { sourcePositions } from "./bundle/sourcePositions";
import { usesColor, write } from "./output/write";
import { type PackProcess, startPack } from "./pack/packProcess";

let args: Arguments | undefined;
let finished = false;

/**
 * Returns the exit code: 0 if no mandatory policy is violated, 1 if one is, and 2 for an error in the
 * configuration or the program. Writes the result to standard output and everything else to standard
 * error.
 */
async function run(program: () => unknown): Promise<number> {
  const directory = process.cwd();
  let pack: PackProcess | undefined;
  try {
    args = parseArguments(process.argv.slice(2));
    if (args === undefined) {
      process.stdout.write(`${usage}\n`);
      return 0;
    }
    pack = startPack(path.join(directory, "policies"));
    const { preview } = require("./preview") as typeof import("./preview");
    const outcome = await preview(directory, program, args, pack);
    await write(
      args.json
        ? `${JSON.stringify(outcome.json(), null, 2)}\n`
        : outcome.text(usesColor(process.stdout)),
    );
    return outcome.passed ? 0 : 1;
  } catch (error) {
    await fail(error);
    return 2;
  } finally {
    pack?.close();
  }
}

async function fail(error: unknown): Promise<void> {
  const message = await messageOf(error);
  process.stderr.write(`error: ${message}\n`);
  if (error instanceof UsageError) process.stderr.write(`\n${usage}\n`);
  if (args?.json === true) {
    await write(`${JSON.stringify({ stack: args.stack, error: message }, null, 2)}\n`);
  }
}

/**
 * Returns the message of an expected error. Any other error is a bug, so its stack trace is included.
 */
async function messageOf(error: unknown): Promise<string> {
  if (error instanceof ExpectedError) return error.message;
  const pulumi = await import("@pulumi/pulumi");
  const { redactMessage } = require("./preview") as typeof import("./preview");
  const isForUser =
    pulumi.RunError.isInstance(error) ||
    (pulumi.ResourceError.isInstance(error) && error.hideStack);
  if (isForUser) return redactMessage(error.message);
  if (!(error instanceof Error)) return redactMessage(String(error));
  return redactMessage(`unexpected: ${sourcePositions(error.stack ?? error.message)}`);
}

/** Implements `npm run preview`: previews a program, then exits the process. */
export function main(program: () => unknown): void {
  process.stdout.on("error", () => undefined); // A reader such as head may close the pipe early.
  process.on("SIGINT", () => process.exit(130));
  process.on("SIGTERM", () => process.exit(143));
  process.on("beforeExit", () => {
    if (finished) return;
    finished = true;
    const error = new ExpectedError(
      "the program never finished: it waits for a value that never resolves, such as an output of a" +
        " component that is also one of its inputs",
    );
    void fail(error).then(() => process.exit(2));
  });
  void run(program).then((code) => {
    finished = true;
    process.exit(code);
  });
}
