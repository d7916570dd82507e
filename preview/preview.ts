import * as fs from "node:fs";
import * as path from "node:path";
import { Analyzer, type PolicyReport } from "./pack/analyzer";
import type { Arguments } from "./config/arguments";
import { type Configuration, ConfigurationError, configuration } from "./config/configuration";
import { exportFiles, resourceEntry } from "./output/exports";
import { factsOf } from "./output/facts";
import { fixedResults } from "./engine/invokes";
import { checkOutFolder, writeOutFolder } from "./output/outFolder";
import type { PackProcess } from "./pack/packProcess";
import type { PolicyConfigFile } from "./pack/policyConfig";
import { readProjectFile, readStackFiles } from "./config/projectFiles";
import { type Recording, record } from "./engine/record";
import type { RecordedResource } from "./engine/recordedResource";
import { redactor } from "./output/redact";
import { resourceTree } from "./output/tree";

/** The result of a preview. */
export interface Outcome {
  /** Whether no mandatory policy was violated. */
  passed: boolean;
  /** The text output. */
  text: (color: boolean) => string;
  /** The document of `--json`. */
  json: () => unknown;
}

/** Hides secrets in an error message, once the preview has read the configuration. */
export let redactMessage: (text: string) => string = (text) => text;

/** Runs the program of the project in `directory` and analyzes the resources that it registers. */
export async function preview(
  directory: string,
  program: () => unknown,
  args: Arguments,
  pack: PackProcess,
): Promise<Outcome> {
  const project = readProjectFile(directory);
  const config = configuration({
    project,
    files: readStackFiles(directory, args.stack, args.configFile),
    settings: args.config,
  });
  const redact = redactor(config.secretValues);
  redactMessage = redact;
  const value = (key: string): string | undefined => config.values[`${project.name}:${key}`];
  const policyConfig = readPolicyConfig(directory, args.policyConfig, value("environment"));
  const out = args.out === undefined ? undefined : path.resolve(directory, args.out);
  if (out !== undefined) checkOutFolder(out);

  const analysis = new Analyzer(pack).begin({
    project: project.name,
    stack: args.stack,
    config: policyConfig,
  });
  const recording = await runProgram(program, project.name, args.stack, config, (resource) =>
    analysis.add(resource),
  );
  const analyzed = analysis.finish();
  // The report loads while the pack is busy.
  if (!args.json) require("./output/report");
  const { remediated, ...policy } = await analyzed;
  const resources = recording.resources.map((resource) => {
    const properties = remediated.get(resource.urn);
    return properties === undefined ? resource : resource.withProperties(properties);
  });

  const passed = policy.violations.every((violation) => violation.level === "advisory");
  const result = { stack: args.stack, project: project.name, config, resources, policy, passed };
  if (out !== undefined) writeFiles(out, result, redact);
  const header = headerOf(resources, value);
  const exposed = resources.filter(({ redactedInputs }) => {
    const text = JSON.stringify(redactedInputs);
    return redact(text) !== text;
  });
  const facts = (): ReturnType<typeof factsOf> =>
    factsOf(resources, yaml().parse, recording.stack.redactedOutputs);
  return {
    passed,
    text: (color) => {
      const { formatReport } = require("./output/report") as typeof import("./output/report");
      return formatReport(
        redact({
          stack: args.stack,
          header,
          tree: resourceTree(resources, recording.stack),
          resources: resources.length,
          facts: facts(),
          policy,
          warnings: recording.warnings,
          exposed,
          unset: config.unset.map(({ key, optional }) => ({ key, optional })),
          out: args.out,
        }),
        color,
      );
    },
    json: () =>
      redact({
        stack: args.stack,
        ...Object.fromEntries(header),
        passed,
        facts: facts().map(({ part, rows }) => ({ part, ...Object.fromEntries(rows) })),
        policy,
        warnings: recording.warnings,
        exposed: exposed.map(({ urn }) => urn),
        missing: config.unset.map(({ key, optional }) => ({ key, optional })),
        outputs: recording.stack.redactedOutputs,
        resources: resources.map(resourceEntry),
      }),
  };
}

async function runProgram(
  program: () => unknown,
  project: string,
  stack: string,
  config: Configuration,
  onResource: (resource: RecordedResource) => void,
): Promise<Recording> {
  // Output of the program is not part of the result.
  const { log, info } = console;
  console.log = console.info = console.error;
  try {
    return await record(
      () => {
        const exported = program();
        return typeof exported === "function" ? (exported as () => unknown)() : exported;
      },
      {
        project,
        stack,
        preview: true,
        config: config.values,
        secretConfig: config.secretKeys,
        invoke: fixedResults(config.values["aws:region"] ?? "us-east-1"),
        onResource,
      },
    );
  } finally {
    Object.assign(console, { log, info });
  }
}

/** Reads the configuration of the policies. Only a file that `--policy-config` names must exist. */
function readPolicyConfig(
  directory: string,
  policyConfig: string | undefined,
  environment: string | undefined,
): PolicyConfigFile {
  const file = path.resolve(
    directory,
    policyConfig ?? `policies/config.${path.basename(environment ?? "")}.json`,
  );
  if (policyConfig === undefined && !fs.existsSync(file)) return {};
  const fail = (reason: string): never => {
    throw new ConfigurationError(`${path.relative(directory, file)}: ${reason}`);
  };
  let content: unknown;
  try {
    content = JSON.parse(fs.readFileSync(file, "utf8"));
  } catch (error) {
    return fail(error instanceof Error ? error.message : String(error));
  }
  if (typeof content !== "object" || content === null || Array.isArray(content)) {
    return fail("must be a map of policies");
  }
  return content as PolicyConfigFile;
}

function writeFiles(
  out: string,
  result: {
    resources: RecordedResource[];
    policy: Omit<PolicyReport, "remediated">;
    passed: boolean;
  },
  redact: <T>(value: T) => T,
): void {
  const { stringify } = yaml();
  writeOutFolder(
    out,
    exportFiles(
      { resources: result.resources, policy: { passed: result.passed, ...result.policy }, redact },
      // Aliases and folded lines are valid YAML, but hard to read.
      { yaml: (value) => stringify(value, { aliasDuplicateObjects: false, lineWidth: 0 }) },
    ),
  );
}

function headerOf(
  resources: RecordedResource[],
  value: (key: string) => string | undefined,
): [string, string][] {
  const settings = resources.find((resource) => !resource.custom && "cluster" in resource.inputs);
  const preset = value("environment");
  const rows: [string, unknown][] = [
    ["preset", preset],
    ["environment", settings?.inputs["environment"]],
    ["cluster", settings?.inputs["cluster"]],
  ];
  return rows.filter((row): row is [string, string] => typeof row[1] === "string");
}

function yaml(): typeof import("yaml") {
  return require("yaml") as typeof import("yaml");
}
