import { z } from "zod";
import { workspaceArn } from "../../components/alerting/workspaceArn";
import { dataSourceUid, folderAnnotation } from "../../components/dashboards/settings";
import { sidecar } from "../../components/dashboards/sidecar";
import { alertsWithExistingPrometheus } from "../../components/prometheus/platformAlerts";
import { example } from "../../components/shared/problems";
import {
  dnsLabel,
  hostAndPort,
  selectorLabels,
  wholeNumber,
} from "../../components/shared/schemas";

/** Number of days that kube-prometheus-stack retains samples by default. */
const chartRetentionDays = 10;

/**
 * A Prometheus that another team runs with the Prometheus operator, such as kube-prometheus-stack, or
 * agents that send samples to an Amazon Managed Service for Prometheus workspace.
 */
export const existingPrometheusSchema = z.strictObject({
  namespace: example(dnsLabel, "observability").describe(
    "Namespace of the existing Prometheus, Alertmanager and Grafana. The stack does not create it.",
  ),
  labels: selectorLabels.describe(
    "Labels that the existing Prometheus selects monitors, probes and rules by, usually `release` with the name of its Helm release. `{}` if it selects all objects.",
  ),
  ampWorkspaceArn: workspaceArn.optional().meta({
    description:
      "ARN of an Amazon Managed Service for Prometheus workspace, which then evaluates the rules ([details](#amazon-managed-service-for-prometheus)).",
    defaultText: "none, and a Prometheus in the cluster evaluates the rules",
  }),
  retentionDays: wholeNumber
    .min(1)
    .default(chartRetentionDays)
    .describe(
      "Number of days that the existing Prometheus retains samples. SLO windows must not be longer.",
    ),
  prober: hostAndPort("blackbox-exporter.observability.svc:9115").optional().meta({
    description: "Address of a blackbox exporter with the module `http_2xx`.",
    defaultText: "none, and services cannot have a `probe`",
  }),
  grafana: z
    .strictObject({
      dashboardLabels: selectorLabels.default(sidecar.dashboardLabels).meta({
        description: "Labels that the Grafana sidecar selects dashboards by.",
        defaultText: '`grafana_dashboard: "1"`, as in the chart',
      }),
      dataSourceLabels: selectorLabels.default(sidecar.dataSourceLabels).meta({
        description: "Labels that the sidecar selects data sources by.",
        defaultText: '`grafana_datasource: "1"`, as in the chart',
      }),
      folderAnnotation: folderAnnotation
        .default(sidecar.folderAnnotation)
        .describe("Annotation that contains a dashboard's folder, for the sidecar."),
      prometheusUid: dataSourceUid
        .default("prometheus")
        .describe("UID of the Prometheus data source."),
    })
    .prefault({}),
});
export type ExistingPrometheusSettings = z.output<typeof existingPrometheusSchema>;

/** Names of the platform alerts in a stack with an existing Prometheus. */
export const existingPlatformAlertNames = [
  ...new Set(
    alertsWithExistingPrometheus("monitoring", "monitoring").flatMap(({ rules }) =>
      rules.flatMap((rule) => ("alert" in rule ? [rule.alert] : [])),
    ),
  ),
];
