import * as kubernetes from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { Chart, charts } from "../shared/charts";
import { chartRelease } from "../shared/chartRelease";
import { objectLabels } from "../shared/labels";
import { Values } from "../../policies/shared/mergeValues";
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
  overrides?: Values | undefined;
}

/** Registers the log collector that the settings select, and returns its release. */
export function logCollector(
  name: string,
  { settings, pushUrl, overrides }: LogCollectorArgs,
  opts: pulumi.CustomResourceOptions,
): kubernetes.helm.v3.Release | undefined {
  switch (settings.collector) {
    case LogCollector.Alloy: {
      const configuration = alloyConfiguration(name, settings, pushUrl, opts);
      return release(charts.alloy, alloyValues(settings), [configuration]);
    }
    case LogCollector.Promtail:
      return release(charts.promtail, promtailValues(settings, pushUrl), []);
    case LogCollector.None:
      return undefined;
  }

  function release(chart: Chart, values: Values, dependencies: pulumi.Resource[]) {
    const role = podReader(`${name}-${chart.name}`, chart.name, settings, opts);
    return chartRelease(
      `${name}-${chart.name}`,
      {
        releaseName: chart.name,
        chart: chart.name,
        settings: {
          ...settings,
          chartVersion: settings.collectorChartVersion ?? chart.version,
          repository: settings.collectorRepository ?? chart.repository,
        },
        values,
        overrides,
      },
      pulumi.mergeOptions(opts, { dependsOn: [...dependencies, ...role] }),
    );
  }
}

function alloyConfiguration(
  name: string,
  settings: CollectorSettings,
  pushUrl: string,
  opts: pulumi.CustomResourceOptions,
): pulumi.Resource {
  const { namespace, cluster, environment } = settings;
  return new kubernetes.core.v1.ConfigMap(
    `${name}-alloy-config`,
    {
      metadata: {
        name: alloyConfigMap.name,
        namespace,
        labels: objectLabels("log-collector", settings.labels),
      },
      data: {
        [alloyConfigMap.key]: alloyConfig({ pushUrl, cluster, environment, redaction: settings }),
      },
    },
    opts,
  );
}

/** Grants the collector's service account the only access it needs: to list and watch pods. */
function podReader(
  name: string,
  serviceAccount: string,
  settings: CollectorSettings,
  opts: pulumi.CustomResourceOptions,
): pulumi.Resource[] {
  const { namespace } = settings;
  const metadata = {
    // Cluster roles are not namespaced, and each namespace may have a collector of the same name.
    name: `${namespace}-${serviceAccount}`,
    labels: objectLabels("log-collector", settings.labels),
  };
  const role = new kubernetes.rbac.v1.ClusterRole(
    `${name}-role`,
    {
      metadata,
      rules: [{ apiGroups: [""], resources: ["pods"], verbs: ["get", "list", "watch"] }],
    },
    opts,
  );
  const binding = new kubernetes.rbac.v1.ClusterRoleBinding(
    `${name}-role-binding`,
    {
      metadata,
      roleRef: {
        apiGroup: "rbac.authorization.k8s.io",
        kind: "ClusterRole",
        name: metadata.name,
      },
      subjects: [{ kind: "ServiceAccount", name: serviceAccount, namespace }],
    },
    opts,
  );
  return [role, binding];
}
