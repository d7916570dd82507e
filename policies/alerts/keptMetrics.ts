import { ofRule } from "./checkRules";
import { StackFinding } from "../engine/policy";
import { keepListsOf } from "../facts/keepLists";
import { Resource } from "../facts/resource";
import { StackRule } from "../facts/rules";
import { anchoredPattern } from "../shared/matcher";
import { metricsRead } from "../shared/metricsRead";
import { scrapeTargets, targetsWith } from "../shared/scrapeTargets";

/**
 * Reports metrics that a rule reads but that kube-prometheus-stack's keep lists drop. Ignores names that
 * an application could also use, because only the chart's targets have keep lists.
 */
export function checkKept(resources: Resource[], rules: StackRule[]): StackFinding[] {
  const lists = resources.flatMap(keepListsOf);
  if (lists.length === 0) return [];
  const isDropped = (metric: string): boolean => {
    const owners = targetsWith(metric).map(({ name }) => name);
    const listed = lists.filter(({ target }) => owners.includes(target));
    const isOwned = owners.length < scrapeTargets.length;
    return isOwned && listed.length > 0 && !listed.some((list) => keeps(list.regex, metric));
  };
  return rules.flatMap((rule): StackFinding[] =>
    metricsRead(rule.expr)
      .filter((metric) => /^\w+$/.test(metric) && isDropped(metric))
      .map((metric) => ({
        ...ofRule(rule),
        problem: `the keep list of ${namesOf(targetsWith(metric))} drops the metric ${metric}`,
        bound: "a metric that the keep lists contain",
        fix: `add ${metric} to metrics.also of PrometheusStack (monitoring:prometheus.metrics.also), or to your own list in its values`,
      })),
  );
}

/**
 * Whether a keep list keeps a metric. An invalid list counts as keeping everything, because Prometheus
 * rejects its configuration.
 */
function keeps(regex: string, metric: string): boolean {
  return anchoredPattern(regex)?.test(metric) ?? true;
}

function namesOf(targets: { name: string }[]): string {
  return targets.map(({ name }) => name).join(" and ");
}
