import * as assert from "node:assert/strict";
import { stringify } from "yaml";
import { Resource } from "../../../policies/facts/resource";
import {
  bucketName,
  changed,
  configSecret,
  goodConfig,
  podTrust,
  policyDocument,
  routesFirst,
  stackValues,
} from "../platformSubjects";
import {
  Mistakes,
  itJudges,
  argo,
  bucketParts,
  chart,
  delivering,
  flux,
  ingress,
  kube,
  loki,
  pagerduty,
  pinned,
  plain,
  promtail,
  ratio,
  rolePolicy,
  rule,
  ruleObject,
  selectsAll,
  withRules,
} from "./subjects";
import { resource } from "../subjects";

/*
 * Mistakes and set-ups in the forms in which people write them, by someone who has read the source
 * of the policies. Each runs through the whole pack in production.
 */

const mistakes: Mistakes = {
  "three days of samples, under the alias of an umbrella chart": [
    "prometheus-retention",
    [chart("platform", { monitoring: { prometheus: { prometheusSpec: { retention: "3d" } } } })],
  ],
  "logs that Loki never deletes, in a HelmRelease of Flux": [
    "loki-retention",
    [flux("loki", { loki: { limits_config: { retention_period: "744h" } } })],
  ],
  "anonymous access, in an Application of Argo CD": [
    "grafana-exposure",
    [
      argo(
        "kube-prometheus-stack",
        changed(stackValues, {
          grafana: { "grafana.ini": { "auth.anonymous": { enabled: true, org_role: "Viewer" } } },
        }),
      ),
    ],
  ],
  "a key of PagerDuty from the documentation": [
    "severities-delivered",
    delivering(pagerduty("<integration key>")),
  ],
  "a route for a severity that no alert has": [
    "severities-delivered",
    delivering({
      route: {
        receiver: "null",
        routes: [goodConfig.route.routes[0], { matchers: ['severity="page"'], receiver: "slack" }],
      },
    }),
  ],
  "a route to the team of each namespace, which has no receiver yet": [
    "severities-delivered",
    delivering({
      ...routesFirst({ matchers: ['namespace=~"shop|cart"'], receiver: "team-shop" }),
      receivers: [...goodConfig.receivers, { name: "team-shop" }],
    }),
  ],
  "critical alerts during office hours": [
    "severities-delivered",
    delivering({
      ...routesFirst({
        matchers: ['severity="critical"'],
        receiver: "slack",
        active_time_intervals: ["office-hours"],
      }),
      time_intervals: [{ name: "office-hours", time_intervals: [{ weekdays: ["monday:friday"] }] }],
    }),
  ],
  "warnings that inhibit critical alerts": [
    "inhibition",
    delivering({
      inhibit_rules: [
        {
          source_matchers: ['severity="warning"'],
          target_matchers: ['severity="critical"'],
          equal: ["namespace"],
        },
      ],
    }),
  ],
  "a message for each alert": ["grouping", delivering({ route: { group_by: ["..."] } })],
  "a reminder each week": ["grouping", delivering({ route: { repeat_interval: "7d" } })],
  "Alertmanager that was scaled down for a migration": [
    "severities-delivered",
    [pinned({ alertmanager: { alertmanagerSpec: { replicas: 0 } } }), configSecret()],
  ],
  "a rate over one minute": [
    "rate-window",
    withRules(plain("Errors", "sum(rate(payments_failed_total[1m])) > 2")),
  ],
  "a latency in milliseconds": [
    "alert-thresholds",
    withRules(
      plain(
        "Slow",
        "histogram_quantile(0.99, sum by (service, le) (rate(http_request_duration_seconds_bucket[5m]))) > 500",
      ),
    ),
  ],
  "the 99th percentile as 99": [
    "promql-units",
    withRules(
      plain(
        "Slow",
        "histogram_quantile(99, sum by (le) (rate(sync_duration_seconds_bucket[5m]))) > 2",
      ),
    ),
  ],
  "absence that is compared with zero": [
    "promql-valid",
    withRules(plain("NoData", 'absent(up{job="cart"}) == 0')),
  ],
  "a wait of two hours for failing requests": [
    "alert-for",
    withRules(
      plain("Errors", `${ratio("service")} > 0.05`, {
        for: "2h",
        labels: { severity: "critical" },
      }),
    ),
  ],
  "a severity of another team": [
    "alert-severity",
    withRules(plain("Backlog", "queue_length > 1000", { labels: { severity: "p2" } })),
  ],
  "a pod in the summary of a sum": [
    "promql-valid",
    withRules(rule("Restarts", "sum by (deployment) (increase(restarts_total[15m])) > 3")),
  ],
  "failures by service over requests by namespace": [
    "promql-valid",
    withRules(plain("Errors", `${ratio("service", "namespace")} > 0.05`)),
  ],
  "a join on a label that the sum removed": [
    "promql-valid",
    withRules(
      plain(
        "Full",
        "sum by (persistentvolumeclaim) (kubelet_volume_stats_used_bytes) / on (namespace, persistentvolumeclaim) sum by (namespace, persistentvolumeclaim) (kubelet_volume_stats_capacity_bytes) > 0.9",
      ),
    ),
  ],
  "a misspelled recorded series": [
    "records-exist",
    withRules(
      { record: "service:http_errors:ratio5m", expr: ratio("service") },
      plain("Errors", "service:http_error:ratio5m > 0.05"),
    ),
  ],
  "an objective of 30 days over 15 days of samples": [
    "prometheus-retention-covers-rules",
    withRules({ record: "slo:availability:30d", expr: "avg_over_time(probe_success[30d])" }),
  ],
  "rules in a namespace that Prometheus does not select": [
    "rules-are-loaded",
    [
      pinned({
        prometheus: {
          prometheusSpec: {
            ruleSelectorNilUsesHelmValues: false,
            ruleNamespaceSelector: { matchLabels: { "kubernetes.io/metadata.name": "monitoring" } },
          },
        },
      }),
      configSecret(),
      ruleObject(plain("Backlog", "queue_length > 1000")),
    ],
  ],
  "a size limit above the size of the volume": [
    "prometheus-storage",
    [pinned({ prometheus: { prometheusSpec: { retentionSize: "60GB" } } }), configSecret()],
  ],
  "objects that expire after 30 days": [
    "loki-bucket-lifecycle",
    [
      loki(),
      ...bucketParts({
        bucketLifecycleConfiguration: {
          rules: [{ id: "cost", status: "Enabled", filter: {}, expiration: { days: 30 } }],
        },
      }),
    ],
  ],
  "all buckets for Loki": [
    "loki-iam-least-privilege",
    [
      rolePolicy({
        Effect: "Allow",
        Action: ["s3:GetObject", "s3:PutObject"],
        Resource: "arn:aws:s3:::*",
      }),
    ],
  ],
  "the password of the mail server in a ConfigMap": [
    "no-plaintext-credentials",
    [
      kube("core/v1:ConfigMap", "alertmanager", {
        data: {
          "alertmanager.yml": stringify({
            global: {
              smtp_auth_username: "alerts@shop.io",
              smtp_auth_password: "xkcd-correct-horse",
            },
          }),
        },
      }),
    ],
  ],
  "a password in the probe of a container": [
    "no-plaintext-credentials",
    [
      kube("apps/v1:Deployment", "redis-exporter", {
        spec: {
          template: {
            spec: {
              containers: [
                { name: "exporter", args: ["--redis.addr=redis:6379", "--redis.password=hunter2"] },
              ],
            },
          },
        },
      }),
    ],
  ],
  "Alertmanager on the internet": [
    "grafana-exposure",
    [ingress("kube-prometheus-stack-alertmanager")],
  ],
  "tenants that the collector does not name": [
    "loki-limits",
    [
      loki({ loki: { auth_enabled: true } }),
      promtail({ clients: [{ url: "http://loki-gateway/loki/api/v1/push" }] }),
    ],
  ],
};

