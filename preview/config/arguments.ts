import { parseArgs } from "node:util";
import { UsageError } from "./errors";

export type Arguments = NonNullable<ReturnType<typeof parseArguments>>;

export const usage = `Usage: npm run preview -- --stack <name> [options]

Runs a stack's program without the Pulumi CLI, a cluster or credentials, checks its resources
with the policy pack, and prints the result.

  -s, --stack <name>           Stack to preview, configured in Pulumi.<name>.yaml
  -c, --config <key=value>     Set a configuration value like \`pulumi config set --path\`; repeatable
                               (prometheus.retentionDays=400, services[0].name=auth-service)
      --config-file <file>     File in the format of Pulumi.<stack>.yaml that overrides its keys
      --policy-config <file>   Policy configuration (default: policies/config.<environment>.json)
      --out <folder>           Write resources, manifests, chart values, rules, Alertmanager
                               configuration, dashboards and the policy result to a folder
      --against <revision>     Print what changes for the stack since another revision of the
                               repository, as Markdown; that revision is previewed without
                               --config and --config-file
      --backtest <source>      With --against: evaluate the changed alerts over recorded data, and
                               print when they would have fired before and after; the source is the
                               URL of a Prometheus, or a folder with its data
      --backtest-days <days>   Days of data to evaluate, up to the last sample (default: 30)
      --charts <folder>        With --against: render the releases whose chart or values change, with
                               the helm program, and print what changes in their objects; the folder
                               contains the charts of both revisions, as \`helm pull\` saves them
      --json                   Print one JSON document
  -h, --help                   Print this help

Exit codes:
  0  no mandatory policy is violated
  1  a mandatory policy is violated
  2  the configuration or the program has an error`;

/** Parses the command's arguments. Returns undefined for `--help`. */
export function parseArguments(argv: string[]) {
  const { values } = parsed(argv);
  if (values.help === true) return undefined;
  if (values.stack === undefined) throw new UsageError("--stack is required");
  const backtest = backtestOptions(values);
  if (values.charts !== undefined && values.against === undefined) {
    throw new UsageError(
      "--charts requires --against <revision>, which names the releases to compare with",
    );
  }
  return {
    stack: values.stack,
    /** `key=value` pairs, with paths as in `pulumi config set --path`. */
    config: values.config ?? [],
    configFile: values["config-file"],
    out: values.out,
    /** Repository revision to compare with. */
    against: values.against,
    /** Recorded data for evaluating the changed alerts. */
    backtest,
    /** Folder with the charts to render for a comparison. */
    charts: values.charts,
    json: values.json ?? false,
    policyConfig: values["policy-config"],
  };
}

function backtestOptions(values: ReturnType<typeof parsed>["values"]) {
  const { backtest: source, "backtest-days": days = "30", against } = values;
  if (source === undefined) {
    if (values["backtest-days"] === undefined) return undefined;
    throw new UsageError("--backtest-days requires --backtest <source>");
  }
  if (against === undefined) {
    throw new UsageError(
      "--backtest requires --against <revision>, which names the rules to compare with",
    );
  }
  if (!/^[1-9]\d{0,4}$/.test(days)) {
    throw new UsageError(`--backtest-days = "${days}" must be a whole number of days, at least 1`);
  }
  return { source, days: Number(days) };
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
        against: { type: "string" },
        backtest: { type: "string" },
        "backtest-days": { type: "string" },
        charts: { type: "string" },
        json: { type: "boolean" },
        "policy-config": { type: "string" },
        help: { type: "boolean", short: "h" },
      },
    });
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error));
  }
}
