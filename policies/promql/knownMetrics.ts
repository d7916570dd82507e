import { closest, distance } from "fastest-levenshtein";
import recorded from "../facts/recordedMetrics.json";
import { own } from "../shared/own";

/**
 * The metrics of kube-state-metrics 2.17 and of cAdvisor in the kubelet, by the first word of their
 * names. No other exporter uses these words, or hardly any.
 */
const names: Record<string, string> = recorded;

const sets = new Map<string, Set<string>>();

/** Metrics that kube-state-metrics removed in version 2, and the label that replaced each unit. */
const removed =
  /^kube_(?:pod_container_resource|node_status)_\w+_(cpu_cores|memory_bytes)$|^kube_hpa_/;

const answers = new Map<string, string | undefined>();

/** The metric of Kubernetes that was meant by a name that no exporter has. */
export function meantMetric(metric: string): string | undefined {
  if (!answers.has(metric)) answers.set(metric, search(metric));
  return answers.get(metric);
}

function search(metric: string): string | undefined {
  const [, word = "", rest = ""] = /^(kube|container)_(\w+)$/.exec(metric) ?? [];
  const list = own(names, word);
  // No metric of Kubernetes has a longer name.
  if (list === undefined || metric.length > 200) return undefined;
  if (removed.test(metric)) {
    return metric
      .replace(/_cpu_cores$/, '{resource="cpu"}')
      .replace(/_memory_bytes$/, '{resource="memory"}')
      .replace(/^kube_hpa_/, "kube_horizontalpodautoscaler_");
  }
  const known = sets.get(word) ?? new Set(list.split(" "));
  sets.set(word, known);
  if (known.has(rest) || known.has(rest.replace(/_(bucket|sum|count)$/, ""))) return undefined;
  const nearest = closest(rest, [...known]);
  return distance(rest, nearest) <= 2 ? `${word}_${nearest}` : undefined;
}
