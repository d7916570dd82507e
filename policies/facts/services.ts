import { helmChart } from "./helm";
import {
  Path,
  Plain,
  UNKNOWN,
  at,
  entriesAt,
  isMap,
  isOnly,
  isText,
  listAt,
  textAt,
} from "./plain";
import { relabel } from "../shared/relabel";
import { Resource, objectName } from "./resource";

/** A service that Prometheus scrapes. */
export interface ScrapedService {
  name: string;
  namespace: string;
  /** Names that may identify the service's series and pods. */
  knownAs: string[];
  urn: string;
  /** Whether the monitor drops all series of a metric. */
  drops: (metric: string) => boolean;
}

export function isMonitor(type: string): boolean {
  return /^kubernetes:monitoring\.coreos\.com\/v1:(Service|Pod)Monitor(Patch)?$/.test(type);
}

/** Returns the services that a monitor selects, one per namespace. */
export function scrapedServices(resource: Resource): ScrapedService[] {
  if (!isMonitor(resource.type) || at(resource.props, "spec") === UNKNOWN) return [];
  // A patch modifies a monitor from another stack, and may omit the selector.
  if (resource.type.endsWith("Patch")) return [];
  const { props, urn } = resource;
  const selected = listAt(props, "spec", "namespaceSelector", "matchNames").filter(isText);
  const namespaces =
    selected.length > 0 ? selected : [textAt(props, "metadata", "namespace") ?? "default"];
  const knownAs = [...new Set([...namesOf(props), objectName(resource)])];
  const [name = ""] = knownAs;
  const drops = droppedMetrics(props);
  return namespaces.map((namespace) => ({ name, namespace, knownAs, urn, drops }));
}

/** Returns a monitor's endpoints, with their paths. */
export function endpointsOf(props: Plain): { endpoint: Plain; path: Path }[] {
  return ["endpoints", "podMetricsEndpoints"].flatMap((key) =>
    listAt(props, "spec", key).map((endpoint, index) => ({ endpoint, path: ["spec", key, index] })),
  );
}

/** Whether every endpoint drops a metric by name. Relabeling by other labels is ignored. */
function droppedMetrics(props: Plain): (metric: string) => boolean {
  const steps = endpointsOf(props).map(({ endpoint }) =>
    listAt(endpoint, "metricRelabelings")
      .filter((step) => isOnly(listAt(step, "sourceLabels"), "__name__"))
      .filter((step) => /^(drop|keep)$/i.test(textAt(step, "action") ?? ""))
      .map((step) => ({
        action: at(step, "action"),
        source_labels: ["__name__"],
        regex: at(step, "regex"),
      })),
  );
  if (!steps.some(({ length }) => length > 0)) return () => false;
  return (metric) => steps.every((each) => relabel(each, { __name__: metric }) === undefined);
}

/**
 * Returns the names that relabeling sets in the label `service`, and those in labels that select the
 * Service.
 */
function namesOf(props: Plain): string[] {
  const spec = at(props, "spec");
  const relabeled = endpointsOf(props)
    .flatMap(({ endpoint }) => listAt(endpoint, "relabelings"))
    .filter(
      (step) => textAt(step, "targetLabel") === "service" && at(step, "sourceLabels") === undefined,
    )
    .map((step) => textAt(step, "replacement"));
  const selected = entriesAt(spec, "selector", "matchLabels")
    .filter(([label]) => ["app", "app.kubernetes.io/name", "k8s-app", "service"].includes(label))
    .map(([, value]) => value);
  return [...relabeled, ...selected]
    .filter(isText)
    .filter((value) => value !== "" && !value.includes("$"));
}

/** Settings of a monitor that a chart creates. */
export interface ChartMonitor {
  path: Path;
  /** Possible values of the `job` label on the monitor's series. */
  jobs: string[];
}

/** Returns the monitors in chart values. All charts use the same keys for them. */
export function chartMonitors(resource: Resource): ChartMonitor[] {
  const { chart, release, values } = helmChart(resource) ?? {};
  if (chart === undefined || release === undefined) return [];
  // The components of kube-prometheus-stack are separate workloads, so the release's name is not a job.
  const whole = chart === "kube-prometheus-stack" ? [] : [release, chart, `${release}-${chart}`];
  return monitorsAt(values, ["values"]).map((path) => {
    const parts = path.slice(1, -1).slice(0, 1).map(String).flatMap(jobsOf);
    const prefixes = ["", `${release}-`, `${release}-kube-prometheus-`];
    return {
      path,
      jobs: [...whole, ...parts.flatMap((part) => prefixes.map((prefix) => prefix + part))],
    };
  });
}

function monitorsAt(value: Plain, path: Path): Path[] {
  if (at(value, "enabled") === false) return [];
  return entriesAt(value).flatMap(([key, item]) => {
    const isSettings = /^(service|pod)?monitor$/i.test(key) && isMap(item);
    if (!isSettings) return monitorsAt(item, [...path, key]);
    return item["enabled"] === false ? [] : [[...path, key]];
  });
}

/**
 * Returns the possible jobs of a chart component: `kubeApiServer` is `apiserver`, `kubeProxy` is
 * `kube-proxy`.
 */
function jobsOf(part: string): string[] {
  const kebab = part.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
  const lower = part.toLowerCase();
  return [kebab, lower, lower.replace(/^kube/, ""), lower.replace(/^prometheus-/, "")];
}
