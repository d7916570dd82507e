import type { SlackSettings } from "./settings";
import { template } from "./templateReference";

/** Options for the message templates. A link to a component requires its external URL. */
export type SlackTemplateOptions = Pick<
  SlackSettings,
  "titleTemplate" | "textTemplate" | "grafanaUrl" | "prometheusUrl" | "alertmanagerUrl"
>;

/** Options for Amazon Q Developer messages. */
export interface ChatTemplateOptions {
  /** Name of the cluster, for the title, because a workspace's ruler adds no external labels. */
  cluster: string;
}

const prefix = "observability.slack";

/** Markup of a chat system. */
interface Markup {
  newline: string;
  bold: (text: string) => string;
  escaped: (value: string) => string;
  /** A URL without markup. */
  url: (value: string) => string;
  /** Text before each link. */
  separator: string;
  link: (url: string, name: string) => string;
  /** Labels that identify the subject of an alert. */
  labels: string[];
  label: (name: string, value: string) => string;
}

const slack: Markup = {
  newline: "\n",
  bold: (text) => `*${text}*`,
  escaped: (value) => `{{ template "${prefix}.plain" ${value} }}`,
  url: (value) => `{{ ${value} }}`,
  separator: " · ",
  link: (url, name) => `<${url}|${name}>`,
  // The cluster is already in the title.
  labels: ["namespace", "service", "pod"],
  label: (name, value) => `${name} \`${slack.escaped(`(${value} | reReplaceAll "\`" "'")`)}\``,
};
const unescaped = {
  escaped: (value: string) => `{{ ${value} }}`,
  url: slack.url,
  labels: ["cluster", "env", ...slack.labels],
};
const plainText: Markup = {
  ...unescaped,
  newline: "\n",
  bold: (text) => text,
  separator: "\n",
  link: (url, name) => `${name}: ${url}`,
  label: (name, value) => `${name} {{ ${value} }}`,
};
const markdown: Markup = {
  ...unescaped,
  newline: "\n\n",
  bold: (text) => `**${text}**`,
  separator: " · ",
  link: (url, name) => `[${name}](${url})`,
  label: (name, value) => `${name} \`{{ ${value} | reReplaceAll "\`" "'" }}\``,
};

const chatPrefix = "observability.chat";
/** Slack markup inside a JSON string. */
const chat: Markup = {
  ...slack,
  newline: "\\n",
  escaped: (value) => `{{ template "${chatPrefix}.plain" ${value} }}`,
  url: (value) => `{{ template "${chatPrefix}.json" ${value} }}`,
  label: (name, value) => `${name} \`${chat.escaped(`(${value} | reReplaceAll "\`" "'")`)}\``,
};

/** Escapes Slack markup, because a mention in a label would notify a whole channel. */
const inMarkup = `reReplaceAll "&" "&amp;" | reReplaceAll "<" "&lt;" | reReplaceAll ">" "&gt;"`;
/** Encodes a value for a JSON string. JSON does not support JavaScript's escaped apostrophe. */
const inJson = `js | reReplaceAll "\\\\\\\\'" "'"`;
/** Encodes a value for a URL. Alertmanager's UI does not decode the plus sign that `urlquery` writes. */
const inUrl = `urlquery | reReplaceAll "[+]" "%20"`;

/** Maximum number of alerts in a message. Slack rejects or collapses very long messages. */
const maxAlerts = 10;

/**
 * Returns the Slack message templates. The title contains the number of firing alerts, the alert name,
 * the subject, the severity and the cluster. The text contains the summary, the description, the start
 * time and links for each alert. While any alert is firing, the text only counts the resolved alerts.
 *
 * The templates `observability.slack.logs` and `.silence` each render the URL for one alert.
 * `observability.plain.text` and `observability.markdown.text` render the text for other systems.
 */
export function slackTemplate(options: SlackTemplateOptions = {}): string {
  const { grafanaUrl, alertmanagerUrl } = options;
  const withUrl = (url: string | undefined, template: (base: string) => string) =>
    url === undefined ? "" : template(url.replace(/\/+$/, ""));
  return [
    define("title", options.titleTemplate ?? title),
    define("text", options.textTemplate ?? text(slack, options)),
    define("text", text(plainText, options), "observability.plain"),
    define("text", text(markdown, options), "observability.markdown"),
    define("color", color),
    define("plain", `{{ . | ${inMarkup} }}`),
    define("link", withUrl(alertmanagerUrl, groupUrl)),
    define("logs", withUrl(grafanaUrl, logsUrl)),
    define("silence", withUrl(alertmanagerUrl, silenceUrl)),
  ].join("\n");
}

/**
 * Returns the templates for custom notifications of Amazon Q Developer in chat applications, with the
 * title and text of a Slack message:
 * https://docs.aws.amazon.com/chatbot/latest/adminguide/custom-notifs.html. They use only functions
 * that Alertmanager has had since version 0.23, because AWS does not document which version it runs.
 */
export function chatTemplate({ cluster }: ChatTemplateOptions): string {
  const content = {
    textType: "client-markdown",
    title: `${template("chat.title")} in ${cluster}`,
    description: template("chat.text"),
  };
  const fields = Object.entries(content).map(([name, value]) => `"${name}":"${value}"`);
  return [
    define("title", titleOf(chat), chatPrefix),
    define("text", text(chat, {}), chatPrefix),
    define(
      "message",
      `{"version":"1.0","source":"custom","content":{${fields.join(",")}}}`,
      chatPrefix,
    ),
    // The subject of an SNS message can have at most 100 ASCII characters.
    define(
      "subject",
      `[{{ .Status | toUpper }}] {{ printf "%.80s" .CommonLabels.alertname }}`,
      chatPrefix,
    ),
    define("plain", `{{ printf "%.600s" . | ${inMarkup} | ${inJson} }}`, chatPrefix),
    define("json", `{{ . | ${inJson} }}`, chatPrefix),
  ].join("\n");
}

