import { Resource } from "../../../policies/facts/resource";
import { changed, configSecret, goodConfig } from "../platformSubjects";
import {
  Mistakes,
  alertmanager,
  bucketParts,
  datadogMonitor,
  delivering,
  flux,
  itJudges,
  kube,
  loki,
  mail,
  manifests,
  pagerduty,
  pinned,
  selectsAll,
  stackValuesOf,
  withConfig,
  withValues,
} from "./subjects";
import { PlainMap, textAt } from "../../../policies/facts/plain";

const slackWith = (integration: PlainMap, global: PlainMap = {}) =>
  delivering({
    global,
    receivers: [...goodConfig.receivers.slice(0, 2), { name: "slack", ...integration }],
  });
const receiving = (integrations: string): Resource[] =>
  withConfig(
    `receivers:\n  - {name: "null"}\n  - name: heartbeat\n    webhook_configs: [{url_file: /etc/alertmanager/secrets/heartbeat/url}]\n  - name: slack\n${integrations}`,
  );
const withReceiver = (text: string) => withConfig(`receivers:\n  - name: "null"\n${text}`);
const slack = (extra: string) =>
  withConfig(`
receivers:
  - name: "null"
  - name: heartbeat
    webhook_configs: [{url_file: /etc/alertmanager/secrets/heartbeat/url}]
  - name: slack
    slack_configs:
      - channel: "#alerts"
        send_resolved: true
${extra}`);
const withSlack = (title: string, templates?: Record<string, string>) => {
  const secret = slack(`        title: ${JSON.stringify(title)}`)[1];
  const text = textAt(secret?.props, "stringData", "alertmanager.yaml") ?? "";
  const list = templates && 'templates: ["/etc/alertmanager/config/*.tmpl"]\n';
  return [
    pinned(),
    {
      ...configSecret(),
      props: changed(configSecret().props as PlainMap, {
        stringData: { "alertmanager.yaml": `${list ?? ""}${text}`, ...templates },
      }),
    },
  ];
};
const withReceivers = (list: string) =>
  withConfig(
    `receivers:\n  - name: "null"\n  - name: heartbeat\n    webhook_configs: [{url_file: /etc/alertmanager/secrets/heartbeat/url}]\n  - name: slack\n${list}`,
  );
const slackText = (text: string, top = "") =>
  withConfig(`${top}receivers:
  - name: "null"
  - name: heartbeat
    webhook_configs: [{url_file: /etc/alertmanager/secrets/heartbeat/url}]
  - name: slack
    slack_configs:
      - channel: "#alerts"
        send_resolved: true
        text: ${JSON.stringify(text)}
`);
const receiver = (integration: string) =>
  withConfig(
    `receivers:\n  - name: "null"\n  - name: heartbeat\n    webhook_configs: [{url_file: ${mountedUrl}}]\n  - name: slack\n    ${integration}\n`,
  );
const mountedUrl = "/etc/alertmanager/secrets/heartbeat/url";
const pagerdutySeverity = (severity: string) =>
  receiver(`pagerduty_configs: [{routing_key_file: ${mountedUrl}, severity: '${severity}'}]`);
const slackApi = (token: string) =>
  receiver(
    `slack_configs: [{channel: "#alerts", send_resolved: true, api_url: "https://slack.com/api/chat.postMessage"${token}}]`,
  );
