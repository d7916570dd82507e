import { readDocuments } from "../../../policies/facts/yaml";
import { fake } from "../fakes";
import { Mistakes, chart, itJudges, plain, withRules } from "./subjects";

const alert = (expr: string) => withRules(plain("Checkout", expr, { for: "10m" }));
const errors = (matcher: string) =>
  alert(
    `sum(rate(http_requests_total{${matcher}}[5m])) / sum(rate(http_requests_total[5m])) > 0.05`,
  );
const restarts = "kube_pod_container_status_restarts_total";

const receivers = `
receivers:
  - {name: snitch, webhook_configs: [{url: 'https://nosnch.in/a1b2'}]}
  - {name: slack, slack_configs: [{channel: '#alerts', api_url_file: /etc/keys/slack, send_resolved: true}]}
route: {receiver: slack, group_by: [alertname, namespace], group_wait: 30s, group_interval: 5m, repeat_interval: 4h, routes: [{matchers: ['alertname="Watchdog"'], receiver: snitch, repeat_interval: 5m}]}
inhibit_rules: [{source_matchers: ['severity="critical"'], target_matchers: ['severity="warning"'], equal: [namespace, alertname]}]
`;
/** The chart alertmanager, with a key in its configuration next to those of Alertmanager. */
const alertmanager = (line: string) => [
  chart("alertmanager", {
    replicaCount: 2,
    podDisruptionBudget: { maxUnavailable: 1 },
    resources: { requests: { memory: "64Mi" } },
    extraSecretMounts: [{ name: "keys", mountPath: "/etc/keys", secretName: "alertmanager-keys" }],
    config: readDocuments(`${line}${receivers}`)[0],
  }),
];
const mail = (field: string) =>
  alertmanager(
    `global: {smtp_smarthost: 'email-smtp.eu-west-1.amazonaws.com:587', smtp_from: a@shop.io, smtp_auth_password_file: /etc/keys/smtp, ${field}: ${fake.awsKeyId}}`,
  );

const mistakes: Mistakes = {
  "a pattern of codes in an equality": ["promql-valid", errors('code="5.."')],
  "alternatives of codes in an equality": ["promql-valid", errors('status="500|503"')],
  "alternatives of states in an equality": [
    "promql-valid",
    alert('max by (namespace, pod) (kube_pod_status_phase{phase="Pending|Unknown"}) > 0'),
  ],
  "any text in an equality": ["promql-valid", errors('status=~"5..", route=".*"')],
  "restarts per second": ["promql-units", alert(`rate(${restarts}[15m]) > 3`)],
  "restarts per second of a pod": [
    "promql-units",
    alert(`sum by (namespace, pod) (rate(${restarts}[10m])) > 0.5`),
  ],
  "an unknown key in the configuration of the chart alertmanager": [
    "severities-delivered",
    alertmanager("enable: true"),
  ],
  "an access key as the password of a mail server": [
    "no-plaintext-credentials",
    mail("smtp_auth_secret"),
  ],
};

const sound = {
  "a pattern of codes in a regular expression": errors('code=~"5.."'),
  "a class of codes that an exporter counts": errors('code="5xx"'),
  "restarts in five minutes": alert(`rate(${restarts}[15m]) * 60 * 5 > 0`),
  "the increase of restarts": alert(`increase(${restarts}[15m]) > 5`),
  "a configuration that the chart alertmanager enables": alertmanager("enabled: true"),
  "a configuration that the chart alertmanager does not render": alertmanager("enabled: false"),
  "a user name of Amazon SES": mail("smtp_auth_username"),
};

describe("the eleventh red team", () => {
  itJudges(mistakes, sound);
});
