import { stringify } from "yaml";
import { PlainMap } from "../../../policies/facts/plain";
import { Resource } from "../../../policies/facts/resource";
import {
  bucketName,
  changed,
  configSecret,
  goodConfig,
  podTrust,
  policyDocument,
  stackValues,
  webTrust,
} from "../platformSubjects";
import {
  Mistakes,
  argo,
  base,
  bucketParts,
  chart,
  community,
  delivering,
  flux,
  grafana,
  itJudges,
  kube,
  loki,
  manifests,
  pinned,
  plain,
  repo,
  rule,
  ruleObject,
  selectsAll,
  withConfig,
  withRules,
  withValues,
} from "./subjects";
import { resource } from "../subjects";

const terraform = (name: string, set: Record<string, string>, values: PlainMap): Resource =>
  resource(
    "helm:index/release:Release",
    name,
    {
      chart: name,
      name,
      version: "88.5.3",
      repository: repo,
      values: [stringify(values)],
      sets: Object.entries(set).map(([key, value]) => ({ name: key, value })),
    },
    "prod",
  );
const dashboard = JSON.stringify({
  title: "Orders",
  schemaVersion: 39,
  panels: [{ type: "timeseries", title: "Requests" }],
});
const role = (name: string, props: PlainMap): Resource =>
  resource("aws:iam/role:Role", name, { name, ...props }, "prod");

