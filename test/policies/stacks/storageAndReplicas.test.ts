import { stringify } from "yaml";
import { Resource } from "../../../policies/facts/resource";
import { changed, configSecret, stackValues } from "../platformSubjects";
import {
  Mistakes,
  argo,
  base,
  chart,
  grafana,
  itJudges,
  loki,
  manifests,
  pinned,
  plain,
  repo,
  withRules,
  withValues,
} from "./subjects";
import { resource } from "../subjects";
import { PlainMap } from "../../../policies/facts/plain";

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
const storage = (retention: string, size: string) => {
  const [stack, ...others] = withRules(plain("Checkout", "up == 0"));
  const props = changed(stack?.props as PlainMap, {
    values: {
      prometheus: {
        prometheusSpec: {
          retention,
          retentionSize: undefined,
          remoteWrite: [{ url: "https://mimir.shop.io/api/v1/push" }],
          externalLabels: { cluster: "shop" },
          storageSpec: {
            volumeClaimTemplate: { spec: { resources: { requests: { storage: size } } } },
          },
        },
      },
    },
  });
  return [{ ...stack, props }, ...others] as Resource[];
};

const mistakes: Mistakes = {
  "three days of samples, under the alias of an umbrella chart": [
    "prometheus-retention",
    [chart("platform", { monitoring: { prometheus: { prometheusSpec: { retention: "3d" } } } })],
  ],
  "a size limit above the size of the volume": [
    "prometheus-storage",
    [pinned({ prometheus: { prometheusSpec: { retentionSize: "60GB" } } }), configSecret()],
  ],
  "a volume that the operator deletes with its set": [
    "prometheus-storage",
    [
      pinned({
        prometheus: {
          prometheusSpec: { persistentVolumeClaimRetentionPolicy: { whenDeleted: "Delete" } },
        },
      }),
      configSecret(),
    ],
  ],
  // Retention
  "logs on the disk of a container": [
    "prod-high-availability",
    [
      loki({
        loki: {
          storage: { type: "filesystem", bucketNames: undefined },
          compactor: { delete_request_store: "filesystem" },
        },
        singleBinary: { persistence: { enabled: false } },
      }),
    ],
  ],
  "30 days on a volume of 10 GiB": [
    "prometheus-storage",
    [
      pinned({
        prometheus: {
          prometheusSpec: {
            retention: "30d",
            retentionSize: "8GiB",
            storageSpec: {
              volumeClaimTemplate: { spec: { resources: { requests: { storage: "10Gi" } } } },
            },
          },
        },
      }),
      configSecret(),
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
  "the volume under the key of the object": [
    "prometheus-storage",
    withValues(
      "prometheus:\n  prometheusSpec:\n    storageSpec: null\n    storage: {volumeClaimTemplate: {spec: {resources: {requests: {storage: 100Gi}}}}}\n",
    ),
  ],
  "memory in GB": [
    "resource-requests",
    withValues("prometheus: {prometheusSpec: {resources: {requests: {cpu: 1, memory: 4GB}}}}"),
  ],
  "a size limit of 40Gi": [
    "prometheus-storage",
    withValues("prometheus: {prometheusSpec: {retentionSize: 40Gi}}"),
  ],
  "a memory limit below the request": [
    "resource-requests",
    withValues(
      "prometheus: {prometheusSpec: {resources: {requests: {cpu: 500m, memory: 4Gi}, limits: {memory: 2Gi}}}}",
    ),
  ],
  "a budget of two for two replicas": [
    "prod-high-availability",
    [
      argo(
        "kube-prometheus-stack",
        changed(stackValues, {
          alertmanager: { podDisruptionBudget: { enabled: true, minAvailable: 2 } },
        }),
      ),
      configSecret(),
    ],
  ],
  "a volume that may fill, without a limit": ["prometheus-storage", storage("7d", "50Gi")],
};

const sound: Record<string, Resource[]> = {
  "a small stack for development": [
    {
      ...chart("kube-prometheus-stack", {
        prometheus: { prometheusSpec: { retention: "7d", sampleLimit: 50_000 } },
        alertmanager: { enabled: false },
        grafana: { admin: { existingSecret: "grafana-admin" } },
      }),
    },
  ].map((subject) => ({ ...subject, urn: subject.urn.replace(":prod:", ":dev:") })),
  "a volume that is deleted, with Thanos": [
    pinned({
      prometheus: {
        prometheusSpec: {
          persistentVolumeClaimRetentionPolicy: { whenDeleted: "Delete" },
          thanos: {
            objectStorageConfig: { existingSecret: { name: "thanos", key: "objstore.yml" } },
          },
        },
      },
    }),
    configSecret(),
  ],
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
  "requests in every notation": withValues(
    "prometheus: {prometheusSpec: {resources: {requests: {cpu: 0.5, memory: 1.5Gi}, limits: {memory: 3000M}}}}\nalertmanager: {alertmanagerSpec: {resources: {requests: {cpu: '2', memory: 200Mi}}}}\nkube-state-metrics: {resources: {requests: {cpu: 100m, memory: 1e9}}}\n",
  ),
  "a day of samples locally with Thanos": withValues(`
prometheus:
  thanosService: {enabled: true}
  thanosServiceMonitor: {enabled: true}
  prometheusSpec:
    retention: 1d
    retentionSize: 16GiB
    storageSpec: {volumeClaimTemplate: {spec: {storageClassName: gp3, accessModes: [ReadWriteOnce], resources: {requests: {storage: 20Gi}}}}}
    thanos: {objectStorageConfig: {existingSecret: {name: thanos-objstore, key: objstore.yml}}}
`),
  "replicas spread over zones": withValues(`
prometheus:
  podDisruptionBudget: {enabled: true, maxUnavailable: 1}
  prometheusSpec:
    priorityClassName: system-cluster-critical
    podAntiAffinity: hard
    topologySpreadConstraints: [{maxSkew: 1, topologyKey: topology.kubernetes.io/zone, whenUnsatisfiable: ScheduleAnyway, labelSelector: {matchLabels: {app.kubernetes.io/name: prometheus}}}]
alertmanager:
  podDisruptionBudget: {enabled: true, maxUnavailable: 1}
  alertmanagerSpec: {replicas: 3, priorityClassName: system-cluster-critical, podAntiAffinity: hard, resources: {requests: {cpu: 50m, memory: 128Mi}}}
`),
  "requests of GPUs": withRules(
    plain("Gpu", 'sum(kube_pod_container_resource_requests{resource="nvidia_com_gpu"}) > 10'),
  ),
  "half a day of samples on a large volume, without a limit": storage("12h", "50Gi"),
};

describe("storage, replicas and requests", () => {
  itJudges(mistakes, sound);
});
