import { PlainMap, textAt } from "../../../policies/facts/plain";
import { Resource } from "../../../policies/facts/resource";
import {
  Mistakes,
  itJudges,
  base,
  pinned,
  selectsAll,
  withValues,
  withConfig,
  withRules,
  rule,
  plain,
  kube,
  manifests,
  loki,
  bucketParts,
  chart,
  promtail,
  grafana,
  rolePolicy,
  community,
} from "./subjects";
import {
  configSecret,
  changed,
  bucketName,
  podTrust,
  policyDocument,
  accessStatements,
} from "../platformSubjects";
import { RuleFixture, resource } from "../subjects";
const aws = (type: string, name: string, props: PlainMap) =>
  resource(`aws:${type}`, name, props, "prod");
const svc = (mon: string) =>
  manifests(`
apiVersion: v1
kind: Service
metadata: {name: orders, namespace: shop, labels: {app: orders}}
spec: {selector: {app: orders}, ports: [{name: metrics, port: 9100}]}
---
apiVersion: monitoring.coreos.com/v1
kind: ServiceMonitor
metadata: {name: orders, namespace: shop}
spec:
${mon}
`);
const slack = (extra: string) =>
  withConfig(`
receivers:
  - name: "null"
  - name: heartbeat
    webhook_configs: [{url_file: /etc/alertmanager/secrets/heartbeat/url}]
  - name: slack
    slack_configs:
      - channel: "#alerts"
        send_resolved: true
${extra}`);
const lokiRole = (trust: object, ...statements: object[]) => [
  loki({
    serviceAccount: {
      name: "loki",
      annotations: { "eks.amazonaws.com/role-arn": "arn:aws:iam::123456789012:role/loki" },
    },
  }),
  ...bucketParts({}),
  aws("iam/role:Role", "loki", { name: "loki", assumeRolePolicy: policyDocument(trust) }),
  rolePolicy(...statements),
];
const arn = `arn:aws:s3:::${bucketName}`;

