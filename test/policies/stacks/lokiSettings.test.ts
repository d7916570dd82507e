import { Resource } from "../../../policies/facts/resource";
import { bucketName } from "../platformSubjects";
import { Mistakes, aws, bucketParts, chart, community, flux, itJudges, loki } from "./subjects";
import { resource } from "../subjects";
import { PlainMap } from "../../../policies/facts/plain";

const withVersion = (release: Resource, version: string): Resource => ({
  ...release,
  props: { ...(release.props as PlainMap), version },
});
const limitsConfig = (limits: PlainMap) => [
  loki({ loki: { limits_config: limits } }),
  ...bucketParts({}),
];

const mistakes: Mistakes = {
  "logs that Loki never deletes, in a HelmRelease of Flux": [
    "loki-retention",
    [flux("loki", { loki: { limits_config: { retention_period: "744h" } } })],
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
  "ten days of a log group": [
    "log-group-retention",
    [
      resource(
        "aws:cloudwatch/logGroup:LogGroup",
        "cart",
        { name: "/aws/lambda/cart", retentionInDays: 10 },
        "prod",
      ),
    ],
  ],
  "the retention of the table manager": [
    "loki-retention",
    [
      withVersion(
        loki({
          loki: {
            limits_config: { retention_period: undefined },
            compactor: undefined,
            tableManager: { retention_deletes_enabled: true, retention_period: "720h" },
          },
        }),
        "6.30.1",
      ),
    ],
  ],
  "schema v12 with boltdb-shipper on Loki 3": [
    "loki-retention",
    [
      withVersion(
        loki({
          loki: {
            schemaConfig: {
              configs: [
                {
                  from: "2023-01-01",
                  store: "boltdb-shipper",
                  object_store: "s3",
                  schema: "v12",
                  index: { prefix: "loki_index_", period: "24h" },
                },
              ],
            },
          },
        }),
        "6.30.1",
      ),
    ],
  ],
  "a log group with 0 days": [
    "log-group-retention",
    [
      aws("cloudwatch/logGroup:LogGroup", "flow", {
        name: "/aws/vpc/flow-logs",
        retentionInDays: 0,
      }),
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
  "logs for five years": [
    "loki-retention",
    [loki({ loki: { limits_config: { retention_period: "5y" } } }), ...bucketParts({})],
  ],
  "a limit that Loki 3 no longer has": [
    "loki-retention",
    limitsConfig({ enforce_metric_name: false }),
  ],
};

const sound: Record<string, Resource[]> = {
  "Loki for one tenant": [loki(), ...bucketParts({})],
  "Loki in parts, on Google Cloud": [
    loki({
      deploymentMode: "Distributed",
      singleBinary: { replicas: 0, resources: undefined },
      loki: {
        commonConfig: undefined,
        structuredConfig: { common: { replication_factor: 3 } },
        storage: { type: "gcs", bucketNames: { chunks: "shop-chunks" } },
        compactor: { delete_request_store: "gcs" },
      },
      ingester: { replicas: 3, resources: { requests: { memory: "2Gi" } } },
      compactor: { replicas: 1 },
    }),
  ],
  "Loki on a volume": [
    loki({
      loki: { storage: { type: "filesystem" }, compactor: { delete_request_store: "filesystem" } },
      singleBinary: { persistence: { enabled: true, size: "50Gi" } },
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
  "the chart of Loki by the newer resource": [{ ...loki(), type: "kubernetes:helm.sh/v4:Chart" }],
  "log groups of functions and of the control plane": [
    resource(
      "aws:cloudwatch/logGroup:LogGroup",
      "cart",
      { name: "/aws/lambda/cart", retentionInDays: 14 },
      "prod",
    ),
    resource(
      "aws:cloudwatch/logGroup:LogGroup",
      "eks",
      { name: "/aws/eks/eu-1/cluster", retentionInDays: 731 },
      "prod",
    ),
  ],
  "Loki in three parts with streams of longer retention": [
    withVersion(
      loki({
        deploymentMode: "SimpleScalable",
        singleBinary: { replicas: 0 },
        loki: {
          storage: {
            bucketNames: { chunks: bucketName, ruler: bucketName, admin: bucketName },
            s3: { region: "eu-west-1" },
          },
          schemaConfig: {
            configs: [
              {
                from: "2024-04-01",
                store: "tsdb",
                object_store: "s3",
                schema: "v13",
                index: { prefix: "loki_index_", period: "24h" },
              },
            ],
          },
          limits_config: {
            retention_stream: [
              { selector: '{namespace="payments"}', priority: 1, period: "2160h" },
              { selector: '{namespace="kube-system"}', priority: 2, period: "168h" },
            ],
          },
        },
        write: {
          replicas: 3,
          resources: { requests: { memory: "2Gi" } },
          persistence: { volumeClaimsEnabled: true, size: "20Gi" },
        },
        read: { replicas: 3, resources: { requests: { memory: "2Gi" } } },
        backend: { replicas: 3, resources: { requests: { memory: "1Gi" } } },
      }),
      "6.30.1",
    ),
  ],
  "log groups of infrequent access, and audits": [
    aws("cloudwatch/logGroup:LogGroup", "orders", {
      name: "/aws/ecs/orders",
      retentionInDays: 30,
      logGroupClass: "INFREQUENT_ACCESS",
    }),
    aws("cloudwatch/logGroup:LogGroup", "trail", {
      name: "/acme/cloudtrail/audit",
      retentionInDays: 731,
      kmsKeyId: "arn:aws:kms:eu-west-1:123456789012:key/0f1e2d3c-4b5a-6978-8796-a5b4c3d2e1f0",
    }),
  ],
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
  "log groups of Fluent Bit with a retention": [
    chart(
      "aws-for-fluent-bit",
      { cloudWatchLogs: { enabled: true, autoCreateGroup: true, logRetentionDays: 30 } },
      "https://aws.github.io/eks-charts",
    ),
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
};

describe("settings of Loki and log groups", () => {
  itJudges(mistakes, sound);
});
