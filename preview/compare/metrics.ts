import { keepListsOf, metricsIn } from "../../policies/facts/keepLists";
import { policyResource } from "../engine/policyResource";
import { keysOf } from "./differences";
import type { PreviewState } from "./state";

export type MetricChange = {
  target: string;
  change: string;
};

/** Returns the metrics that a target's keep list gained or lost. */
export function metricChanges(before: PreviewState, after: PreviewState): MetricChange[] {
  const [old, current] = [listsOf(before), listsOf(after)];
  return keysOf(old, current).flatMap((target) => {
    const [was, is] = [old.get(target), current.get(target)];
    if (was === undefined) return [{ target, change: `keeps only ${is!.length} metrics` }];
    if (is === undefined) return [{ target, change: "keeps all metrics" }];
    const added = is.filter((metric) => !was.includes(metric));
    const removed = was.filter((metric) => !is.includes(metric));
    return [
      ...(added.length > 0 ? [{ target, change: `keeps ${added.join(", ")}` }] : []),
      ...(removed.length > 0 ? [{ target, change: `drops ${removed.join(", ")}` }] : []),
    ];
  });
}

function listsOf({ resources }: PreviewState): Map<string, string[]> {
  const lists = resources.flatMap((resource) => keepListsOf(policyResource(resource)));
  return new Map(lists.map((list) => [list.target, metricsIn(list)]));
}