const mistakes: Mistakes = {
  "used disk space above 85, of a ratio": [
    "promql-units",
    withRules(
      plain(
        "DiskFull",
        '1 - (node_filesystem_avail_bytes{mountpoint="/"} / node_filesystem_size_bytes{mountpoint="/"}) > 85',
      ),
    ),
  ],
  "a latency in milliseconds above half a second": [
    "promql-units",
    withRules(
      plain(
        "Slow",
        "histogram_quantile(0.95, sum by (le, service) (rate(checkout_duration_milliseconds_bucket[5m]))) > 0.5",
      ),
    ),
  ],
  "routes at the top level": [
    "severities-delivered",
    withConfig('routes:\n  - matchers: [severity="critical"]\n    receiver: slack\n'),
  ],
  "send_resolved among the global settings": [
    "severities-delivered",
    withConfig(
      'global:\n  resolve_timeout: 5m\n  send_resolved: true\nreceivers:\n  - {name: "null"}\n  - name: heartbeat\n    webhook_configs: [{url_file: /etc/alertmanager/secrets/heartbeat/url}]\n  - name: slack\n    slack_configs: [{channel: "#alerts"}]\n',
    ),
  ],
  "the webhook in a Secret of another name": [
    "severities-delivered",
    withConfig("global:\n  slack_api_url_file: /etc/alertmanager/secrets/slack-webhook/url\n"),
  ],
  "noisy alerts of Kubernetes to nobody": [
    "severities-delivered",
    withConfig(
      'route:\n  routes:\n    - matchers: [alertname="Watchdog"]\n      receiver: heartbeat\n    - matchers: [alertname=~"Kube.*"]\n      receiver: "null"\n',
    ),
  ],
  "a receiver of a namespace without a webhook": [
    "severities-delivered",
    [
      pinned({
        alertmanager: {
          alertmanagerSpec: {
            useExistingSecret: false,
            configSecret: undefined,
            alertmanagerConfigMatcherStrategy: { type: "None" },
          },
        },
      }),
      ...manifests(`
apiVersion: monitoring.coreos.com/v1beta1
kind: AlertmanagerConfig
metadata: {name: main, namespace: monitoring}
spec:
  route: {receiver: slack, groupBy: [alertname]}
  receivers:
    - name: slack
      slackConfigs: [{channel: "#alerts", sendResolved: true}]
`),
    ],
  ],
  "one replica, in a set of Terraform": [
    "prod-high-availability",
    [
      terraform(
        "kube-prometheus-stack",
        { "prometheus.prometheusSpec.replicas": "1" },
        stackValues,
      ),
    ],
  ],
  "a password of Grafana in a HelmRelease of Flux": [
    "no-plaintext-credentials",
    [flux("grafana", { adminUser: "admin", adminPassword: "S3cretPassw0rd" })],
  ],
  "an ingress of Prometheus without a login, in an Application of Argo CD": [
    "grafana-exposure",
    [
      argo(
        "kube-prometheus-stack",
        changed(stackValues, {
          prometheus: {
            ingress: {
              enabled: true,
              ingressClassName: "nginx",
              hosts: ["prometheus.acme-corp.io"],
              tls: [{ secretName: "t", hosts: ["prometheus.acme-corp.io"] }],
            },
          },
        }),
      ),
    ],
  ],
  "a range of versions": [
    "pinned-charts",
    [
      kube("helm.toolkit.fluxcd.io/v2:HelmRelease", "loki", {
        spec: {
          chart: {
            spec: {
              chart: "loki",
              version: "18.x",
              sourceRef: { kind: "HelmRepository", name: "grafana" },
            },
          },
          values: {},
        },
      }),
    ],
  ],
  "a configuration under a key that the chart does not read": [
    "severities-delivered",
    [
      pinned({
        alertmanager: {
          configuration: goodConfig,
          alertmanagerSpec: { useExistingSecret: false, configSecret: undefined },
        },
      }),
    ],
  ],
  "a monitor with the recommended label, and a Service with the older one": [
    "rules-are-loaded",
    [
      ...base(),
      ...manifests(`
apiVersion: v1
kind: Service
metadata: {name: orders-exporter, namespace: shop, labels: {app: orders-exporter}}
spec: {selector: {app: orders-exporter}, ports: [{name: http-metrics, port: 9100}]}
---
apiVersion: monitoring.coreos.com/v1
kind: ServiceMonitor
metadata: {name: orders-exporter, namespace: shop}
spec: {selector: {matchLabels: {app.kubernetes.io/name: orders-exporter}}, endpoints: [{port: http-metrics}]}
`),
    ],
  ],
  "the number of a port": [
    "rules-are-loaded",
    [
      ...base(),
      ...manifests(`
apiVersion: v1
kind: Service
metadata: {name: redis-exporter, namespace: shop, labels: {app: redis-exporter}}
spec: {selector: {app: redis-exporter}, ports: [{name: metrics, port: 9121}]}
---
apiVersion: monitoring.coreos.com/v1
kind: ServiceMonitor
metadata: {name: redis-exporter, namespace: shop}
spec: {selector: {matchLabels: {app: redis-exporter}}, endpoints: [{port: "9121", interval: 30s}]}
`),
    ],
  ],
  "a container port without a name": [
    "rules-are-loaded",
    [
      pinned(
        changed(selectsAll, {
          prometheus: { prometheusSpec: { podMonitorSelectorNilUsesHelmValues: false } },
        }),
      ),
      configSecret(),
      ...manifests(`
apiVersion: apps/v1
kind: StatefulSet
metadata: {name: kafka-exporter, namespace: shop}
spec:
  template:
    metadata: {labels: {app: kafka-exporter}}
    spec: {containers: [{name: exporter, image: "kafka-exporter:1.9", ports: [{containerPort: 9308}]}]}
---
apiVersion: monitoring.coreos.com/v1
kind: PodMonitor
metadata: {name: kafka-exporter, namespace: shop}
spec: {selector: {matchLabels: {app: kafka-exporter}}, podMetricsEndpoints: [{port: metrics}]}
`),
    ],
  ],
  "a network policy that admits the ingress controller alone": [
    "rules-are-loaded",
    [
      ...base(),
      ...manifests(`
apiVersion: v1
kind: Service
metadata: {name: orders-exporter, namespace: shop, labels: {app: orders-exporter}}
spec: {selector: {app: orders-exporter}, ports: [{name: metrics, port: 9100}]}
---
apiVersion: monitoring.coreos.com/v1
kind: ServiceMonitor
metadata: {name: orders-exporter, namespace: shop}
spec: {selector: {matchLabels: {app: orders-exporter}}, endpoints: [{port: metrics}]}
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: orders, namespace: shop}
spec:
  podSelector: {matchLabels: {app: orders-exporter}}
  policyTypes: [Ingress, Egress]
  ingress: [{from: [{namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: ingress-nginx}}}]}]
  egress: [{}]
`),
    ],
  ],
  "Loki as the default data source too": [
    "grafana-provisioning",
    [
      ...base(),
      ...manifests(`
apiVersion: v1
kind: ConfigMap
metadata: {name: loki-datasource, namespace: monitoring, labels: {grafana_datasource: "1"}}
data:
  loki.yaml: |
    apiVersion: 1
    datasources:
      - {name: Loki, type: loki, access: proxy, url: "http://loki-gateway.monitoring.svc", isDefault: true}
`),
    ],
  ],
  "a dashboard with a hyphen in its label": [
    "grafana-provisioning",
    [
      ...base(),
      kube(
        "core/v1:ConfigMap",
        "orders-dashboard",
        { data: { "orders.json": dashboard } },
        { labels: { "grafana-dashboard": "1" } },
      ),
    ],
  ],
  "a dashboard in the namespace of the service": [
    "grafana-provisioning",
    [
      grafana({ sidecar: { dashboards: { enabled: true } } }),
      kube(
        "core/v1:ConfigMap",
        "orders-dashboard",
        { data: { "orders.json": dashboard } },
        { labels: { grafana_dashboard: "1" } },
      ),
    ],
  ],
  "30 days of logs without the compactor": [
    "loki-retention",
    [
      chart(
        "loki",
        {
          loki: {
            auth_enabled: false,
            limits_config: { retention_period: "720h" },
            storage: { type: "s3", bucketNames: { chunks: bucketName } },
          },
        },
        community,
      ),
    ],
  ],
  "one writer of logs": [
    "prod-high-availability",
    [
      loki({
        deploymentMode: "SimpleScalable",
        singleBinary: { replicas: 0 },
        write: { replicas: 1, resources: { requests: { memory: "1Gi" } } },
      }),
    ],
  ],
  "objects that the bucket expires, in the older form": [
    "loki-bucket-lifecycle",
    [
      loki(),
      resource(
        "aws:s3/bucket:Bucket",
        "loki-chunks",
        {
          bucket: bucketName,
          lifecycleRules: [
            {
              enabled: true,
              expiration: { days: 30 },
              abortIncompleteMultipartUploadDays: 3,
              noncurrentVersionExpiration: { days: 3 },
            },
          ],
        },
        "prod",
      ),
    ],
  ],
  "the service account of any namespace": [
    "loki-iam-least-privilege",
    [
      role("loki", {
        assumeRolePolicy: policyDocument(
          webTrust({
            StringLike: {
              "oidc.eks.us-east-1.amazonaws.com/id/ABC:sub": "system:serviceaccount:*:loki",
            },
          }),
        ),
      }),
    ],
  ],
  "every action in an inline policy of the role": [
    "loki-iam-least-privilege",
    [
      role("loki", {
        assumeRolePolicy: policyDocument(podTrust),
        inlinePolicies: [
          {
            name: "s3",
            policy: policyDocument({ Effect: "Allow", Action: "s3:*", Resource: "*" }),
          },
        ],
      }),
    ],
  ],
  "an alarm without an action": [
    "severities-delivered",
    [
      resource(
        "aws:cloudwatch/metricAlarm:MetricAlarm",
        "queue-depth",
        {
          name: "queue-depth",
          namespace: "AWS/SQS",
          metricName: "ApproximateNumberOfMessagesVisible",
          comparisonOperator: "GreaterThanThreshold",
          threshold: 1000,
          evaluationPeriods: 3,
          alarmActions: [],
        },
        "prod",
      ),
    ],
  ],
  "a monitor of Datadog that names a channel without a handle": [
    "severities-delivered",
    [
      resource(
        "datadog:index/monitor:Monitor",
        "checkout-errors",
        {
          name: "Checkout errors",
          type: "query alert",
          query: "sum(last_5m):sum:trace.http.request.errors{service:checkout}.as_count() > 50",
          message: "Errors of the checkout are high. Notify slack-checkout-oncall.",
          monitorThresholds: { critical: "50" },
        },
        "prod",
      ),
    ],
  ],
  "a key of Datadog in a DaemonSet": [
    "no-plaintext-credentials",
    [
      kube("apps/v1:DaemonSet", "datadog-agent", {
        spec: {
          template: {
            spec: {
              containers: [
                {
                  name: "agent",
                  image: "datadog/agent:7",
                  env: [
                    { name: "DD_API_KEY", value: "0123456789abcdef".repeat(2) },
                    { name: "DD_SITE", value: "datadoghq.eu" },
                  ],
                },
              ],
            },
          },
        },
      }),
    ],
  ],
  "a password of the remote storage": [
    "no-plaintext-credentials",
    withValues(
      'prometheus:\n  prometheusSpec:\n    remoteWrite:\n      - url: https://prometheus-prod-01.grafana.net/api/prom/push\n        basic_auth: {username: "123456", password: "c0rrectHorseBattery"}\n',
    ),
  ],
  "the instance of a sum by job, in the other notation": [
    "promql-valid",
    withRules(
      rule("Lag", "sum by (job) (queue_lag) > 1000", {
        annotations: {
          summary: "{{ .Labels.instance }} lags",
          description: "By {{ .Value }}.",
          runbook_url: "https://runbooks.shop.io/lag",
        },
      }),
    ),
  ],
  "an empty selector of rules, which the chart replaces": [
    "rules-are-loaded",
    [
      ...withValues(
        "prometheus:\n  prometheusSpec:\n    ruleSelector: {}\n    ruleNamespaceSelector: {}\n",
      ),
      ruleObject(plain("Backlog", "queue_length > 1000")),
    ],
  ],
};