const templates = (folder: string) =>
  withValues(`
alertmanager:
  alertmanagerSpec: {useExistingSecret: false}
  config:
    templates: ['${folder}/*.tmpl']
    route: {receiver: slack, group_by: [alertname, namespace], group_wait: 30s, group_interval: 5m, repeat_interval: 4h, routes: [{matchers: ['alertname="Watchdog"'], receiver: snitch, repeat_interval: 5m}]}
    inhibit_rules: [{source_matchers: ['severity="critical"'], target_matchers: ['severity="warning"'], equal: [namespace, alertname]}]
    receivers:
      - {name: snitch, webhook_configs: [{url: 'https://nosnch.in/a1b2'}]}
      - {name: slack, slack_configs: [{channel: '#alerts', api_url_file: /etc/alertmanager/config/slack, send_resolved: true, title: '{{ template "shop.title" . }}'}]}
  templateFiles: {shop.tmpl: '{{ define "shop.title" }}{{ .CommonLabels.alertname }}{{ end }}'}
`);
const archived = (matcher: string, order: "first" | "last") => {
  const archive = `{matchers: ['${matcher}'], receiver: archive}`;
  const pages = `{matchers: ['severity="critical"'], receiver: pages}`;
  return withConfig(`
route: {receiver: slack, routes: [{matchers: ['alertname="Watchdog"'], receiver: heartbeat, group_wait: 1s, group_interval: 1m, repeat_interval: 1m}, ${order === "first" ? `${archive}, ${pages}` : `${pages}, ${archive}`}]}
receivers:
  - {name: heartbeat, webhook_configs: [{url_file: /etc/alertmanager/secrets/heartbeat/url}]}
  - {name: slack, slack_configs: [{channel: '#alerts', send_resolved: true}]}
  - {name: archive, webhook_configs: [{url: 'http://archive.monitoring.svc:8080/'}]}
  - {name: pages, slack_configs: [{channel: '#pages', send_resolved: true}]}
`);
};

