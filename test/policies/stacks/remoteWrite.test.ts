import { Resource } from "../../../policies/facts/resource";
import { configSecret } from "../platformSubjects";
import { Mistakes, chart, itJudges, kube, pinned, withValues } from "./subjects";
import { PlainMap } from "../../../policies/facts/plain";

const write = (url: string, change: PlainMap = {}) => [
  pinned({ prometheus: { prometheusSpec: { remoteWrite: [{ url, ...change }] } } }),
  configSecret(),
];

const mistakes: Mistakes = {
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
};

const sound: Record<string, Resource[]> = {
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
  "an agent that forwards, with rules elsewhere": [
    kube("monitoring.coreos.com/v1alpha1:PrometheusAgent", "agent", {
      spec: {
        remoteWrite: [
          { url: "https://mimir.shop.io/api/v1/push", headers: { "X-Scope-OrgID": "shop" } },
        ],
        replicas: 2,
      },
    }),
    kube("monitoring.coreos.com/v1:PodMonitor", "redis-exporter", {
      spec: { selector: {}, podMetricsEndpoints: [{ port: "metrics" }] },
    }),
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
  "Amazon Managed Prometheus": withValues(
    "prometheus:\n  prometheusSpec:\n    retention: 2h\n    retentionSize: 20GB\n    remoteWrite:\n      - url: https://aps-workspaces.eu-west-1.amazonaws.com/workspaces/ws-0b0b/api/v1/remote_write\n        sigv4: {region: eu-west-1}\n        queueConfig: {maxSamplesPerSend: 1000, maxShards: 200, capacity: 2500}\n",
  ),
  "Mimir with a year of blocks": [
    chart(
      "mimir-distributed",
      {
        mimir: {
          structuredConfig: {
            common: {
              storage: {
                backend: "s3",
                s3: { endpoint: "s3.eu-west-1.amazonaws.com", region: "eu-west-1" },
              },
            },
            blocks_storage: { s3: { bucket_name: "acme-mimir-blocks" } },
            limits: {
              compactor_blocks_retention_period: "1y",
              max_global_series_per_user: 3000000,
            },
          },
        },
        minio: { enabled: false },
        ingester: {
          replicas: 3,
          zoneAwareReplication: { enabled: true },
          resources: { requests: { memory: "8Gi" } },
        },
      },
      "https://grafana.github.io/helm-charts",
    ),
    ...withValues(
      `prometheus: {prometheusSpec: {remoteWrite: [{url: "http://mimir-gateway.monitoring.svc/api/v1/push", headers: {X-Scope-OrgID: platform}, queueConfig: {maxShards: 50}}]}}`,
    ),
  ],
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
  "replicas with the same labels, whose samples the storage removes": withValues(
    'prometheus: {prometheusSpec: {replicaExternalLabelNameClear: true, remoteWrite: [{url: "https://vm.acme.io/api/v1/write"}]}}',
  ),
};

describe("remote write and long-term storage", () => {
  itJudges(mistakes, sound);
});
