import * as kubernetes from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { stringify } from "yaml";
import { withRuleSettings } from "../components/alerting/alertSettings";
import { ruleNamespaceArgs } from "../components/alerting/ruleNamespace";
import { ruleGroups } from "../components/alerting/rules";
import { lokiUrl } from "../components/loki/urls";
import { lokiDataSource } from "../components/prometheus/lokiDataSource";
import { alertsWithExistingPrometheus } from "../components/prometheus/platformAlerts";
import { awsSdk } from "../components/shared/awsSdk";
import { objectLabels } from "../components/shared/labels";
import { operatorObject } from "../components/shared/operatorObject";
import { tagsOf } from "../components/shared/tags";
import { webhookSecretName } from "../components/slack/credentialFiles";
import { configSecretName } from "../components/slack/settings";
import { ampAlerting, topicsByChannel } from "./ampAlerting";
import { ExistingPrometheus } from "./config/parts";
import type { Settings } from "./config/parseConfiguration";

/**
 * Attaches to an existing Prometheus and Grafana: deploys alerts on the platform, and a Loki data
 * source.
 */
export function attachToExisting(
  settings: Settings,
  existing: ExistingPrometheus,
  opts: pulumi.CustomResourceOptions,
): void {
  const { cluster, loki, labels, slack } = settings;
  const { namespace, ampWorkspaceArn: workspaceArn, environment } = existing;
  const tags = tagsOf({ cluster: cluster.name, environment, labels });
  const groups = withRuleSettings(
    alertsWithExistingPrometheus(namespace, loki?.namespace),
    existing.alertRules,
  );
  const name = `${namespace}-platform`;
  if (slack !== undefined && workspaceArn !== undefined) {
    ampAlerting(settings, slack, { workspaceArn, tags });
  }
  if (groups.length > 0 && workspaceArn !== undefined) {
    const { RuleGroupNamespace } = awsSdk().amp;
    const args = ruleNamespaceArgs({
      workspaceArn,
      name,
      namespace,
      groups: ruleGroups(groups, existing.links),
      tags,
    });
    new RuleGroupNamespace("platform-rules", args);
  } else if (groups.length > 0) {
    operatorObject(
      "platform-rules",
      "PrometheusRule",
      { name, namespace, labels: { ...objectLabels("prometheus", labels), ...existing.labels } },
      { groups: ruleGroups(groups, existing.links) },
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

/** Returns chart values that make the existing Alertmanager load the stack's configuration. */
function alertmanagerValues({ slack }: Settings): object | undefined {
  return (
    slack && {
      useExistingSecret: true,
      configSecret: configSecretName,
      secrets: [slack.existingSecret ?? webhookSecretName],
    }
  );
}

/**
 * Describes how an existing Prometheus discovers the stack's objects, and what is not available with
 * it.
 */
export function attachment(settings: Settings): Record<string, string> {
  const existing = settings.existingPrometheus;
  if (existing === undefined) return {};
  const text = (map: object) =>
    stringify(map, { collectionStyle: "flow", flowCollectionPadding: false, lineWidth: 0 }).trim();
  if (existing.ampWorkspaceArn !== undefined) {
    return workspaceAttachment(settings, existing.ampWorkspaceArn, text(existing.labels));
  }
  const values = alertmanagerValues(settings);
  return {
    namespace: existing.namespace,
    "selected by": text(existing.labels),
    ...(values && {
      Alertmanager: `gets the routes after its owner sets alertmanager.alertmanagerSpec to ${text(values)}, which replaces its configuration`,
    }),
    "not available":
      "alerts on Prometheus, Alertmanager and volumes; retention, volumes, replicas and network policies of Prometheus; keep lists; long-term storage; log metrics; the blackbox exporter; login, ingress, dashboardsFolder and other data sources of Grafana",
    "depends on its owner":
      "whether it selects these labels in these namespaces, and fires Watchdog for the heartbeat",
  };
}

/** Describes the attachment to an Amazon Managed Service for Prometheus workspace. */
function workspaceAttachment(
  settings: Settings,
  workspaceArn: string,
  labels: string,
): Record<string, string> {
  const { slack } = settings;
  const topics = slack && topicsByChannel(settings, slack, workspaceArn);
  return {
    workspace: workspaceArn,
    "selected by": `${labels}, by the agents that send samples to the workspace`,
    "alert manager":
      topics === undefined
        ? "keeps its definition: without monitoring:slack, the stack only adds rules"
        : "gets the stack's routes as its definition. If it has another definition, the update fails: delete that one, or remove monitoring:slack",
    ...(topics && {
      Slack: `receives alerts after you subscribe each channel to its topic in Amazon Q Developer in chat applications: ${topics.map(([channel, arn]) => `${channel} to ${arn}`).join(", ")}`,
    }),
    "not available":
      "alerts on agents, the workspace and volumes, and on logs; receivers other than Slack; the heartbeat; quiet hours; message templates; links to graphs, logs and silences in messages; keep lists; log metrics; the blackbox exporter; other data sources of Grafana",
    "depends on its owner":
      "whether agents select these labels, whether they send their own metrics, kube-state-metrics and container metrics, and whether the workspace contains samples only from this cluster",
  };
}
