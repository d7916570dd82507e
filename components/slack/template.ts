/** What a message may be made of; each link needs the URL that people use. */
export interface SlackTemplateOptions {
  titleTemplate?: string | undefined;
  textTemplate?: string | undefined;
  grafanaUrl?: string | undefined;
  prometheusUrl?: string | undefined;
  alertmanagerUrl?: string | undefined;
}

/** What Slack would read as markup is data here; a mention in a label must not wake a channel. */
const plain = `{{ . | reReplaceAll "&" "&amp;" | reReplaceAll "<" "&lt;" | reReplaceAll ">" "&gt;" }}`;
/** As part of a URL. A space of urlquery is a plus, which Alertmanager's UI takes literally. */
const inUrl = `urlquery | reReplaceAll "[+]" "%20"`;

/** Alerts shown in one message: Slack refuses or folds very long ones. */
const shown = 10;

/**
 * The message that reaches Slack. Its title says how many, what, where and how urgent; each alert
 * says what is wrong, how bad, and links to what an on-call engineer does next. While some alerts
 * fire it lists those and only counts the resolved ones.
 *
 * The parts `observability.slack.logs` and `.silence` render one URL each, of one alert.
 */
export function slackTemplate(options: SlackTemplateOptions = {}): string {
  const { titleTemplate = title, textTemplate = text(options) } = options;
  const { grafanaUrl, alertmanagerUrl } = options;
  return [
    define("title", titleTemplate),
    define("text", textTemplate),
    define("color", color),
    define("plain", plain),
    define(
      "link",
      alertmanagerUrl === undefined ? "" : `${base(alertmanagerUrl)}/${alertsOfGroup}`,
    ),
    define("logs", grafanaUrl === undefined ? "" : logs(base(grafanaUrl))),
    define("silence", alertmanagerUrl === undefined ? "" : silence(base(alertmanagerUrl))),
  ].join("\n");
}

function define(name: string, body: string): string {
  return `{{ define "observability.slack.${name}" }}${body}{{ end }}\n`;
}

function base(url: string): string {
  return url.replace(/\/+$/, "");
}

const title = `
{{- "" }}[{{ .Status | toUpper }}{{ if eq .Status "firing" }}:{{ .Alerts.Firing | len }}{{ end }}]
{{- with .CommonLabels.alertname }} {{ template "observability.slack.plain" . }}{{ end }}
{{- with .CommonLabels.service }} {{ template "observability.slack.plain" . }}{{ else }}{{ with .CommonLabels.pod }} {{ template "observability.slack.plain" . }}{{ end }}{{ end }}
{{- with .CommonLabels.severity }} ({{ template "observability.slack.plain" . }}){{ end }}
{{- with .CommonLabels.cluster }} in {{ template "observability.slack.plain" . }}{{ end }}`;

const color = `
{{- if eq .Status "resolved" }}good{{ else if eq .CommonLabels.severity "critical" }}danger{{ else }}warning{{ end }}`;

function text({ grafanaUrl, prometheusUrl, alertmanagerUrl }: SlackTemplateOptions): string {
  const links = [
    `{{ with $alert.Annotations.runbook_url }} · <{{ . }}|Runbook>{{ end }}`,
    `{{ with $alert.Annotations.dashboard_url }} · <{{ . }}|Dashboard>{{ end }}`,
    prometheusUrl && `{{ with $alert.GeneratorURL }} · <{{ . }}|Graph>{{ end }}`,
    grafanaUrl &&
      `{{ if $alert.Labels.namespace }} · <{{ template "observability.slack.logs" $alert }}|Logs>{{ end }}`,
    alertmanagerUrl &&
      `{{ if $firing }} · <{{ template "observability.slack.silence" $alert }}|Silence>{{ end }}`,
  ];
  const more = `+{{ len (slice $alerts ${shown}) }} more`;
  return `
{{- $firing := eq .Status "firing" }}
{{- $alerts := .Alerts.Resolved }}{{ if $firing }}{{ $alerts = .Alerts.Firing }}{{ end }}
{{- range $index, $alert := $alerts }}{{ if lt $index ${shown} }}
{{- if $index }}
{{ end }}
{{- with $alert.Annotations.summary }}*{{ template "observability.slack.plain" . }}*{{ else }}*{{ template "observability.slack.plain" $alert.Labels.alertname }}*{{ end }}{{ if not $firing }} (resolved){{ end }}
{{- with $alert.Annotations.description }}
{{ template "observability.slack.plain" . }}{{ end }}
{{ range $place, $name := stringSlice "namespace" "service" "pod" }}{{ with index $alert.Labels $name }}{{ if $place }} {{ end }}{{ $name }} \`{{ template "observability.slack.plain" (. | reReplaceAll "\`" "'") }}\`{{ end }}{{ end }}
{{- ${links
    .filter(Boolean)
    .join("")
    .replace(/^\{\{ /, "")}
{{- end }}{{ end }}
{{- if gt (len $alerts) ${shown} }}
${alertmanagerUrl === undefined ? more : `<{{ template "observability.slack.link" . }}|${more}>`}{{ end }}
{{- if $firing }}{{ with .Alerts.Resolved }}
{{ len . }} resolved{{ end }}{{ end }}`;
}

/** The alerts of the message in Alertmanager. */
const alertsOfGroup = `#/alerts?filter=${matchers(".GroupLabels")}`;

/** A new silence with every label of the alert filled in. */
function silence(url: string): string {
  return `${url}/#/silences/new?filter=${matchers(".Labels")}`;
}

function matchers(labels: string): string {
  return `%7B{{ range $index, $label := ${labels}.SortedPairs }}{{ if $index }}%2C{{ end }}{{ $label.Name | ${inUrl} }}%3D{{ printf "%q" $label.Value | ${inUrl} }}{{ end }}%7D`;
}

/** Grafana's view of the logs, from a while before the alert. */
function logs(url: string): string {
  return `
{{- $of := printf "namespace=%q" .Labels.namespace }}
{{- with .Labels.pod }}{{ $of = printf "%s, pod=%q" $of . }}{{ else }}{{ with .Labels.service }}{{ $of = printf "%s, app=%q" $of . }}{{ end }}{{ end }}
{{- $query := dict "refId" "A" "expr" (printf "{%s}" $of) "datasource" (dict "type" "loki" "uid" "loki") }}
{{- $pane := dict "datasource" "loki" "queries" (list $query) "range" (dict "from" "now-1h" "to" "now") -}}
${url}/explore?schemaVersion=1&orgId=1&panes={{ dict "logs" $pane | toJson | ${inUrl} }}`;
}
