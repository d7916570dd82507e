import * as pulumi from "@pulumi/pulumi";
import { isMap } from "../../policies/shared/isMap";
import { Values, isPlainMap, mergeValues } from "../../policies/shared/mergeValues";
import { Chart } from "../charts/charts";
import { hideSecrets } from "./hideSecrets";
import { isUnresolved } from "./placeholders";
import { Checked, Problem, valueAt, withProblems } from "./problems";
import { recordedKeys, replacedMaps } from "./unknownKeys";

/** Arguments that contain values for a Helm chart, with the argument for the chart version. */
const versionArguments = { values: "chartVersion", collectorValues: "collectorChartVersion" };
type ValuesField = keyof typeof versionArguments;
const valuesFields = Object.keys(versionArguments) as ValuesField[];

type Args = Record<string, unknown>;

/** The caller's values for a Helm chart, and the argument that contains them, for errors. */
export interface Overrides {
  component: string;
  name: string;
  field: ValuesField;
  values: pulumi.Input<Values> | undefined;
}

/** Returns the arguments with chart values, which are not part of the settings. */
export function chartValuesIn(args: object): unknown[] {
  return valuesFields.map((field) => (args as Args)[field]);
}

/**
 * Checks arguments with chart values against their charts. Chart values are not settings and may
 * contain anything, so the inputs that Pulumi records for a component never include them.
 */
export function checkWithValues<T>(
  args: object,
  checkArgs: (args: object) => Checked<T>,
  charts: Partial<Record<ValuesField, Chart | undefined>>,
): Checked<T> {
  const settings: Args = { ...args };
  const problems: Problem[] = [];
  for (const field of valuesFields) {
    problems.push(...problemsOf(field, args as Args, charts[field]));
    delete settings[field];
  }
  return withProblems(checkArgs(settings), problems);
}

/**
 * Merges the caller's values over a component's values. Inputs at any depth are merged when they
 * resolve. All other values stay known.
 */
export function mergeOverrides(
  values: Values,
  overrides: Values | pulumi.Output<Values>,
): pulumi.Input<Values> {
  if (!isUnresolved(overrides)) return mergeInputs(values, overrides);
  return (
    pulumi
      .all([values, overrides])
      // If the values are not a map, the argument check reports that, and the release is not
      // registered.
      .apply(([base, resolved]) => mergeValues(base, isMap(resolved) ? resolved : {}))
  );
}

function mergeInputs(base: Values, overrides: Values): Values {
  const merged = Object.entries(overrides).map(([key, override]: [string, unknown]) => {
    const value: unknown = Object.hasOwn(base, key) ? base[key] : undefined;
    const isMerged = isUnresolved(value) && isPlainMap(override);
    if (isUnresolved(override) || isMerged) {
      const merge = ([base, resolved]: unknown[]): unknown =>
        mergeValues({ value: base }, { value: resolved })["value"];
      return [key, pulumi.all([value, override]).apply(merge)];
    }
    if (!isPlainMap(override)) return [key, override];
    return [key, mergeInputs(isPlainMap(value) ? value : {}, override)];
  });
  return mergeValues(base, Object.fromEntries(merged) as Values);
}

function problemsOf(field: ValuesField, args: Args, chart: Chart | undefined): Problem[] {
  const values = args[field];
  if (values === undefined || isUnresolved(values)) return [];
  const problem = (path: string[], rule: string, fix: Problem["fix"]): Problem => ({
    path: [field, ...path],
    value: hideSecrets([field, ...path], valueAt(values, path)),
    code: "invalid",
    rule,
    fix,
  });
  if (!isMap(values)) {
    const example = { key: "value" };
    return [problem([], "must be a map of chart values", { kind: "set", example })];
  }
  const recorded = chart && recordedKeys(chart.name);
  const version = args[versionArguments[field]] ?? chart?.version;
  // Another chart version may accept a value that is not a map.
  if (recorded?.version !== version) return [];
  return replacedMaps(recorded?.keys ?? "", values).map(({ path, keys }) => {
    const key = keys.find((name) => name === "enabled") ?? keys[0];
    const text = `set keys of the map, such as ${key}, or null to remove it`;
    return problem(path, `must be a map, as in the chart ${chart?.name}`, { kind: "do", text });
  });
}
