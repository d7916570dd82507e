import { helmChart, isHelmType } from "./helm";
import { Path, UNKNOWN, at, isMap, listAt } from "./plain";
import { Resource } from "./resource";

const prometheusType = "kubernetes:monitoring.coreos.com/v1:Prometheus";

/** A Prometheus server, with the paths of its settings. */
export interface PrometheusServer {
  /** `release "prometheus" (kube-prometheus-stack)`. */
  what: string;
  /** The Helm release that installs the server, if any. */
  release?: string | undefined;
  /** Path of the operator's `PrometheusSpec`, or of the server's settings in the chart. */
  spec: Path;
  /** Whether an operator reads `spec`, which then selects rules and monitors. */
  operated: boolean;
  /** Retention of a server that does not set it. */
  defaultRetention: string;
}

export function canRunPrometheus(type: string): boolean {
  return type === prometheusType || isHelmType(type);
}

/** The Prometheus server that a resource runs, or undefined. */
export function prometheusServer(resource: Resource): PrometheusServer | undefined {
  if (resource.type === prometheusType) {
    const what = `Prometheus "${resource.name}"`;
    return { what, spec: ["spec"], operated: true, defaultRetention: "24h" };
  }
  const { chart, release, values } = helmChart(resource) ?? {};
  const what = `release "${release}" (${chart})`;
  if (chart === "prometheus") {
    const spec: Path = ["values", "server"];
    return { what, release, spec, operated: false, defaultRetention: "15d" };
  }
  if (chart !== "kube-prometheus-stack" || at(values, "prometheus", "enabled") === false) {
    return undefined;
  }
  // An agent forwards its samples and does not retain them.
  if (at(values, "prometheus", "agentMode") === true) return undefined;
  const spec: Path = ["values", "prometheus", "prometheusSpec"];
  return { what, release, spec, operated: true, defaultRetention: "10d" };
}

/** Path of a server's retention. */
export function retentionPath({ spec }: PrometheusServer): Path {
  return [...spec, "retention"];
}

/** Whether a server also sends its samples to long-term storage, and needs to retain few itself. */
export function forwardsSamples({ props }: Resource, { spec }: PrometheusServer): boolean {
  const [write, sidecar] = ["remoteWrite", "thanos"].map((key) => at(props, ...spec, key));
  const uploads = ["objectStorageConfig", "objectStorageConfigFile"];
  return (
    [write, sidecar].includes(UNKNOWN) ||
    listAt(write).length > 0 ||
    (isMap(sidecar) && uploads.some((key) => (sidecar[key] ?? null) !== null))
  );
}

const thanosRulerType = "kubernetes:monitoring.coreos.com/v1:ThanosRuler";

export function canRunRuler(type: string): boolean {
  return type === thanosRulerType || isHelmType(type);
}

/** The ThanosRuler that a resource runs. It evaluates rules over long-term storage. */
export function thanosRuler(
  resource: Resource,
): Pick<PrometheusServer, "what" | "release" | "spec"> | undefined {
  if (resource.type === thanosRulerType) {
    return { what: `ThanosRuler "${resource.name}"`, spec: ["spec"] };
  }
  const { chart, release, values } = helmChart(resource) ?? {};
  if (chart !== "kube-prometheus-stack" || at(values, "thanosRuler", "enabled") !== true) {
    return undefined;
  }
  const spec: Path = ["values", "thanosRuler", "thanosRulerSpec"];
  return { what: `ThanosRuler of release "${release}"`, release, spec };
}
