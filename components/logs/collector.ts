import * as kubernetes from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { charts } from "../shared/charts";
import { chartRelease } from "../shared/chartRelease";
import { Overrides } from "../shared/chartValues";
import { objectLabels } from "../shared/labels";
import { alloyConfigMap, alloyValues } from "./alloy";
import { alloyConfig } from "./alloyConfig";
import { promtailValues } from "./promtail";
import { LogCollector } from "./options";
import { CollectorSettings } from "./settings";

export interface LogCollectorArgs {
  settings: CollectorSettings;
  /** URL to which the collector pushes log lines. */
  pushUrl: string;
  /** The caller's values for the collector's chart, merged last. */
  overrides?: Overrides | undefined;
}

/** Registers the log collector that the settings select, and returns its release. */
export function logCollector(
  name: string,
  { settings, pushUrl, overrides }: LogCollectorArgs,
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
        ...settings,
        chartVersion: settings.collectorChartVersion ?? chart.version,
        repository: settings.collectorRepository ?? chart.repository,
      },
      values: isAlloy ? alloyValues(settings) : promtailValues(settings, pushUrl),
      overrides,
    },
    pulumi.mergeOptions(opts, {
      dependsOn: [
        ...(isAlloy ? [alloyConfiguration(name, settings, pushUrl, opts)] : []),
        ...podReader(resourceName, chart.name, settings, opts),
      ],
    }),
  );
}

function alloyConfiguration(
  name: string,
  settings: CollectorSettings,
  pushUrl: string,
  opts: pulumi.CustomResourceOptions,
): pulumi.Resource {
  const { namespace, cluster, environment } = settings;
  const labels = objectLabels("log-collector", settings.labels);
  const configuration = alloyConfig({ pushUrl, cluster, environment, redaction: settings });
  return new kubernetes.core.v1.ConfigMap(
    `${name}-alloy-config`,
    {
      metadata: { name: alloyConfigMap.name, namespace, labels },
      data: { [alloyConfigMap.key]: configuration },
    },
    opts,
  );
}

/** Grants the collector's service account read access to pods, the only access that it needs. */
function podReader(
  name: string,
  serviceAccount: string,
  { namespace, labels }: CollectorSettings,
  opts: pulumi.CustomResourceOptions,
): pulumi.Resource[] {
  const metadata = {
    // Cluster roles are not namespaced, and each namespace may have a collector with this name.
    name: `${namespace}-${serviceAccount}`,
    labels: objectLabels("log-collector", labels),
  };
  const rules = [{ apiGroups: [""], resources: ["pods"], verbs: ["get", "list", "watch"] }];
  const roleRef = {
    apiGroup: "rbac.authorization.k8s.io",
    kind: "ClusterRole",
    name: metadata.name,
  };
  const subjects = [{ kind: "ServiceAccount", name: serviceAccount, namespace }];
  return [
    new kubernetes.rbac.v1.ClusterRole(`${name}-role`, { metadata, rules }, opts),
    new kubernetes.rbac.v1.ClusterRoleBinding(
      `${name}-role-binding`,
      { metadata, roleRef, subjects },
      opts,
    ),
  ];
}
