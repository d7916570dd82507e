import * as fs from "node:fs";
import * as path from "node:path";
import { Analyzer } from "./pack/analyzer";
import type { Arguments } from "./config/arguments";
import type { Addition } from "./compare/compareWith";
import { type Configuration, configuration } from "./config/configuration";
import { policyConfigPath, readPolicyConfig } from "./pack/policyConfigFile";
import { exportFiles, resourceEntry } from "./output/exports";
import { summarize } from "./output/summary";
import { fixedResults } from "./engine/invokes";
import { checkOutFolder, writeOutFolder } from "./output/outFolder";
import type { PackProcess } from "./pack/packProcess";
import type { PolicyConfigFile } from "./pack/policyConfig";
import { readProjectFile, readStackFiles } from "./config/projectFiles";
import { type Recording, record } from "./engine/record";
import { policyResource } from "./engine/policyResource";
import type { RecordedResource } from "./engine/recordedResource";
import { redactor } from "./output/redact";
import { formatReport, verdict } from "./output/report";
import { type Judgement, environmentRow, hasPassed, judgementOf } from "./pack/judgement";
import { resourceTree } from "./output/tree";

/** The result of a preview. */
export interface Outcome {
  /** Whether all mandatory policies passed. */
  passed: boolean;
  /** Returns the text output. */
  text: (color: boolean) => string;
  /** Returns the document that `--json` prints. */
  json: () => unknown;
}

/** Hides secrets in error messages. It has no effect until the preview has read the configuration. */
export let redactMessage: (text: string) => string = (text) => text;

/** Runs the program of the project in `directory`, and analyzes the resources that it registers. */
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
  const policyConfig = policyConfigOf(directory, args.policyConfig, value("environment"));
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
  const report = await analysis.finish();
  const resources = recording.resources.map((resource) => {
    const properties = report.remediated.get(resource.urn);
    return properties === undefined ? resource : resource.withProperties(properties);
  });

  const previewed: Previewed = {
    args,
    preset: value("environment"),
    config,
    recording: { ...recording, resources },
    policy: judgementOf(resources.map(policyResource), report),
    redact,
  };
  if (out !== undefined) writeOutFolder(out, filesOf(previewed));
  const outcome = outcomeOf(previewed);
  if (args.against === undefined) return outcome;
  return await comparisonOf(directory, args.against, previewed, outcome);
}

/** A program that ran, and the judgement of the policies on its resources. */
interface Previewed {
  args: Arguments;
  preset: string | undefined;
  config: Configuration;
  /** The recording, with the inputs that remediations changed. */
  recording: Recording;
  policy: Judgement;
  redact: <T>(value: T) => T;
}

/** Returns the files for `--out`. */
function filesOf({ recording: { resources }, policy, redact }: Previewed): Map<string, string> {
  return exportFiles({ resources, policy: { passed: hasPassed(policy), ...policy }, redact });
}

function outcomeOf({ args, preset, config, recording, policy, redact }: Previewed): Outcome {
  const { stack } = args;
  const { resources, warnings } = recording;
  const outputs = recording.stack.redactedOutputs;
  const passed = hasPassed(policy);
  const header = headerOf(resources, preset);
  const exposed = resources.filter(({ redactedInputs }) => {
    const text = JSON.stringify(redactedInputs);
    return redact(text) !== text;
  });
  const facts = summarize(resources, outputs);
  const unset = config.unset.map(({ key, optional }) => ({ key, optional }));
  return {
    passed,
    text: (color) => {
      const report = {
        title: `Preview of ${stack}`,
        stack,
        header: [...header, environmentRow(policy)],
        tree: resourceTree(resources, recording.stack),
        resources: resources.length,
        facts,
        policy,
        warnings,
        exposed,
        unset,
        out: args.out,
      };
      return formatReport(redact(report), color);
    },
    json: () =>
      redact({
        stack,
        ...Object.fromEntries(header),
        passed,
        facts: facts.map(({ part, rows }) => ({ part, ...Object.fromEntries(rows) })),
        policy,
        warnings,
        exposed: exposed.map(({ urn }) => urn),
        missing: unset,
        encrypted: config.encrypted,
        outputs,
        resources: resources.map(resourceEntry),
      }),
  };
}

/** Compares a preview with the same stack at another revision. */
async function comparisonOf(
  directory: string,
  revision: string,
  previewed: Previewed,
  { passed, json }: Outcome,
): Promise<Outcome> {
  const { compareWith, readState } =
    require("./compare/compareWith") as typeof import("./compare/compareWith");
  const { args, recording, policy } = previewed;
  const current = {
    stack: args.stack,
    state: readState(json(), filesOf(previewed)),
    verdict: verdict({ resources: recording.resources.length, policy }),
  };
  const charts = args.charts === undefined ? undefined : path.resolve(directory, args.charts);
  const additions = [renderedWith(charts), ...(args.backtest ? [backtestOver(args.backtest)] : [])];
  return { passed, ...(await compareWith(directory, revision, current, additions)) };
}

/** Returns an addition to a comparison: the changed objects, rendered from the charts in a folder. */
function renderedWith(folder: string | undefined): Addition {
  const { renderedChanges, renderedSections } =
    require("./charts/renderedChanges") as typeof import("./charts/renderedChanges");
  return async (before, after) => {
    const rendered = await renderedChanges(before, after, folder);
    return { sections: renderedSections(rendered), fields: { rendered } };
  };
}

/** Returns an addition to a comparison: the result of a backtest. */
function backtestOver(options: NonNullable<Arguments["backtest"]>): Addition {
  return async (before, after) => {
    const { backtest } = require("./backtest/backtest") as typeof import("./backtest/backtest");
    const { backtestJson, backtestSections } =
      require("./backtest/report") as typeof import("./backtest/report");
    const result = await backtest(before, after, options);
    return { sections: backtestSections(result), fields: { backtest: backtestJson(result) } };
  };
}

async function runProgram(
  program: () => unknown,
  project: string,
  stack: string,
  config: Configuration,
  onResource: (resource: RecordedResource) => void,
): Promise<Recording> {
  // The program's own output goes to standard error, because it is not part of the result.
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

/** Returns the configuration of the policies. Only a file from `--policy-config` must exist. */
function policyConfigOf(
  directory: string,
  policyConfig: string | undefined,
  environment: string | undefined,
): PolicyConfigFile {
  const byDefault = policyConfigPath(path.basename(environment ?? ""));
  const isMissing = !fs.existsSync(path.resolve(directory, byDefault));
  if (policyConfig === undefined && isMissing) return {};
  return readPolicyConfig(directory, policyConfig ?? byDefault);
}

/** Returns the lines at the top of the report. The environment and the cluster come from a component. */
function headerOf(
  resources: RecordedResource[],
  preset: string | undefined,
): [name: string, value: string][] {
  const settings = resources.find((resource) => !resource.custom && "cluster" in resource.inputs);
  const rows: [string, unknown][] = [
    ["preset", preset],
    ["environment", settings?.inputs["environment"]],
    ["cluster", settings?.inputs["cluster"]],
  ];
  return rows.filter((row): row is [string, string] => typeof row[1] === "string");
}