const mistakes: Mistakes = {
  "rules one level too deep in the values": [
    "scrape-cost",
    withValues(`
prometheus:
  prometheusSpec:
    ruleSelectorNilUsesHelmValues: false
    additionalPrometheusRulesMap:
      shop: {groups: [{name: shop, rules: []}]}
`),
  ],
  "remotewrite in lower case": [
    "scrape-cost",
    withValues(
      `prometheus: {prometheusSpec: {remotewrite: [{url: "https://mimir.acme.io/api/v1/push"}]}}`,
    ),
  ],
  "external labels beside the spec of Prometheus": [
    "scrape-cost",
    withValues(`prometheus: {externalLabels: {cluster: a}}`),
  ],
  "a monitor of the values that scrapes each second": [
    "scrape-cost",
    withValues(
      `prometheus: {additionalServiceMonitors: [{name: orders, selector: {matchLabels: {app: orders}}, namespaceSelector: {matchNames: [shop]}, endpoints: [{port: metrics, interval: 1s}]}]}`,
    ),
  ],
  "alerts on pods without kube-state-metrics": [
    "records-exist",
    [
      ...withRules(
        rule(
          "Crash",
          'sum by (namespace) (kube_pod_container_status_waiting_reason{reason="CrashLoopBackOff"}) > 0',
        ),
      ).slice(1),
      pinned(changed(selectsAll, { kubeStateMetrics: { enabled: false } })),
    ],
  ],
  "a remote write to the pod itself": [
    "external-labels",
    withValues(
      `prometheus: {prometheusSpec: {retention: 2d, remoteWrite: [{url: "http://localhost:9009/api/v1/push"}]}}`,
    ),
  ],
  "a remote write without the path of the API": [
    "external-labels",
    withValues(
      `prometheus: {prometheusSpec: {retention: 2d, remoteWrite: [{url: "https://mimir.acme.io"}]}}`,
    ),
  ],
  "a remote write over the internet without TLS": [
    "external-labels",
    withValues(
      `prometheus: {prometheusSpec: {remoteWrite: [{url: "http://metrics.acme.io/api/v1/push"}]}}`,
    ),
  ],
  "a remote write to any server": [
    "external-labels",
    withValues(
      `prometheus: {prometheusSpec: {remoteWrite: [{url: "https://metrics.acme.io/api/v1/push", tlsConfig: {insecureSkipVerify: true}}]}}`,
    ),
  ],
  "a step of a remote write in the other notation": [
    "scrape-cost",
    withValues(
      `prometheus: {prometheusSpec: {remoteWrite: [{url: "https://metrics.acme.io/api/v1/push", writeRelabelConfigs: [{source_labels: [__name__], regex: "go_.*", action: drop}]}]}}`,
    ),
  ],
  "a ThanosRuler without an Alertmanager": [
    "severities-delivered",
    [
      ...withValues(
        `thanosRuler: {enabled: true, thanosRulerSpec: {queryEndpoints: ["dnssrv+_http._tcp.thanos-query.monitoring.svc"]}}`,
      ),
      ...manifests(`
apiVersion: monitoring.coreos.com/v1
kind: PrometheusRule
metadata: {name: slo, namespace: monitoring, labels: {release: prometheus}}
spec: {groups: [{name: slo, rules: [{alert: A, expr: "sum(orders_stuck) > 10", for: 10m, labels: {severity: warning}}]}]}
`),
    ],
  ],
  "alerts on logs without an Alertmanager": [
    "severities-delivered",
    [
      loki({
        ruler: {
          enabled: true,
          directories: {
            fake: {
              "rules.txt":
                'groups:\n- name: a\n  rules:\n  - alert: X\n    expr: sum(rate({app="x"} |= "error" [5m])) > 1\n',
            },
          },
        },
      }),
      ...bucketParts({}),
    ],
  ],
  "Loki in parts, without the compactor": [
    "loki-retention",
    [
      loki({
        deploymentMode: "Distributed",
        ingester: { replicas: 3, resources: { requests: { memory: "2Gi" } } },
        singleBinary: { replicas: 0 },
        compactor: { replicas: 0 },
      }),
      ...bucketParts({}),
    ],
  ],
  "the address of Loki without the path of its API": [
    "loki-limits",
    [
      loki(),
      ...bucketParts({}),
      promtail({ clients: [{ url: "http://loki-gateway.monitoring.svc" }] }),
    ],
  ],
  "a request ID as a label": [
    "loki-limits",
    [
      loki(),
      ...bucketParts({}),
      promtail({
        clients: [{ url: "http://loki-gateway.monitoring.svc/loki/api/v1/push" }],
        snippets: {
          pipelineStages: [
            { json: { expressions: { request_id: "request_id" } } },
            { labels: { request_id: "" } },
          ],
        },
      }),
    ],
  ],
  "a role that may not delete": [
    "loki-iam-least-privilege",
    lokiRole(
      podTrust,
      { Effect: "Allow", Action: ["s3:ListBucket"], Resource: [arn] },
      { Effect: "Allow", Action: ["s3:GetObject", "s3:PutObject"], Resource: [`${arn}/*`] },
    ),
  ],
  "a role for the bucket alone, without its objects": [
    "loki-iam-least-privilege",
    lokiRole(podTrust, {
      Effect: "Allow",
      Action: ["s3:ListBucket", "s3:GetObject", "s3:PutObject", "s3:DeleteObject"],
      Resource: [arn],
    }),
  ],
  "the service account of another namespace": [
    "loki-iam-least-privilege",
    lokiRole(
      {
        Effect: "Allow",
        Principal: {
          Federated:
            "arn:aws:iam::123456789012:oidc-provider/oidc.eks.us-east-1.amazonaws.com/id/ABC",
        },
        Action: "sts:AssumeRoleWithWebIdentity",
        Condition: {
          StringEquals: {
            "oidc.eks.us-east-1.amazonaws.com/id/ABC:sub": "system:serviceaccount:loki:loki",
          },
        },
      },
      ...accessStatements,
    ),
  ],
  "a monitor of Datadog with two critical thresholds": [
    "severities-delivered",
    [
      resource(
        "datadog:index/monitor:Monitor",
        "cpu",
        {
          name: "cpu",
          type: "metric alert",
          query: "avg(last_5m):avg:system.cpu.user{env:prod} > 90",
          message: "@slack-ops",
          monitorThresholds: { critical: "80" },
        },
        "prod",
      ),
    ],
  ],
  "a warning above the critical threshold": [
    "severities-delivered",
    [
      resource(
        "datadog:index/monitor:Monitor",
        "cpu",
        {
          name: "cpu",
          type: "metric alert",
          query: "avg(last_5m):avg:system.cpu.user{env:prod} > 80",
          message: "@slack-ops",
          monitorThresholds: { critical: "80", warning: "90" },
        },
        "prod",
      ),
    ],
  ],
  "a topic with the key of AWS": [
    "severities-delivered",
    [
      aws("sns/topic:Topic", "alerts", {
        name: "alerts",
        kmsMasterKeyId: "alias/aws/sns",
        arn: "arn:aws:sns:eu-west-1:123456789012:alerts",
      }),
      aws("cloudwatch/metricAlarm:MetricAlarm", "x", {
        alarmActions: ["arn:aws:sns:eu-west-1:123456789012:alerts"],
        period: 60,
        evaluationPeriods: 5,
        threshold: 1,
        comparisonOperator: "GreaterThanThreshold",
        statistic: "Sum",
        namespace: "AWS/SQS",
        metricName: "x",
      }),
    ],
  ],
  "three of two data points": [
    "severities-delivered",
    [
      aws("cloudwatch/metricAlarm:MetricAlarm", "x", {
        alarmActions: ["arn:aws:sns:eu-west-1:123456789012:alerts"],
        period: 45,
        evaluationPeriods: 2,
        datapointsToAlarm: 3,
        threshold: 1,
        comparisonOperator: "GreaterThanThreshold",
        statistic: "p99",
        namespace: "AWS/SQS",
        metricName: "x",
      }),
    ],
  ],
  "dashboards without a provider": [
    "grafana-provisioning",
    [
      grafana({
        dashboards: { default: { node: { gnetId: 1860, revision: 37, datasource: "Prometheus" } } },
      }),
    ],
  ],
  "a sign-in without a verified certificate": [
    "grafana-exposure",
    [
      grafana({
        "grafana.ini": {
          server: { root_url: "https://g.acme.io" },
          "auth.generic_oauth": {
            enabled: true,
            tls_skip_verify_insecure: true,
            allowed_domains: "acme.io",
          },
        },
      }),
    ],
  ],
  "log groups that Fluent Bit creates": [
    "log-group-retention",
    [
      chart(
        "aws-for-fluent-bit",
        {
          cloudWatchLogs: {
            enabled: true,
            region: "eu-west-1",
            logGroupName: "/eks/apps",
            autoCreateGroup: true,
          },
        },
        "https://aws.github.io/eks-charts",
      ),
    ],
  ],
  "a chart of Flux with the tag latest": [
    "pinned-charts",
    [
      ...manifests(`
apiVersion: source.toolkit.fluxcd.io/v1
kind: OCIRepository
metadata: {name: kube-prometheus-stack, namespace: monitoring}
spec: {interval: 1h, url: "oci://ghcr.io/prometheus-community/charts/kube-prometheus-stack", ref: {tag: latest}}
---
apiVersion: helm.toolkit.fluxcd.io/v2
kind: HelmRelease
metadata: {name: opencost, namespace: monitoring}
spec: {chartRef: {kind: OCIRepository, name: kube-prometheus-stack}, interval: 1h}
`),
    ],
  ],
  "an ApplicationSet with any version": [
    "pinned-charts",
    manifests(`
apiVersion: argoproj.io/v1alpha1
kind: ApplicationSet
metadata: {name: monitoring, namespace: argocd}
spec:
  generators: [{clusters: {}}]
  template:
    metadata: {name: "{{name}}-monitoring"}
    spec:
      source:
        repoURL: https://prometheus-community.github.io/helm-charts
        chart: kube-prometheus-stack
        targetRevision: "*"
        helm:
          valuesObject: {grafana: {adminPassword: hunter2secret}}
`),
  ],
  "short names of days": [
    "severities-delivered",
    withConfig(`time_intervals: [{name: w, time_intervals: [{weekdays: ["mon:fri"]}]}]`),
  ],
  "a city as a time zone": [
    "severities-delivered",
    withConfig(
      `time_intervals: [{name: w, time_intervals: [{weekdays: ["saturday"], location: "Berlin"}]}]`,
    ),
  ],
  "chanel instead of channel": ["severities-delivered", slack(`        chanel: "#x"`)],
  "sendResolved in the file": ["severities-delivered", slack(`        sendResolved: true`)],
  "smtp_smart_host among the global settings": [
    "severities-delivered",
    withConfig(`global: {smtp_smart_host: "mail:587"}`),
  ],
  "source_matcher instead of source_matchers": [
    "severities-delivered",
    withConfig(
      `inhibit_rules: [{source_matcher: ['severity="critical"'], target_matchers: ['severity="warning"'], equal: [namespace, alertname]},{source_matchers: ['severity="critical"'], target_matchers: ['severity="warning"'], equal: [namespace, alertname]}]`,
    ),
  ],
  "a template that no file defines": [
    "severities-delivered",
    slack(`        title: '{{ template "slack.acme.title" . }}'`),
  ],
  "$labels in a notification": [
    "severities-delivered",
    slack(`        title: '{{ $labels.alertname }}'`),
  ],
  "the labels of all alerts together": [
    "severities-delivered",
    slack(`        title: '{{ .Labels.alertname }}: {{ .Annotations.summary }}'`),
  ],
  "a range without an end": [
    "severities-delivered",
    slack(`        text: '{{ range .Alerts }}{{ .Annotations.summary }}'`),
  ],
  "the configuration in another namespace": [
    "severities-delivered",
    [
      pinned(),
      {
        ...configSecret(),
        props: changed(configSecret().props as PlainMap, { metadata: { namespace: "default" } }),
      },
    ],
  ],
  "a webhook under another key of its Secret": [
    "severities-delivered",
    [
      pinned(),
      configSecret(),
      kube(
        "core/v1:Secret",
        "alertmanager-slack",
        { data: { url: "aHR0cHM6Ly94" } },
        { namespace: "monitoring" },
      ),
    ],
  ],
  "keep_firing_for without a unit": [
    "promql-valid",
    withRules({ ...plain("A", "sum(orders_stuck) > 10"), keep_firing_for: "10" } as never),
  ],
  "a rule that alerts and records": [
    "promql-valid",
    withRules({ ...plain("A", "sum(orders_stuck) > 10"), record: "a:b" }),
  ],
  "annotation instead of annotations": [
    "promql-valid",
    withRules({ ...plain("A", "sum(orders_stuck) > 10"), annotation: { summary: "x" } } as never),
  ],
  "a hyphen in the name of a recorded series": [
    "promql-valid",
    withRules({ record: "shop-errors", expr: "sum(orders_stuck)" }),
  ],
  "a selector without matchLabels": [
    "scrape-cost",
    [
      ...base(),
      ...svc(`  selector: {app: orders}
  endpoints: [{port: metrics}]`),
    ],
  ],
  "namespaces by their labels": [
    "scrape-cost",
    [
      ...base(),
      ...svc(`  selector: {matchLabels: {app: orders}}
  namespaceSelector: {matchLabels: {team: shop}}
  endpoints: [{port: metrics}]`),
    ],
  ],
  "metricRelabeling instead of metricRelabelings": [
    "scrape-cost",
    [
      ...base(),
      ...svc(`  selector: {matchLabels: {app: orders}}
  endpoints: [{port: metrics, metricRelabeling: [{action: drop, sourceLabels: [__name__], regex: "go_.*"}]}]`),
    ],
  ],
  "a condition of nodes without its status": [
    "promql-units",
    withRules(
      rule("NodeNotReady", 'kube_node_status_condition{condition="Ready"} == 0', {
        annotations: {
          summary: "x {{ $labels.node }}",
          description: "y",
          runbook_url: "https://runbooks.shop.io/x",
        },
      }),
    ),
  ],
  "free memory instead of available memory": [
    "promql-units",
    withRules(
      rule("Mem", "node_memory_MemFree_bytes / node_memory_MemTotal_bytes < 0.1", {
        annotations: {
          summary: "x {{ $labels.instance }}",
          description: "y",
          runbook_url: "https://runbooks.shop.io/x",
        },
      }),
    ),
  ],
  "a reason in capitals": [
    "promql-valid",
    withRules(
      rule(
        "OOM",
        'sum by (namespace) (kube_pod_container_status_last_terminated_reason{reason="OOMKILLED"}) > 0',
      ),
    ),
  ],
  "a token in authorization.credentials": [
    "no-plaintext-credentials",
    [
      chart("prometheus-blackbox-exporter", {
        config: {
          modules: {
            a: { http: { authorization: { type: "Bearer", credentials: "q8Zk2mN7xP4vT9wL3sB6" } } },
          },
        },
      }),
    ],
  ],
  "PAGERDUTY_KEY in a variable": [
    "no-plaintext-credentials",
    [
      kube("apps/v1:Deployment", "x", {
        spec: {
          template: {
            spec: {
              containers: [
                {
                  name: "a",
                  env: [{ name: "PAGERDUTY_KEY", value: "0123456789abcdef0123456789abcdef" }],
                },
              ],
            },
          },
        },
      }),
    ],
  ],
  "a Pushgateway on the internet": [
    "grafana-exposure",
    [
      chart("prometheus-pushgateway", {
        ingress: {
          enabled: true,
          className: "nginx",
          hosts: ["push.acme.io"],
          tls: [{ secretName: "x", hosts: ["push.acme.io"] }],
        },
      }),
    ],
  ],
  "Tempo on a load balancer": [
    "grafana-exposure",
    [chart("tempo", { service: { type: "LoadBalancer" } }, community)],
  ],
  "external addresses of Prometheus": [
    "grafana-exposure",
    [
      kube("core/v1:Service", "prometheus-public", {
        spec: {
          selector: { "app.kubernetes.io/name": "prometheus" },
          externalIPs: ["52.1.2.3"],
          ports: [{ port: 9090 }],
        },
      }),
    ],
  ],
  "an infrequent class after a week": [
    "loki-bucket-lifecycle",
    [
      loki(),
      ...bucketParts({
        bucketLifecycleConfiguration: {
          rules: [
            {
              id: "a",
              status: "Enabled",
              filter: { prefix: "fake/" },
              transitions: [{ days: 7, storageClass: "STANDARD_IA" }],
            },
            {
              id: "v",
              status: "Enabled",
              filter: {},
              noncurrentVersionExpiration: { noncurrentDays: 7 },
              abortIncompleteMultipartUpload: { daysAfterInitiation: 7 },
            },
          ],
        },
      }),
    ],
  ],
  "schemas in the wrong order": [
    "loki-retention",
    [
      loki({
        loki: {
          schemaConfig: {
            configs: [
              {
                from: "2024-06-01",
                store: "tsdb",
                object_store: "s3",
                schema: "v13",
                index: { prefix: "index_", period: "24h" },
              },
              {
                from: "2023-01-01",
                store: "tsdb",
                object_store: "s3",
                schema: "v13",
                index: { prefix: "index_", period: "24h" },
              },
            ],
          },
        },
      }),
      ...bucketParts({}),
    ],
  ],
  "max_streams_per_users instead of max_streams_per_user": [
    "loki-retention",
    [
      loki({ loki: { limits_config: { max_streams_per_users: 3, ingestion_burst_size: 20 } } }),
      ...bucketParts({}),
    ],
  ],
};

