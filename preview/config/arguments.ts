import { parseArgs } from "node:util";
import { ExpectedError } from "./errors";

export interface Arguments {
  stack: string;
  /** `key=value` with the paths of `pulumi config set --path`. */
  config: string[];
  configFile: string | undefined;
  out: string | undefined;
  json: boolean;
  policyConfig: string | undefined;
}

export class UsageError extends ExpectedError {}

export const usage = `Usage: npm run preview -- --stack <name> [options]

Runs the program of a stack without the Pulumi CLI, a cluster or credentials, judges what it
registers with the policy pack, and shows both.

  --stack <name>           the stack: Pulumi.<name>.yaml
  --config <key=value>     sets a value as \`pulumi config set --path\` does; may be repeated
                           (prometheus.retentionDays=400, services[0].name=auth-service)
  --config-file <file>     a file in the form of Pulumi.<stack>.yaml, whose keys replace the stack's
  --policy-config <file>   configuration of the policies (default: policies/config.<environment>.json)
  --out <folder>           writes resources, manifests, values, rules, dashboards and the policy result
  --json                   prints one JSON document
  --help                   prints this

Exit code: 0 when the program ran and no mandatory policy was violated, 1 when one was, 2 when the
configuration or the program has an error.`;

/** The arguments of the command, or undefined when help was asked for. */
export function parseArguments(argv: string[]): Arguments | undefined {
  const { values } = parsed(argv);
  if (values.help === true) return undefined;
  if (values.stack === undefined) throw new UsageError("--stack is required");
  return {
    stack: values.stack,
    config: values.config ?? [],
    configFile: values["config-file"],
    out: values.out,
    json: values.json ?? false,
    policyConfig: values["policy-config"],
  };
}

function parsed(argv: string[]) {
  try {
    return parseArgs({
      args: argv,
      strict: true,
      allowPositionals: false,
      options: {
        stack: { type: "string", short: "s" },
        config: { type: "string", multiple: true, short: "c" },
        "config-file": { type: "string" },
        out: { type: "string" },
        json: { type: "boolean" },
        "policy-config": { type: "string" },
        help: { type: "boolean", short: "h" },
      },
    });
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error));
  }
}
