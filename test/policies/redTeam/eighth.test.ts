import { PlainMap, at } from "../../../policies/facts/plain";
import { Resource } from "../../../policies/facts/resource";
import {
  Mistakes,
  base,
  bucketParts,
  chart,
  flux,
  grafana,
  itJudges,
  kube,
  loki,
  manifests,
  pinned,
  plain,
  promtail,
  rolePolicy,
  rule,
  selectsAll,
  withConfig,
  withRules,
  withValues,
} from "./subjects";
import {
  accessStatements,
  bucketName,
  changed,
  configSecret,
  podTrust,
  policyDocument,
  tlsOnly,
} from "../platformSubjects";
import { resource } from "../subjects";

const stackValuesOf = ({ props }: Resource) => at(props, "values") as PlainMap;
const aws = (type: string, name: string, props: PlainMap) =>
  resource(`aws:${type}`, name, props, "prod");
const datadog = (type: string, name: string, props: PlainMap) =>
  resource(`datadog:index/${type}`, name, props, "prod");
const receivers = (list: string) =>
  withConfig(
    `receivers:\n  - name: "null"\n  - name: heartbeat\n    webhook_configs: [{url_file: /etc/alertmanager/secrets/heartbeat/url}]\n  - name: slack\n${list}`,
  );
const alloy = (content: string) =>
  chart("alloy", { alloy: { configMap: { content } } }, "https://grafana.github.io/helm-charts");
const arn = `arn:aws:s3:::${bucketName}`;
const alarm = (props: PlainMap) =>
  aws("cloudwatch/metricAlarm:MetricAlarm", "q", {
    namespace: "AWS/SQS",
    metricName: "m",
    statistic: "Maximum",
    period: 60,
    evaluationPeriods: 3,
    comparisonOperator: "GreaterThanThreshold",
    threshold: 5,
    ...props,
  });
const dashboard = (uid: string) =>
  kube(
    "core/v1:ConfigMap",
    "orders-dashboard",
    {
      data: {
        "orders.json": JSON.stringify({
          title: "Orders",
          uid: "orders",
          schemaVersion: 39,
          panels: [
            {
              type: "timeseries",
              datasource: { type: "prometheus", uid },
              targets: [{ expr: "up" }],
            },
          ],
        }),
      },
    },
    { labels: { grafana_dashboard: "1" } },
  );
const slackText = (text: string, top = "") =>
  withConfig(`${top}receivers:
  - name: "null"
  - name: heartbeat
    webhook_configs: [{url_file: /etc/alertmanager/secrets/heartbeat/url}]
  - name: slack
    slack_configs:
      - channel: "#alerts"
        send_resolved: true
        text: ${JSON.stringify(text)}
`);

