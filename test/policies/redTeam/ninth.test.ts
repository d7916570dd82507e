import { PlainMap } from "../../../policies/facts/plain";
import {
  Mistakes,
  base,
  bucketParts,
  chart,
  itJudges,
  loki,
  manifests,
  pinned,
  plain,
  withConfig,
  withRules,
  withValues,
} from "./subjects";
import { resource } from "../subjects";

const topic = "arn:aws:sns:eu-west-1:123456789012:a";
const alarm = (props: PlainMap) => [
  resource(
    "aws:cloudwatch/metricAlarm:MetricAlarm",
    "queue-age",
    {
      namespace: "AWS/SQS",
      metricName: "ApproximateAgeOfOldestMessage",
      statistic: "Maximum",
      period: 60,
      evaluationPeriods: 5,
      comparisonOperator: "GreaterThanThreshold",
      threshold: 600,
      ...props,
    },
    "prod",
  ),
];
const monitor = (message: string) => [
  resource(
    "datadog:index/monitor:Monitor",
    "cart-errors",
    {
      name: "Cart errors",
      type: "query alert",
      query: "sum(last_5m):sum:trace.http.request.errors{service:cart}.as_count() > 50",
      message,
      monitorThresholds: { critical: "50" },
    },
    "prod",
  ),
];
const receiver = (integration: string) =>
  withConfig(
    `receivers:\n  - name: "null"\n  - name: heartbeat\n    webhook_configs: [{url_file: ${key}}]\n  - name: slack\n    ${integration}\n`,
  );
const key = "/etc/alertmanager/secrets/heartbeat/url";
const pagerduty = (severity: string) =>
  receiver(`pagerduty_configs: [{routing_key_file: ${key}, severity: '${severity}'}]`);
const slackApi = (token: string) =>
  receiver(
    `slack_configs: [{channel: "#alerts", send_resolved: true, api_url: "https://slack.com/api/chat.postMessage"${token}}]`,
  );
const dataSource = (url: string, type = "loki") =>
  withValues(`grafana: {additionalDataSources: [{name: Logs, type: ${type}, url: "${url}"}]}`);
const exposed = (annotation: string) => [
  ...base(),
  ...manifests(`
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata:
  name: prometheus
  namespace: monitoring
  annotations: {${annotation}: basic}
spec:
  ingressClassName: nginx
  tls: [{hosts: [prometheus.acme.io], secretName: prometheus-tls}]
  rules:
    - host: prometheus.acme.io
      http: {paths: [{path: /, pathType: Prefix, backend: {service: {name: prometheus-operated, port: {number: 9090}}}}]}
`),
];
const limitsConfig = (limits: PlainMap) => [
  loki({ loki: { limits_config: limits } }),
  ...bucketParts({}),
];
const collector = (stage: string) => [
  loki({ loki: { auth_enabled: true } }),
  ...bucketParts({}),
  chart(
    "alloy",
    {
      alloy: {
        configMap: {
          content: `loki.process "p" {\n  ${stage}\n  forward_to = [loki.write.default.receiver]\n}\nloki.write "default" {\n  endpoint {\n    url = "http://loki-gateway.monitoring.svc/loki/api/v1/push"\n  }\n}\n`,
        },
      },
    },
    "https://grafana.github.io/helm-charts",
  ),
];
const secret = (text: string) => [
  pinned({ alertmanager: { alertmanagerSpec: { configSecret: "alertmanager-encrypted" } } }),
  ...manifests(`
apiVersion: v1
kind: Secret
metadata: {name: alertmanager-encrypted, namespace: monitoring}
stringData: {alertmanager.yaml: "${text}"}
`),
];

const mistakes: Mistakes = {
  "a recording rule with the fields of an alert": [
    "promql-valid",
    withRules({
      record: "namespace_service:http_requests:rate5m",
      expr: "sum by (namespace, service) (rate(http_requests_total[5m]))",
      for: "5m",
    }),
  ],
  "absence of the targets that are down": [
    "promql-valid",
    withRules(plain("CheckoutDown", 'absent(up{job="checkout"} == 0)')),
  ],
  "a method of Slack's API without a token": ["severities-delivered", slackApi("")],
  "a severity that PagerDuty does not have": ["severities-delivered", pagerduty("high")],
  "a limit that Loki 3 no longer has": [
    "loki-retention",
    limitsConfig({ enforce_metric_name: false }),
  ],
  "an alarm with an action only when it is over": [
    "severities-delivered",
    alarm({ okActions: [topic] }),
  ],
  "a handle only in the message of the recovery": [
    "severities-delivered",
    monitor(
      "{{#is_alert}}Cart fails{{/is_alert}}{{#is_recovery}}Cart works @slack-shop{{/is_recovery}}",
    ),
  ],
  "the method of Loki in the address of a data source": [
    "grafana-provisioning",
    dataSource("http://loki-gateway.monitoring.svc/loki/api/v1/push"),
  ],
  "the method of Prometheus in the address of a data source": [
    "grafana-provisioning",
    dataSource("http://thanos-query.monitoring.svc:9090/api/v1/query", "prometheus"),
  ],
  "authentication that ingress-nginx does not read": [
    "grafana-exposure",
    exposed("ingress.kubernetes.io/auth-type"),
  ],
};

const sound = {
  "absence of the targets that are up": withRules(
    plain("CheckoutDown", 'absent(up{job="checkout"} == 1)'),
  ),
  "a method of Slack's API with a token": slackApi(`, app_token_file: ${key}`),
  "a severity that PagerDuty has": pagerduty("warning"),
  "a severity from a template": pagerduty("{{ .CommonLabels.severity }}"),
  "an alarm with both actions": alarm({ alarmActions: [topic], okActions: [topic] }),
  "handles in the messages of the alert and of the recovery": monitor(
    "{{#is_alert}}@pagerduty-cart{{/is_alert}}{{#is_recovery}}@slack-shop{{/is_recovery}}",
  ),
  "a data source below a path": dataSource("https://mimir.acme.io/prometheus", "prometheus"),
  "authentication that ingress-nginx reads": exposed("nginx.ingress.kubernetes.io/auth-url"),
  "a tenant from a label": collector('stage.tenant { label = "namespace" }'),
  "a Secret that SOPS encrypts": secret("ENC[AES256_GCM,data:8Xk2vQmN0Pz7rT1s,type:str]"),
};

describe("the ninth red team", () => {
  itJudges(mistakes, sound);
});
