import * as pulumi from "@pulumi/pulumi";
import { isMap } from "../../policies/shared/isMap";
import { Values, isPlainMap, mergeValues } from "../../policies/shared/mergeValues";
import { HIDDEN, hideSecrets } from "./hideSecrets";
import { isUnresolved } from "./placeholders";
import { Checked, Problem, resolvedToNothing } from "./problems";
import { settingsOrThrow } from "./settingsOrThrow";

/** Names of the arguments that contain values for a Helm chart. */
const valuesFields = ["values", "collectorValues"] as const;
type ValuesField = (typeof valuesFields)[number];

/** The caller's values for a Helm chart, and the argument that contains them, for errors. */
export interface Overrides {
  component: string;
  name: string;
  field: ValuesField;
  values: pulumi.Input<Values> | undefined;
}

/**
 * Checks arguments with chart values. Chart values are not settings: they may contain anything, so
 * the inputs that Pulumi records for a component never include them.
 */
export function checkWithValues<T>(
  args: object,
  checkArgs: (args: object) => Checked<T>,
): Checked<T> {
  const settings: Partial<Record<ValuesField, unknown>> = { ...args };
  const problems: Problem[] = [];
  for (const field of valuesFields) {
    if (!isUnresolved(settings[field])) problems.push(...problemsOf(field, settings[field]));
    delete settings[field];
  }
  const checked = checkArgs(settings);
  if (problems.length === 0) return checked;
  return { problems: [...(checked.problems ?? []), ...problems] };
}

/** The overrides with values that fail if they resolve to something else than a map. */
export function checkedOverrides(overrides: Overrides): Overrides {
  const { component, name, field, values } = overrides;
  if (!isUnresolved(values)) return overrides;
  const output = pulumi.output(values);
  const checked = output.apply(async (resolved: unknown) => {
    const isNothing = resolved === undefined || resolved === null;
    const isSecret = await pulumi.isSecret(output);
    const problems = isNothing
      ? [resolvedToNothing([field])]
      : problemsOf(field, resolved).map((problem) =>
          isSecret ? { ...problem, value: HIDDEN } : problem,
        );
    const result = problems.length > 0 ? { problems } : { settings: resolved as Values };
    return settingsOrThrow(component, name, result);
  });
  return { ...overrides, values: checked };
}

/**
 * Merges the caller's values over the values of a component. Inputs at any depth are merged when
 * they resolve; all other values stay known.
 */
export function mergeOverrides(
  values: Values,
  overrides: Values | pulumi.Output<Values>,
): pulumi.Input<Values> {
  if (!isUnresolved(overrides)) return mergeInputs(values, overrides);
  return pulumi
    .all([values, overrides])
    .apply(([base, resolved]) => mergeValues(base, resolved as Values));
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

function problemsOf(field: ValuesField, values: unknown): Problem[] {
  if (values === undefined || values === null || isMap(values)) return [];
  return [
    {
      path: [field],
      value: hideSecrets([field], values),
      code: "invalid",
      rule: "must be a map of chart values",
      fix: { kind: "set", example: { key: "value" } },
    },
  ];
}
