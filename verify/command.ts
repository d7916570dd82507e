import { type ParseArgsConfig, parseArgs } from "node:util";
import { ExpectedError } from "../preview/config/errors";

/** A command in this folder, such as `npm run verify`. */
export interface Command<O extends NonNullable<ParseArgsConfig["options"]>> {
  usage: string;
  options: O;
  /** Maximum number of positional arguments. Default: 0. */
  positionals?: number;
  /** Determines the stack if `--stack` is not set. Default: `--stack` is required. */
  stack?: () => Promise<string | undefined>;
  /** Runs the command and returns the exit code. */
  run: (args: CommandArguments<O>) => Promise<number>;
}

export interface CommandArguments<O extends NonNullable<ParseArgsConfig["options"]>> {
  stack: string;
  values: Values<O>;
  positionals: string[];
}

type Values<O extends NonNullable<ParseArgsConfig["options"]>> = Partial<
  ReturnType<typeof parseArgs<{ args: string[]; options: O }>>["values"]
>;

const common = {
  stack: { type: "string", short: "s" },
  help: { type: "boolean", short: "h" },
} as const;

/** Flags of commands that connect to a cluster. */
export const clusterOptions = { context: { type: "string" } } as const;

export const clusterUsage = `
  -s, --stack <name>     Stack, configured in Pulumi.<name>.yaml
      --context <name>   Kubeconfig context (default: the stack's cluster.context, otherwise the
                         current context)`;

/** Runs a command, then exits the process with the command's exit code, or with 2 after an error. */
export function runCommand<O extends NonNullable<ParseArgsConfig["options"]>>(
  command: Command<O>,
): void {
  // The reader of a pipe, such as `head`, may close it early. The command then still runs to the end, so
  // its exit code remains meaningful.
  for (const stream of [process.stdout, process.stderr]) {
    stream.on("error", (error: NodeJS.ErrnoException) => {
      if (error.code !== "EPIPE") throw error;
    });
  }
  execute(command, process.argv.slice(2)).then(
    (code) => process.exit(code),
    (error: unknown) => {
      const expected = error instanceof ExpectedError;
      process.stderr.write(`error: ${expected ? error.message : String((error as Error).stack)}\n`);
      process.exit(2);
    },
  );
}

async function execute<O extends NonNullable<ParseArgsConfig["options"]>>(
  { usage, options, positionals: most = 0, stack: askStack, run }: Command<O>,
  argv: string[],
): Promise<number> {
  const fail = (reason: string): never => {
    throw new ExpectedError(`${reason}\n\n${usage}`);
  };
  const parse = () => {
    try {
      const all = { ...common, ...options };
      return parseArgs({ args: argv, strict: true, allowPositionals: most > 0, options: all });
    } catch (error) {
      return fail((error as Error).message);
    }
  };
  const { values, positionals } = parse();
  const { stack: named, help }: { stack?: string; help?: boolean } = values;
  if (help === true) {
    process.stdout.write(`${usage}\n`);
    return 0;
  }
  const stack = named ?? (await askStack?.());
  if (stack === undefined) return fail("--stack is required");
  if (positionals.length > most) return fail(`unknown argument ${positionals[most]}`);
  return run({ stack, values: values, positionals });
}
