import * as kubernetes from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { defined } from "./defined";
import { Values } from "../../policies/shared/mergeValues";
import { Overrides, mergeOverrides } from "./chartValues";

/** Where a chart comes from, and the namespace that it is installed into. */
export interface ChartSource {
  namespace: pulumi.Input<string>;
  chartVersion: string;
  repository: string;
}

export interface ChartReleaseArgs {
  /** Name of the Helm release, as `helm list` shows it. */
  releaseName: string;
  chart: string;
  settings: ChartSource;
  /** Values that this library derives from the settings. */
  values: Values;
  /** The caller's values, merged last. */
  overrides?: Overrides | undefined;
}

/** Registers a Helm release with the options that all components of this library share. */
export function chartRelease(
  name: string,
  { releaseName, chart, settings, values, overrides }: ChartReleaseArgs,
  opts: pulumi.CustomResourceOptions,
): kubernetes.helm.v3.Release {
  const { namespace, repository, chartVersion } = settings;
  const isOci = repository.startsWith("oci://");
  return new kubernetes.helm.v3.Release(
    name,
    defined({
      name: releaseName,
      namespace,
      chart: isOci ? `${repository}/${chart}` : chart,
      version: chartVersion,
      repositoryOpts: isOci ? undefined : { repo: repository },
      values: mergeOverrides(values, overrides),
      // As with helm, `null` in the caller's values removes a chart default.
      allowNullValues: true,
      // Helm keeps one Secret per revision and, without a limit, never deletes any.
      maxHistory: 10,
      timeout: 900,
    }),
    opts,
  );
}
