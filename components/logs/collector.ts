import * as kubernetes from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { Chart, charts } from "../charts/charts";
import { chartRelease } from "../shared/chartRelease";
import { Overrides } from "../shared/chartValues";
import { Fill, Inputs } from "../shared/inputs";
import { clusterReader } from "../shared/clusterReader";
import { objectLabels } from "../shared/labels";
import {
  alloyConfigMap,
  alloyEventsConfigMap,
  alloyEventsValues,
  alloyValues,
} from "./alloyValues";
import { AlloyConfigArgs, alloyConfig, alloyEventsConfig } from "./alloyConfig";
import { promtailValues } from "./promtailValues";
import { LogCollector } from "./enums";
import { CollectorSettings } from "./settings";
import { Values } from "../../policies/shared/mergeValues";

export interface LogCollectorArgs {
  inputs: Inputs<CollectorSettings>;
  /** Returns the URL that the collector pushes log lines to. */
  pushUrl: (namespace: string) => string;
  /** The caller's values for the collector's chart, merged last. */
  overrides?: Overrides | undefined;
}

/** Returns the chart values of each collector. */
const chartValues: Record<
  Exclude<LogCollector, "none">,
  (settings: CollectorSettings, pushUrl: string) => Values
> = { alloy: alloyValues, promtail: promtailValues };

/** Registers the log collector that the settings select, and returns its release. */
export function logCollector(
  name: string,
  args: LogCollectorArgs,
  opts: pulumi.CustomResourceOptions,
): kubernetes.helm.v3.Release | undefined {
  const {
    inputs: { settings, fill },
    pushUrl,
    overrides,
  } = args;
  const { collector } = settings;
  if (collector === LogCollector.None) return undefined;
  const chart = charts[collector];
  const resourceName = `${name}-${chart.name}`;
  return chartRelease(
    resourceName,
    {
      releaseName: chart.name,
      chart: chart.name,
      settings: collectorChart(chart, settings, fill),
      values: fill((all) => chartValues[collector](all, pushUrl(all.namespace))),
      overrides,
    },
    pulumi.mergeOptions(opts, {
      dependsOn: [
        ...(collector === LogCollector.Alloy
          ? [alloyConfiguration(`${name}-alloy-config`, alloyConfigMap, alloyConfig, args, opts)]
          : []),
        ...reader(resourceName, chart.name, "pods", fill, opts),
      ],
    }),
  );
}

/** Registers the Alloy release that collects Kubernetes events, if the settings enable it. */
export function eventCollector(
  name: string,
  args: Omit<LogCollectorArgs, "overrides">,
  opts: pulumi.CustomResourceOptions,
): void {
  const { settings, fill } = args.inputs;
  if (!settings.kubernetesEvents) return;
  const chart = charts.alloy;
  const releaseName = `${chart.name}-events`;
  const resourceName = `${name}-${releaseName}`;
  const configuration = alloyConfiguration(
    `${resourceName}-config`,
    alloyEventsConfigMap,
    alloyEventsConfig,
    args,
    opts,
  );
  chartRelease(
    resourceName,
    {
      releaseName,
      chart: chart.name,
      settings: collectorChart(chart, settings, fill),
      values: fill(alloyEventsValues),
    },
    pulumi.mergeOptions(opts, {
      dependsOn: [configuration, ...reader(resourceName, releaseName, "events", fill, opts)],
    }),
  );
}

/** Returns the source of the collector's chart, and the namespace to install it into. */
function collectorChart(chart: Chart, settings: CollectorSettings, fill: Fill<CollectorSettings>) {
  return {
    namespace: fill(({ namespace }) => namespace),
    chartVersion: settings.collectorChartVersion ?? chart.version,
    repository: settings.collectorRepository ?? chart.repository,
  };
}

function alloyConfiguration(
  name: string,
  { name: objectName, key }: typeof alloyConfigMap,
  render: (args: AlloyConfigArgs) => string,
  { inputs: { fill }, pushUrl }: Omit<LogCollectorArgs, "overrides">,
  opts: pulumi.CustomResourceOptions,
): pulumi.Resource {
  const configMap = ({
    namespace,
    labels,
    cluster,
    environment,
    ...redaction
  }: CollectorSettings) => ({
    metadata: {
      name: objectName,
      namespace,
      labels: objectLabels("log-collector", labels),
    },
    data: {
      [key]: render({
        pushUrl: pushUrl(namespace),
        cluster,
        environment,
        redaction,
      }),
    },
  });
  return new kubernetes.core.v1.ConfigMap(name, fill(configMap), opts);
}

/**
 * Grants a collector's service account read access to one kind of object, the only access that it
 * needs.
 */
function reader(
  name: string,
  serviceAccount: string,
  resource: "pods" | "events",
  fill: Fill<CollectorSettings>,
  opts: pulumi.CustomResourceOptions,
): pulumi.Resource[] {
  const metadata = fill(({ namespace, labels }) => ({
    // Each namespace may have its own collector, and ClusterRole names must be unique.
    name: `${namespace}-${serviceAccount}`,
    labels: objectLabels("log-collector", labels),
  }));
  const namespace = fill((all) => all.namespace);
  return clusterReader(name, { metadata, serviceAccount, namespace, resource }, opts);
}
