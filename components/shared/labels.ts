/** Labels, keyed by name, as in Kubernetes, Prometheus and Loki. */
export type Labels = Record<string, string>;

/** Returns the labels that every Kubernetes object in this library has. */
export function objectLabels(component: string, labels: Labels = {}): Labels {
  return {
    "app.kubernetes.io/component": component,
    "app.kubernetes.io/part-of": "observability",
    "app.kubernetes.io/managed-by": "pulumi",
    ...labels,
  };
}
