import { closest, distance } from "fastest-levenshtein";
import recorded from "../facts/recordedMetrics.json";
import { own } from "../shared/own";
import { perText } from "../shared/perText";

/**
 * Metrics of kube-state-metrics 2.17 and of the kubelet's cAdvisor, by the first word of their names.
 * Few other exporters use these words.
 */
const names: Record<string, string> = recorded;

const namesAfter = perText((word) => new Set(own(names, word)?.split(" ")));

/** Matches metrics that kube-state-metrics removed in version 2, where a label replaced the unit. */
const removed =
  /^kube_(?:pod_container_resource|node_status)_\w+_(cpu_cores|memory_bytes)$|^kube_hpa_/;

/**
 * Metrics that node-exporter renamed in version 0.16 but that old tutorials and dashboards still use,
 * with their current names.
 */
const renamedOfNodes: [former: RegExp, name: string][] = [
  [/^node_(cpu)$/, "node_$1_seconds_total"],
  [/^node_(boot_time|time)$/, "node_$1_seconds"],
  [
    /^node_(memory_(?:Mem|Swap)(?:Total|Free|Available)|memory_(?:Swap)?Cached|memory_Buffers)$/,
    "node_$1_bytes",
  ],
  [/^node_(filesystem_(?:size|free|avail))$/, "node_$1_bytes"],
  [/^node_(network_(?:receive|transmit)_(?:bytes|packets|drop|errs))$/, "node_$1_total"],
  [/^node_(context_switches|intr|forks)$/, "node_$1_total"],
  [/^node_disk_bytes_(read|written)$/, "node_disk_$1_bytes_total"],
  [/^node_disk_io_time_ms$/, "node_disk_io_time_seconds_total"],
];

/** Returns the Kubernetes or node metric that the author of an unknown metric name probably meant. */
export const meantMetric = perText((metric): string | undefined => {
  const renamed = renamedOfNodes.find(([former]) => former.test(metric));
  if (renamed !== undefined) return metric.replace(...renamed);
  const [, word = "", rest = ""] = /^(kube|container)_(\w+)$/.exec(metric) ?? [];
  const known = namesAfter(word);
  // No Kubernetes metric has a longer name.
  if (known.size === 0 || metric.length > 200) return undefined;
  if (removed.test(metric)) {
    return metric
      .replace(/_cpu_cores$/, '{resource="cpu"}')
      .replace(/_memory_bytes$/, '{resource="memory"}')
      .replace(/^kube_hpa_/, "kube_horizontalpodautoscaler_");
  }
  if (known.has(rest) || known.has(rest.replace(/_(bucket|sum|count)$/, ""))) return undefined;
  const nearest = closest(rest, [...known]);
  return distance(rest, nearest) <= 2 ? `${word}_${nearest}` : undefined;
});