const mistakes: Mistakes = {
  "a key of PagerDuty from the documentation": [
    "severities-delivered",
    delivering(pagerduty("<integration key>")),
  ],
  "Alertmanager that was scaled down for a migration": [
    "severities-delivered",
    [pinned({ alertmanager: { alertmanagerSpec: { replicas: 0 } } }), configSecret()],
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
  "two receivers with one name": [
    "severities-delivered",
    delivering({
      receivers: [
        ...goodConfig.receivers,
        { name: "slack", webhook_configs: [{ url: "https://hub.shop.io" }] },
      ],
    }),
  ],
  "send_resolved among the global settings": [
    "severities-delivered",
    withConfig(
      'global:\n  resolve_timeout: 5m\n  send_resolved: true\nreceivers:\n  - {name: "null"}\n  - name: heartbeat\n    webhook_configs: [{url_file: /etc/alertmanager/secrets/heartbeat/url}]\n  - name: slack\n    slack_configs: [{channel: "#alerts"}]\n',
    ),
  ],
  "the webhook in a Secret of another name": [
    "severities-delivered",
    withConfig("global:\n  slack_api_url_file: /etc/alertmanager/secrets/slack-webhook/url\n"),
  ],
  "a configuration under a key that the chart does not read": [
    "severities-delivered",
    [
      pinned({
        alertmanager: {
          configuration: goodConfig,
          alertmanagerSpec: { useExistingSecret: false, configSecret: undefined },
        },
      }),
    ],
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
  "a Workflows URL of Teams in msteams_configs": [
    "severities-delivered",
    withConfig(`
receivers:
  - name: "null"
  - name: heartbeat
    webhook_configs: [{url_file: /etc/alertmanager/secrets/heartbeat/url}]
  - name: slack
    msteams_configs:
      - send_resolved: true
        webhook_url: "https://prod-112.westeurope.logic.azure.com:443/workflows/0f1e2d3c4b5a69788796a5b4c3d2e1f0/triggers/manual/paths/invoke?api-version=2016-06-01&sp=%2Ftriggers%2Fmanual%2Frun&sv=1.0&sig=Zk3v9QpLm2xT7wYbN4cR8sHdJ6gF1aKe0uVtXzPqWrE"
`),
  ],
  "a ThanosRuler without an Alertmanager": [
    "severities-delivered",
    [
      ...withValues(
        `thanosRuler: {enabled: true, thanosRulerSpec: {queryEndpoints: ["dnssrv+_http._tcp.thanos-query.monitoring.svc"]}}`,
      ),
      ...manifests(`
apiVersion: monitoring.coreos.com/v1
kind: PrometheusRule
metadata: {name: slo, namespace: monitoring, labels: {release: prometheus}}
spec: {groups: [{name: slo, rules: [{alert: A, expr: "sum(orders_stuck) > 10", for: 10m, labels: {severity: warning}}]}]}
`),
    ],
  ],
  "alerts on logs without an Alertmanager": [
    "severities-delivered",
    [
      loki({
        ruler: {
          enabled: true,
          directories: {
            fake: {
              "rules.txt":
                'groups:\n- name: a\n  rules:\n  - alert: X\n    expr: sum(rate({app="x"} |= "error" [5m])) > 1\n',
            },
          },
        },
      }),
      ...bucketParts({}),
    ],
  ],
  "chanel instead of channel": ["severities-delivered", slack(`        chanel: "#x"`)],
  "sendResolved in the file": ["severities-delivered", slack(`        sendResolved: true`)],
  "smtp_smart_host among the global settings": [
    "severities-delivered",
    withConfig(`global: {smtp_smart_host: "mail:587"}`),
  ],
  "a template that no file defines": [
    "severities-delivered",
    slack(`        title: '{{ template "slack.acme.title" . }}'`),
  ],
  "$labels in a notification": [
    "severities-delivered",
    slack(`        title: '{{ $labels.alertname }}'`),
  ],
  "the labels of all alerts together": [
    "severities-delivered",
    slack(`        title: '{{ .Labels.alertname }}: {{ .Annotations.summary }}'`),
  ],
  "a range without an end": [
    "severities-delivered",
    slack(`        text: '{{ range .Alerts }}{{ .Annotations.summary }}'`),
  ],
  "the configuration in another namespace": [
    "severities-delivered",
    [
      pinned(),
      {
        ...configSecret(),
        props: changed(configSecret().props as PlainMap, { metadata: { namespace: "default" } }),
      },
    ],
  ],
  "a webhook under another key of its Secret": [
    "severities-delivered",
    [
      pinned(),
      configSecret(),
      kube(
        "core/v1:Secret",
        "alertmanager-slack",
        { data: { url: "aHR0cHM6Ly94" } },
        { namespace: "monitoring" },
      ),
    ],
  ],
  "an Alertmanager in the pod of Prometheus": [
    "severities-delivered",
    [
      ...withValues(`alertmanager: {enabled: false}
prometheus: {prometheusSpec: {additionalAlertManagerConfigs: [{static_configs: [{targets: ["localhost:9093"]}]}]}}`).slice(
        0,
        1,
      ),
    ],
  ],
  "an Alertmanager at the IPv6 loopback address of Prometheus": [
    "severities-delivered",
    [
      ...withValues(`alertmanager: {enabled: false}
prometheus: {prometheusSpec: {additionalAlertManagerConfigs: [{static_configs: [{targets: ["[::1]:9093"]}]}]}}`).slice(
        0,
        1,
      ),
    ],
  ],
  "a key of PagerDuty that is not mounted": [
    "severities-delivered",
    withReceivers(
      `    pagerduty_configs: [{routing_key_file: /etc/alertmanager/secrets/pagerduty/key}]`,
    ),
  ],
  "a variable in place of the webhook": [
    "severities-delivered",
    withReceivers(
      `    slack_configs: [{api_url: "$SLACK_WEBHOOK_URL", channel: "#a", send_resolved: true}]`,
    ),
  ],
  "a function of rules in a notification": [
    "severities-delivered",
    withReceivers(
      `    slack_configs: [{channel: "#a", send_resolved: true, title: "{{ .CommonLabels.alertname | humanize }}"}]`,
    ),
  ],
  "a paused Alertmanager in a release of Flux": [
    "severities-delivered",
    [
      (() => {
        const f = flux(
          "kube-prometheus-stack",
          changed(stackValuesOf(pinned(selectsAll)), {
            alertmanager: { alertmanagerSpec: { paused: true } },
          }),
        );
        return f;
      })(),
      configSecret(),
    ],
  ],
  "a method of Slack's API without a token": ["severities-delivered", slackApi("")],
  "a severity that PagerDuty does not have": ["severities-delivered", pagerdutySeverity("high")],
  "a handle only in the message of the recovery": [
    "severities-delivered",
    datadogMonitor(
      "{{#is_alert}}Cart fails{{/is_alert}}{{#is_recovery}}Cart works @slack-shop{{/is_recovery}}",
    ),
  ],
  "templates in a folder that Alertmanager lacks": [
    "severities-delivered",
    templates("/etc/alertmanager/templates"),
  ],
  "an unknown key in the configuration of the chart alertmanager": [
    "severities-delivered",
    alertmanager("enable: true"),
  ],
  "an archive that takes all alerts": [
    "severities-delivered",
    archived('alertname=~".+"', "first"),
  ],
  "an archive that takes all alerts with a namespace": [
    "severities-delivered",
    archived('namespace=~".+"', "first"),
  ],
};

const sound: Record<string, Resource[]> = {
  "a configuration from an external store": [
    pinned(),
    kube("external-secrets.io/v1:ExternalSecret", "alertmanager", {
      spec: {
        target: { name: "alertmanager-config" },
        dataFrom: [{ extract: { key: "alertmanager" } }],
      },
    }),
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
  "an Alertmanager of another cluster": manifests(`
apiVersion: monitoring.coreos.com/v1
kind: Prometheus
metadata: {name: apps, namespace: monitoring}
spec:
  replicas: 2
  retention: 30d
  retentionSize: 170GB
  scrapeInterval: 30s
  sampleLimit: 50000
  resources: {requests: {memory: 8Gi}}
  ruleSelector: {}
  storage: {volumeClaimTemplate: {spec: {storageClassName: gp3, resources: {requests: {storage: 200Gi}}}}}
  additionalAlertManagerConfigs: {name: alertmanagers, key: config.yaml}
---
apiVersion: monitoring.coreos.com/v1
kind: PrometheusRule
metadata: {name: apps, namespace: monitoring}
spec: {groups: [{name: apps, rules: [{alert: TargetMissing, expr: "up == 0", for: 10m, labels: {severity: warning}, annotations: {summary: down, description: "{{ $labels.instance }} is down.", runbook_url: "https://wiki.acme-corp.io/down"}}]}]}
`),
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
  "a heartbeat of Opsgenie": withReceiver(`
  - name: heartbeat
    webhook_configs:
      - url: https://api.opsgenie.com/v2/heartbeats/prod-eu/ping
        send_resolved: false
        http_config: {basic_auth: {password_file: /etc/alertmanager/secrets/heartbeat/key}}
  - name: slack
    opsgenie_configs: [{api_key_file: /etc/alertmanager/secrets/heartbeat/key, send_resolved: true, priority: '{{ if eq .CommonLabels.severity "critical" }}P1{{ else }}P3{{ end }}'}]
`),
  "incident.io with a token in a mounted file": withReceiver(`
  - name: heartbeat
    webhook_configs: [{url_file: /etc/alertmanager/secrets/heartbeat/url, send_resolved: false}]
  - name: slack
    webhook_configs:
      - url: https://api.incident.io/v2/alert_events/alertmanager/01JABCDEFGHJKMNPQRSTVWXYZ0
        send_resolved: true
        http_config: {authorization: {type: Bearer, credentials_file: /etc/alertmanager/secrets/alertmanager-slack/token}}
`),
  "a ThanosRuler with all that it needs": withValues(
    'thanosRuler: {enabled: true, thanosRulerSpec: {queryEndpoints: ["dnssrv+_http._tcp.thanos-query.monitoring.svc"], alertmanagersConfig: {existingSecret: {name: alertmanagers, key: config}}}}',
  ),
  "a template that a file of the Secret defines": withSlack('{{ template "acme.title" . }}', {
    "slack.tmpl": '{{ define "acme.title" }}{{ .CommonLabels.alertname }}{{ end }}',
  }),
  "templates of Alertmanager, loops and variables": withSlack(
    '{{ template "slack.default.title" . }}{{ $first := index .Alerts 0 }}{{ with $first }}{{ .Labels.pod }}{{ end }}{{ range .Alerts.Firing }}{{ .Annotations.summary }}{{ if .Labels.node }}{{ .Labels.node }}{{ end }}{{ end }}',
  ),
  "the webhook under the key of its file": [
    pinned(),
    configSecret(),
    kube(
      "core/v1:Secret",
      "alertmanager-slack",
      { data: { "webhook-url": "aHR0cHM6Ly94" } },
      { namespace: "monitoring" },
    ),
  ],
  "an Alertmanager elsewhere": [
    ...withValues(`alertmanager: {enabled: false}
prometheus: {prometheusSpec: {additionalAlertManagerConfigs: [{scheme: https, static_configs: [{targets: ["alertmanager.acme-corp.io:443"]}]}]}}`).slice(
      0,
      1,
    ),
  ],
  "Opsgenie with priorities": withReceivers(
    `    opsgenie_configs: [{api_key_file: /etc/alertmanager/secrets/alertmanager-slack/opsgenie, priority: "{{ if eq .CommonLabels.severity \\"critical\\" }}P1{{ else }}P3{{ end }}"}]`,
  ),
  "Slack with a color and fields": withReceivers(
    `    slack_configs: [{channel: "#a", send_resolved: true, color: '{{ if eq .Status "firing" }}danger{{ else }}good{{ end }}', fields: [{title: Cluster, value: "{{ .CommonLabels.cluster }}", short: true}]}]`,
  ),
  "Slack with loops over labels": withReceivers(
    `    slack_configs: [{channel: "#a", send_resolved: true, text: '{{ range .Alerts }}{{ .Annotations.description }} {{ range .Labels.SortedPairs }}{{ .Name }}={{ .Value }} {{ end }}{{ end }}'}]`,
  ),
  "templates in a file of another stack": slackText(
    '{{ template "acme.text" . }}',
    'templates: ["/etc/alertmanager/config/*.tmpl"]\n',
  ),
  "a template that its own text defines": slackText(
    '{{ define "x" }}{{ .CommonLabels.a }}{{ end }}{{ template "x" . }}',
  ),
  "a template within a template of Helm": slackText(
    "{{`{{ range .Alerts }}`}}{{`{{ .Labels.pod }}`}}{{`{{ end }}`}}",
  ),
  "templates that trim white space": slackText(
    '{{- range .Alerts -}}\n{{- if eq .Labels.severity "critical" -}}x{{- else -}}y{{- end -}}\n{{- end -}}',
  ),
  "a variable with the name of one of rules": slackText(
    "{{ range $i, $labels := .Alerts }}{{ $labels.Status }}{{ end }}",
  ),
  "a comment in a template": slackText(
    '{{ printf "{%s}" .CommonLabels.a }} {{/* comment with .Labels */}}',
  ),
  "a configuration that a controller copies": [
    pinned(),
    {
      ...configSecret(),
      props: changed(configSecret().props as PlainMap, {
        metadata: {
          namespace: "secrets",
          annotations: { "reflector.v1.k8s.emberstack.com/reflection-allowed": "true" },
        },
      }),
    },
  ],
  "a method of Slack's API with a token": slackApi(`, app_token_file: ${mountedUrl}`),
  "a severity that PagerDuty has": pagerdutySeverity("warning"),
  "a severity from a template": pagerdutySeverity("{{ .CommonLabels.severity }}"),
  "templates next to the configuration": templates("/etc/alertmanager/config"),
  "a configuration that the chart alertmanager enables": alertmanager("enabled: true"),
  "a configuration that the chart alertmanager does not render": alertmanager("enabled: false"),
  "an archive that takes the other alerts": archived('alertname=~".+"', "last"),
  "a user name of Amazon SES": mail("smtp_auth_username"),
};

describe("receivers and templates of notifications", () => {
  itJudges(mistakes, sound);
});
