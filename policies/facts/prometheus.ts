import { helmChart, isHelmType } from "./helm";
import { Path, at } from "./plain";
import { Resource } from "./resource";

const prometheusType = "kubernetes:monitoring.coreos.com/v1:Prometheus";

/** A Prometheus server, with the places of its settings. */
export interface PrometheusServer {
  /** `release "prometheus" (kube-prometheus-stack)`. */
  what: string;
  /** The Helm release that brings it, if one does. */
  release?: string;
  /** Where the operator's `PrometheusSpec` stands, or the chart's own settings of the server. */
  spec: Path;
  /** Whether an operator reads `spec`, so that rules and monitors are selected by it. */
  operated: boolean;
  /** The retention that applies when none is set. */
  defaultRetention: string;
}

export function canRunPrometheus(type: string): boolean {
  return type === prometheusType || isHelmType(type);
}

/** The Prometheus server that a resource runs, if it does. */
export function prometheusServer(resource: Resource): PrometheusServer | undefined {
  if (resource.type === prometheusType) {
    return {
      what: `Prometheus "${resource.name}"`,
      spec: ["spec"],
      operated: true,
      defaultRetention: "24h",
    };
  }
  const found = helmChart(resource);
  if (found === undefined) return undefined;
  const { chart, release, values } = found;
  const what = `release "${release}" (${chart})`;
  if (chart === "kube-prometheus-stack") {
    // An agent forwards its samples and keeps none.
    if (at(values, "prometheus", "enabled") === false) return undefined;
    if (at(values, "prometheus", "agentMode") === true) return undefined;
    const spec: Path = ["values", "prometheus", "prometheusSpec"];
    return { what, release, spec, operated: true, defaultRetention: "10d" };
  }
  if (chart === "prometheus") {
    return {
      what,
      release,
      spec: ["values", "server"],
      operated: false,
      defaultRetention: "15d",
    };
  }
  return undefined;
}

/** The place of a server's retention. */
export function retentionPath({ spec }: PrometheusServer): Path {
  return [...spec, "retention"];
}
