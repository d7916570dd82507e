import { Resource } from "../../../policies/facts/resource";
import { changed, configSecret } from "../platformSubjects";
import {
  Mistakes,
  base,
  baseRules,
  bucketParts,
  chart,
  critical,
  itJudges,
  kube,
  loki,
  manifests,
  ordersExporter,
  pinned,
  plain,
  promtail,
  rule,
  ruleObject,
  selectingNamespaces,
  selectsAll,
  serviceMonitor,
  withRules,
  withValues,
} from "./subjects";
import { PlainMap, UNKNOWN } from "../../../policies/facts/plain";

const redisMonitor = (spec: PlainMap): Resource =>
  kube("monitoring.coreos.com/v1:ServiceMonitor", "redis-exporter", {
    spec: {
      selector: { matchLabels: { app: "redis-exporter" } },
      endpoints: [{ port: "metrics" }],
      ...spec,
    },
  });
const invoicesExporter = (endpoint: string) =>
  manifests(`
apiVersion: v1
kind: Service
metadata: {name: invoices, namespace: shop, labels: {app: invoices}}
spec: {selector: {app: invoices}, ports: [{name: metrics, port: 9100}]}
---
apiVersion: monitoring.coreos.com/v1
kind: ServiceMonitor
metadata: {name: invoices, namespace: shop}
spec:
  selector: {matchLabels: {app: invoices}}
  endpoints:
    - port: metrics
      interval: 30s
${endpoint}
`);
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
const withObject = (object: string) => [...base(), ...manifests(object)];
const hosts = (target: string) =>
  withObject(`
apiVersion: monitoring.coreos.com/v1alpha1
kind: ScrapeConfig
metadata: {name: hosts, namespace: monitoring, labels: {release: prometheus}}
spec: {staticConfigs: [{targets: ['${target}']}]}
`);
const targetPort = (port: string) =>
  withObject(`
apiVersion: monitoring.coreos.com/v1
kind: ServiceMonitor
metadata: {name: cart, namespace: monitoring}
spec: {selector: {matchLabels: {app: cart}}, endpoints: [{targetPort: ${port}}]}
`);
const files = (name: string) => [
  chart("prometheus", {
    server: {
      retention: "15d",
      retentionSize: "40GB",
      persistentVolume: { size: "60Gi" },
      resources: { requests: { memory: "4Gi" } },
      alertmanagers: [{ static_configs: [{ targets: ["alertmanager.monitoring:9093"] }] }],
    },
    alertmanager: { enabled: false },
    serverFiles: { [name]: { groups: [{ name: "shop", rules: [plain("Checkout", "x > 1")] }] } },
  }),
];
/** A server that only receives samples, and an agent that scrapes and sends them. */
const agent = (selected: string) => [
  pinned({
    prometheus: { prometheusSpec: { serviceMonitorSelector: { matchLabels: { by: "server" } } } },
  }),
  configSecret(),
  ...manifests(`
apiVersion: monitoring.coreos.com/v1alpha1
kind: PrometheusAgent
metadata: {name: edge, namespace: monitoring}
spec: {serviceMonitorSelector: {matchLabels: {by: agent}}, serviceMonitorNamespaceSelector: {}}
---
apiVersion: monitoring.coreos.com/v1
kind: ServiceMonitor
metadata: {name: redis-exporter, namespace: shop, labels: {by: ${selected}}}
spec: {selector: {matchLabels: {app: redis-exporter}}, sampleLimit: 50000, endpoints: [{port: metrics, interval: 30s}]}
`),
];