const mistakes: Mistakes = {
  "a composite alarm without an action": [
    "severities-delivered",
    [
      alarm({}),
      aws("cloudwatch/compositeAlarm:CompositeAlarm", "all", {
        alarmName: "all",
        alarmRule: "ALARM(q)",
      }),
    ],
  ],
  "a subscription to example.com": [
    "severities-delivered",
    [
      aws("sns/topic:Topic", "a", { name: "a", arn: "arn:aws:sns:eu-west-1:123456789012:a" }),
      aws("sns/topicSubscription:TopicSubscription", "a", {
        topic: "arn:aws:sns:eu-west-1:123456789012:a",
        protocol: "email",
        endpoint: "oncall@example.com",
      }),
      alarm({ alarmActions: ["arn:aws:sns:eu-west-1:123456789012:a"] }),
    ],
  ],
  "an operator that watches other namespaces": [
    "rules-are-loaded",
    withRules(plain("A", "sum(orders_stuck) > 10")).map((r) =>
      r.type.includes("Release")
        ? pinned(
            changed(selectsAll, {
              prometheusOperator: {
                namespaces: { additional: ["monitoring"], releaseNamespace: true },
              },
            }),
          )
        : r,
    ),
  ],
  "Alloy without the path of Loki's API": [
    "loki-limits",
    [
      loki(),
      ...bucketParts({}),
      alloy(
        'loki.write "default" {\n  endpoint {\n    url = "http://loki-gateway.monitoring.svc"\n  }\n}\n',
      ),
    ],
  ],
  "Alloy with a trace ID as a label": [
    "loki-limits",
    [
      loki(),
      ...bucketParts({}),
      alloy(
        'loki.process "p" {\n  stage.labels {\n    values = { trace_id = "" }\n  }\n  forward_to = [loki.write.default.receiver]\n}\nloki.write "default" {\n  endpoint {\n    url = "http://loki-gateway.monitoring.svc/loki/api/v1/push"\n  }\n}\n',
      ),
    ],
  ],
  "a data source that browsers would have to reach": [
    "grafana-provisioning",
    withValues(
      `grafana: {additionalDataSources: [{name: Loki, type: loki, access: direct, url: "http://loki-gateway.monitoring.svc"}]}`,
    ),
  ],
  "a misspelled metric of the kubelet": [
    "records-exist",
    withRules(plain("M", "max(container_memory_workingset_bytes) > 4e9")),
  ],
  "a metric that kube-state-metrics removed": [
    "records-exist",
    withRules(plain("M", "sum(kube_pod_container_resource_limits_memory_bytes) > 4e11")),
  ],
  "an Alertmanager in the pod of Prometheus": [
    "severities-delivered",
    [
      ...withValues(`alertmanager: {enabled: false}
prometheus: {prometheusSpec: {additionalAlertManagerConfigs: [{static_configs: [{targets: ["localhost:9093"]}]}]}}`).slice(
        0,
        1,
      ),
    ],
  ],
  "a key of PagerDuty that is not mounted": [
    "severities-delivered",
    receivers(
      `    pagerduty_configs: [{routing_key_file: /etc/alertmanager/secrets/pagerduty/key}]`,
    ),
  ],
  "a variable in place of the webhook": [
    "severities-delivered",
    receivers(
      `    slack_configs: [{api_url: "$SLACK_WEBHOOK_URL", channel: "#a", send_resolved: true}]`,
    ),
  ],
  "a function of rules in a notification": [
    "severities-delivered",
    receivers(
      `    slack_configs: [{channel: "#a", send_resolved: true, title: "{{ .CommonLabels.alertname | humanize }}"}]`,
    ),
  ],
  "a bucket that any address may read": [
    "loki-bucket-hardened",
    [
      loki(),
      ...bucketParts({
        bucketPolicy: {
          policy: policyDocument(tlsOnly, {
            Effect: "Allow",
            Principal: { AWS: "*" },
            Action: "s3:GetObject",
            Resource: [`${arn}/*`],
            Condition: { IpAddress: { "aws:SourceIp": "0.0.0.0/0" } },
          }),
        },
      }),
    ],
  ],
  "a synthetic test without a receiver": [
    "severities-delivered",
    [
      datadog("syntheticsTest:SyntheticsTest", "login", {
        name: "login",
        type: "api",
        status: "live",
        message: "Login is down",
        locations: ["aws:eu-west-1"],
        requestDefinition: { method: "GET", url: "https://shop.io/login" },
      }),
    ],
  ],
  "a downtime for every monitor, without an end": [
    "severities-delivered",
    [
      datadog("downtimeSchedule:DowntimeSchedule", "all", {
        scope: "*",
        monitorIdentifier: { monitorTags: ["*"] },
        oneTimeSchedule: { start: "2026-01-01T00:00:00Z" },
      }),
    ],
  ],
  "a percentage compared with a ratio": [
    "promql-units",
    withRules(
      plain(
        "E",
        'sum(rate(http_requests_total{status=~"5.."}[5m])) / sum(rate(http_requests_total[5m])) > 5',
      ),
    ),
  ],
  "a chart without a version": [
    "pinned-charts",
    [
      {
        ...chart("prometheus-blackbox-exporter", {}),
        type: "kubernetes:helm.sh/v4:Chart",
        props: {
          chart: "prometheus-blackbox-exporter",
          repositoryOpts: { repo: "https://prometheus-community.github.io/helm-charts" },
          namespace: "monitoring",
        },
      },
    ],
  ],
  "a scrape every ten minutes": [
    "scrape-cost",
    [
      ...base(),
      ...manifests(`
apiVersion: monitoring.coreos.com/v1alpha1
kind: ScrapeConfig
metadata: {name: vms, namespace: monitoring, labels: {release: prometheus}}
spec: {scrapeInterval: 10m, staticConfigs: [{targets: ["10.0.1.5:9100"]}]}
`),
    ],
  ],
  "the password of the gateway in the values": [
    "no-plaintext-credentials",
    [
      loki({
        gateway: {
          basicAuth: { enabled: true, username: "loki", password: "correct-horse-battery" },
        },
      }),
      ...bucketParts({}),
    ],
  ],
  "a password in a variable of a Deployment": [
    "no-plaintext-credentials",
    [
      kube("apps/v1:Deployment", "grafana", {
        spec: {
          template: {
            spec: {
              containers: [
                {
                  name: "grafana",
                  env: [{ name: "GF_SECURITY_ADMIN_PASSWORD", value: "Tr0ub4dor" }],
                },
              ],
            },
          },
        },
      }),
    ],
  ],
  "logs for five years": [
    "loki-retention",
    [loki({ loki: { limits_config: { retention_period: "5y" } } }), ...bucketParts({})],
  ],
  "an AlertmanagerConfig in the notation of the file": [
    "severities-delivered",
    [
      ...base(),
      ...manifests(`
apiVersion: monitoring.coreos.com/v1alpha1
kind: AlertmanagerConfig
metadata: {name: shop, namespace: shop, labels: {release: prometheus}}
spec:
  route: {receiver: shop, group_by: [alertname]}
  receivers: [{name: shop, slackConfigs: [{apiURL: {name: slack, key: url}, channel: "#shop", send_resolved: true}]}]
`),
    ],
  ],
  "rule instead of rules": [
    "rules-are-loaded",
    [
      ...base(),
      ...manifests(`
apiVersion: monitoring.coreos.com/v1
kind: PrometheusRule
metadata: {name: shop, namespace: shop}
spec: {groups: [{name: shop, rule: [{alert: A, expr: "sum(orders_stuck) > 10", for: 10m, labels: {severity: warning}}]}]}
`),
    ],
  ],
  "a paused Alertmanager in a release of Flux": [
    "severities-delivered",
    [
      (() => {
        const f = flux(
          "kube-prometheus-stack",
          changed(stackValuesOf(pinned(selectsAll)), {
            alertmanager: { alertmanagerSpec: { paused: true } },
          }),
        );
        return f;
      })(),
      configSecret(),
    ],
  ],
};