const sound: Record<string, Resource[]> = {
  "the chart with its own dashboards and rules": [pinned(), configSecret()],
  "the chart in an Application of Argo CD": [
    argo("kube-prometheus-stack", { ...stackValues }),
    configSecret(),
  ],
  "an alias in an umbrella chart": [chart("platform", { monitoring: stackValues }), configSecret()],
  "a configuration from an external store": [
    pinned(),
    kube("external-secrets.io/v1:ExternalSecret", "alertmanager", {
      spec: {
        target: { name: "alertmanager-config" },
        dataFrom: [{ extract: { key: "alertmanager" } }],
      },
    }),
  ],
  "PagerDuty for critical alerts, and Slack for the rest": delivering({
    ...routesFirst({ matchers: ['severity="critical"'], receiver: "pagerduty", continue: true }),
    receivers: [
      ...goodConfig.receivers,
      {
        name: "pagerduty",
        pagerduty_configs: [{ routing_key_file: "/etc/alertmanager/secrets/heartbeat/key" }],
      },
    ],
  }),
  "a channel for each team, with a default": delivering({
    ...routesFirst({ matchers: ['team=~"shop|cart"'], receiver: "team" }),
    receivers: [
      ...goodConfig.receivers,
      {
        name: "team",
        slack_configs: [{ channel: "#{{ .CommonLabels.team }}", send_resolved: true }],
      },
    ],
  }),
  "warnings that are muted at night": delivering({
    ...routesFirst({
      matchers: ['severity="warning"'],
      receiver: "slack",
      mute_time_intervals: ["nights"],
    }),
    time_intervals: [
      {
        name: "nights",
        time_intervals: [
          {
            times: [
              { start_time: "20:00", end_time: "24:00" },
              { start_time: "00:00", end_time: "07:00" },
            ],
          },
        ],
      },
    ],
  }),
  "alerts on a cluster that inhibit those on its nodes": delivering({
    inhibit_rules: [
      ...goodConfig.inhibit_rules,
      {
        source_matchers: ['alertname="ClusterUnreachable"'],
        target_matchers: ['severity="warning"'],
        equal: ["cluster", "namespace"],
      },
    ],
  }),
  "errors by service, at 5%": withRules(plain("Errors", `${ratio("service")} > 0.05`)),
  "errors by service, over a minimum of traffic": withRules(
    plain(
      "Errors",
      `${ratio("namespace, service")} > 0.05 and sum by (namespace, service) (rate(http_requests_total[5m])) > 0.5`,
    ),
  ),
  "a join with the owner of a pod": withRules(
    rule(
      "Memory",
      'sum by (namespace, pod) (container_memory_working_set_bytes) / on (namespace, pod) group_left sum by (namespace, pod) (kube_pod_container_resource_limits{resource="memory"}) > 0.9',
    ),
  ),
  "a join with labels of a pod": withRules(
    plain(
      "Restarts",
      "sum by (namespace, pod) (increase(kube_pod_container_status_restarts_total[15m])) * on (namespace, pod) group_left (label_team) kube_pod_labels > 3",
    ),
  ),
  "a share of the whole cluster": withRules(
    plain(
      "Heavy",
      "sum by (namespace) (rate(container_network_transmit_bytes_total[5m])) / on () group_left sum(rate(container_network_transmit_bytes_total[5m])) > 0.8",
    ),
  ),
  "a comparison with last week": withRules(
    plain(
      "Drop",
      "sum by (service) (rate(orders_total[30m])) < 0.5 * sum by (service) (rate(orders_total[30m] offset 1w))",
    ),
  ),
  "a queue that grows": withRules(
    plain("Backlog", "deriv(queue_length[30m]) > 0 and queue_length > 1000"),
  ),
  "a certificate that expires": withRules(
    rule(
      "Certificate",
      "(certmanager_certificate_expiration_timestamp_seconds - time()) / 86400 < 14",
      { for: "1h" },
    ),
  ),
  "a job that did not run": withRules(
    plain(
      "Backup",
      "time() - max by (cronjob) (kube_cronjob_status_last_successful_time) > 90000",
      { for: "10m" },
    ),
  ),
  "an exporter that is absent": withRules(
    plain("NoData", 'absent(up{job="cart"})', { labels: { severity: "critical" } }),
  ),
  "a recorded ratio with an alert": withRules(
    { record: "service:http_errors:ratio5m", expr: ratio("service") },
    plain("Errors", "service:http_errors:ratio5m > 0.05"),
  ),
  "a series that the chart records": withRules(
    plain("Busy", "instance:node_cpu_utilisation:rate5m > 0.9", { for: "30m" }),
  ),
  "objectives of Sloth": withRules(
    { record: "slo:sli_error:ratio_rate5m", expr: ratio("service") },
    { record: "slo:sli_error:ratio_rate1h", expr: ratio("service").replaceAll("5m", "1h") },
    plain(
      "Budget",
      '(slo:sli_error:ratio_rate5m{sloth_slo="availability"} > (14.4 * 0.001)) and ignoring (sloth_window) (slo:sli_error:ratio_rate1h{sloth_slo="availability"} > (14.4 * 0.001))',
      { labels: { severity: "critical" } },
    ),
  ),
  "a monitor of a third party with its own interval": [
    pinned(selectsAll),
    configSecret(),
    kube("monitoring.coreos.com/v1:ServiceMonitor", "redis-exporter", {
      spec: {
        selector: { matchLabels: { app: "redis-exporter" } },
        endpoints: [{ port: "metrics", interval: "60s", scrapeTimeout: "20s" }],
      },
    }),
  ],
  "Loki for one tenant": [loki(), ...bucketParts({})],
  "Loki with tenants that the collector names": [
    loki({ loki: { auth_enabled: true } }),
    promtail({ clients: [{ url: "http://loki-gateway/loki/api/v1/push", tenant_id: "shop" }] }),
    ...bucketParts({}),
  ],
  "the role of Loki": [
    resource(
      "aws:iam/role:Role",
      "loki",
      { name: "loki", assumeRolePolicy: policyDocument(podTrust) },
      "prod",
    ),
    rolePolicy(
      { Effect: "Allow", Action: "s3:ListBucket", Resource: `arn:aws:s3:::${bucketName}` },
      {
        Effect: "Allow",
        Action: ["s3:GetObject", "s3:PutObject", "s3:DeleteObject"],
        Resource: `arn:aws:s3:::${bucketName}/*`,
      },
    ),
  ],
  "Grafana on the internet, with TLS": [ingress("kube-prometheus-stack-grafana")],
  "Prometheus behind a login": [
    ingress("prometheus-operated", {
      "nginx.ingress.kubernetes.io/auth-url": "https://login.shop.io/oauth2/auth",
    }),
  ],
  "an exporter whose password is in a Secret": [
    kube("apps/v1:Deployment", "redis-exporter", {
      spec: {
        template: {
          spec: {
            containers: [
              {
                name: "exporter",
                args: ["--redis.addr=redis:6379", "--redis.password-file=/etc/redis/password"],
                env: [
                  {
                    name: "REDIS_PASSWORD",
                    valueFrom: { secretKeyRef: { name: "redis", key: "password" } },
                  },
                ],
              },
            ],
          },
        },
      },
    }),
  ],
  "dashboards with secrets in their names": [
    kube("core/v1:ConfigMap", "dashboards", {
      data: {
        "tokens.json": JSON.stringify({
          title: "Token rotations",
          panels: [{ targets: [{ expr: "sum(rate(token_refreshes_total[5m]))" }] }],
        }),
      },
    }),
  ],
  "a Prometheus of another team, with Thanos": [
    kube("monitoring.coreos.com/v1:Prometheus", "team", {
      spec: {
        replicas: 2,
        retention: "12h",
        retentionSize: "30GiB",
        scrapeInterval: "30s",
        sampleLimit: 50_000,
        externalLabels: { cluster: "shop-eu" },
        resources: { requests: { memory: "2Gi" } },
        alerting: {
          alertmanagers: [{ name: "alertmanager", namespace: "monitoring", port: "web" }],
        },
        thanos: { objectStorageConfig: { name: "thanos", key: "objstore.yml" } },
        storage: {
          volumeClaimTemplate: { spec: { resources: { requests: { storage: "50Gi" } } } },
        },
      },
    }),
  ],
};

describe("the red team", () => {
  it("has 30 mistakes and 30 sound set-ups", () => {
    assert.equal(Object.keys(mistakes).length, 30);
    assert.equal(Object.keys(sound).length, 30);
  });

  itJudges(mistakes, sound);
});
