import * as kubernetes from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { defined } from "./defined";
import { Values } from "../../policies/shared/mergeValues";
import { Overrides, mergeOverrides } from "./chartValues";
import { isUnresolved } from "./placeholders";
import { recordedKeys, unknownKeys } from "./unknownKeys";
import { isMap } from "../../policies/shared/isMap";
import { formatPath } from "../../policies/shared/path";

/** Source of a chart, and the namespace of its release. */
export interface ChartSource {
  namespace: pulumi.Input<string>;
  chartVersion: string;
  repository: string;
}

export interface ChartReleaseArgs {
  /** Name of the Helm release, as `helm list` shows it. */
  releaseName: pulumi.Input<string>;
  chart: string;
  settings: ChartSource;
  /** Values that this library derives from the settings. */
  values: Values;
  /** The caller's values, merged last. */
  overrides?: Overrides | undefined;
}

/** Registers a Helm release with the options that all components share. */
export function chartRelease(
  name: string,
  { releaseName, chart, settings, values, overrides }: ChartReleaseArgs,
  opts: pulumi.CustomResourceOptions,
): kubernetes.helm.v3.Release {
  const { namespace, repository, chartVersion } = settings;
  const isOci = repository.startsWith("oci://");
  if (overrides?.values) {
    warnAboutUnknownKeys(chart, chartVersion, overrides, opts.parent);
  }
  return new kubernetes.helm.v3.Release(
    name,
    defined({
      name: releaseName,
      namespace,
      chart: isOci ? `${repository}/${chart}` : chart,
      version: chartVersion,
      repositoryOpts: isOci ? undefined : { repo: repository },
      values: overrides?.values ? mergeOverrides(values, overrides.values) : values,
      // As with helm, `null` in the caller's values removes a chart default.
      allowNullValues: true,
      // Without a limit, Helm keeps one Secret per revision forever.
      maxHistory: 10,
      timeout: 900,
    }),
    opts,
  );
}

/**
 * Warns about keys in the caller's values that the chart does not list, because Helm silently ignores
 * them.
 */
function warnAboutUnknownKeys(
  chart: string,
  chartVersion: string,
  { component, name, field, values }: Overrides,
  resource: pulumi.Resource | undefined,
): void {
  if (isUnresolved(values)) {
    pulumi.output(values).apply((resolved: unknown) => {
      const known = { component, name, field, values: isMap(resolved) ? resolved : {} };
      warnAboutUnknownKeys(chart, chartVersion, known, resource);
    });
    return;
  }
  const recorded = recordedKeys(chart);
  if (recorded === undefined) return;
  const isTested = recorded.version === chartVersion;
  for (const { path, nearest } of unknownKeys(recorded.keys, values ?? {})) {
    const key = formatPath([field, ...path]);
    const rule = isTested
      ? `is not in the values of the chart ${chart} ${chartVersion}; Helm ignores keys that the chart does not read`
      : `is not in the values of the chart ${chart} ${recorded.version}; it has an effect only if ${chartVersion} added it`;
    const fix = nearest === undefined ? `remove ${key}` : `rename ${key} to ${nearest}`;
    void pulumi.log.warn(`${component} "${name}": ${key} ${rule}\n  fix: ${fix}`, resource);
  }
}
