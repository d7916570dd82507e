import { stringify } from "yaml";
import { PlainMap } from "../../../policies/facts/plain";
import { Resource } from "../../../policies/facts/resource";
import {
  accessStatements,
  bucketName,
  changed,
  configSecret,
  goodConfig,
  podTrust,
  policyDocument,
  routesFirst,
  tlsOnly,
} from "../platformSubjects";
import {
  Mistakes,
  argo,
  base,
  bucketParts,
  chart,
  community,
  delivering,
  grafana,
  itJudges,
  kube,
  loki,
  manifests,
  pinned,
  plain,
  rolePolicy,
  ruleObject,
  selectsAll,
  withConfig,
  withRules,
  withValues,
} from "./subjects";
import { resource } from "../subjects";

const dashboard = (uid: string, title: string): string =>
  JSON.stringify({ uid, title, schemaVersion: 39, panels: [{ type: "timeseries" }] });
const dashboardMap = (name: string, text: string): Resource =>
  kube(
    "core/v1:ConfigMap",
    name,
    { data: { [`${name}.json`]: text } },
    { labels: { grafana_dashboard: "1" } },
  );
const receiving = (integrations: string): Resource[] =>
  withConfig(
    `receivers:\n  - {name: "null"}\n  - name: heartbeat\n    webhook_configs: [{url_file: /etc/alertmanager/secrets/heartbeat/url}]\n  - name: slack\n${integrations}`,
  );
const exporter = (interval = "30s", endpoint = ""): Resource[] =>
  manifests(`
apiVersion: v1
kind: Service
metadata: {name: orders-exporter, namespace: shop, labels: {app: orders-exporter}}
spec: {selector: {app: orders-exporter}, ports: [{name: metrics, port: 9100}]}
---
apiVersion: monitoring.coreos.com/v1
kind: ServiceMonitor
metadata: {name: orders-exporter, namespace: shop}
spec: {selector: {matchLabels: {app: orders-exporter}}, endpoints: [{port: metrics, interval: ${interval}${endpoint}}]}
`);

