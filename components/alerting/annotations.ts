/** Template actions that Prometheus and Loki expand in the annotations of a firing alert. */

export const labels = {
  namespace: "{{ $labels.namespace }}",
  service: "{{ $labels.service }}",
  pod: "{{ $labels.pod }}",
} as const;

/** The value of the alert's expression, formatted for its unit. */
export const value = {
  plain: "{{ $value }}",
  /** Number with an SI prefix, such as 12.5k. */
  number: "{{ $value | humanize }}",
  /** Ratio as a percentage, such as 7.5%. */
  percentage: "{{ $value | humanizePercentage }}",
  /** Seconds as a duration, such as 730ms. */
  duration: "{{ $value | humanizeDuration }}",
} as const;

/**
 * Returns a template that lists the values of a label in a query's results. The query can reference the
 * alert's labels, but must not contain backticks.
 *
 * @param limit Number of values after which the list ends with "and more".
 * @param before Text to put in front of a nonempty list.
 */
export function list(query: string, label: string, limit: number, before = ""): string {
  const separator = `{{ if $index }}, ${before && `{{ else }}${before}`}{{ end }}`;
  return `{{ range $index, $result := ${resultsOf(query)} | sortByLabel "${label}" }}{{ if lt $index ${limit} }}${separator}{{ $result | label "${label}" }}{{ else if eq $index ${limit} }} and more{{ end }}{{ end }}`;
}

/** Returns a template for the value of a query's first result, or "unknown" if there are no results. */
export function first(query: string): string {
  return `{{ with ${resultsOf(query)} }}{{ . | first | value | humanize }}{{ else }}unknown{{ end }}`;
}

/** Returns a template expression that runs a query with the alert's labels filled in. */
function resultsOf(query: string): string {
  const parts = query.replace(/\s+/g, " ").split(/\{\{ (\$labels\.\w+) \}\}/);
  const format = parts.map((part, index) => (index % 2 === 0 ? part : "%s")).join("");
  const names = parts.filter((_, index) => index % 2 === 1);
  if (names.length === 0) return `query \`${format}\``;
  return `printf \`${format}\` ${names.join(" ")} | query`;
}