const mistakes: Mistakes = {
  "a metric that a step for targets drops": [
    "scrape-cost",
    invoicesExporter(
      "      relabelings: [{sourceLabels: [__name__], regex: invoices_.*_bucket, action: drop}]",
    ),
  ],
  "metrics that a step for targets keeps": [
    "scrape-cost",
    invoicesExporter(
      "      relabelings: [{sourceLabels: [__name__], regex: invoices_.*, action: keep}]",
    ),
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
  "an AlertmanagerConfig without the label that Alertmanager selects": [
    "rules-are-loaded",
    [
      pinned({
        alertmanager: {
          alertmanagerSpec: { alertmanagerConfigSelector: { matchLabels: { team: "sre" } } },
        },
      }),
      configSecret(),
      kube("monitoring.coreos.com/v1alpha1:AlertmanagerConfig", "shop", {
        spec: {
          route: { receiver: "shop" },
          receivers: [
            { name: "shop", pagerdutyConfigs: [{ routingKey: { name: "pagerduty", key: "key" } }] },
          ],
        },
      }),
    ],
  ],
  "rules in a namespace without the label that Prometheus selects": [
    "rules-are-loaded",
    [...selectingNamespaces({ team: "shop" }), ruleObject(plain("Backlog", "queue_length > 1000"))],
  ],
  "rules that are evaluated once an hour": [
    "rules-are-loaded",
    [
      pinned(changed(selectsAll, { prometheus: { prometheusSpec: { evaluationInterval: "1h" } } })),
      configSecret(),
      ruleObject(plain("Backlog", "queue_length > 1000", critical)),
    ],
  ],
  "a monitor of a port that the service does not have": [
    "rules-are-loaded",
    [
      ...withRules(...baseRules()),
      serviceMonitor("cart", { port: "http-metrics" }),
      kube(
        "core/v1:Service",
        "cart",
        { spec: { selector: { app: "cart" }, ports: [{ name: "metrics", port: 9102 }] } },
        { labels: { app: "cart" } },
      ),
    ],
  ],
  "a timeout that is longer than the interval": [
    "scrape-cost",
    [
      pinned(selectsAll),
      configSecret(),
      redisMonitor({ endpoints: [{ port: "metrics", interval: "30s", scrapeTimeout: "45s" }] }),
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
      ...ordersExporter(),
      ...manifests(`
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
  "an empty selector of rules, which the chart replaces": [
    "rules-are-loaded",
    [
      ...withValues(
        "prometheus:\n  prometheusSpec:\n    ruleSelector: {}\n    ruleNamespaceSelector: {}\n",
      ),
      ruleObject(plain("Backlog", "queue_length > 1000")),
    ],
  ],
  "an interval without a unit": ["scrape-cost", [...base(), ...ordersExporter("30")]],
  "a scrape of a static target without the label": [
    "rules-are-loaded",
    [
      ...withValues("prometheus: {prometheusSpec: {ruleSelectorNilUsesHelmValues: false}}"),
      ...manifests(
        "apiVersion: monitoring.coreos.com/v1alpha1\nkind: ScrapeConfig\nmetadata: {name: mainframe, namespace: monitoring}\nspec: {staticConfigs: [{targets: ['mainframe.acme-corp.internal:9100']}]}\n",
      ),
    ],
  ],
  "a prober with a scheme": [
    "rules-are-loaded",
    [
      pinned({ prometheus: { prometheusSpec: { probeSelectorNilUsesHelmValues: false } } }),
      configSecret(),
      ...manifests(
        "apiVersion: monitoring.coreos.com/v1\nkind: Probe\nmetadata: {name: shop, namespace: monitoring}\nspec: {prober: {url: 'http://blackbox-exporter.monitoring.svc:9115'}, module: http_2xx, targets: {staticConfig: {static: ['https://shop.acme-corp.io']}}}\n",
      ),
    ],
  ],
  "a step that drops every metric": [
    "scrape-cost",
    [
      ...base(),
      ...ordersExporter("30s", ", metricRelabelings: [{sourceLabels: [__name__], action: drop}]"),
    ],
  ],
  "two groups with one name": [
    "rules-are-loaded",
    [
      pinned(selectsAll),
      configSecret(),
      kube("monitoring.coreos.com/v1:PrometheusRule", "shop", {
        spec: {
          groups: [
            { name: "shop.rules", rules: [plain("OrdersStuck", "sum(orders_stuck) > 10")] },
            { name: "shop.rules", rules: [plain("RefundsStuck", "sum(refunds_stuck) > 10")] },
          ],
        },
      }),
    ],
  ],
  "a step that drops go_": [
    "scrape-cost",
    [
      pinned(selectsAll),
      configSecret(),
      ...invoicesExporter(
        "      metricRelabelings: [{sourceLabels: [__name__], regex: go_, action: drop}]",
      ),
    ],
  ],
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
  "a step of a remote write in the other notation": [
    "scrape-cost",
    withValues(
      `prometheus: {prometheusSpec: {remoteWrite: [{url: "https://metrics.acme.io/api/v1/push", writeRelabelConfigs: [{source_labels: [__name__], regex: "go_.*", action: drop}]}]}}`,
    ),
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
  "an operator that watches the namespace that the values set, not that of the release": [
    "rules-are-loaded",
    [
      pinned(
        changed(selectsAll, {
          namespaceOverride: "metrics",
          prometheusOperator: { namespaces: { releaseNamespace: true } },
        }),
      ),
      ...manifests(`
apiVersion: monitoring.coreos.com/v1
kind: PrometheusRule
metadata: {name: shop, namespace: monitoring}
spec: {groups: [{name: shop, rules: [{alert: A, expr: "sum(orders_stuck) > 10", for: 10m, labels: {severity: warning}}]}]}
`),
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
  "a URL as a static target": ["rules-are-loaded", hosts("http://10.20.1.14:9100")],
  "a number in quotes as the port of pods": ["rules-are-loaded", targetPort('"8080"')],
  "a file of rules that nothing loads": ["rules-are-loaded", files("shop.yml")],
  "a monitor that neither the server nor the agent selects": ["rules-are-loaded", agent("nobody")],
};

const sound: Record<string, Resource[]> = {
  "a metric that a step for samples drops": [
    ...base(),
    serviceMonitor("redis-exporter", {
      metricRelabelings: [{ sourceLabels: ["__name__"], regex: "redis_.*_bucket", action: "drop" }],
    }),
  ],
  "a step for samples whose labels are not known": [
    ...base(),
    serviceMonitor("redis-exporter", {
      metricRelabelings: [{ sourceLabels: [UNKNOWN], regex: "redis_.*_bucket", action: "drop" }],
    }),
  ],
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
  "a probe from outside": [
    pinned(
      changed(selectsAll, {
        prometheus: { prometheusSpec: { probeSelectorNilUsesHelmValues: false } },
      }),
    ),
    configSecret(),
    kube("monitoring.coreos.com/v1:Probe", "shop", {
      spec: {
        prober: { url: "blackbox:9115" },
        module: "http_2xx",
        targets: { staticConfig: { static: ["https://shop.io"] } },
        interval: "30s",
      },
    }),
    ruleObject(
      rule("SiteDown", 'probe_success{job="blackbox"} == 0', {
        for: "2m",
        ...critical,
        annotations: {
          summary: "shop is down",
          description: "For {{ $labels.instance }}.",
          runbook_url: "https://runbooks.shop.io/down",
        },
      }),
      plain("NoProbes", 'absent(probe_success{job="blackbox"})', critical),
    ),
  ],
  "a service of the mesh": [
    kube("networking.istio.io/v1:VirtualService", "cart", {
      spec: { hosts: ["cart"], http: [{ route: [{ destination: { host: "cart" } }] }] },
    }),
  ],
  "a monitor of one of two ports": [
    pinned(selectsAll),
    configSecret(),
    redisMonitor({}),
    kube(
      "core/v1:Service",
      "redis-exporter",
      {
        spec: {
          selector: { app: "redis-exporter" },
          ports: [
            { name: "redis", port: 6379 },
            { name: "metrics", port: 9121 },
          ],
        },
      },
      { labels: { app: "redis-exporter" } },
    ),
  ],
  "a namespace with the label that Prometheus selects": [
    ...selectingNamespaces({ monitoring: "enabled" }),
    ruleObject(plain("Backlog", "queue_length > 1000")),
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
    ...ordersExporter(),
    ...manifests(`
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
  "a policy that admits the namespace that the values set": [
    pinned(changed(selectsAll, { namespaceOverride: "metrics" })),
    {
      ...configSecret(),
      props: changed(configSecret().props as PlainMap, { metadata: { namespace: "metrics" } }),
    },
    ...ordersExporter(),
    ...manifests(`
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: allow-metrics, namespace: shop}
spec: {podSelector: {}, policyTypes: [Ingress], ingress: [{from: [{namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: metrics}}}]}]}
`),
  ],
  "the default of a namespace that the values may set": [
    pinned(changed(selectsAll, { namespaceOverride: "" })),
    configSecret(),
  ],
  "the operator of VictoriaMetrics": manifests(
    "apiVersion: operator.victoriametrics.com/v1beta1\nkind: VMRule\nmetadata: {name: shop, namespace: shop}\nspec: {groups: [{name: shop, rules: [{alert: Errors, expr: 'sum(rate(errors_total[5m])) > 5', for: 5m, labels: {severity: critical}}]}]}\n---\napiVersion: operator.victoriametrics.com/v1beta1\nkind: VMServiceScrape\nmetadata: {name: shop, namespace: shop}\nspec: {selector: {matchLabels: {app: shop}}, endpoints: [{port: http}]}\n",
  ),
  "long objectives in a ThanosRuler": [
    ...manifests(
      "apiVersion: monitoring.coreos.com/v1\nkind: ThanosRuler\nmetadata: {name: slo, namespace: monitoring}\nspec: {replicas: 2, ruleSelector: {matchLabels: {role: slo}}, queryEndpoints: ['dnssrv+_http._tcp.thanos-query.monitoring.svc'], alertmanagersConfig: {name: thanos, key: alertmanagers.yaml}}\n---\napiVersion: monitoring.coreos.com/v1\nkind: PrometheusRule\nmetadata: {name: slo, namespace: monitoring, labels: {role: slo}}\nspec: {groups: [{name: slo, interval: 5m, rules: [{record: 'slo:availability:ratio30d', expr: 'avg_over_time(slo:availability:ratio5m[30d])'}]}]}\n",
    ),
  ],
  "a prober by its address": [
    pinned({ prometheus: { prometheusSpec: { probeSelectorNilUsesHelmValues: false } } }),
    configSecret(),
    ...manifests(
      "apiVersion: monitoring.coreos.com/v1\nkind: Probe\nmetadata: {name: shop, namespace: monitoring}\nspec: {interval: 60s, prober: {url: 'blackbox-exporter.monitoring.svc:9115', scheme: http, path: /probe}, module: http_2xx, targets: {staticConfig: {static: ['https://shop.acme-corp.io/healthz']}}}\n",
    ),
  ],
  "a static target with the label of the release": [
    pinned(),
    configSecret(),
    ...manifests(
      "apiVersion: monitoring.coreos.com/v1alpha1\nkind: ScrapeConfig\nmetadata: {name: mainframe, namespace: monitoring, labels: {release: prometheus}}\nspec: {scrapeInterval: 60s, staticConfigs: [{labels: {site: berlin}, targets: ['mainframe.acme-corp.internal:9100']}]}\n",
    ),
  ],
  "labels of pods by a join": [
    pinned(
      changed(selectsAll, {
        "kube-state-metrics": { metricLabelsAllowlist: ["pods=[team]", "jobs=[ignore]"] },
      }),
    ),
    configSecret(),
    ruleObject(
      plain(
        "NotReady",
        'kube_pod_status_ready{condition="true"} == 0 and on (namespace, pod) kube_pod_labels{label_team="shop"}',
        { for: "15m" },
      ),
      plain(
        "MemoryByTeam",
        'sum by (label_team) (container_memory_working_set_bytes{container!=""} * on (namespace, pod) group_left (label_team) kube_pod_labels) / 1024 ^ 3 > 200',
      ),
      plain(
        "BackupFailed",
        'kube_job_status_failed > 0 unless on (namespace, job_name) kube_job_labels{label_ignore="true"}',
      ),
    ),
  ],
  "a list of metrics to keep": [
    ...base(),
    ...ordersExporter(
      "30s",
      ", metricRelabelings: [{sourceLabels: [__name__], regex: 'orders_.*|process_cpu_seconds_total', action: keep}, {regex: 'pod_template_.+', action: labeldrop}]",
    ),
  ],
  "two servers with selectors of their own": [
    ...manifests(
      ["platform", "apps"]
        .map(
          (name) =>
            `apiVersion: monitoring.coreos.com/v1\nkind: Prometheus\nmetadata: {name: ${name}, namespace: monitoring}\nspec:\n  replicas: 2\n  retention: 15d\n  retentionSize: 80GiB\n  enforcedSampleLimit: 100000\n  scrapeInterval: 30s\n  resources: {requests: {memory: 4Gi}}\n  ruleSelector: {matchLabels: {prometheus: ${name}}}\n  serviceMonitorSelector: {matchLabels: {prometheus: ${name}}}\n  alerting: {alertmanagers: [{name: alertmanager-operated, namespace: monitoring, port: web}]}\n  storage: {volumeClaimTemplate: {spec: {resources: {requests: {storage: 100Gi}}}}}\n`,
        )
        .join("---\n"),
    ),
    ...manifests(
      "apiVersion: monitoring.coreos.com/v1\nkind: ServiceMonitor\nmetadata: {name: kafka-exporter, namespace: kafka, labels: {prometheus: apps}}\nspec: {selector: {matchLabels: {app: kafka-exporter}}, endpoints: [{port: metrics}]}\n",
    ),
  ],
  "a sharded Prometheus object": manifests(`
apiVersion: monitoring.coreos.com/v1
kind: Prometheus
metadata: {name: metrics, namespace: monitoring}
spec:
  replicas: 2
  shards: 2
  retention: 30d
  retentionSize: 160GiB
  walCompression: true
  scrapeInterval: 30s
  enforcedSampleLimit: 100000
  externalLabels: {cluster: prod-eu-1}
  ruleSelector: {}
  ruleNamespaceSelector: {}
  serviceMonitorSelector: {}
  serviceMonitorNamespaceSelector: {}
  podMonitorSelector: {}
  podMonitorNamespaceSelector: {}
  resources: {requests: {cpu: "2", memory: 16Gi}, limits: {memory: 20Gi}}
  storage: {volumeClaimTemplate: {spec: {storageClassName: gp3, resources: {requests: {storage: 200Gi}}}}}
  alerting: {alertmanagers: [{name: alertmanager-operated, namespace: monitoring, port: web}]}
---
apiVersion: policy/v1
kind: PodDisruptionBudget
metadata: {name: prometheus-metrics, namespace: monitoring}
spec: {maxUnavailable: 1, selector: {matchLabels: {app.kubernetes.io/name: prometheus, operator.prometheus.io/name: metrics}}}
`),
  "EKS without the monitors of its control plane": withValues(`
kubeEtcd: {enabled: false}
kubeControllerManager: {enabled: false}
kubeScheduler: {enabled: false}
kubeProxy: {enabled: false}
defaultRules: {rules: {etcd: false, kubeControllerManager: false, kubeSchedulerAlerting: false, kubeSchedulerRecording: false, kubeProxy: false}, disabled: {KubeAggregatedAPIDown: true, CPUThrottlingHigh: true}}
`),
  "a ScrapeConfig with discovery of EC2": [
    pinned({ prometheus: { prometheusSpec: { scrapeConfigSelectorNilUsesHelmValues: false } } }),
    configSecret(),
    ...manifests(`
apiVersion: monitoring.coreos.com/v1alpha1
kind: ScrapeConfig
metadata: {name: legacy-vms, namespace: monitoring}
spec:
  scrapeInterval: 60s
  ec2SDConfigs: [{region: eu-west-1, port: 9100, roleARN: "arn:aws:iam::123456789012:role/prometheus-discovery", filters: [{name: "tag:Monitoring", values: ["enabled"]}]}]
  relabelings:
    - {sourceLabels: [__meta_ec2_tag_Name], targetLabel: instance}
    - {sourceLabels: [__meta_ec2_instance_state], regex: running, action: keep}
    - {targetLabel: job, replacement: node}
`),
  ],
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
  "a ScrapeConfig with the usual interval": [
    ...base(),
    ...manifests(`
apiVersion: monitoring.coreos.com/v1alpha1
kind: ScrapeConfig
metadata: {name: vms, namespace: monitoring, labels: {release: prometheus}}
spec: {scrapeInterval: 30s, staticConfigs: [{targets: ["10.0.1.5:9100"]}]}
`),
  ],
  "a ThanosRuler without alerts": withValues(
    'thanosRuler: {enabled: true, thanosRulerSpec: {queryEndpoints: ["dnssrv+_http._tcp.thanos-query.monitoring.svc"]}}',
  ),
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
  "a label with the characters that Prometheus 3 accepts": withRules(
    plain("A", "sum(orders_stuck) > 10", {
      labels: { severity: "warning", "app.kubernetes.io/name": "x" },
    }),
  ),
  "an address as a static target": hosts("10.20.1.14:9100"),
  "a file of rules that the chart loads": files("alerting_rules.yml"),
  "a monitor that the agent selects": agent("agent"),
};

describe("monitors, targets and selection", () => {
  itJudges(mistakes, sound);
});