const jsonnet = manifests(`
apiVersion: monitoring.coreos.com/v1
kind: Prometheus
metadata: {name: k8s, namespace: monitoring, labels: {app.kubernetes.io/name: prometheus}}
spec:
  replicas: 2
  retention: 15d
  retentionSize: 90GB
  externalLabels: {cluster: eu-1}
  enforcedSampleLimit: 50000
  scrapeInterval: 30s
  resources: {requests: {memory: 4Gi}}
  ruleSelector: {}
  ruleNamespaceSelector: {}
  serviceMonitorSelector: {}
  serviceMonitorNamespaceSelector: {}
  alerting: {alertmanagers: [{apiVersion: v2, name: alertmanager-main, namespace: monitoring, port: web}]}
  storage: {volumeClaimTemplate: {spec: {resources: {requests: {storage: 120Gi}}}}}
---
apiVersion: monitoring.coreos.com/v1
kind: Alertmanager
metadata: {name: main, namespace: monitoring}
spec: {replicas: 3, resources: {requests: {memory: 100Mi}}, secrets: [alertmanager-slack, heartbeat]}
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: prometheus-k8s, namespace: monitoring}
spec:
  podSelector: {matchLabels: {app.kubernetes.io/name: prometheus}}
  policyTypes: [Egress, Ingress]
  egress: [{}]
  ingress:
    - from: [{podSelector: {matchLabels: {app.kubernetes.io/name: grafana}}}]
      ports: [{port: 9090, protocol: TCP}]
`);
const mainSecret = kube(
  "core/v1:Secret",
  "alertmanager-main",
  { stringData: { "alertmanager.yaml": stringify(goodConfig) } },
  { namespace: "monitoring" },
);