const write = (url: string, change: PlainMap = {}) => [
  pinned({ prometheus: { prometheusSpec: { remoteWrite: [{ url, ...change }] } } }),
  configSecret(),
];
const withSlack = (title: string, templates?: Record<string, string>) => {
  const secret = slack(`        title: ${JSON.stringify(title)}`)[1];
  const text = textAt(secret?.props, "stringData", "alertmanager.yaml") ?? "";
  const list = templates && 'templates: ["/etc/alertmanager/config/*.tmpl"]\n';
  return [
    pinned(),
    {
      ...configSecret(),
      props: changed(configSecret().props as PlainMap, {
        stringData: { "alertmanager.yaml": `${list ?? ""}${text}`, ...templates },
      }),
    },
  ];
};
const alarm = (props: PlainMap) =>
  aws("cloudwatch/metricAlarm:MetricAlarm", "errors", {
    alarmActions: ["arn:aws:sns:eu-west-1:123456789012:alerts"],
    namespace: "AWS/SQS",
    metricName: "ApproximateAgeOfOldestMessage",
    comparisonOperator: "GreaterThanThreshold",
    threshold: 600,
    ...props,
  });

const sound: Record<string, Resource[]> = {
  "a setting of a newer version of the chart": withValues(
    "prometheus: {prometheusSpec: {sampleCompressionLevel: 3}, shardingPolicy: {}}",
  ),
  "a monitor of the values for the ingress controller": withValues(
    "prometheus: {additionalServiceMonitors: [{name: ingress-nginx, selector: {matchLabels: {app.kubernetes.io/name: ingress-nginx}}, namespaceSelector: {matchNames: [ingress]}, endpoints: [{port: metrics, interval: 30s}]}]}",
  ),
  "a kube-state-metrics of its own": [
    ...withRules(
      plain("DeploymentsIncomplete", "sum(kube_deployment_status_replicas_unavailable) > 0", {
        for: "15m",
      }),
    ).slice(1),
    pinned(changed(selectsAll, { kubeStateMetrics: { enabled: false } })),
    chart("kube-state-metrics", { prometheus: { monitor: { enabled: true } } }),
  ],
  "metrics of a custom resource, and of the kubelet": withRules(
    plain("CertificatesNotReady", 'sum(kube_customresource_certificate_ready{status="False"}) > 0'),
    plain(
      "VolumesFull",
      "max(kubelet_volume_stats_used_bytes / kubelet_volume_stats_capacity_bytes) > 0.9",
    ),
    plain("Throttled", "sum(rate(container_cpu_cfs_throttled_seconds_total[5m])) > 10"),
  ),
  "memory with its caches": withRules(
    rule(
      "MemoryLow",
      "(node_memory_MemFree_bytes + node_memory_Cached_bytes + node_memory_Buffers_bytes) / node_memory_MemTotal_bytes < 0.05",
      {
        annotations: {
          summary: "Memory of {{ $labels.instance }} is low",
          description: "{{ $value | humanizePercentage }} is left.",
          runbook_url: "https://runbooks.shop.io/memory",
        },
      },
    ),
  ),
  "a remote write to Grafana Cloud": write(
    "https://prometheus-prod-24-prod-eu-west-2.grafana.net/api/prom/push",
  ),
  "a remote write to Amazon": write(
    "https://aps-workspaces.eu-west-1.amazonaws.com/workspaces/ws-1/api/v1/remote_write",
    { sigv4: { region: "eu-west-1" } },
  ),
  "a remote write within the cluster": write("http://mimir-nginx.mimir.svc/api/v1/push"),
  "a remote write within the network": write(
    "http://vminsert.acme.internal:8480/insert/0/prometheus/",
    {
      tlsConfig: { insecureSkipVerify: true },
    },
  ),
  "a remote write through a proxy next to Prometheus": [
    pinned({
      prometheus: {
        prometheusSpec: {
          remoteWrite: [{ url: "http://localhost:8005/api/v1/push" }],
          containers: [
            { name: "proxy", image: "public.ecr.aws/aws-observability/aws-sigv4-proxy:1.8" },
          ],
        },
      },
    }),
    configSecret(),
  ],
  "a ThanosRuler with all that it needs": withValues(
    'thanosRuler: {enabled: true, thanosRulerSpec: {queryEndpoints: ["dnssrv+_http._tcp.thanos-query.monitoring.svc"], alertmanagersConfig: {existingSecret: {name: alertmanagers, key: config}}}}',
  ),
  "alerts on logs with an Alertmanager": [
    loki({
      loki: {
        rulerConfig: { alertmanager_url: "http://alertmanager-operated.monitoring.svc:9093" },
      },
      ruler: {
        directories: {
          fake: {
            "rules.txt":
              'groups: [{name: logs, rules: [{alert: Panics, expr: \'sum(rate({app="shop"} |= "panic" [5m])) > 0\'}]}]',
          },
        },
      },
    }),
    ...bucketParts({}),
  ],
  "recorded logs without alerts": [
    loki({
      ruler: {
        directories: {
          fake: {
            "rules.txt":
              "groups: [{name: logs, rules: [{record: logs:rate5m, expr: 'sum(rate({app=\"shop\"}[5m]))'}]}]",
          },
        },
      },
    }),
    ...bucketParts({}),
  ],
  "three parts of Loki": [
    loki({
      deploymentMode: "SimpleScalable",
      singleBinary: { replicas: 0, resources: undefined },
      write: { replicas: 3, resources: { requests: { memory: "2Gi" } } },
      read: { replicas: 2 },
      backend: { replicas: 2 },
    }),
    ...bucketParts({}),
  ],
  "a request ID as structured metadata": [
    loki(),
    ...bucketParts({}),
    promtail({
      clients: [{ url: "http://loki-gateway.monitoring.svc/loki/api/v1/push" }],
      snippets: {
        pipelineStages: [
          { json: { expressions: { request_id: "request_id", level: "level" } } },
          { labels: { level: "" } },
          { structured_metadata: { request_id: "" } },
        ],
      },
    }),
  ],
  "a warning before the critical threshold of Datadog": [
    resource(
      "datadog:index/monitor:Monitor",
      "disk",
      {
        name: "disk",
        type: "metric alert",
        query: "avg(last_5m):avg:system.disk.free{env:prod} < 10",
        message: "@slack-ops",
        monitorThresholds: { critical: "10.0", warning: "20" },
      },
      "prod",
    ),
  ],
  "an alarm on a percentile every half minute": [
    alarm({ period: 30, evaluationPeriods: 5, datapointsToAlarm: 3, extendedStatistic: "p99" }),
  ],
  "a topic with a key of its own": [
    aws("sns/topic:Topic", "alerts", { name: "alerts", kmsMasterKeyId: "alias/alerts" }),
    alarm({ period: 60, evaluationPeriods: 5, statistic: "Maximum" }),
  ],
  "dashboards with their provider": [
    grafana({
      dashboardProviders: {
        "dashboardproviders.yaml": {
          apiVersion: 1,
          providers: [
            {
              name: "default",
              type: "file",
              options: { path: "/var/lib/grafana/dashboards/default" },
            },
          ],
        },
      },
      dashboards: { default: { node: { gnetId: 1860, revision: 37, datasource: "Prometheus" } } },
    }),
  ],
  "a Secret with the keys of the administrator": [
    grafana({
      admin: { existingSecret: "grafana-login", userKey: "user", passwordKey: "password" },
    }),
    kube("core/v1:Secret", "grafana-login", { data: { user: "YWRtaW4=", password: "eA==" } }),
  ],
  "log groups of Fluent Bit with a retention": [
    chart(
      "aws-for-fluent-bit",
      { cloudWatchLogs: { enabled: true, autoCreateGroup: true, logRetentionDays: 30 } },
      "https://aws.github.io/eks-charts",
    ),
  ],
  "manifests of Flux by a moving tag": manifests(`
apiVersion: source.toolkit.fluxcd.io/v1
kind: OCIRepository
metadata: {name: podinfo, namespace: flux-system}
spec: {interval: 1h, url: "oci://ghcr.io/stefanprodan/manifests/podinfo", ref: {tag: latest}}
`),
  "an ApplicationSet with one version": manifests(`
apiVersion: argoproj.io/v1alpha1
kind: ApplicationSet
metadata: {name: reloader, namespace: argocd}
spec:
  generators: [{clusters: {}}]
  template:
    metadata: {name: "{{name}}-adapter"}
    spec:
      source:
        repoURL: https://prometheus-community.github.io/helm-charts
        chart: prometheus-adapter
        targetRevision: 5.1.0
        helm: {valuesObject: {replicas: 2}}
`),
  "a template that a file of the Secret defines": withSlack('{{ template "acme.title" . }}', {
    "slack.tmpl": '{{ define "acme.title" }}{{ .CommonLabels.alertname }}{{ end }}',
  }),
  "templates of Alertmanager, loops and variables": withSlack(
    '{{ template "slack.default.title" . }}{{ $first := index .Alerts 0 }}{{ with $first }}{{ .Labels.pod }}{{ end }}{{ range .Alerts.Firing }}{{ .Annotations.summary }}{{ if .Labels.node }}{{ .Labels.node }}{{ end }}{{ end }}',
  ),
  "the webhook under the key of its file": [
    pinned(),
    configSecret(),
    kube(
      "core/v1:Secret",
      "alertmanager-slack",
      { data: { "webhook-url": "aHR0cHM6Ly94" } },
      { namespace: "monitoring" },
    ),
  ],
  "weekends in a time zone": withConfig(
    'time_intervals: [{name: weekends, time_intervals: [{weekdays: ["saturday:sunday"], location: Europe/Berlin}, {weekdays: [Monday], months: ["1", "december"], location: Local}]}]',
  ),
  "an alert that keeps firing, and a recorded ratio": withRules(
    { ...plain("OrdersStuck", "sum(orders_stuck) > 10"), keep_firing_for: "10m" } as RuleFixture,
    { record: "shop:orders_stuck:sum", expr: "sum(orders_stuck)" },
  ),
  "a monitor of each namespace": [
    ...base(),
    ...manifests(`
apiVersion: monitoring.coreos.com/v1
kind: PodMonitor
metadata: {name: istiod, namespace: istio-system, labels: {release: prometheus}}
spec:
  selector: {matchExpressions: [{key: app, operator: In, values: [istiod]}]}
  namespaceSelector: {any: true}
  podMetricsEndpoints: [{port: metrics, interval: 30s, metricRelabelings: [{action: drop, sourceLabels: [__name__], regex: "go_.*"}]}]
`),
  ],
  "infrequent access after 30 days": [
    loki(),
    ...bucketParts({
      bucketLifecycleConfiguration: {
        rules: [
          {
            id: "a",
            status: "Enabled",
            filter: { prefix: "fake/" },
            transitions: [{ days: 30, storageClass: "STANDARD_IA" }],
          },
          {
            id: "v",
            status: "Enabled",
            filter: {},
            noncurrentVersionExpiration: { noncurrentDays: 7 },
            abortIncompleteMultipartUpload: { daysAfterInitiation: 7 },
          },
        ],
      },
    }),
  ],
};

describe("the seventh red team", () => {
  itJudges(mistakes, sound);
});
