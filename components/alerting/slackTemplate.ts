/**
 * The message that reaches Slack. Its title says how many, what, where and how urgent; its text
 * lists at most ten alerts, because Slack refuses or folds very long messages.
 */
export const slackTemplate = `{{ define "observability.slack.title" -}}
[{{ .Status | toUpper }}{{ if eq .Status "firing" }}:{{ .Alerts.Firing | len }}{{ end }}] {{ .GroupLabels.alertname }}
{{- with .CommonLabels.service }} {{ . }}{{ end }}
{{- with .CommonLabels.severity }} ({{ . }}){{ end }}
{{- with .CommonLabels.cluster }} in {{ . }}{{ end }}
{{- end }}

{{ define "observability.slack.text" -}}
{{ range $index, $alert := .Alerts -}}
{{ if lt $index 10 -}}
*{{ with $alert.Annotations.summary }}{{ . }}{{ else }}{{ $alert.Labels.alertname }}{{ end }}*{{ if eq $alert.Status "resolved" }} (resolved){{ end }}
{{ with $alert.Annotations.description }}{{ . }}
{{ end -}}
{{ with $alert.Labels.namespace }}namespace \`{{ . }}\`{{ end }}{{ with $alert.Labels.pod }} pod \`{{ . }}\`{{ end }}
{{- with $alert.Annotations.runbook_url }} | <{{ . }}|runbook>{{ end }}
{{- with $alert.GeneratorURL }} | <{{ . }}|graph>{{ end }}
{{ end -}}
{{ end -}}
{{ if gt (len .Alerts) 10 }}+{{ len (slice .Alerts 10) }} more{{ end }}
{{- end }}

{{ define "observability.slack.color" -}}
{{ if eq .Status "resolved" }}good{{ else if eq .CommonLabels.severity "critical" }}danger{{ else }}warning{{ end }}
{{- end }}
`;