const sound: Record<string, Resource[]> = {
  "the objects of kube-prometheus": [
    ...jsonnet,
    mainSecret,
    ...manifests(`
apiVersion: monitoring.coreos.com/v1
kind: PrometheusRule
metadata: {name: etcd, namespace: monitoring, labels: {prometheus: k8s, role: alert-rules}}
spec:
  groups:
    - name: etcd
      rules:
        - alert: etcdHighFsyncDurations
          annotations: {summary: etcd is slow, description: "99th percentile is {{ $value }}s on {{ $labels.instance }}.", runbook_url: "https://runbooks.prometheus-operator.dev/runbooks/etcd"}
          expr: 'histogram_quantile(0.99, rate(etcd_disk_wal_fsync_duration_seconds_bucket{job="etcd"}[5m])) > 0.5'
          for: 10m
          labels: {severity: warning}
`),
  ],
  "user workload monitoring of OpenShift": manifests(`
apiVersion: monitoring.coreos.com/v1
kind: ServiceMonitor
metadata: {name: redis-exporter, namespace: shop}
spec: {selector: {matchLabels: {app: redis-exporter}}, endpoints: [{port: web, interval: 30s, scheme: http}]}
---
apiVersion: monitoring.coreos.com/v1
kind: PrometheusRule
metadata: {name: redis, namespace: shop, labels: {openshift.io/prometheus-rule-evaluation-scope: leaf-prometheus}}
spec:
  groups:
    - name: redis
      rules:
        - alert: RedisMemoryHigh
          expr: 'redis_memory_used_bytes / redis_memory_max_bytes > 0.9 and redis_memory_max_bytes > 0'
          for: 10m
          labels: {severity: warning}
          annotations: {summary: Redis is full, description: "Redis uses {{ $value | humanizePercentage }}.", runbook_url: "https://wiki.acme-corp.io/redis"}
---
apiVersion: monitoring.coreos.com/v1beta1
kind: AlertmanagerConfig
metadata: {name: shop, namespace: shop}
spec:
  route: {receiver: slack, groupBy: [alertname, service], groupWait: 30s, groupInterval: 5m, repeatInterval: 12h}
  receivers: [{name: slack, slackConfigs: [{apiURL: {name: slack, key: url}, channel: "#shop", sendResolved: true}]}]
`),
  "Grafana Cloud with the Kubernetes monitoring chart": [
    chart(
      "k8s-monitoring",
      {
        cluster: { name: "eu-1" },
        destinations: [
          {
            name: "metrics",
            type: "prometheus",
            url: "https://prometheus-prod-01-eu-west-0.grafana.net/api/prom/push",
            auth: { type: "basic" },
            secret: { create: false, name: "grafana-cloud", namespace: "monitoring" },
          },
          {
            name: "logs",
            type: "loki",
            url: "https://logs-prod-012.grafana.net/loki/api/v1/push",
            auth: { type: "basic" },
            tenantId: "123456",
            secret: { create: false, name: "grafana-cloud" },
          },
        ],
        clusterMetrics: { enabled: true },
        podLogs: { enabled: true },
      },
      "https://grafana.github.io/helm-charts",
    ),
  ],
  "Thanos with a sign-in in front of its query": [
    pinned({
      prometheus: {
        prometheusSpec: {
          retention: "12h",
          retentionSize: "30GiB",
          disableCompaction: true,
          thanos: {
            objectStorageConfig: {
              existingSecret: { name: "thanos-objstore", key: "objstore.yml" },
            },
          },
        },
      },
    }),
    configSecret(),
    ...manifests(`
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata:
  name: thanos-query
  namespace: monitoring
  annotations:
    cert-manager.io/cluster-issuer: letsencrypt
    nginx.ingress.kubernetes.io/auth-url: https://oauth2.acme-corp.io/oauth2/auth
    nginx.ingress.kubernetes.io/auth-signin: https://oauth2.acme-corp.io/oauth2/start
spec:
  ingressClassName: nginx
  tls: [{hosts: [thanos.acme-corp.io], secretName: thanos-tls}]
  rules: [{host: thanos.acme-corp.io, http: {paths: [{path: /, pathType: Prefix, backend: {service: {name: thanos-query, port: {name: http}}}}]}}]
`),
  ],
  "an agent that writes to Mimir, which evaluates the rules": [
    pinned({
      prometheus: {
        agentMode: true,
        prometheusSpec: {
          retention: undefined,
          retentionSize: undefined,
          remoteWrite: [
            { url: "https://mimir.acme-corp.io/api/v1/push", headers: { "X-Scope-OrgID": "eu-1" } },
          ],
        },
      },
      alertmanager: { enabled: false },
      defaultRules: { create: false },
    }),
  ],
  "the operator of Datadog, and composed monitors": [
    kube("datadoghq.com/v2alpha1:DatadogAgent", "datadog", {
      spec: {
        global: {
          site: "datadoghq.eu",
          clusterName: "eu-1",
          credentials: { apiSecret: { secretName: "datadog", keyName: "api-key" } },
        },
        features: { logCollection: { enabled: true } },
      },
    }),
    resource(
      "datadog:index/monitor:Monitor",
      "errors",
      {
        name: "Errors",
        type: "query alert",
        query: "sum(last_5m):sum:errors{service:cart} > 5",
        message: "Errors of cart",
      },
      "prod",
    ),
    resource(
      "datadog:index/monitor:Monitor",
      "latency",
      {
        name: "Latency",
        type: "query alert",
        query: "avg(last_5m):avg:latency{service:cart} > 1",
        message: "Latency of cart",
      },
      "prod",
    ),
    resource(
      "datadog:index/monitor:Monitor",
      "degraded",
      {
        name: "Degraded",
        type: "composite",
        query: "1 && 2",
        message: "Cart is degraded {{#is_alert}}@pagerduty-cart{{/is_alert}}",
      },
      "prod",
    ),
  ],
  "Elastic on Kubernetes": manifests(`
apiVersion: elasticsearch.k8s.elastic.co/v1
kind: Elasticsearch
metadata: {name: logs, namespace: elastic}
spec:
  version: 9.1.0
  nodeSets: [{name: default, count: 3, config: {node.store.allow_mmap: false}, podTemplate: {spec: {containers: [{name: elasticsearch, resources: {requests: {memory: 4Gi, cpu: 1}, limits: {memory: 4Gi}}}]}}}]
---
apiVersion: kibana.k8s.elastic.co/v1
kind: Kibana
metadata: {name: logs, namespace: elastic}
spec: {version: 9.1.0, count: 2, elasticsearchRef: {name: logs}}
`),
  "Grafana on a shared load balancer of AWS": [
    grafana({
      ingress: {
        enabled: true,
        ingressClassName: "alb",
        hosts: ["grafana.acme-corp.io"],
        annotations: {
          "alb.ingress.kubernetes.io/group.name": "tools",
          "alb.ingress.kubernetes.io/scheme": "internet-facing",
          "alb.ingress.kubernetes.io/target-type": "ip",
          "alb.ingress.kubernetes.io/listen-ports": '[{"HTTP": 80}, {"HTTPS": 443}]',
          "alb.ingress.kubernetes.io/ssl-redirect": "443",
        },
      },
    }),
  ],
  "Grafana behind Istio": manifests(`
apiVersion: networking.istio.io/v1
kind: Gateway
metadata: {name: public, namespace: istio-ingress}
spec: {selector: {istio: ingress}, servers: [{port: {number: 443, name: https, protocol: HTTPS}, tls: {mode: SIMPLE, credentialName: wildcard}, hosts: ["*.acme-corp.io"]}]}
---
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: {name: grafana, namespace: monitoring}
spec: {hosts: [grafana.acme-corp.io], gateways: [istio-ingress/public], http: [{route: [{destination: {host: grafana.monitoring.svc.cluster.local, port: {number: 80}}}]}]}
`),
  "a certificate of cert-manager": [
    grafana({
      ingress: {
        enabled: true,
        ingressClassName: "nginx",
        annotations: { "cert-manager.io/cluster-issuer": "letsencrypt-prod" },
        hosts: ["grafana.acme-corp.io"],
        tls: [{ secretName: "grafana-tls", hosts: ["grafana.acme-corp.io"] }],
      },
      "grafana.ini": {
        server: { root_url: "https://grafana.acme-corp.io" },
        "auth.github": {
          enabled: true,
          allow_sign_up: true,
          allowed_organizations: "acme-corp",
          client_id: "$__file{/etc/secrets/id}",
          client_secret: "$__file{/etc/secrets/secret}",
        },
      },
    }),
  ],
  "tenants of Loki": [
    loki({
      loki: {
        auth_enabled: true,
        limits_config: {
          retention_stream: [{ selector: '{namespace="audit"}', priority: 1, period: "2160h" }],
        },
      },
    }),
    chart(
      "alloy",
      {
        alloy: {
          configMap: {
            content:
              'loki.write "default" {\n  endpoint {\n    url       = "http://loki-gateway.monitoring.svc/loki/api/v1/push"\n    tenant_id = "shop"\n  }\n}\n',
          },
        },
      },
      "https://grafana.github.io/helm-charts",
    ),
  ],
  "Loki in a bucket of Google, with workload identity": [
    loki({
      serviceAccount: {
        annotations: { "iam.gke.io/gcp-service-account": "loki@acme-corp.iam.gserviceaccount.com" },
      },
      loki: {
        storage: { type: "gcs", bucketNames: { chunks: "acme-loki" } },
        compactor: { delete_request_store: "gcs" },
        schemaConfig: {
          configs: [
            {
              from: "2024-04-01",
              store: "tsdb",
              object_store: "gcs",
              schema: "v13",
              index: { prefix: "loki_index_", period: "24h" },
            },
          ],
        },
      },
    }),
    resource(
      "gcp:storage/bucket:Bucket",
      "acme-loki",
      {
        name: "acme-loki",
        location: "EU",
        uniformBucketLevelAccess: true,
        publicAccessPrevention: "enforced",
      },
      "prod",
    ),
  ],
  "a bucket with versions and a copy in another region": [
    loki(),
    ...bucketParts({
      bucketPolicy: {
        policy: policyDocument({
          Sid: "TlsOnly",
          Effect: "Deny",
          Principal: { AWS: "*" },
          Action: "s3:*",
          Resource: [`arn:aws:s3:::${bucketName}`, `arn:aws:s3:::${bucketName}/*`],
          Condition: { Bool: { "aws:SecureTransport": false } },
        }),
      },
    }),
    role("replication", {
      assumeRolePolicy: policyDocument({
        Effect: "Allow",
        Principal: { Service: "s3.amazonaws.com" },
        Action: "sts:AssumeRole",
      }),
    }),
  ],
  "an Alertmanager of another cluster": manifests(`
apiVersion: monitoring.coreos.com/v1
kind: Prometheus
metadata: {name: apps, namespace: monitoring}
spec:
  replicas: 2
  retention: 30d
  retentionSize: 170GB
  scrapeInterval: 30s
  sampleLimit: 50000
  resources: {requests: {memory: 8Gi}}
  ruleSelector: {}
  storage: {volumeClaimTemplate: {spec: {storageClassName: gp3, resources: {requests: {storage: 200Gi}}}}}
  additionalAlertManagerConfigs: {name: alertmanagers, key: config.yaml}
---
apiVersion: monitoring.coreos.com/v1
kind: PrometheusRule
metadata: {name: apps, namespace: monitoring}
spec: {groups: [{name: apps, rules: [{alert: TargetMissing, expr: "up == 0", for: 10m, labels: {severity: warning}, annotations: {summary: down, description: "{{ $labels.instance }} is down.", runbook_url: "https://wiki.acme-corp.io/down"}}]}]}
`),
  "a HelmRelease of Flux with all that belongs to it": [
    ...manifests(`
apiVersion: source.toolkit.fluxcd.io/v1
kind: HelmRepository
metadata: {name: grafana, namespace: flux-system}
spec: {interval: 1h, url: "https://grafana-community.github.io/helm-charts"}
---
apiVersion: helm.toolkit.fluxcd.io/v2
kind: HelmRelease
metadata: {name: grafana, namespace: monitoring}
spec:
  interval: 10m
  chart: {spec: {chart: grafana, version: 10.1.4, sourceRef: {kind: HelmRepository, name: grafana, namespace: flux-system}}}
  install: {crds: Create, remediation: {retries: 3}}
  values:
    admin: {existingSecret: grafana-admin, userKey: user, passwordKey: password}
    persistence: {enabled: true, size: 10Gi}
    sidecar: {dashboards: {enabled: true, searchNamespace: ALL}, datasources: {enabled: true}}
    resources: {requests: {cpu: 100m, memory: 256Mi}, limits: {memory: 512Mi}}
`),
  ],
  "an ApplicationSet of Argo CD": manifests(`
apiVersion: argoproj.io/v1alpha1
kind: ApplicationSet
metadata: {name: monitoring, namespace: argocd}
spec:
  generators: [{clusters: {selector: {matchLabels: {env: prod}}}}]
  template:
    metadata: {name: "monitoring-{{name}}"}
    spec: {project: platform, source: {repoURL: "https://github.com/acme-corp/platform", path: monitoring, targetRevision: main}, destination: {server: "{{server}}", namespace: monitoring}}
`),
  "dashboards by label, in a folder": [
    ...base(),
    kube(
      "core/v1:ConfigMap",
      "orders-dashboard",
      { data: { "orders.json": dashboard } },
      { labels: { grafana_dashboard: "1" }, annotations: { grafana_folder: "Shop" } },
    ),
  ],
  "more data sources beside the default": withValues(`
grafana:
  additionalDataSources:
    - {name: Loki, type: loki, uid: loki, url: "http://loki-gateway.loki.svc:80", jsonData: {derivedFields: [{name: trace, matcherRegex: "traceID=(\\\\w+)", url: "$\${__value.raw}", datasourceUid: tempo}]}}
    - {name: Tempo, type: tempo, uid: tempo, url: "http://tempo.tempo.svc:3200", isDefault: false}
`),
  "Mimir as the default data source": withValues(
    'grafana:\n  sidecar: {datasources: {isDefaultDatasource: false}}\n  additionalDataSources:\n    - {name: Mimir, type: prometheus, uid: mimir, url: "http://mimir-gateway.mimir.svc/prometheus", isDefault: true, jsonData: {httpHeaderName1: X-Scope-OrgID}, secureJsonData: {httpHeaderValue1: shop}}\n',
  ),
  "three replicas of Grafana with Postgres": [
    grafana({
      replicas: 3,
      podDisruptionBudget: { minAvailable: 1 },
      "grafana.ini": {
        database: {
          type: "postgres",
          host: "grafana-db.acme-corp.internal:5432",
          name: "grafana",
          ssl_mode: "require",
        },
        unified_alerting: { ha_peers: "grafana-headless:9094" },
      },
      envValueFrom: {
        GF_DATABASE_PASSWORD: { secretKeyRef: { name: "grafana-db", key: "password" } },
      },
    }),
  ],
  "monitors of a chart in another namespace": [
    ...base(),
    ...manifests(`
apiVersion: monitoring.coreos.com/v1
kind: ServiceMonitor
metadata: {name: cert-manager, namespace: monitoring, labels: {team: platform}}
spec: {namespaceSelector: {matchNames: [cert-manager]}, selector: {matchLabels: {app.kubernetes.io/name: cert-manager}}, endpoints: [{port: tcp-prometheus-servicemonitor, interval: 60s}]}
`),
  ],
  "annotations for the agent of Datadog": [
    ...base(),
    chart(
      "datadog",
      { datadog: { apiKeyExistingSecret: "datadog", prometheusScrape: { enabled: true } } },
      "https://helm.datadoghq.com",
    ),
    kube(
      "core/v1:Service",
      "orders",
      { spec: { selector: { app: "orders" }, ports: [{ name: "http", port: 80 }] } },
      { annotations: { "prometheus.io/scrape": "true", "prometheus.io/port": "8080" } },
    ),
  ],
  "a default denial, and an exception for monitoring": [
    ...base(),
    ...manifests(`
apiVersion: v1
kind: Service
metadata: {name: orders-exporter, namespace: shop, labels: {app: orders-exporter}}
spec: {selector: {app: orders-exporter}, ports: [{name: metrics, port: 9100}]}
---
apiVersion: monitoring.coreos.com/v1
kind: ServiceMonitor
metadata: {name: orders-exporter, namespace: shop}
spec: {selector: {matchLabels: {app: orders-exporter}}, endpoints: [{port: metrics}]}
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: default-deny, namespace: shop}
spec: {podSelector: {}, policyTypes: [Ingress, Egress]}
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: allow-monitoring, namespace: shop}
spec: {podSelector: {}, policyTypes: [Ingress], ingress: [{from: [{namespaceSelector: {matchLabels: {name: monitoring}}, podSelector: {matchLabels: {app.kubernetes.io/name: prometheus}}}], ports: [{port: 9100}]}]}
`),
  ],
  "alarms with a topic, and a composite": [
    resource(
      "aws:cloudwatch/metricAlarm:MetricAlarm",
      "alb-5xx",
      {
        name: "alb-5xx",
        comparisonOperator: "GreaterThanThreshold",
        threshold: 10,
        evaluationPeriods: 2,
        alarmActions: ["arn:aws:sns:eu-west-1:123456789012:alerts"],
        okActions: ["arn:aws:sns:eu-west-1:123456789012:alerts"],
        treatMissingData: "notBreaching",
      },
      "prod",
    ),
    resource(
      "aws:cloudwatch/metricAlarm:MetricAlarm",
      "db-cpu",
      {
        name: "db-cpu",
        comparisonOperator: "GreaterThanThreshold",
        threshold: 90,
        evaluationPeriods: 3,
      },
      "prod",
    ),
    resource(
      "aws:cloudwatch/compositeAlarm:CompositeAlarm",
      "db",
      {
        alarmName: "db",
        alarmRule: "ALARM(db-cpu)",
        alarmActions: ["arn:aws:sns:eu-west-1:123456789012:alerts"],
      },
      "prod",
    ),
  ],
  "on call at night for critical alerts, and a channel by day": delivering({
    route: {
      routes: [
        goodConfig.route.routes[0],
        goodConfig.route.routes[1],
        {
          matchers: ['severity="critical"'],
          receiver: "oncall",
          repeat_interval: "4h",
          continue: true,
        },
        { matchers: ['severity="warning"'], receiver: "slack", active_time_intervals: ["office"] },
        goodConfig.route.routes[3],
      ] as PlainMap[],
    },
    time_intervals: [
      {
        name: "office",
        time_intervals: [
          {
            weekdays: ["monday:friday"],
            times: [{ start_time: "08:00", end_time: "18:00" }],
            location: "Europe/Berlin",
          },
        ],
      },
    ],
    receivers: [
      ...goodConfig.receivers,
      {
        name: "oncall",
        pagerduty_configs: [
          {
            routing_key_file: "/etc/alertmanager/secrets/heartbeat/pagerduty",
            severity: "{{ .CommonLabels.severity }}",
          },
        ],
      },
    ],
  }),
  "objectives of Sloth": [
    ...base(),
    ruleObject(
      {
        record: "slo:sli_error:ratio_rate5m",
        expr: 'sum(rate(http_requests_total{job="cart",code=~"(5..|429)"}[5m])) / sum(rate(http_requests_total{job="cart"}[5m]))',
        labels: { sloth_slo: "availability" },
      },
      {
        record: "slo:sli_error:ratio_rate1h",
        expr: 'sum(rate(http_requests_total{job="cart",code=~"(5..|429)"}[1h])) / sum(rate(http_requests_total{job="cart"}[1h]))',
        labels: { sloth_slo: "availability" },
      },
      {
        record: "slo:error_budget:ratio",
        expr: "vector(1-0.999)",
        labels: { sloth_slo: "availability" },
      },
      plain(
        "CartErrorBudget",
        'max(slo:sli_error:ratio_rate5m{sloth_slo="availability"} > (14.4 * 0.001)) without (sloth_window) and max(slo:sli_error:ratio_rate1h{sloth_slo="availability"} > (14.4 * 0.001)) without (sloth_window)',
        { labels: { severity: "critical" } },
      ),
    ),
  ],
  "the chart prometheus in development": [
    chart("prometheus", {
      server: {
        retention: "7d",
        retentionSize: "7GB",
        persistentVolume: { size: "10Gi" },
        resources: { requests: { memory: "1Gi" } },
      },
      alertmanager: { enabled: false },
      "prometheus-pushgateway": { enabled: false },
    }),
  ].map((each) => ({ ...each, urn: each.urn.replace(":prod:", ":dev:") })),
  "budgets that let one pod go": [
    ...base(),
    ...manifests(`
apiVersion: policy/v1
kind: PodDisruptionBudget
metadata: {name: alertmanager, namespace: monitoring}
spec: {minAvailable: 2, selector: {matchLabels: {app.kubernetes.io/name: alertmanager}}}
---
apiVersion: policy/v1
kind: PodDisruptionBudget
metadata: {name: loki-gateway, namespace: monitoring}
spec: {maxUnavailable: 25%, selector: {matchLabels: {app: loki-gateway}}}
`),
  ],
  "alerts of a platform team": withRules(
    plain(
      "KafkaLag",
      "sum by (consumergroup, topic) (kafka_consumergroup_lag) > 50000 and sum by (consumergroup, topic) (deriv(kafka_consumergroup_lag[15m])) > 0",
    ),
    plain("PostgresReplicationLag", "pg_replication_lag_seconds > 60", {
      labels: { severity: "critical" },
    }),
    plain(
      "CertificateExpires",
      "certmanager_certificate_expiration_timestamp_seconds - time() < 14 * 24 * 3600",
    ),
    plain(
      "CronJobMissed",
      "time() - max by (namespace, cronjob) (kube_cronjob_status_last_successful_time) > 26 * 3600",
      { for: "30m" },
    ),
    plain(
      "NodeLacksMemory",
      'kube_node_status_condition{condition=~"MemoryPressure|DiskPressure",status="true"} == 1',
      { labels: { severity: "critical" } },
    ),
    plain(
      "ConnectionsExhausted",
      "sum by (instance) (pg_stat_activity_count) / on (instance) pg_settings_max_connections > 0.85",
    ),
  ),
  "the chart of Loki by the newer resource": [{ ...loki(), type: "kubernetes:helm.sh/v4:Chart" }],
};

describe("the fourth red team", () => {
  itJudges(mistakes, sound);
});
