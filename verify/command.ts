import { type ParseArgsConfig, parseArgs } from "node:util";
import { ExpectedError } from "../preview/config/errors";

/** A command of this folder, such as `npm run verify`. */
export interface Command<O extends NonNullable<ParseArgsConfig["options"]>> {
  usage: string;
  options: O;
  /** Maximum number of positional arguments. Default: 0. */
  positionals?: number;
  /** Returns the stack if there is no `--stack`. Default: it is required. */
  stack?: () => Promise<string | undefined>;
  /** Returns the exit code. */
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
      --context <name>   Context of the kubeconfig (default: cluster.context of the stack, or else
                         the current context)`;

/** Runs a command, and ends the process with its exit code, or with 2 after an error. */
export function runCommand<O extends NonNullable<ParseArgsConfig["options"]>>(
  command: Command<O>,
): void {
  // The reader of a pipe may close it early, such as `head`. The command still ends, and its exit code counts.
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
