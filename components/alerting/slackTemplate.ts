/**
 * The message that reaches Slack. Its title says how many, what, where and how urgent; its text
 * lists at most ten alerts, because Slack refuses or folds very long messages. While some alerts
 * fire it lists those and only counts the resolved ones.
 */
export const slackTemplate = `{{ define "observability.slack.title" -}}
[{{ .Status | toUpper }}{{ if eq .Status "firing" }}:{{ .Alerts.Firing | len }}{{ end }}]
{{- with .CommonLabels.alertname }} {{ . }}{{ end }}
{{- with .CommonLabels.service }} {{ . }}{{ end }}
{{- with .CommonLabels.severity }} ({{ . }}){{ end }}
{{- with .CommonLabels.cluster }} in {{ . }}{{ end }}
{{- end }}

{{ define "observability.slack.text" -}}
{{ $firing := eq .Status "firing" }}
{{- $alerts := .Alerts.Resolved }}{{ if $firing }}{{ $alerts = .Alerts.Firing }}{{ end }}
{{- range $index, $alert := $alerts }}{{ if lt $index 10 }}
{{- if $index }}
{{ end }}
{{- with $alert.Annotations.summary }}*{{ . }}*{{ else }}*{{ $alert.Labels.alertname }}*{{ end }}{{ if not $firing }} (resolved){{ end }}
{{- with $alert.Annotations.description }}
{{ . }}{{ end }}
{{ with $alert.Labels.namespace }}namespace \`{{ . }}\` {{ end }}
{{- with $alert.Labels.pod }}pod \`{{ . }}\` {{ end }}
{{- with $alert.Annotations.runbook_url }}<{{ . }}|runbook> {{ end }}
{{- with $alert.GeneratorURL }}<{{ . }}|graph>{{ end }}
{{- end }}{{ end }}
{{- if gt (len $alerts) 10 }}
+{{ len (slice $alerts 10) }} more{{ end }}
{{- if $firing }}{{ with .Alerts.Resolved }}
{{ len . }} resolved{{ end }}{{ end }}
{{- end }}

{{ define "observability.slack.color" -}}
{{ if eq .Status "resolved" }}good{{ else if eq .CommonLabels.severity "critical" }}danger{{ else }}warning{{ end }}
{{- end }}
`;
