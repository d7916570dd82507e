/** Labels by name, as Kubernetes, Prometheus and Loki know them. */
export type Labels = Record<string, string>;

/** Labels that every Kubernetes object of this library carries; the caller's own come last. */
export function objectLabels(component: string, labels: Labels = {}): Labels {
  return {
    "app.kubernetes.io/component": component,
    "app.kubernetes.io/part-of": "observability",
    "app.kubernetes.io/managed-by": "pulumi",
    ...labels,
  };
}
