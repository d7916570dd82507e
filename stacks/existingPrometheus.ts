import * as kubernetes from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { stringify } from "yaml";
import { withRuleSettings } from "../components/alerting/alertSettings";
import { ruleGroups } from "../components/alerting/rules";
import { lokiUrl } from "../components/loki/urls";
import { lokiDataSource } from "../components/prometheus/lokiDataSource";
import { alertsWithExistingPrometheus } from "../components/prometheus/platformAlerts";
import { objectLabels } from "../components/shared/labels";
import { webhookSecretName } from "../components/slack/secret";
import { configSecretName } from "../components/slack/settings";
import { ExistingPrometheus } from "./config/parts";
import type { Settings } from "./config/parseConfiguration";

/** Attaches to an existing Prometheus and Grafana: alerts on the platform, and Loki as a data source. */
export function attachToExisting(
  { loki, labels }: Settings,
  existing: ExistingPrometheus,
  opts: pulumi.CustomResourceOptions,
): void {
  const { namespace } = existing;
  const groups = withRuleSettings(
    alertsWithExistingPrometheus(namespace, loki?.namespace),
    existing.alertRules,
  );
  if (groups.length > 0) {
    new kubernetes.apiextensions.CustomResource(
      "platform-rules",
      {
        apiVersion: "monitoring.coreos.com/v1",
        kind: "PrometheusRule",
        metadata: {
          name: `${namespace}-platform`,
          namespace,
          labels: { ...objectLabels("prometheus", labels), ...existing.labels },
        },
        spec: { groups: ruleGroups(groups, existing.links) },
      },
      opts,
    );
  }
  if (loki === undefined) return;
  const dataSources = {
    apiVersion: 1,
    datasources: [lokiDataSource(lokiUrl(loki.namespace), existing.traceUrl)],
  };
  new kubernetes.core.v1.ConfigMap(
    "loki-data-source",
    {
      metadata: {
        name: "loki-data-source",
        namespace,
        labels: { ...objectLabels("grafana", labels), ...existing.grafana.dataSourceLabels },
      },
      data: { "loki.yaml": stringify(dataSources, { lineWidth: 0 }) },
    },
    opts,
  );
}

/** Values for the chart of the existing Alertmanager, which then has the configuration of the stack. */
function alertmanagerValues({ slack }: Settings): object | undefined {
  return (
    slack && {
      useExistingSecret: true,
      configSecret: configSecretName,
      secrets: [slack.existingSecret ?? webhookSecretName],
    }
  );
}

/** How an existing Prometheus finds the objects of the stack, and what the stack cannot do with it. */
export function attachment(settings: Settings): Record<string, string> {
  const existing = settings.existingPrometheus;
  if (existing === undefined) return {};
  const values = alertmanagerValues(settings);
  const text = (map: object) =>
    stringify(map, { collectionStyle: "flow", flowCollectionPadding: false, lineWidth: 0 }).trim();
  return {
    namespace: existing.namespace,
    "selected by": text(existing.labels),
    ...(values && {
      Alertmanager: `has the routes after its owner sets alertmanager.alertmanagerSpec to ${text(values)}, which replaces its configuration`,
    }),
    "not available":
      "alerts on Prometheus, Alertmanager and volumes; retention, volumes, replicas and network policies of Prometheus; keep lists; long-term storage; metrics of logs; the blackbox exporter; login, ingress, dashboardsFolder and other data sources of Grafana",
    "depends on its owner":
      "whether it selects these labels in these namespaces, and fires Watchdog for the heartbeat",
  };
}
