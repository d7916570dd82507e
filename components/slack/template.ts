import { SlackSettings } from "./settings";

/** Options of the message templates. A link to a component requires its external URL. */
export type SlackTemplateOptions = Pick<
  SlackSettings,
  "titleTemplate" | "textTemplate" | "grafanaUrl" | "prometheusUrl" | "alertmanagerUrl"
>;

const prefix = "observability.slack";

/** Escapes Slack markup, so that a mention in a label does not notify a channel. */
const plain = `{{ . | reReplaceAll "&" "&amp;" | reReplaceAll "<" "&lt;" | reReplaceAll ">" "&gt;" }}`;
/** Encodes a value for a URL. Alertmanager's UI does not decode the plus that `urlquery` writes. */
const inUrl = `urlquery | reReplaceAll "[+]" "%20"`;

/** Maximum number of alerts in a message; Slack rejects or collapses very long messages. */
const maxAlerts = 10;

/**
 * Templates of the Slack message. The title has the number of firing alerts, the alert name, the
 * subject, the severity and the cluster. The text has a summary, a description, the start and links for
 * each alert. While any alert fires, the text only counts the resolved alerts.
 *
 * The templates `observability.slack.logs` and `.silence` each render the URL for one alert.
 */
export function slackTemplate(options: SlackTemplateOptions = {}): string {
  const { grafanaUrl, alertmanagerUrl } = options;
  const withUrl = (url: string | undefined, template: (base: string) => string) =>
    url === undefined ? "" : template(url.replace(/\/+$/, ""));
  return [
    define("title", options.titleTemplate ?? title),
    define("text", options.textTemplate ?? text(options)),
    define("color", color),
    define("plain", plain),
    define("link", withUrl(alertmanagerUrl, groupUrl)),
    define("logs", withUrl(grafanaUrl, logsUrl)),
    define("silence", withUrl(alertmanagerUrl, silenceUrl)),
  ].join("\n");
}

function define(name: string, body: string): string {
  return `{{ define "${prefix}.${name}" }}${body}{{ end }}\n`;
}

function escaped(value = "."): string {
  return `{{ template "${prefix}.plain" ${value} }}`;
}

const title = `
{{- "" }}[{{ .Status | toUpper }}{{ if eq .Status "firing" }}:{{ .Alerts.Firing | len }}{{ end }}]
{{- with .CommonLabels.alertname }} ${escaped()}{{ end }}
{{- with .CommonLabels.service }} ${escaped()}{{ else }}{{ with .CommonLabels.pod }} ${escaped()}{{ end }}{{ end }}
{{- with .CommonLabels.severity }} (${escaped()}){{ end }}
{{- with .CommonLabels.cluster }} in ${escaped()}{{ end }}`;

const color = `
{{- if eq .Status "resolved" }}good{{ else if eq .CommonLabels.severity "critical" }}danger{{ else }}warning{{ end }}`;

function text({ grafanaUrl, prometheusUrl, alertmanagerUrl }: SlackTemplateOptions): string {
  const links = [
    // A repeated notification has the same time, so that it is not mistaken for a new problem.
    `{{ if not $alert.StartsAt.IsZero }} · since {{ $alert.StartsAt.UTC.Format "2 Jan 15:04 MST" }}{{ end }}`,
    `{{ with $alert.Annotations.runbook_url }} · <{{ . }}|Runbook>{{ end }}`,
    `{{ with $alert.Annotations.dashboard_url }} · <{{ . }}|Dashboard>{{ end }}`,
    prometheusUrl && `{{ with $alert.GeneratorURL }} · <{{ . }}|Graph>{{ end }}`,
    grafanaUrl &&
      `{{ if $alert.Labels.namespace }} · <{{ template "${prefix}.logs" $alert }}|Logs>{{ end }}`,
    alertmanagerUrl &&
      `{{ if $firing }} · <{{ template "${prefix}.silence" $alert }}|Silence>{{ end }}`,
  ];
  const more = `+{{ len (slice $alerts ${maxAlerts}) }} more`;
  return `
{{- $firing := eq .Status "firing" }}
{{- $alerts := .Alerts.Resolved }}{{ if $firing }}{{ $alerts = .Alerts.Firing }}{{ end }}
{{- range $index, $alert := $alerts }}{{ if lt $index ${maxAlerts} }}
{{- if $index }}
{{ end }}
{{- with $alert.Annotations.summary }}*${escaped()}*{{ else }}*${escaped("$alert.Labels.alertname")}*{{ end }}{{ if not $firing }} (resolved){{ end }}
{{- with $alert.Annotations.description }}
${escaped()}{{ end }}
{{ range $position, $name := stringSlice "namespace" "service" "pod" }}{{ with index $alert.Labels $name }}{{ if $position }} {{ end }}{{ $name }} \`${escaped('(. | reReplaceAll "`" "\'")')}\`{{ end }}{{ end }}
{{- ${links
    .filter(Boolean)
    .join("")
    .replace(/^\{\{ /, "")}
{{- end }}{{ end }}
{{- if gt (len $alerts) ${maxAlerts} }}
${alertmanagerUrl === undefined ? more : `<{{ template "${prefix}.link" . }}|${more}>`}{{ end }}
{{- if $firing }}{{ with .Alerts.Resolved }}
{{ len . }} resolved{{ end }}{{ end }}`;
}

/** URL of the group's alerts in the Alertmanager UI. */
function groupUrl(base: string): string {
  return `${base}/#/alerts?filter=${matchers(".GroupLabels")}`;
}

/** URL of the form for a new silence, with matchers for every label of the alert. */
function silenceUrl(base: string): string {
  return `${base}/#/silences/new?filter=${matchers(".Labels")}`;
}

function matchers(labels: string): string {
  return `%7B{{ range $index, $label := ${labels}.SortedPairs }}{{ if $index }}%2C{{ end }}{{ $label.Name | ${inUrl} }}%3D{{ printf "%q" $label.Value | ${inUrl} }}{{ end }}%7D`;
}

/** URL of the logs of the pod or service in Grafana Explore, for the last hour. */
function logsUrl(base: string): string {
  return `
{{- $matchers := printf "namespace=%q" .Labels.namespace }}
{{- with .Labels.pod }}{{ $matchers = printf "%s, pod=%q" $matchers . }}{{ else }}{{ with .Labels.service }}{{ $matchers = printf "%s, app=%q" $matchers . }}{{ end }}{{ end }}
{{- $query := dict "refId" "A" "expr" (printf "{%s}" $matchers) "datasource" (dict "type" "loki" "uid" "loki") }}
{{- $pane := dict "datasource" "loki" "queries" (list $query) "range" (dict "from" "now-1h" "to" "now") -}}
${base}/explore?schemaVersion=1&orgId=1&panes={{ dict "logs" $pane | toJson | ${inUrl} }}`;
}