const mistakes: Mistakes = {
  "a reminder of a critical alert every five minutes": [
    "grouping",
    withConfig(
      'route:\n  routes:\n    - {matchers: [alertname="Watchdog"], receiver: heartbeat, repeat_interval: 1m}\n    - {matchers: [severity="critical"], receiver: slack, repeat_interval: 5m}\n    - {matchers: [severity=~"info|none"], receiver: "null"}\n',
    ),
  ],
  "inhibition across all services": [
    "inhibition",
    withConfig(
      "inhibit_rules:\n  - source_matchers: [severity=critical]\n    target_matchers: [severity=warning]\n",
    ),
  ],
  "Telegram without a bot": [
    "severities-delivered",
    receiving("    telegram_configs: [{chat_id: -1001234567, send_resolved: true}]\n"),
  ],
  "a mail server without a port": [
    "severities-delivered",
    receiving(
      "    email_configs: [{to: oncall@acme-corp.io, from: alerts@acme-corp.io, smarthost: smtp.acme-corp.io, send_resolved: true}]\n",
    ),
  ],
  "a night in one range": [
    "severities-delivered",
    delivering({
      ...routesFirst({
        matchers: ['severity="warning"'],
        receiver: "slack",
        mute_time_intervals: ["night"],
      }),
      time_intervals: [
        {
          name: "night",
          time_intervals: [{ times: [{ start_time: "22:00", end_time: "06:00" }] }],
        },
      ],
    }),
  ],
  "a receiver for one team, and nobody for the rest": [
    "severities-delivered",
    withConfig(
      'route:\n  receiver: "null"\n  routes:\n    - {matchers: [alertname="Watchdog"], receiver: heartbeat, repeat_interval: 1m}\n    - {matchers: [team="payments"], receiver: slack}\n',
    ),
  ],
  "a threshold with a percent sign": [
    "promql-valid",
    withRules(plain("Errors", "sum(rate(jobs_failed_total[5m])) / sum(rate(jobs_total[5m])) > 5%")),
  ],
  "a quantile of the sum of a histogram": [
    "promql-units",
    withRules(
      plain(
        "Slow",
        "histogram_quantile(0.99, sum by (le) (rate(query_duration_seconds_sum[5m]))) > 2",
      ),
    ),
  ],
  "two scrapes in the range of a rate": [
    "rate-window",
    [
      ...base(),
      ...exporter("60s"),
      ruleObject(plain("Errors", 'sum(rate(orders_errors_total{job="orders-exporter"}[2m])) > 1')),
    ],
  ],
  "pods of a team, without the labels to match on": [
    "promql-valid",
    withRules(
      plain(
        "NotReady",
        'kube_pod_status_ready{condition="false"} == 1 and kube_pod_labels{label_team="shop"}',
      ),
    ),
  ],
  "a range of Grafana": [
    "promql-valid",
    withRules(plain("Errors", "sum(rate(jobs_failed_total[$__rate_interval])) > 5")),
  ],
  "an hour of errors before a page": [
    "alert-for",
    withRules(
      plain("Errors", "sum(rate(payments_failed_total[5m])) > 5", {
        for: "1h",
        labels: { severity: "critical" },
      }),
    ),
  ],
  "a misspelled job": [
    "records-exist",
    [...base(), ...exporter(), ruleObject(plain("ExporterDown", 'up{job="orders-exportr"} == 0'))],
  ],
  "an interval without a unit": ["scrape-cost", [...base(), ...exporter("30")]],
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
      ...exporter("30s", ", metricRelabelings: [{sourceLabels: [__name__], action: drop}]"),
    ],
  ],
  "chunks that expire after two weeks": [
    "loki-bucket-lifecycle",
    [
      loki(),
      ...bucketParts({
        bucketLifecycleConfiguration: {
          rules: [
            {
              id: "chunks",
              status: "Enabled",
              filter: { prefix: "fake/" },
              expiration: { days: 14 },
            },
            {
              id: "rest",
              status: "Enabled",
              filter: {},
              noncurrentVersionExpiration: { noncurrentDays: 3 },
              abortIncompleteMultipartUpload: { daysAfterInitiation: 3 },
            },
          ],
        },
      }),
    ],
  ],
  "the volume under the key of the object": [
    "prometheus-storage",
    withValues(
      "prometheus:\n  prometheusSpec:\n    storageSpec: null\n    storage: {volumeClaimTemplate: {spec: {resources: {requests: {storage: 100Gi}}}}}\n",
    ),
  ],
  "a bucket that everybody may read": [
    "loki-bucket-hardened",
    [loki(), ...bucketParts({ bucket: { acl: "public-read" } })],
  ],
  "a bucket for every account": [
    "loki-bucket-hardened",
    [
      loki(),
      ...bucketParts({
        bucketPolicy: {
          policy: policyDocument(tlsOnly, {
            Sid: "Share",
            Effect: "Allow",
            Principal: "*",
            Action: ["s3:GetObject"],
            Resource: `arn:aws:s3:::${bucketName}/*`,
          }),
        },
      }),
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
  "a role of Loki that may delete the bucket": [
    "loki-iam-least-privilege",
    [
      rolePolicy(...accessStatements, {
        Effect: "Allow",
        Action: ["s3:DeleteBucket"],
        Resource: `arn:aws:s3:::${bucketName}`,
      }),
    ],
  ],
  "an administrator by a constant path": [
    "grafana-exposure",
    [
      grafana({
        "grafana.ini": {
          "auth.generic_oauth": {
            enabled: true,
            client_id: "grafana",
            auth_url: "https://sso.acme-corp.io/authorize",
            allowed_domains: "acme-corp.io",
            role_attribute_path: "'Admin'",
          },
        },
      }),
    ],
  ],
  "Alertmanager on a load balancer that is not internal": [
    "grafana-exposure",
    manifests(
      "apiVersion: v1\nkind: Service\nmetadata: {name: alertmanager-external, namespace: monitoring, annotations: {service.beta.kubernetes.io/aws-load-balancer-internal: 'false'}}\nspec: {type: LoadBalancer, selector: {app.kubernetes.io/name: alertmanager}, ports: [{port: 9093}]}\n",
    ),
  ],
  "a password in SMTP_PASS": [
    "no-plaintext-credentials",
    [
      grafana({
        extraEnv: [
          { name: "SMTP_USER", value: "grafana" },
          { name: "SMTP_PASS", value: "hunter2-prod" },
        ],
      }),
    ],
  ],
  "memory in GB": [
    "resource-requests",
    withValues("prometheus: {prometheusSpec: {resources: {requests: {cpu: 1, memory: 4GB}}}}"),
  ],
  "a data source without a scheme": [
    "grafana-provisioning",
    withValues(
      'grafana: {additionalDataSources: [{name: Loki, type: loki, uid: loki, url: "loki-gateway.loki.svc:80"}]}',
    ),
  ],
  "a copy of a dashboard with the same uid": [
    "grafana-provisioning",
    [
      ...base(),
      dashboardMap("orders", dashboard("orders", "Orders")),
      dashboardMap("payments", dashboard("orders", "Payments")),
    ],
  ],
};

const sound: Record<string, Resource[]> = {
  "a channel of a namespace next to the global one": [
    ...base(),
    ...manifests(
      "apiVersion: monitoring.coreos.com/v1alpha1\nkind: AlertmanagerConfig\nmetadata: {name: shop, namespace: shop}\nspec:\n  route: {receiver: teams, groupBy: [alertname], matchers: [{name: severity, value: warning, matchType: '='}]}\n  receivers: [{name: teams, msteamsv2Configs: [{webhookURL: {name: teams, key: url}}]}]\n",
    ),
  ],
  "the operator of VictoriaMetrics": manifests(
    "apiVersion: operator.victoriametrics.com/v1beta1\nkind: VMRule\nmetadata: {name: shop, namespace: shop}\nspec: {groups: [{name: shop, rules: [{alert: Errors, expr: 'sum(rate(errors_total[5m])) > 5', for: 5m, labels: {severity: critical}}]}]}\n---\napiVersion: operator.victoriametrics.com/v1beta1\nkind: VMServiceScrape\nmetadata: {name: shop, namespace: shop}\nspec: {selector: {matchLabels: {app: shop}}, endpoints: [{port: http}]}\n",
  ),
  "long objectives in a ThanosRuler": [
    ...manifests(
      "apiVersion: monitoring.coreos.com/v1\nkind: ThanosRuler\nmetadata: {name: slo, namespace: monitoring}\nspec: {replicas: 2, ruleSelector: {matchLabels: {role: slo}}, queryEndpoints: ['dnssrv+_http._tcp.thanos-query.monitoring.svc'], alertmanagersConfig: {name: thanos, key: alertmanagers.yaml}}\n---\napiVersion: monitoring.coreos.com/v1\nkind: PrometheusRule\nmetadata: {name: slo, namespace: monitoring, labels: {role: slo}}\nspec: {groups: [{name: slo, interval: 5m, rules: [{record: 'slo:availability:ratio30d', expr: 'avg_over_time(slo:availability:ratio5m[30d])'}]}]}\n",
    ),
  ],
  "Loki by a role of its service account": [
    loki({
      deploymentMode: "SimpleScalable",
      singleBinary: { replicas: 0 },
      write: {
        replicas: 3,
        persistence: { size: "20Gi" },
        resources: { requests: { memory: "2Gi" } },
      },
      read: { replicas: 3 },
      backend: { replicas: 3 },
      serviceAccount: {
        create: true,
        annotations: { "eks.amazonaws.com/role-arn": "arn:aws:iam::123456789012:role/loki" },
      },
    }),
    ...bucketParts({}),
    rolePolicy(...accessStatements),
  ],
  "traces in Tempo, by an OpenTelemetry collector": [
    chart(
      "tempo-distributed",
      {
        storage: {
          trace: {
            backend: "s3",
            s3: { bucket: "acme-tempo", endpoint: "s3.eu-west-1.amazonaws.com" },
          },
        },
        ingester: { replicas: 3 },
      },
      "https://grafana-community.github.io/helm-charts",
    ),
    chart(
      "opentelemetry-collector",
      {
        mode: "daemonset",
        config: {
          exporters: {
            otlp: { endpoint: "tempo-distributor.tempo.svc:4317", tls: { insecure: true } },
          },
          service: { pipelines: { traces: { exporters: ["otlp"] } } },
        },
      },
      "https://open-telemetry.github.io/opentelemetry-helm-charts",
    ),
  ].map((each) => ({
    ...each,
    props: { ...(each.props as PlainMap), repositoryOpts: { repo: community } },
  })),
  "roles from groups of Entra": [
    grafana({
      "grafana.ini": {
        "auth.azuread": {
          enabled: true,
          client_id: "1b2c",
          auth_url:
            "https://login.microsoftonline.com/0b0b0b0b-1111-2222-3333-444444444444/oauth2/v2.0/authorize",
          allowed_groups: "5e5e",
          role_attribute_path: "contains(groups[*], '5e5e') && 'Admin' || 'Viewer'",
          role_attribute_strict: true,
        },
      },
      envFromSecret: "grafana-oauth",
    }),
  ],
  "Keycloak, and no password": [
    grafana({
      "grafana.ini": {
        auth: { disable_login_form: true },
        "auth.generic_oauth": {
          enabled: true,
          name: "Keycloak",
          client_id: "grafana",
          client_secret: "$__env{CLIENT_SECRET}",
          auth_url: "https://keycloak.acme-corp.io/realms/acme/protocol/openid-connect/auth",
          role_attribute_path: "contains(roles[*], 'grafana-admin') && 'Admin' || 'Viewer'",
        },
      },
    }),
  ],
  "Teams and mail by Amazon SES": delivering({
    global: {
      smtp_smarthost: "email-smtp.eu-west-1.amazonaws.com:587",
      smtp_from: "alerts@acme-corp.io",
      smtp_auth_username: "AKID",
      smtp_auth_password_file: "/etc/alertmanager/secrets/heartbeat/smtp",
    },
    receivers: [
      ...goodConfig.receivers.slice(0, 2),
      {
        name: "slack",
        msteamsv2_configs: [{ webhook_url_file: "/etc/alertmanager/secrets/heartbeat/teams" }],
        email_configs: [{ to: "sre@acme-corp.io", send_resolved: true }],
      },
    ],
  }),
  "a night in two ranges": delivering({
    ...routesFirst({
      matchers: ['severity="warning"'],
      receiver: "slack",
      mute_time_intervals: ["night"],
    }),
    time_intervals: [
      {
        name: "night",
        time_intervals: [
          {
            times: [
              { start_time: "22:00", end_time: "24:00" },
              { start_time: "00:00", end_time: "06:00" },
            ],
            location: "Europe/Berlin",
          },
        ],
      },
    ],
  }),
  "Telegram by a mounted token": delivering({
    receivers: [
      ...goodConfig.receivers.slice(0, 2),
      {
        name: "slack",
        telegram_configs: [
          {
            chat_id: -1001234567,
            bot_token_file: "/etc/alertmanager/secrets/heartbeat/telegram",
            parse_mode: "HTML",
          },
        ],
      },
    ],
  }),
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
  "histograms of both kinds": withRules(
    plain(
      "Slow",
      "histogram_quantile(0.9, sum by (le, route) (rate(cart_latency_seconds_bucket[5m]))) > 1.5",
    ),
    plain(
      "SlowNative",
      "histogram_quantile(0.9, sum by (route) (rate(cart_latency_seconds[5m]))) > 1.5",
    ),
    plain(
      "Average",
      "sum by (route) (rate(cart_latency_seconds_sum[5m])) / sum by (route) (rate(cart_latency_seconds_count[5m])) > 1",
    ),
    plain(
      "SlowMillis",
      "histogram_quantile(0.9, sum by (le) (rate(legacy_latency_milliseconds_bucket[5m]))) > 800",
    ),
  ),
  "a disk that fills within a day": withRules(
    plain(
      "DiskFills",
      'predict_linear(node_filesystem_avail_bytes{fstype!~"tmpfs|overlay"}[6h], 24 * 3600) < 0 and node_filesystem_avail_bytes{fstype!~"tmpfs|overlay"} / node_filesystem_size_bytes{fstype!~"tmpfs|overlay"} < 0.3',
      { for: "1h" },
    ),
  ),
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
  "chunks in a cheaper class": [
    loki(),
    ...bucketParts({
      bucketLifecycleConfiguration: {
        rules: [
          {
            id: "tier",
            status: "Enabled",
            filter: {},
            transitions: [{ days: 0, storageClass: "INTELLIGENT_TIERING" }],
            noncurrentVersionExpiration: { noncurrentDays: 3 },
            abortIncompleteMultipartUpload: { daysAfterInitiation: 1 },
          },
        ],
      },
    }),
  ],
  "a bucket for rules of its own": [
    resource(
      "aws:iam/role:Role",
      "loki",
      { name: "loki", assumeRolePolicy: policyDocument(podTrust) },
      "prod",
    ),
    resource(
      "aws:iam/rolePolicy:RolePolicy",
      "loki-ruler",
      {
        role: "loki",
        policy: policyDocument(
          {
            Effect: "Allow",
            Action: "s3:ListBucket",
            Resource: ["arn:aws:s3:::acme-loki-chunks", "arn:aws:s3:::acme-loki-ruler"],
          },
          {
            Effect: "Allow",
            Action: ["s3:GetObject", "s3:PutObject", "s3:DeleteObject", "s3:AbortMultipartUpload"],
            Resource: ["arn:aws:s3:::acme-loki-chunks/*", "arn:aws:s3:::acme-loki-ruler/*"],
          },
        ),
      },
      "prod",
    ),
  ],
  "Datadog with handles in a template": [
    resource(
      "datadog:index/monitor:Monitor",
      "slo-burn",
      {
        name: "Burn rate",
        type: "slo alert",
        query: 'burn_rate("abc").over("7d").long_window("1h").short_window("5m") > 14.4',
        message:
          "{{#is_alert}}\nBudget burns fast.\n@pagerduty-{{service.name}} @slack-acme-alerts\n{{/is_alert}}",
        priority: "1",
        notifyNoData: false,
      },
      "prod",
    ),
  ],
  "Amazon Managed Prometheus": withValues(
    "prometheus:\n  prometheusSpec:\n    retention: 2h\n    retentionSize: 20GB\n    remoteWrite:\n      - url: https://aps-workspaces.eu-west-1.amazonaws.com/workspaces/ws-0b0b/api/v1/remote_write\n        sigv4: {region: eu-west-1}\n        queueConfig: {maxSamplesPerSend: 1000, maxShards: 200, capacity: 2500}\n",
  ),
  "a proxy that signs users in": [
    grafana({
      "grafana.ini": {
        "auth.proxy": {
          enabled: true,
          header_name: "X-WEBAUTH-USER",
          whitelist: "10.0.12.0/24",
          auto_sign_up: true,
        },
        users: { auto_assign_org_role: "Viewer" },
      },
    }),
  ],
  "a class of ingresses for the office network": [
    ...manifests(
      "apiVersion: networking.k8s.io/v1\nkind: Ingress\nmetadata: {name: prometheus, namespace: monitoring}\nspec: {ingressClassName: nginx-internal, rules: [{host: prometheus.acme-corp.internal, http: {paths: [{path: /, pathType: Prefix, backend: {service: {name: prometheus-operated, port: {number: 9090}}}}]}}]}\n",
    ),
  ],
  "a listener of a gateway with TLS": manifests(
    "apiVersion: gateway.networking.k8s.io/v1\nkind: HTTPRoute\nmetadata: {name: grafana, namespace: monitoring}\nspec: {parentRefs: [{name: public, namespace: gateways, sectionName: https}], hostnames: [grafana.acme-corp.io], rules: [{matches: [{path: {type: PathPrefix, value: /}}], backendRefs: [{name: grafana, port: 80}]}]}\n",
  ),
  "middlewares of Traefik in front of Prometheus": manifests(
    "apiVersion: traefik.io/v1alpha1\nkind: IngressRoute\nmetadata: {name: prometheus, namespace: monitoring}\nspec: {entryPoints: [websecure], routes: [{kind: Rule, match: 'Host(`prometheus.acme-corp.io`)', middlewares: [{name: forward-auth}], services: [{name: prometheus-operated, port: 9090}]}], tls: {certResolver: letsencrypt}}\n",
  ),
  "a list of metrics to keep": [
    ...base(),
    ...exporter(
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
  "an Application of Argo CD with values in it": [
    argo("grafana", {
      admin: { existingSecret: "grafana-admin" },
      persistence: { enabled: true },
      deploymentStrategy: { type: "Recreate" },
    }),
  ],
  "requests in every notation": withValues(
    "prometheus: {prometheusSpec: {resources: {requests: {cpu: 0.5, memory: 1.5Gi}, limits: {memory: 3000M}}}}\nalertmanager: {alertmanagerSpec: {resources: {requests: {cpu: '2', memory: 200Mi}}}}\nkube-state-metrics: {resources: {requests: {cpu: 100m, memory: 1e9}}}\n",
  ),
  "files and names that contain the word pass": [
    kube("apps/v1:Deployment", "exporter", {
      spec: {
        template: {
          spec: {
            containers: [
              {
                name: "exporter",
                args: ["--web.password-file=/etc/p", "--bypass=true"],
                env: [
                  { name: "PGPASSFILE", value: "/etc/exporter/pgpass" },
                  { name: "COMPASS_MODE", value: "north" },
                  { name: "DB_PASS_FILE", value: "/run/secrets/db" },
                  {
                    name: "SMTP_PASS",
                    valueFrom: { secretKeyRef: { name: "smtp", key: "password" } },
                  },
                ],
              },
            ],
          },
        },
      },
    }),
  ],
  "a dashboard for each service": [
    ...base(),
    dashboardMap("orders", dashboard("orders", "Orders")),
    dashboardMap("payments", dashboard("payments", "Payments")),
    kube("core/v1:ConfigMap", "runbooks", { data: { "orders.md": stringify({ a: "b" }) } }),
  ],
};

describe("the fifth red team", () => {
  itJudges(mistakes, sound);
});