const sound: Record<string, Resource[]> = {
  "a composite alarm with an action": [
    alarm({ actionsEnabled: true }),
    aws("cloudwatch/compositeAlarm:CompositeAlarm", "all", {
      alarmName: "all",
      alarmRule: "ALARM(q)",
      alarmActions: ["arn:aws:sns:eu-west-1:123456789012:a"],
    }),
  ],
  "an alarm with a topic for both states": [
    aws("sns/topic:Topic", "a", { name: "a", arn: "arn:aws:sns:eu-west-1:123456789012:a" }),
    alarm({
      alarmActions: ["arn:aws:sns:eu-west-1:123456789012:a"],
      okActions: ["arn:aws:sns:eu-west-1:123456789012:a"],
    }),
  ],
  "an operator that ignores a sandbox": withRules(plain("A", "sum(orders_stuck) > 10")).map((r) =>
    r.type.includes("Release")
      ? pinned(changed(selectsAll, { prometheusOperator: { denyNamespaces: ["sandbox"] } }))
      : r,
  ),
  "Alloy with the API of Loki": [
    loki(),
    ...bucketParts({}),
    alloy(
      'loki.write "default" {\n  endpoint {\n    url = "http://loki-gateway.monitoring.svc/loki/api/v1/push"\n  }\n}\n',
    ),
  ],
  "Alloy with a trace ID as structured metadata": [
    loki(),
    ...bucketParts({}),
    alloy(
      'loki.process "p" {\n  stage.structured_metadata {\n    values = { trace_id = "" }\n  }\n  stage.labels {\n    values = { level = "" }\n  }\n  forward_to = [loki.write.default.receiver]\n}\nloki.write "default" {\n  endpoint {\n    url = "http://loki-gateway.monitoring.svc/loki/api/v1/push"\n  }\n}\n',
    ),
  ],
  "a dashboard of the Prometheus of the stack": [pinned(), configSecret(), dashboard("prometheus")],
  "two more data sources": withValues(
    `grafana: {additionalDataSources: [{name: Loki, uid: loki, type: loki, access: proxy, url: "http://loki-gateway.monitoring.svc"}, {name: Tempo, uid: tempo, type: tempo, access: proxy, url: "http://tempo.monitoring.svc:3200"}]}`,
  ),
  "an exception while a backup runs": withRules(
    plain(
      "ReplicationBroken",
      "max(pg_replication_lag_seconds) > 300 unless max(pg_backup_running) == 1",
      { for: "10m" },
    ),
  ),
  "an average latency by rates": withRules(
    rule(
      "Slow",
      "sum by (namespace) (rate(rpc_duration_seconds_sum[5m])) / sum by (namespace) (rate(rpc_duration_seconds_count[5m])) > 2",
    ),
  ),
  "a container that ran out of memory": withRules(
    rule("Oom", "sum by (namespace) (increase(container_oom_events_total[15m])) > 0", {
      for: "0m",
      labels: { severity: "warning" },
    }),
  ).slice(0, 2),
  "an autoscaler at its maximum": withRules(
    rule(
      "HpaAtMax",
      "max by (namespace, horizontalpodautoscaler) (kube_horizontalpodautoscaler_status_current_replicas) >= max by (namespace, horizontalpodautoscaler) (kube_horizontalpodautoscaler_spec_max_replicas)",
      { for: "30m" },
    ),
  ),
  "an Alertmanager elsewhere": [
    ...withValues(`alertmanager: {enabled: false}
prometheus: {prometheusSpec: {additionalAlertManagerConfigs: [{scheme: https, static_configs: [{targets: ["alertmanager.acme-corp.io:443"]}]}]}}`).slice(
      0,
      1,
    ),
  ],
  "Opsgenie with priorities": receivers(
    `    opsgenie_configs: [{api_key_file: /etc/alertmanager/secrets/alertmanager-slack/opsgenie, priority: "{{ if eq .CommonLabels.severity \\"critical\\" }}P1{{ else }}P3{{ end }}"}]`,
  ),
  "Slack with a color and fields": receivers(
    `    slack_configs: [{channel: "#a", send_resolved: true, color: '{{ if eq .Status "firing" }}danger{{ else }}good{{ end }}', fields: [{title: Cluster, value: "{{ .CommonLabels.cluster }}", short: true}]}]`,
  ),
  "Slack with loops over labels": receivers(
    `    slack_configs: [{channel: "#a", send_resolved: true, text: '{{ range .Alerts }}{{ .Annotations.description }} {{ range .Labels.SortedPairs }}{{ .Name }}={{ .Value }} {{ end }}{{ end }}'}]`,
  ),
  "a bucket for an organization": [
    loki(),
    ...bucketParts({
      bucketPolicy: {
        policy: policyDocument(tlsOnly, {
          Effect: "Allow",
          Principal: "*",
          Action: "s3:GetObject",
          Resource: [`${arn}/*`],
          Condition: { StringEquals: { "aws:PrincipalOrgID": "o-a1b2c3" } },
        }),
      },
    }),
  ],
  "a key of KMS that the role may use": [
    loki(),
    ...bucketParts({
      bucketServerSideEncryptionConfiguration: {
        rules: [
          {
            applyServerSideEncryptionByDefault: {
              sseAlgorithm: "aws:kms",
              kmsMasterKeyId:
                "arn:aws:kms:eu-west-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab",
            },
          },
        ],
      },
    }),
    aws("iam/role:Role", "loki", { name: "loki", assumeRolePolicy: policyDocument(podTrust) }),
    rolePolicy(...accessStatements, {
      Effect: "Allow",
      Action: ["kms:GenerateDataKey", "kms:Decrypt"],
      Resource: ["arn:aws:kms:eu-west-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab"],
    }),
  ],
  "a synthetic test with a receiver": [
    datadog("syntheticsTest:SyntheticsTest", "login", {
      name: "login",
      type: "api",
      status: "live",
      message: "Login is down @pagerduty-shop",
      locations: ["aws:eu-west-1"],
      requestDefinition: { method: "GET", url: "https://shop.io/login" },
    }),
  ],
  "a weekly downtime of one environment": [
    datadog("downtimeSchedule:DowntimeSchedule", "deploys", {
      scope: "env:staging",
      monitorIdentifier: { monitorTags: ["team:shop"] },
      recurringSchedule: {
        timezone: "UTC",
        recurrences: [
          { duration: "2h", rrule: "FREQ=WEEKLY;BYDAY=SA", start: "2026-01-03T02:00:00" },
        ],
      },
    }),
  ],
  "an operator on the network of its host": withValues(`prometheusOperator: {hostNetwork: true}`),
  "a ratio of success": withRules(
    plain(
      "E",
      'sum(rate(http_requests_total{status!~"5.."}[5m])) / sum(rate(http_requests_total[5m])) < 0.97',
    ),
  ),
  "a chart with a version": [
    {
      ...chart("prometheus-blackbox-exporter", {}),
      type: "kubernetes:helm.sh/v4:Chart",
      props: {
        chart: "prometheus-blackbox-exporter",
        version: "11.4.0",
        repositoryOpts: { repo: "https://prometheus-community.github.io/helm-charts" },
        namespace: "monitoring",
      },
    },
  ],
  "a ScrapeConfig with the usual interval": [
    ...base(),
    ...manifests(`
apiVersion: monitoring.coreos.com/v1alpha1
kind: ScrapeConfig
metadata: {name: vms, namespace: monitoring, labels: {release: prometheus}}
spec: {scrapeInterval: 30s, staticConfigs: [{targets: ["10.0.1.5:9100"]}]}
`),
  ],
  "a versioned bucket": [
    loki(),
    ...bucketParts({}),
    aws("s3/bucketVersioning:BucketVersioning", "v", {
      bucket: bucketName,
      versioningConfiguration: { status: "Enabled" },
    }),
  ],
  "a gateway with a Secret": [
    loki({ gateway: { basicAuth: { enabled: true, existingSecret: "loki-gateway" } } }),
    ...bucketParts({}),
  ],
  "a Deployment with a reference to a Secret": [
    kube("apps/v1:Deployment", "grafana", {
      spec: {
        template: {
          spec: {
            containers: [
              {
                name: "grafana",
                env: [
                  {
                    name: "GF_SECURITY_ADMIN_PASSWORD",
                    valueFrom: { secretKeyRef: { name: "g", key: "p" } },
                  },
                ],
              },
            ],
          },
        },
      },
    }),
  ],
  "shorter retention for one level": [
    loki({
      loki: {
        limits_config: {
          retention_period: "60d",
          retention_stream: [{ selector: '{level="debug"}', priority: 1, period: "72h" }],
        },
      },
    }),
    ...bucketParts({}),
  ],
  "an AlertmanagerConfig of its newer version": [
    ...base(),
    ...manifests(`
apiVersion: monitoring.coreos.com/v1beta1
kind: AlertmanagerConfig
metadata: {name: shop, namespace: shop, labels: {release: prometheus}}
spec:
  route: {receiver: shop, groupBy: [alertname, namespace], groupWait: 30s, groupInterval: 5m, repeatInterval: 12h}
  receivers: [{name: shop, slackConfigs: [{apiURL: {name: slack, key: url}, channel: "#shop", sendResolved: true}]}]
`),
  ],
  "two groups of rules": [
    ...base(),
    ...manifests(`
apiVersion: monitoring.coreos.com/v1
kind: PrometheusRule
metadata: {name: shop, namespace: shop}
spec:
  groups:
    - {name: shop.records, interval: 1m, rules: [{record: "shop:orders:rate5m", expr: "sum(rate(orders_total[5m]))"}]}
    - {name: shop.alerts, rules: [{alert: NoOrders, expr: "shop:orders:rate5m < 0.1", for: 10m, labels: {severity: warning}, annotations: {summary: No orders, description: "{{ $value }} per second", runbook_url: "https://runbooks.shop.io/orders"}}]}
`),
  ],
  "a release of Flux": [
    flux("kube-prometheus-stack", stackValuesOf(pinned(selectsAll))),
    configSecret(),
  ],
  "templates in a file of another stack": slackText(
    '{{ template "acme.text" . }}',
    'templates: ["/etc/alertmanager/config/*.tmpl"]\n',
  ),
  "a template that its own text defines": slackText(
    '{{ define "x" }}{{ .CommonLabels.a }}{{ end }}{{ template "x" . }}',
  ),
  "a template within a template of Helm": slackText(
    "{{`{{ range .Alerts }}`}}{{`{{ .Labels.pod }}`}}{{`{{ end }}`}}",
  ),
  "templates that trim white space": slackText(
    '{{- range .Alerts -}}\n{{- if eq .Labels.severity "critical" -}}x{{- else -}}y{{- end -}}\n{{- end -}}',
  ),
  "a variable with the name of one of rules": slackText(
    "{{ range $i, $labels := .Alerts }}{{ $labels.Status }}{{ end }}",
  ),
  "a comment in a template": slackText(
    '{{ printf "{%s}" .CommonLabels.a }} {{/* comment with .Labels */}}',
  ),
  "a service check of Datadog": [
    datadog("monitor:Monitor", "agent", {
      name: "agent up",
      type: "service check",
      query: '"datadog.agent.up".over("env:prod").by("host").last(2).count_by_status()',
      message: "@slack-ops",
      monitorThresholds: { critical: "1", warning: "1", ok: "1" },
    }),
  ],
  "a downtime for one monitor": [
    datadog("downtimeSchedule:DowntimeSchedule", "x", {
      scope: "*",
      monitorIdentifier: { monitorId: 123 },
    }),
  ],
  "a synthetic test of a pipeline": [
    datadog("syntheticsTest:SyntheticsTest", "x", {
      name: "x",
      type: "browser",
      status: "live",
      message: "",
      optionsList: { ci: { executionRule: "blocking" } },
    }),
  ],
  "requests of GPUs": withRules(
    plain("Gpu", 'sum(kube_pod_container_resource_requests{resource="nvidia_com_gpu"}) > 10'),
  ),
  "a rare reason of a termination": withRules(
    plain(
      "Start",
      'sum(kube_pod_container_status_last_terminated_reason{reason="StartError"}) > 3',
      { for: "10m" },
    ),
  ),
  "pods in one phase": withRules(
    rule(
      "PodsPending",
      'sum by (namespace, phase) (kube_pod_status_phase{phase="Pending"} == 1) > 5',
      { for: "15m" },
    ),
  ),
  "the number of pods in any phase": withRules(
    plain("ManyPods", "count(kube_pod_status_phase == 1) > 5000", { for: "15m" }),
  ),
  "a ThanosRuler without alerts": withValues(
    'thanosRuler: {enabled: true, thanosRulerSpec: {queryEndpoints: ["dnssrv+_http._tcp.thanos-query.monitoring.svc"]}}',
  ),
  "a configuration that a controller copies": [
    pinned(),
    {
      ...configSecret(),
      props: changed(configSecret().props as PlainMap, {
        metadata: {
          namespace: "secrets",
          annotations: { "reflector.v1.k8s.emberstack.com/reflection-allowed": "true" },
        },
      }),
    },
  ],
  "attributes of SNS with names of the user": [
    ...base(),
    ...manifests(`
apiVersion: monitoring.coreos.com/v1alpha1
kind: AlertmanagerConfig
metadata: {name: shop, namespace: shop, labels: {release: prometheus}}
spec:
  route: {receiver: shop, groupBy: [alertname]}
  receivers: [{name: shop, snsConfigs: [{topicARN: "arn:aws:sns:eu-west-1:123456789012:a", sigv4: {region: eu-west-1}, attributes: {alert_name: x}, sendResolved: true}]}]
`),
  ],
  "constant labels of a target": [
    loki(),
    ...bucketParts({}),
    promtail({
      clients: [{ url: "http://loki-gateway.monitoring.svc/loki/api/v1/push" }],
      snippets: {
        extraScrapeConfigs:
          "- job_name: syslog\n  static_configs:\n    - targets: [localhost]\n      labels: {job: syslog, uri: a, path: /var, __path__: /var/log/syslog}\n",
      },
    }),
  ],
  "a dashboard of grafana.com with a data source of its own": [
    grafana({
      dashboardProviders: {
        "dashboardproviders.yaml": {
          apiVersion: 1,
          providers: [
            { name: "default", type: "file", options: { path: "/var/lib/grafana/dashboards/" } },
          ],
        },
      },
      dashboards: { default: { k8s: { gnetId: 15757, revision: 43 } } },
    }),
  ],
  "replicas with the same labels, whose samples the storage removes": withValues(
    'prometheus: {prometheusSpec: {replicaExternalLabelNameClear: true, remoteWrite: [{url: "https://vm.acme.io/api/v1/write"}]}}',
  ),
  "a role as the credentials of an API": [
    aws("apigateway/integration:Integration", "x", {
      credentials: "arn:aws:iam::123456789012:role/ApiGw1",
    }),
  ],
  "a label with the characters that Prometheus 3 accepts": withRules(
    plain("A", "sum(orders_stuck) > 10", {
      labels: { severity: "warning", "app.kubernetes.io/name": "x" },
    }),
  ),
  "the name of a method of authentication": [
    kube("core/v1:ConfigMap", "x", {
      data: { "config.json": '{"auth": "AzureActiveDirectory2"}' },
    }),
  ],
};

describe("the eighth red team", () => {
  itJudges(mistakes, sound);
});
