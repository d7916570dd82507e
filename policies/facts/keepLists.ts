import { scrapeTargets } from "../shared/scrapeTargets";
import { helmChart } from "./helm";
import { UNKNOWN, listAt, textAt } from "./plain";
import { Resource } from "./resource";

/** The metrics that Prometheus keeps from a target. It drops all others. */
export interface KeepList {
  /** Name of the target in `scrapeTargets`. */
  target: string;
  /** Regular expression that must match the whole metric name. */
  regex: string;
}

/** Returns the keep lists in a kube-prometheus-stack release. */
export function keepListsOf(resource: Resource): KeepList[] {
  const chart = helmChart(resource);
  if (chart?.chart !== "kube-prometheus-stack" || chart.values === UNKNOWN) return [];
  const { values } = chart;
  return scrapeTargets.flatMap(({ name, relabelings }) =>
    listAt(values, ...relabelings).flatMap((step) => {
      const [label, ...others] = listAt(step, "sourceLabels");
      const regex = textAt(step, "regex");
      const isKeepList = textAt(step, "action") === "keep" && label === "__name__";
      return isKeepList && others.length === 0 && regex !== undefined
        ? [{ target: name, regex }]
        : [];
    }),
  );
}

/** Returns the metrics in a keep list, which are its top-level alternatives. */
export function metricsIn({ regex }: KeepList): string[] {
  let depth = 0;
  const metrics = [""];
  for (const character of regex) {
    if (character === "(") depth++;
    if (character === ")") depth--;
    if (character === "|" && depth === 0) metrics.push("");
    else metrics[metrics.length - 1] += character;
  }
  return metrics;
}
