import * as assert from "node:assert/strict";
import { stringify } from "yaml";
import { PlainMap } from "../../../policies/facts/plain";
import { Resource } from "../../../policies/facts/resource";
import {
  bucketName,
  changed,
  goodConfig,
  configSecret,
  configText,
  policyDocument,
  routesFirst,
} from "../platformSubjects";
import {
  Mistakes,
  itJudges,
  selectingNamespaces,
  bucketParts,
  chart,
  delivering,
  ingress,
  kube,
  loki,
  pinned,
  plain,
  ratio,
  rule,
  ruleObject,
  selectsAll,
  withRules,
} from "./subjects";
import { RuleFixture, resource } from "../subjects";

const critical = { labels: { severity: "critical" } };
const slackWith = (integration: PlainMap, global: PlainMap = {}) =>
  delivering({
    global,
    receivers: [...goodConfig.receivers.slice(0, 2), { name: "slack", ...integration }],
  });
const monitor = (name: string, endpoint: PlainMap = {}, spec: PlainMap = {}): Resource =>
  kube("monitoring.coreos.com/v1:ServiceMonitor", name, {
    spec: {
      selector: { matchLabels: { app: name } },
      endpoints: [{ port: "metrics", ...endpoint }],
      ...spec,
    },
  });
/** The rules that the service `cart` needs, with others in place of some. */
const baseRules = (change: Record<string, string> = {}): RuleFixture[] =>
  Object.entries({
    Errors: `${ratio("namespace, service")} > 0.05`,
    Slow: "histogram_quantile(0.99, sum by (namespace, service, le) (rate(http_request_duration_seconds_bucket[5m]))) > 0.5",
    CrashLoop: "increase(kube_pod_container_status_restarts_total[15m]) > 3",
    Memory:
      'container_memory_working_set_bytes / on (namespace, pod, container) kube_pod_container_resource_limits{resource="memory"} > 0.9',
    Cpu: 'rate(container_cpu_usage_seconds_total[5m]) / on (namespace, pod, container) kube_pod_container_resource_limits{resource="cpu"} > 0.85',
    Throttles: "sum by (namespace, service) (rate(dynamodb_throttled_requests_total[5m])) > 10",
    ...change,
  }).map(([alert, expr]) => plain(alert, expr));
const monitored = (rules: RuleFixture[], endpoint: PlainMap = {}): Resource[] => [
  ...withRules(...rules),
  monitor("cart", endpoint),
];
const configMap = (name: string, data: PlainMap): Resource =>
  kube("core/v1:ConfigMap", name, { data });
const container = (name: string, spec: PlainMap): Resource =>
  kube("apps/v1:Deployment", name, {
    spec: { template: { spec: { containers: [{ name, ...spec }] } } },
  });
const grafana = (values: PlainMap): Resource =>
  chart(
    "grafana",
    { admin: { existingSecret: "grafana-admin" }, ...values },
    "https://grafana-community.github.io/helm-charts",
  );
const labeled = (subject: Resource, metadata: PlainMap): Resource => ({
  ...subject,
  props: changed(subject.props as PlainMap, { metadata }),
});