function define(name: string, body: string, namespace = prefix): string {
  return `{{ define "${namespace}.${name}" }}${body}{{ end }}\n`;
}

const titleOf = ({ escaped }: Markup) => `
{{- "" }}[{{ .Status | toUpper }}{{ if eq .Status "firing" }}:{{ .Alerts.Firing | len }}{{ end }}]
{{- with .CommonLabels.alertname }} ${escaped(".")}{{ end }}
{{- with .CommonLabels.service }} ${escaped(".")}{{ else }}{{ with .CommonLabels.pod }} ${escaped(".")}{{ end }}{{ end }}
{{- with .CommonLabels.severity }} (${escaped(".")}){{ end }}`;

const title = `${titleOf(slack)}
{{- with .CommonLabels.cluster }} in ${slack.escaped(".")}{{ end }}`;

const color = `
{{- if eq .Status "resolved" }}good{{ else if eq .CommonLabels.severity "critical" }}danger{{ else }}warning{{ end }}`;

function text(markup: Markup, options: SlackTemplateOptions): string {
  const { grafanaUrl, prometheusUrl, alertmanagerUrl } = options;
  const { newline, bold, escaped, url, labels, label } = markup;
  const named = (url: string, name: string) => `${markup.separator}${markup.link(url, name)}`;
  const urlOf = (name: string) => `{{ template "${prefix}.${name}" $alert }}`;
  const links = [
    // A repeated notification shows the same start time, so users do not mistake it for a new problem.
    `{{ if not $alert.StartsAt.IsZero }} · since {{ $alert.StartsAt.UTC.Format "2 Jan 15:04 MST" }}{{ end }}`,
    `{{ with $alert.Annotations.runbook_url }}${named(url("."), "Runbook")}{{ end }}`,
    `{{ with $alert.Annotations.dashboard_url }}${named(url("."), "Dashboard")}{{ end }}`,
    prometheusUrl && `{{ with $alert.GeneratorURL }}${named(url("."), "Graph")}{{ end }}`,
    grafanaUrl && `{{ if $alert.Labels.namespace }}${named(urlOf("logs"), "Logs")}{{ end }}`,
    alertmanagerUrl && `{{ if $firing }}${named(urlOf("silence"), "Silence")}{{ end }}`,
  ];
  const more = `+{{ len (slice $alerts ${maxAlerts}) }} more`;
  return `
{{- $firing := eq .Status "firing" }}
{{- $alerts := .Alerts.Resolved }}{{ if $firing }}{{ $alerts = .Alerts.Firing }}{{ end }}
{{- range $index, $alert := $alerts }}{{ if lt $index ${maxAlerts} }}
{{- if $index }}${newline}{{ end }}
{{- with $alert.Annotations.summary }}${bold(escaped("."))}{{ else }}${bold(escaped("$alert.Labels.alertname"))}{{ end }}{{ if not $firing }} (resolved){{ end }}
{{- with $alert.Annotations.description }}${newline}${escaped(".")}{{ end }}${newline}{{ range $position, $name := stringSlice ${labels.map((name) => `"${name}"`).join(" ")} }}{{ with index $alert.Labels $name }}{{ if $position }} {{ end }}${label("{{ $name }}", ".")}{{ end }}{{ end }}
{{- ${links
    .filter(Boolean)
    .join("")
    .replace(/^\{\{ /, "")}
{{- end }}{{ end }}
{{- if gt (len $alerts) ${maxAlerts} }}${newline}${alertmanagerUrl === undefined ? more : markup.link(`{{ template "${prefix}.link" . }}`, more)}{{ end }}
{{- if $firing }}{{ with .Alerts.Resolved }}${newline}{{ len . }} resolved{{ end }}{{ end }}`;
}

/** Returns the URL of the group's alerts in the Alertmanager UI. */
function groupUrl(base: string): string {
  return `${base}/#/alerts?filter=${matchers(".GroupLabels")}`;
}

/** Returns the URL of Alertmanager's new-silence form, prefilled with matchers for the alert's labels. */
function silenceUrl(base: string): string {
  return `${base}/#/silences/new?filter=${matchers(".Labels")}`;
}

function matchers(labels: string): string {
  return `%7B{{ range $index, $label := ${labels}.SortedPairs }}{{ if $index }}%2C{{ end }}{{ $label.Name | ${inUrl} }}%3D{{ printf "%q" $label.Value | ${inUrl} }}{{ end }}%7D`;
}

/** Returns the URL of the last hour of the pod's or service's logs in Grafana Explore. */
function logsUrl(base: string): string {
  return `
{{- $matchers := printf "namespace=%q" .Labels.namespace }}
{{- with .Labels.pod }}{{ $matchers = printf "%s, pod=%q" $matchers . }}{{ else }}{{ with .Labels.service }}{{ $matchers = printf "%s, app=%q" $matchers . }}{{ end }}{{ end }}
{{- $query := dict "refId" "A" "expr" (printf "{%s}" $matchers) "datasource" (dict "type" "loki" "uid" "loki") }}
{{- $pane := dict "datasource" "loki" "queries" (list $query) "range" (dict "from" "now-1h" "to" "now") -}}
${base}/explore?schemaVersion=1&orgId=1&panes={{ dict "logs" $pane | toJson | ${inUrl} }}`;
}
