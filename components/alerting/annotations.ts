/** Template actions that Prometheus and Loki expand in the annotations of a firing alert. */

export const labels = {
  namespace: "{{ $labels.namespace }}",
  service: "{{ $labels.service }}",
  pod: "{{ $labels.pod }}",
} as const;

/** The value of the alert's expression, formatted by unit. */
export const value = {
  plain: "{{ $value }}",
  /** Number with an SI prefix: 12.5k. */
  number: "{{ $value | humanize }}",
  /** Ratio as a percentage: 7.5%. */
  percentage: "{{ $value | humanizePercentage }}",
  /** Seconds as a duration: 730ms. */
  duration: "{{ $value | humanizeDuration }}",
} as const;

/**
 * The values of a label in the results of a query, as a list. The query must not contain backticks; it
 * can contain the labels of the alert.
 *
 * @param limit Number of values after which the list ends with "and more".
 * @param before Text in front of the list, if it has values.
 */
export function list(query: string, label: string, limit: number, before = ""): string {
  const separator = `{{ if $index }}, ${before && `{{ else }}${before}`}{{ end }}`;
  return `{{ range $index, $result := ${resultsOf(query)} | sortByLabel "${label}" }}{{ if lt $index ${limit} }}${separator}{{ $result | label "${label}" }}{{ else if eq $index ${limit} }} and more{{ end }}{{ end }}`;
}

/** The value of the first result of a query, as a number, or "unknown" without results. */
export function first(query: string): string {
  return `{{ with ${resultsOf(query)} }}{{ . | first | value | humanize }}{{ else }}unknown{{ end }}`;
}

/** The results of a query in which references to the alert's labels are expanded. */
function resultsOf(query: string): string {
  const parts = query.replace(/\s+/g, " ").split(/\{\{ (\$labels\.\w+) \}\}/);
  const format = parts.map((part, index) => (index % 2 === 0 ? part : "%s")).join("");
  const names = parts.filter((_, index) => index % 2 === 1);
  if (names.length === 0) return `query \`${format}\``;
  return `printf \`${format}\` ${names.join(" ")} | query`;
}