const mistakes: Mistakes = {
  // Environment
  "data that a destroy deletes, in a stack named live": [
    "loki-bucket-hardened",
    [loki(), ...bucketParts({ bucket: { forceDestroy: true } })].map((subject) => ({
      ...subject,
      urn: subject.urn.replace(":prod:", ":live:"),
    })),
  ],
  // Effect, not presence
  "a variable in place of the webhook, which Alertmanager does not expand": [
    "severities-delivered",
    slackWith({
      slack_configs: [{ api_url: "${SLACK_WEBHOOK_URL}", channel: "#alerts", send_resolved: true }],
    }),
  ],
  "the webhook of the documentation of Slack": [
    "severities-delivered",
    slackWith({
      slack_configs: [
        {
          api_url: [
            "https://hooks.slack.com",
            "services",
            "XXXXXXXXX",
            "XXXXXXXXX",
            "XXXXXXXXXXXX",
          ].join("/"),
          channel: "#alerts",
          send_resolved: true,
        },
      ],
    }),
  ],
  "mail without a server": [
    "severities-delivered",
    slackWith({ email_configs: [{ to: "oncall@shop.io", send_resolved: true }] }),
  ],
  "mail whose password is in a file that is not mounted": [
    "severities-delivered",
    slackWith(
      { email_configs: [{ to: "oncall@shop.io", send_resolved: true }] },
      {
        smtp_smarthost: "smtp.shop.io:587",
        smtp_from: "alerts@shop.io",
        smtp_auth_username: "alerts",
        smtp_auth_password_file: "/etc/alertmanager/secrets/smtp/password",
      },
    ),
  ],
  "a time interval that was renamed": [
    "severities-delivered",
    delivering({
      ...routesFirst({
        matchers: ['severity="warning"'],
        receiver: "slack",
        mute_time_intervals: ["weekends"],
      }),
      time_intervals: [{ name: "weekend", time_intervals: [{ weekdays: ["saturday", "sunday"] }] }],
    }),
  ],
  "a misspelled key of a route": [
    "severities-delivered",
    delivering(routesFirst({ matcher: ['severity="warning"'], receiver: "slack" })),
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
  "buckets that the monitor drops to save memory": [
    "required-alerts",
    monitored(baseRules(), {
      metricRelabelings: [{ sourceLabels: ["__name__"], regex: ".*_bucket", action: "drop" }],
    }),
  ],
  "a monitor of a port that the service does not have": [
    "rules-are-loaded",
    [
      ...withRules(...baseRules()),
      monitor("cart", { port: "http-metrics" }),
      kube(
        "core/v1:Service",
        "cart",
        { spec: { selector: { app: "cart" }, ports: [{ name: "metrics", port: 9102 }] } },
        { labels: { app: "cart" } },
      ),
    ],
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
  // Rules that cannot fire, or always do
  "a count of nothing, which is never 0": [
    "promql-valid",
    withRules(plain("Down", 'count(up{job="cart"} == 1) == 0', critical)),
  ],
  "more than one restart per second": [
    "required-alerts",
    monitored(baseRules({ CrashLoop: "rate(kube_pod_container_status_restarts_total[5m]) > 1" })),
  ],
  "a ratio of all requests since the start": [
    "required-alerts",
    monitored(
      baseRules({
        Errors:
          'sum by (namespace, service) (http_requests_total{status=~"5.."}) / sum by (namespace, service) (http_requests_total) > 0.05',
      }),
    ),
  ],
  "a quantile of all requests since the start": [
    "promql-units",
    withRules(
      plain("Slow", "histogram_quantile(0.99, sum by (le) (sync_duration_seconds_bucket)) > 2"),
    ),
  ],
  "the rate of a sum of counters": [
    "promql-units",
    withRules(plain("Busy", "rate(sum by (service) (orders_total)[5m:1m]) > 10")),
  ],
  "free space in percent of a ratio": [
    "promql-units",
    withRules(plain("Full", "node_filesystem_avail_bytes / node_filesystem_size_bytes < 10")),
  ],
  "used space in percent of a ratio": [
    "promql-units",
    withRules(
      plain("Full", "kubelet_volume_stats_used_bytes / kubelet_volume_stats_capacity_bytes > 85"),
    ),
  ],
  // Siblings
  "the rate of a sum that another object records": [
    "promql-units",
    [
      pinned(selectsAll),
      configSecret(),
      kube("monitoring.coreos.com/v1:PrometheusRule", "records", {
        spec: {
          groups: [
            {
              name: "r",
              rules: [{ record: "service:orders:sum", expr: "sum by (service) (orders_total)" }],
            },
          ],
        },
      }),
      ruleObject(plain("Busy", "rate(service:orders:sum[5m]) > 10")),
    ],
  ],
  // YAML
  "two routes, of which the last wins": [
    "severities-delivered",
    [
      pinned(),
      configText(
        `${stringify(goodConfig)}\nroute: &silent\n  receiver: "null"\n  group_by: [alertname]\n`,
      ),
    ],
  ],
  // Exceptions
  "an exception that an object makes for its own password": [
    "no-plaintext-credentials",
    [
      labeled(configMap("exporter", { "config.yml": "user: app\npassword: hunter2\n" }), {
        annotations: {
          "observability.policy/except":
            "no-plaintext-credentials: it is internal; owner shop; until 2027-01-31",
        },
      }),
    ],
  ],
  // Exposure
  "Prometheus on a load balancer for all addresses": [
    "grafana-exposure",
    [
      pinned({
        prometheus: {
          service: { type: "LoadBalancer", loadBalancerSourceRanges: ["0.0.0.0/0"] },
        },
      }),
      configSecret(),
    ],
  ],
  "administrators by default": [
    "grafana-exposure",
    [
      grafana({
        "grafana.ini": {
          users: { auto_assign_org_role: "Admin" },
          "auth.google": { enabled: true, allowed_domains: "shop.io" },
        },
      }),
    ],
  ],
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
  // Credentials
  "a routing key of PagerDuty in its current form": [
    "no-plaintext-credentials",
    [
      configMap("alertmanager", {
        "alertmanager.yml": stringify({
          receivers: [
            {
              name: "p",
              pagerduty_configs: [
                { routing_key: `R02${"5LYH0FOBTZ8TTN3QKLUM2VRVI3SVX".slice(0, 29)}` },
              ],
            },
          ],
        }),
      }),
    ],
  ],
  "a password in MYSQL_PWD": [
    "no-plaintext-credentials",
    [container("mysqld-exporter", { env: [{ name: "MYSQL_PWD", value: "hunter2" }] })],
  ],
  "a key in a header of a command": [
    "no-plaintext-credentials",
    [
      container("reporter", {
        command: [
          "sh",
          "-c",
          `curl -s -X POST https://api.datadoghq.eu/api/v1/events -H 'DD-API-KEY: ${"0123456789abcdef".repeat(2)}' -d @event`,
        ],
      }),
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
};

const sound: Record<string, Resource[]> = {
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
  "a NodePort for a load balancer with a certificate": [
    grafana({
      service: { type: "NodePort" },
      ingress: {
        enabled: true,
        ingressClassName: "alb",
        hosts: ["grafana.shop.io"],
        annotations: {
          "alb.ingress.kubernetes.io/scheme": "internet-facing",
          "alb.ingress.kubernetes.io/listen-ports": '[{"HTTPS": 443}]',
          "alb.ingress.kubernetes.io/certificate-arn":
            "arn:aws:acm:eu-west-1:123456789012:certificate/0b0b",
        },
      },
    }),
  ],
  "a configuration of Alloy with a password from the environment": [
    configMap("alloy", {
      "config.alloy":
        'loki.write "default" {\n  endpoint {\n    url = "https://logs.grafana.net/loki/api/v1/push"\n    basic_auth {\n      username = "12345"\n      password = sys.env("LOKI_PASSWORD")\n    }\n  }\n}\n',
    }),
  ],
  "a script with a password from the environment": [
    configMap("scripts", {
      "check.py":
        'import os, psycopg\nconn = psycopg.connect(\n    user=os.environ["DB_USER"],\n    password=os.environ["DB_PASSWORD"],\n)\n',
    }),
  ],
  "PagerDuty with resolved notifications, and mail without": delivering({
    ...routesFirst({ matchers: ['severity="critical"'], receiver: "oncall", continue: true }),
    receivers: [
      ...goodConfig.receivers,
      {
        name: "oncall",
        pagerduty_configs: [{ routing_key_file: "/etc/alertmanager/secrets/heartbeat/key" }],
        email_configs: [
          { to: "oncall@shop.io", smarthost: "smtp.shop.io:587", from: "alerts@shop.io" },
        ],
      },
    ],
  }),
  "a counter that appears with its first failure": withRules(
    plain(
      "Failed",
      "increase(payouts_failed_total[15m]) > 0 or (payouts_failed_total > 0 unless payouts_failed_total offset 15m)",
    ),
  ),
  "a role that deploys the bucket": [
    resource(
      "aws:iam/role:Role",
      "deployer",
      {
        name: "github-deployer",
        assumeRolePolicy: policyDocument({
          Effect: "Allow",
          Principal: {
            Federated:
              "arn:aws:iam::123456789012:oidc-provider/token.actions.githubusercontent.com",
          },
          Action: "sts:AssumeRoleWithWebIdentity",
          Condition: {
            StringEquals: {
              "token.actions.githubusercontent.com:sub": "repo:shop/platform:environment:prod",
            },
          },
        }),
      },
      "prod",
    ),
    resource(
      "aws:iam/rolePolicy:RolePolicy",
      "deployer-buckets",
      {
        role: "github-deployer",
        policy: policyDocument({
          Effect: "Allow",
          Action: ["s3:CreateBucket", "s3:PutBucketPolicy", "s3:PutLifecycleConfiguration"],
          Resource: `arn:aws:s3:::${bucketName}`,
        }),
      },
      "prod",
    ),
  ],
  "an Alertmanager outside the cluster": [
    pinned(
      changed(selectsAll, {
        alertmanager: { enabled: false },
        prometheus: {
          prometheusSpec: {
            additionalAlertManagerConfigs: [
              {
                scheme: "https",
                path_prefix: "/alertmanager",
                static_configs: [{ targets: ["mimir.shop.io:443"] }],
              },
            ],
          },
        },
      }),
    ),
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
  "a native histogram": withRules(
    plain(
      "Slow",
      "histogram_quantile(0.99, sum by (namespace, service) (rate(http_request_duration_seconds[5m]))) > 0.5",
    ),
  ),
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
  "a target that is down or gone": withRules(
    plain("CartDown", 'up{job="cart"} == 0 or absent(up{job="cart"})', critical),
  ),
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
  "Teams and Opsgenie, with mounted credentials": delivering({
    receivers: [
      ...goodConfig.receivers.slice(0, 2),
      {
        name: "slack",
        msteamsv2_configs: [{ webhook_url_file: "/etc/alertmanager/secrets/heartbeat/teams" }],
        opsgenie_configs: [
          {
            api_key_file: "/etc/alertmanager/secrets/heartbeat/opsgenie",
            responders: [{ type: "team", name: "sre" }],
          },
        ],
      },
    ],
  }),
  "matchers in one text, and names in quotes": delivering(
    routesFirst({ matchers: ['{"team"="shop", severity=~"warning|critical"}'], receiver: "slack" }),
  ),
  "warnings that are muted on weekends, in a time zone": delivering({
    ...routesFirst({
      matchers: ["severity = warning"],
      receiver: "slack",
      mute_time_intervals: ["weekend"],
    }),
    mute_time_intervals: [
      {
        name: "weekend",
        time_intervals: [{ weekdays: ["saturday", "sunday"], location: "Europe/Berlin" }],
      },
    ],
  }),
  "inhibition in the older form": delivering({
    inhibit_rules: [
      {
        source_match: { severity: "critical" },
        target_match_re: { severity: "warning|info" },
        equal: ["namespace", "alertname"],
      },
    ],
  }),
  "an alert that keeps firing for a while": withRules({
    ...plain("Backlog", "queue_length > 1000"),
    keep_firing_for: "10m",
  } as RuleFixture),
  "objectives of Pyrra": withRules(
    {
      record: "http_requests:increase2w",
      expr: 'sum by (code) (increase(http_requests_total{job="cart"}[2w]))',
      labels: { slo: "cart" },
    },
    {
      record: "http_requests:burnrate5m",
      expr: 'sum(rate(http_requests_total{job="cart",code=~"5.."}[5m])) / sum(rate(http_requests_total{job="cart"}[5m]))',
      labels: { slo: "cart" },
    },
    {
      record: "http_requests:burnrate1h",
      expr: 'sum(rate(http_requests_total{job="cart",code=~"5.."}[1h])) / sum(rate(http_requests_total{job="cart"}[1h]))',
      labels: { slo: "cart" },
    },
    plain(
      "ErrorBudgetBurn",
      'http_requests:burnrate5m{job="cart",slo="cart"} > (14 * (1-0.99)) and http_requests:burnrate1h{job="cart",slo="cart"} > (14 * (1-0.99))',
      { for: "2m", ...critical },
    ),
  ).filter(({ name }) => name !== "nothing"),
  "a route of Traefik over TLS": [
    kube("traefik.io/v1alpha1:IngressRoute", "grafana", {
      spec: {
        entryPoints: ["websecure"],
        routes: [
          {
            match: "Host(`grafana.shop.io`)",
            kind: "Rule",
            services: [{ name: "grafana", port: 80 }],
          },
        ],
        tls: { secretName: "grafana-tls" },
      },
    }),
  ],
  "Prometheus with a password of nginx": [
    ingress("prometheus-operated", {
      "nginx.ingress.kubernetes.io/auth-type": "basic",
      "nginx.ingress.kubernetes.io/auth-secret": "monitoring/prometheus-auth",
    }),
  ],
  "Alertmanager on a private load balancer": [
    kube(
      "core/v1:Service",
      "alertmanager-private",
      {
        spec: {
          type: "LoadBalancer",
          selector: { "app.kubernetes.io/name": "alertmanager" },
          ports: [{ port: 9093 }],
        },
      },
      { annotations: { "service.beta.kubernetes.io/aws-load-balancer-scheme": "internal" } },
    ),
  ],
  "a bucket with a key of its own": [
    loki(),
    ...bucketParts({
      bucketServerSideEncryptionConfiguration: {
        rules: [
          {
            applyServerSideEncryptionByDefault: {
              sseAlgorithm: "aws:kms",
              kmsMasterKeyId: "arn:aws:kms:eu-west-1:123456789012:key/0b0b",
            },
            bucketKeyEnabled: true,
          },
        ],
      },
    }),
  ],
  "a password that the program generates": [
    resource(
      "random:index/randomPassword:RandomPassword",
      "grafana",
      { length: 32, special: false },
      "prod",
    ),
    kube("core/v1:Secret", "grafana-admin", {
      data: { "admin-user": "YWRtaW4=", "admin-password": "c29tZXRoaW5nLWxvbmctYW5kLXJhbmRvbQ==" },
    }),
  ],
  "a small stack for development": [
    {
      ...chart("kube-prometheus-stack", {
        prometheus: { prometheusSpec: { retention: "7d", sampleLimit: 50_000 } },
        alertmanager: { enabled: false },
        grafana: { admin: { existingSecret: "grafana-admin" } },
      }),
    },
  ].map((subject) => ({ ...subject, urn: subject.urn.replace(":prod:", ":dev:") })),
  "a latency by one bucket": withRules(
    plain(
      "Slow",
      'sum by (service) (rate(http_request_duration_seconds_bucket{le="0.5"}[5m])) / sum by (service) (rate(http_request_duration_seconds_count[5m])) < 0.99',
    ),
  ),
  "an exception with a reason, an owner and an end": [
    pinned(selectsAll),
    configSecret(),
    labeled(ruleObject(plain("Errors", `${ratio("service")} > 0.2`)), {
      annotations: {
        "observability.policy/except": `alert-thresholds/Errors: a partner fails often; owner shop; until ${new Date(Date.now() + 30 * 86_400_000).toISOString().slice(0, 10)}`,
      },
    }),
  ],
  "a service of the mesh": [
    kube("networking.istio.io/v1:VirtualService", "cart", {
      spec: { hosts: ["cart"], http: [{ route: [{ destination: { host: "cart" } }] }] },
    }),
  ],
  "the flags of a monitored database": [
    container("postgres-exporter", {
      args: [
        "--web.listen-address=:9187",
        "--disable-default-metrics",
        "--auto-discover-databases",
      ],
      env: [
        { name: "DATA_SOURCE_URI", value: "postgres:5432/shop?sslmode=require" },
        { name: "DATA_SOURCE_USER", value: "exporter" },
        { name: "DATA_SOURCE_PASS_FILE", value: "/etc/exporter/password" },
      ],
    }),
  ],
};

describe("the second red team", () => {
  it("has 30 mistakes and 30 sound set-ups", () => {
    assert.equal(Object.keys(mistakes).length, 30);
    assert.equal(Object.keys(sound).length, 30);
  });

  itJudges(mistakes, sound);
});
