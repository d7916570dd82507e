import * as kubernetes from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { ChartSettings } from "./schemas";
import { Values, mergeValues } from "./mergeValues";
import { Checked, formatArgumentProblems } from "./problems";

/**
 * The settings of a check, or one clean error that lists everything wrong. Called before `super()`,
 * so that nothing is registered when there is a problem.
 */
export function settingsOrThrow<T>(component: string, name: string, checked: Checked<T>): T {
  if (checked.problems !== undefined) {
    throw new pulumi.RunError(formatArgumentProblems(`${component} "${name}"`, checked.problems));
  }
  return checked.settings;
}

/** Arguments of a chart component that are not settings and never part of its recorded inputs. */
export function settingsOf<T extends { values?: unknown }>(args: T): Omit<T, "values"> {
  const { values: _values, ...settings } = args;
  return settings;
}

export interface ChartReleaseArgs {
  /** Name of the Helm release, as `helm list` shows it. */
  releaseName: string;
  chart: string;
  settings: ChartSettings;
  /** Values that the settings make. */
  values: Values;
  /** The caller's own values, merged last. */
  overrides?: Values | undefined;
}

/** Registers one Helm release the way all components of this library do. */
export function chartRelease(
  name: string,
  args: ChartReleaseArgs,
  opts: pulumi.CustomResourceOptions,
): kubernetes.helm.v3.Release {
  const { settings } = args;
  const oci = settings.repository.startsWith("oci://");
  return new kubernetes.helm.v3.Release(
    name,
    {
      name: args.releaseName,
      namespace: settings.namespace,
      chart: oci ? `${settings.repository}/${args.chart}` : args.chart,
      version: settings.chartVersion,
      ...(oci ? {} : { repositoryOpts: { repo: settings.repository } }),
      values: mergeValues(args.values, args.overrides),
      // A caller's `null` removes a chart default, as it does with helm.
      allowNullValues: true,
      // Helm keeps a Secret per revision; without a bound they pile up for ever.
      maxHistory: 10,
      timeout: 900,
    },
    opts,
  );
}
