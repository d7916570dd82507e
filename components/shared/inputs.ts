import * as pulumi from "@pulumi/pulumi";
import { isPlainMap } from "../../policies/shared/mergeValues";
import type { Path } from "../../policies/shared/path";
import { chartValuesIn } from "./chartValues";
import { HIDDEN } from "./hideSecrets";
import { argumentsIn, hasPlaceholder, unresolvedIn } from "./placeholders";
import { Checked, Problem, resolvedToNothing, unresolvedPrefix, valueAt } from "./problems";
import { settingsOrThrow } from "./settingsOrThrow";

/** Result of `valueIfKnown` for a value that is unknown in a preview. */
export const UNKNOWN = Symbol("unknown");

/** `T` with an Input in place of each string, list of strings and map of strings. */
export type Filled<T> = { [K in keyof T]: FilledValue<T[K]> };

type FilledValue<T> = T extends string | number | boolean | null | undefined
  ? pulumi.Input<T>
  : T extends pulumi.Output<unknown>
    ? T
    : T extends unknown[]
      ? pulumi.Input<Filled<T>>
      : string extends keyof T
        ? pulumi.Input<Filled<T>>
        : Filled<T>;

/**
 * Builds a resource's inputs from a component's settings. The result has an Output wherever a
 * placeholder occurs. All other values are plain, so that policies can evaluate them in a preview. The
 * Output contains what `build` returns at this place for the resolved settings, so `build` may
 * transform settings. It must be pure, and must not depend on the text of a placeholder.
 */
export type Fill<S> = <T>(
  build: (settings: S) => T,
) => T extends object ? Filled<T> : pulumi.Input<T>;

export interface Inputs<S> {
  /** Settings with a placeholder for each argument that is an Output or a promise. */
  settings: S;
  fill: Fill<S>;
  /** Fails if an argument or a chart value is invalid once it resolves. */
  resolved: () => Promise<unknown>;
}

/**
 * Checks a component's arguments, as `settingsOrThrow` does. Once all arguments are resolved, checks them
 * again. If there is a problem, no resource that uses one of them is deployed.
 */
export function checkInputs<S extends object>(
  component: string,
  name: string,
  givenArgs: object,
  check: (args: object) => Checked<S>,
): Inputs<S> {
  const args = withoutNulls(givenArgs);
  const settings = settingsOrThrow(component, name, check(args));
  const inSettings = argumentsIn(settings);
  const unresolved = [...inSettings, ...unresolvedIn(chartValuesIn(args))];

  const resolve = once(async () => {
    if (unresolved.length === 0) return settings;
    const checked = check(await resolvedArguments(args, unresolved));
    const problems = await describeResolved(args, checked.problems);
    return settingsOrThrow(component, name, problems ? { problems } : checked);
  });
  if (inSettings.length === 0) {
    return { settings, fill: (build) => build(settings) as never, resolved: resolve };
  }
  const fill: Fill<S> = (build) => {
    const resolved = once(async () => build(await resolve()));
    // Uses only the arguments that occur in `part`, so that a resource does not depend on others.
    const output = (part: unknown, path: Path) =>
      pulumi
        .all(argumentsIn(part).map((argument) => pulumi.output(argument)))
        .apply(async () => valueAt(await resolved(), path));
    return withOutputs(build(settings), output) as never;
  };
  return { settings, fill, resolved: resolve };
}

/**
 * Returns options that make a component wait for `checks` before it registers anything, and fail if one
 * of the checks fails. The checks concern arguments that are not part of the settings.
 */
export function afterChecks(
  opts: pulumi.ComponentResourceOptions | undefined,
  ...checks: unknown[]
): pulumi.ComponentResourceOptions {
  const dependsOn = pulumi.all(checks).apply((): pulumi.Resource[] => []);
  return pulumi.mergeOptions(opts, { dependsOn });
}

/** Returns a value that is known in a preview, but whose dependents wait until the resources exist. */
export function availableAfter<T>(
  resources: pulumi.Resource | pulumi.Resource[],
  value: T,
): pulumi.Output<pulumi.Unwrap<T>> {
  const urns = [resources].flat().map(({ urn }) => urn);
  return pulumi.all(urns).apply(() => pulumi.output(value));
}

/** Replaces every part of a value that contains placeholders with an Output. */
function withOutputs(
  value: unknown,
  output: (part: unknown, path: Path) => unknown,
  path: Path = [],
): unknown {
  if (typeof value === "string") return hasPlaceholder(value) ? output(value, path) : value;
  if (Array.isArray(value)) {
    const isText = value.every((item) => typeof item === "string");
    // In a preview, providers drop unknown items from a list of strings, so the whole list must be
    // unknown.
    if (isText && hasPlaceholder(value)) return output(value, path);
    return value.map((item, index) => withOutputs(item, output, [...path, index]));
  }
  if (!isPlainMap(value)) return value;
  if (hasPlaceholder(Object.keys(value))) return output(value, path);
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) => [key, withOutputs(item, output, [...path, key])]),
  );
}

/**
 * Returns the arguments with unresolved arguments replaced by their values, unless a value is unknown.
 */
async function resolvedArguments(args: object, unresolved: object[]): Promise<object> {
  const values = new Map<unknown, unknown>();
  for (const argument of unresolved) {
    const value = await valueIfKnown(argument);
    // An argument that resolves to `undefined` is an error, because resources rely on it. It becomes
    // `null`, because defaults replace only `undefined`.
    if (value !== UNKNOWN) values.set(argument, value ?? null);
  }
  const replaced = (value: unknown): unknown => {
    if (values.has(value)) return values.get(value);
    if (Array.isArray(value)) return value.map(replaced);
    if (!isPlainMap(value)) return value;
    return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, replaced(item)]));
  };
  return replaced(args) as object;
}

/** Returns the value of an Output or a promise, or `UNKNOWN` if it is unknown in a preview. */
export async function valueIfKnown(argument: unknown): Promise<unknown> {
  // `apply` does not run for an unknown value, so this reads the state of the Output itself.
  const output = pulumi.output(argument) as unknown as {
    isKnown: Promise<boolean>;
    promise: () => Promise<unknown>;
  };
  return (await output.isKnown) ? output.promise() : UNKNOWN;
}

/** Hides the values of secret arguments in problems, and reports Outputs without a value. */
async function describeResolved(
  args: object,
  problems: Problem[] | undefined,
): Promise<Problem[] | undefined> {
  if (problems === undefined) return undefined;
  return Promise.all(
    problems.map(async (problem): Promise<Problem> => {
      const { path, value } = problem;
      const outputPath = unresolvedPrefix(args, path);
      if (outputPath === undefined) return problem;
      if (value === null && outputPath.length === path.length) return resolvedToNothing(path);
      const isSecret = await pulumi.isSecret(pulumi.output(valueAt(args, outputPath)));
      return isSecret ? { ...problem, value: HIDDEN } : problem;
    }),
  );
}

/** Removes null arguments, which JavaScript and other languages pass for unset arguments. */
function withoutNulls(args: object | undefined): object {
  return Object.fromEntries(Object.entries(args ?? {}).filter(([, value]) => value !== null));
}

function once<T>(compute: () => Promise<T>): () => Promise<T> {
  let result: Promise<T> | undefined;
  return () => (result ??= compute());
}
