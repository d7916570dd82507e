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
