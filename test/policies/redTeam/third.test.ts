import { stringify } from "yaml";
import { PlainMap } from "../../../policies/facts/plain";
import { Resource } from "../../../policies/facts/resource";
import { bucketName, configSecret, goodConfig, routesFirst } from "../platformSubjects";
import {
  Mistakes,
  itJudges,
  selectingNamespaces,
  bucketParts,
  chart,
  delivering,
  kube,
  loki,
  pinned,
  plain,
  rolePolicy,
  ruleObject,
  selectsAll,
  withRules,
} from "./subjects";
import { resource } from "../subjects";

const critical = { labels: { severity: "critical" } };
const configMap = (name: string, data: PlainMap): Resource =>
  kube("core/v1:ConfigMap", name, { data });
const monitor = (spec: PlainMap): Resource =>
  kube("monitoring.coreos.com/v1:ServiceMonitor", "redis-exporter", {
    spec: {
      selector: { matchLabels: { app: "redis-exporter" } },
      endpoints: [{ port: "metrics" }],
      ...spec,
    },
  });
const failed = 'rate(http_requests_total{status=~"5.."}[5m])';
const busy = 'avg by (instance) (rate(node_cpu_seconds_total{mode="idle"}[5m]))';

const mistakes: Mistakes = {
  "two receivers with one name": [
    "severities-delivered",
    delivering({
      receivers: [
        ...goodConfig.receivers,
        { name: "slack", webhook_configs: [{ url: "https://hub.shop.io" }] },
      ],
    }),
  ],
  "a first route that does not match every alert": [
    "severities-delivered",
    delivering({ route: { matchers: ['cluster="shop"'] } }),
  ],
  "chunks that move to an archive by themselves": [
    "loki-bucket-lifecycle",
    [
      loki(),
      ...bucketParts({}),
      resource(
        "aws:s3/bucketIntelligentTieringConfiguration:BucketIntelligentTieringConfiguration",
        "logs-tiering",
        { bucket: bucketName, name: "all", tierings: [{ accessTier: "ARCHIVE_ACCESS", days: 90 }] },
        "prod",
      ),
    ],
  ],
  "objects of a tenant that expire before their retention": [
    "loki-bucket-lifecycle",
    [
      loki(),
      ...bucketParts({
        bucketLifecycleConfiguration: {
          rules: [
            {
              id: "all",
              status: "Enabled",
              filter: {},
              noncurrentVersionExpiration: { noncurrentDays: 7 },
              abortIncompleteMultipartUpload: { daysAfterInitiation: 7 },
            },
            {
              id: "chunks",
              status: "Enabled",
              filter: { prefix: "fake/" },
              expiration: { days: 10 },
            },
          ],
        },
      }),
    ],
  ],
  "the token of a bot of Telegram": [
    "no-plaintext-credentials",
    [
      configMap("alertmanager", {
        "alertmanager.yml": stringify({
          receivers: [
            {
              name: "t",
              telegram_configs: [
                {
                  chat_id: 1,
                  bot_token: ["110201543", "AAHdqTcvCH1vGWJxfSeofSAs0K5PALDsaw"].join(":"),
                },
              ],
            },
          ],
        }),
      }),
    ],
  ],
  "the key of a storage account": [
    "no-plaintext-credentials",
    [
      loki({
        loki: {
          storage: {
            type: "azure",
            azure: { accountName: "shop", accountKey: `${"aB3+".repeat(21)}aB==` },
          },
        },
      }),
    ],
  ],
  "failures divided by themselves": [
    "promql-units",
    withRules(plain("Errors", `${failed} / rate(http_requests_total[5m]) > 0.05`)),
  ],
  "failures by service over all failures and successes": [
    "promql-valid",
    withRules(
      plain("Errors", `sum by (service) (${failed}) / sum(rate(http_requests_total[5m])) > 0.05`),
    ),
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
  "a wait without a unit": [
    "alert-for",
    withRules(plain("Backlog", "queue_length > 1000", { for: "10" })),
  ],
  "a timeout that is longer than the interval": [
    "scrape-cost",
    [
      pinned(selectsAll),
      configSecret(),
      monitor({ endpoints: [{ port: "metrics", interval: "30s", scrapeTimeout: "45s" }] }),
    ],
  ],
  "a route of Grafana to every listener": [
    "grafana-exposure",
    [
      kube("gateway.networking.k8s.io/v1:HTTPRoute", "grafana", {
        spec: {
          parentRefs: [{ name: "public" }],
          hostnames: ["grafana.shop.io"],
          rules: [{ backendRefs: [{ name: "grafana", port: 80 }] }],
        },
      }),
    ],
  ],
  "every action on the bucket of Loki": [
    "loki-iam-least-privilege",
    [
      rolePolicy({
        Effect: "Allow",
        Action: "s3:*",
        Resource: [`arn:aws:s3:::${bucketName}`, `arn:aws:s3:::${bucketName}/*`],
      }),
    ],
  ],
};

const sound: Record<string, Resource[]> = {
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
  "a monitor of one of two ports": [
    pinned(selectsAll),
    configSecret(),
    monitor({}),
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
  "an AlertmanagerConfig with nights": [
    pinned(),
    configSecret(),
    kube("monitoring.coreos.com/v1alpha1:AlertmanagerConfig", "shop", {
      spec: {
        route: {
          receiver: "shop",
          routes: [
            {
              receiver: "shop",
              matchers: [{ name: "severity", value: "warning" }],
              muteTimeIntervals: ["nights"],
            },
          ],
        },
        receivers: [
          { name: "shop", pagerdutyConfigs: [{ routingKey: { name: "pagerduty", key: "key" } }] },
        ],
        muteTimeIntervals: [
          {
            name: "nights",
            timeIntervals: [
              {
                times: [
                  { startTime: "20:00", endTime: "24:00" },
                  { startTime: "00:00", endTime: "07:00" },
                ],
              },
            ],
          },
        ],
      },
    }),
  ],
  "a token that the container reads": [
    kube("apps/v1:Deployment", "gitlab-exporter", {
      spec: {
        template: {
          spec: {
            containers: [
              {
                name: "exporter",
                args: ["--token=$(GITLAB_TOKEN)", "--auth-token-file=/etc/token"],
              },
            ],
          },
        },
      },
    }),
  ],
  "a configuration of Fluent Bit": [
    configMap("fluent-bit", {
      "fluent-bit.conf":
        "[OUTPUT]\n    Name loki\n    Host loki-gateway\n    http_User shop\n    http_Passwd ${LOKI_PASSWORD}\n    labels job=fluent-bit\n",
    }),
  ],
  "a quorum with a default": withRules(
    plain("NoQuorum", '(count(up{job="etcd"} == 1) or vector(0)) < 2', critical),
  ),
  "a share by status": withRules(
    plain(
      "Errors",
      'sum by (service, status) (rate(http_requests_total{status=~"5.."}[5m])) / ignoring (status) group_left sum by (service) (rate(http_requests_total[5m])) > 0.05',
    ),
  ),
  "busy nodes": withRules(
    plain("Busy", `1 - ${busy} > 0.9`),
    plain("BusyPercent", `100 - ${busy} * 100 > 90`),
  ),
  "little free space": withRules(
    plain(
      "Full",
      'node_filesystem_avail_bytes{fstype!=""} / node_filesystem_size_bytes{fstype!=""} < 0.1',
    ),
    plain(
      "Volume",
      "100 * kubelet_volume_stats_used_bytes / kubelet_volume_stats_capacity_bytes > 85",
    ),
  ),
  "lag and restarts": withRules(
    plain("Lag", "max by (consumergroup) (kafka_consumergroup_lag) > 10000"),
    plain("Restarts", "changes(process_start_time_seconds[1h]) > 3"),
  ),
  "Grafana on a load balancer with a certificate": [
    chart(
      "grafana",
      {
        admin: { existingSecret: "grafana-admin" },
        service: {
          type: "LoadBalancer",
          port: 443,
          annotations: {
            "service.beta.kubernetes.io/aws-load-balancer-ssl-cert":
              "arn:aws:acm:eu-west-1:123456789012:certificate/0b0b",
          },
        },
      },
      "https://grafana-community.github.io/helm-charts",
    ),
  ],
  "Loki on a volume": [
    loki({
      loki: { storage: { type: "filesystem" }, compactor: { delete_request_store: "filesystem" } },
      singleBinary: { persistence: { enabled: true, size: "50Gi" } },
    }),
  ],
  "an audit of all alerts, and then the team": delivering({
    ...routesFirst({ receiver: "audit", matchers: [], continue: true }),
    receivers: [
      ...goodConfig.receivers,
      { name: "audit", webhook_configs: [{ url: "http://audit.platform:8080/alerts" }] },
    ],
  }),
  "a topic of AWS": delivering({
    receivers: [
      ...goodConfig.receivers.slice(0, 2),
      {
        name: "slack",
        sns_configs: [
          {
            topic_arn: "arn:aws:sns:eu-west-1:123456789012:alerts",
            sigv4: { region: "eu-west-1" },
          },
        ],
      },
    ],
  }),
};

describe("the third red team", () => {
  itJudges(mistakes, sound);
});
