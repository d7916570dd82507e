import { stringify } from "yaml";
import { Resource } from "../../../policies/facts/resource";
import { changed, configSecret, goodConfig, stackValues } from "../platformSubjects";
import {
  Mistakes,
  argo,
  chart,
  flux,
  itJudges,
  kube,
  labeled,
  manifests,
  pinned,
  plain,
  ratio,
  ruleObject,
  selectsAll,
  stackValuesOf,
  withRules,
  withValues,
} from "./subjects";
import { resource } from "../subjects";

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

const mistakes: Mistakes = {
  "Prometheus behind the gateway of Istio": [
    "not-evaluated",
    [
      kube("networking.istio.io/v1:VirtualService", "prometheus", {
        spec: {
          hosts: ["prometheus.shop.io"],
          gateways: ["istio-system/public"],
          http: [
            {
              route: [
                { destination: { host: "prometheus-operated.monitoring.svc.cluster.local" } },
              ],
            },
          ],
        },
      }),
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
};

const sound: Record<string, Resource[]> = {
  "the chart in an Application of Argo CD": [
    argo("kube-prometheus-stack", { ...stackValues }),
    configSecret(),
  ],
  "an alias in an umbrella chart": [chart("platform", { monitoring: stackValues }), configSecret()],
  "values from a ConfigMap, in a HelmRelease of Flux": [
    kube("helm.toolkit.fluxcd.io/v2:HelmRelease", "monitoring", {
      spec: {
        chart: {
          spec: {
            chart: "kube-prometheus-stack",
            version: "88.5.3",
            sourceRef: { kind: "HelmRepository", name: "p" },
          },
        },
        valuesFrom: [{ kind: "ConfigMap", name: "monitoring-values" }],
      },
    }),
  ],
  "values from a file, in an Application of Argo CD": [
    kube("argoproj.io/v1alpha1:Application", "loki", {
      spec: {
        sources: [
          {
            repoURL: "https://grafana-community.github.io/helm-charts",
            chart: "loki",
            targetRevision: "18.11.0",
            helm: { valueFiles: ["$values/loki/prod.yaml"] },
          },
          {
            repoURL: "https://github.com/shop/platform.git",
            targetRevision: "main",
            ref: "values",
          },
        ],
      },
    }),
  ],
  "an exception with a reason, an owner and an end": [
    pinned(selectsAll),
    configSecret(),
    labeled(ruleObject(plain("Errors", `${ratio("service")} > 0.2`)), {
      annotations: {
        "observability.policy/except": `alert-thresholds/Errors: a partner fails often; owner shop; until ${new Date(Date.now() + 30 * 86_400_000).toISOString().slice(0, 10)}`,
      },
    }),
  ],
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
  "an Application of Argo CD with values in it": [
    argo("grafana", {
      admin: { existingSecret: "grafana-admin" },
      persistence: { enabled: true },
      deploymentStrategy: { type: "Recreate" },
    }),
  ],
  "a chart of Flux by an OCIRepository with a digest": [
    ...manifests(`
apiVersion: source.toolkit.fluxcd.io/v1
kind: OCIRepository
metadata: {name: kube-prometheus-stack, namespace: monitoring}
spec: {interval: 12h, url: "oci://ghcr.io/prometheus-community/charts/kube-prometheus-stack", layerSelector: {mediaType: application/vnd.cncf.helm.chart.content.v1.tar+gzip, operation: copy}, ref: {digest: "sha256:3b1a8f7c2d4e5f60718293a4b5c6d7e8f90a1b2c3d4e5f60718293a4b5c6d7e8"}}
`),
    kube(
      "helm.toolkit.fluxcd.io/v2:HelmRelease",
      "kube-prometheus-stack",
      {
        spec: {
          interval: "1h",
          chartRef: { kind: "OCIRepository", name: "kube-prometheus-stack" },
          values: stackValues,
        },
      },
      { namespace: "monitoring" },
    ),
    configSecret(),
  ],
  "a setting of a newer version of the chart": withValues(
    "prometheus: {prometheusSpec: {sampleCompressionLevel: 3}, shardingPolicy: {}}",
  ),
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
  "an operator that ignores a sandbox": withRules(plain("A", "sum(orders_stuck) > 10")).map((r) =>
    r.type.includes("Release")
      ? pinned(changed(selectsAll, { prometheusOperator: { denyNamespaces: ["sandbox"] } }))
      : r,
  ),
  "an operator on the network of its host": withValues(`prometheusOperator: {hostNetwork: true}`),
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
  "a release of Flux": [
    flux("kube-prometheus-stack", stackValuesOf(pinned(selectsAll))),
    configSecret(),
  ],
};

describe("charts, releases and GitOps", () => {
  itJudges(mistakes, sound);
});
