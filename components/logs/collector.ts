import * as kubernetes from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { charts } from "../shared/charts";
import { chartRelease } from "../shared/chartRelease";
import { Overrides } from "../shared/chartValues";
import { Fill, Inputs } from "../shared/inputs";
import { clusterReader } from "../shared/clusterReader";
import { objectLabels } from "../shared/labels";
import { alloyConfigMap, alloyValues } from "./alloy";
import { alloyConfig } from "./alloyConfig";
import { promtailValues } from "./promtail";
import { LogCollector } from "./options";
import { CollectorSettings } from "./settings";

export interface LogCollectorArgs {
  inputs: Inputs<CollectorSettings>;
  /** Returns the URL to which the collector pushes log lines. */
  pushUrl: (namespace: string) => string;
  /** The caller's values for the collector's chart, merged last. */
  overrides?: Overrides | undefined;
}

/** Registers the log collector that the settings select, and returns its release. */
export function logCollector(
  name: string,
  { inputs: { settings, fill }, pushUrl, overrides }: LogCollectorArgs,
  opts: pulumi.CustomResourceOptions,
): kubernetes.helm.v3.Release | undefined {
  if (settings.collector === LogCollector.None) return undefined;
  const chart = charts[settings.collector];
  const resourceName = `${name}-${chart.name}`;
  const isAlloy = settings.collector === LogCollector.Alloy;
  return chartRelease(
    resourceName,
    {
      releaseName: chart.name,
      chart: chart.name,
      settings: {
        namespace: fill(({ namespace }) => namespace),
        chartVersion: settings.collectorChartVersion ?? chart.version,
        repository: settings.collectorRepository ?? chart.repository,
      },
      values: fill((all) =>
        isAlloy ? alloyValues(all) : promtailValues(all, pushUrl(all.namespace)),
      ),
      overrides,
    },
    pulumi.mergeOptions(opts, {
      dependsOn: [
        ...(isAlloy ? [alloyConfiguration(name, fill, pushUrl, opts)] : []),
        ...podReader(resourceName, chart.name, fill, opts),
      ],
    }),
  );
}

function alloyConfiguration(
  name: string,
  fill: Fill<CollectorSettings>,
  pushUrl: LogCollectorArgs["pushUrl"],
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
      name: alloyConfigMap.name,
      namespace,
      labels: objectLabels("log-collector", labels),
    },
    data: {
      [alloyConfigMap.key]: alloyConfig({
        pushUrl: pushUrl(namespace),
        cluster,
        environment,
        redaction,
      }),
    },
  });
  return new kubernetes.core.v1.ConfigMap(`${name}-alloy-config`, fill(configMap), opts);
}

/** Grants the collector's service account read access to pods, the only access that it needs. */
function podReader(
  name: string,
  serviceAccount: string,
  fill: Fill<CollectorSettings>,
  opts: pulumi.CustomResourceOptions,
): pulumi.Resource[] {
  const metadata = fill(({ namespace, labels }) => ({
    // Each namespace may have a collector with this name.
    name: `${namespace}-${serviceAccount}`,
    labels: objectLabels("log-collector", labels),
  }));
  const namespace = fill((all) => all.namespace);
  return clusterReader(name, { metadata, serviceAccount, namespace, resource: "pods" }, opts);
}
