import { own } from "../shared/own";
import { constantOf, measuredArgument } from "./constants";
import { Binary, Call, Expr, nodesOf, selectingAggregation } from "./expr";
import { Matcher } from "../shared/matcher";
import { stateLabels } from "./stateLabels";

/** The labels that a result's series can have: only those listed, or all except those listed. */
interface LabelSet {
  kind: "only" | "except";
  labels: string[];
}

/**
 * Returns the labels that a result can have after its aggregations; undefined if something adds labels.
 */
export function labelsOf(expr: Expr): LabelSet | undefined {
  const labels = unrecordedLabelsOf(expr);
  const { addedLabels = [] } = expr;
  if (labels === undefined || addedLabels.length === 0) return labels;
  return labels.kind === "only"
    ? { ...labels, labels: [...new Set([...labels.labels, ...addedLabels])] }
    : { ...labels, labels: labels.labels.filter((label) => !addedLabels.includes(label)) };
}

function unrecordedLabelsOf(expr: Expr): LabelSet | undefined {
  if (expr.kind === "selector") return { kind: "except", labels: [] };
  if (expr.kind === "subquery" || expr.kind === "negate") return labelsOf(expr.expr);
  if (expr.kind === "binary") return labelsOfBinary(expr);
  if (expr.kind === "call" && expr.name.startsWith("absent")) return labelsOfAbsent(expr);
  if (expr.kind !== "call" || /^(label_|count_values|info$|scalar$|time$|pi$)/.test(expr.name))
    return undefined;
  if (expr.name === "vector") return { kind: "only", labels: [] };
  const argument = measuredArgument(expr);
  const inner = argument && labelsOf(argument);
  if (inner === undefined) return undefined;
  const { name, grouping } = expr;
  if (name === "histogram_quantile") return without(inner, ["le"]);
  if (grouping === undefined || selectingAggregation.test(name)) return inner;
  if (grouping.kind === "without") return without(inner, grouping.labels);
  return { kind: "only", labels: grouping.labels.filter((label) => has(inner, label)) };
}

/** Returns the labels of `absent()`: the labels that its selector compares for equality exactly once. */
function labelsOfAbsent({ args: [selector] }: Call): LabelSet {
  const matchers = selector?.kind === "selector" ? selector.matchers : [];
  const isOnce = ({ label, operator }: Matcher) =>
    operator === "=" && matchers.filter((other) => other.label === label).length === 1;
  return { kind: "only", labels: matchers.filter(isOnce).map(({ label }) => label) };
}

function labelsOfBinary({ operator, left, right, matching }: Binary): LabelSet | undefined {
  if (operator === "or") {
    const [leftLabels, rightLabels] = [labelsOf(left), labelsOf(right)];
    return JSON.stringify(leftLabels) === JSON.stringify(rightLabels) ? leftLabels : undefined;
  }
  if (operator === "and" || operator === "unless") return labelsOf(left);
  if (constantOf(left) !== undefined) return labelsOf(right);
  if (constantOf(right) !== undefined) return labelsOf(left);
  // The labels in `group_left` come from the other side.
  if (matching?.group !== undefined) return undefined;
  const inner = labelsOf(left);
  return inner && matching ? matched(inner, matching) : inner;
}

export function has({ kind, labels }: LabelSet, label: string): boolean {
  return labels.includes(label) === (kind === "only");
}

function without({ kind, labels }: LabelSet, removed: string[]): LabelSet {
  return kind === "only"
    ? { kind, labels: labels.filter((label) => !removed.includes(label)) }
    : { kind, labels: [...labels, ...removed] };
}

/** Returns the labels that are used to match one side's series. */
function matched(set: LabelSet, matching: NonNullable<Binary["matching"]>): LabelSet {
  if (matching.kind === "ignoring") return without(set, matching.labels);
  return { kind: "only", labels: matching.labels.filter((label) => has(set, label)) };
}

/**
 * Matches metrics with labels that other metrics do not have, such as metrics from kube-state-metrics.
 */
const labelMetric = /^(kube|node|container)_\w+_(labels|annotations|info|owner)$/;

/**
 * Finds metrics with extra labels that an operator combines with another metric without `on`. No series
 * of the two metrics match.
 */
export function unmatchedInfo(expr: Expr): string[] {
  return nodesOf(expr).flatMap((node) => {
    if (node.kind !== "binary" || /^(or|unless)$/.test(node.operator) || node.matching) return [];
    const sides: [Expr, Expr][] = [
      [node.left, node.right],
      [node.right, node.left],
    ];
    return sides
      .flatMap(([side, other]) => {
        const [metric, ...others] = metricsOf(side) ?? [];
        if (metric === undefined || others.length > 0) return [];
        const label = own(stateLabels, metric)?.label;
        const isOwn = label === undefined ? hasNoLabels(other, metric) : lacks(other, label);
        return isOwn ? [metric] : [];
      })
      .slice(0, 1);
  });
}

/** Whether a metric has labels that the other side's metrics do not have. */
function hasNoLabels(other: Expr, metric: string): boolean {
  const names = metricsOf(other);
  return labelMetric.test(metric) && names?.length === 1 && names[0] !== metric;
}

/** Whether the series of a side definitely do not have a state's label. */
function lacks(side: Expr, label: string): boolean {
  const labels = labelsOf(side);
  if (labels?.kind === "only") return !has(labels, label);
  const [metric = "", ...others] = metricsOf(side) ?? [];
  return (
    /^(kube|container|node)_\w+$/.test(metric) &&
    others.length === 0 &&
    own(stateLabels, metric)?.label !== label
  );
}

/** Returns the metrics of a side; undefined if something changes their labels. */
function metricsOf(side: Expr): string[] | undefined {
  const parts = nodesOf(side);
  if (
    parts.some((node) => node.kind === "call" && (node.grouping || node.name.startsWith("label")))
  ) {
    return undefined;
  }
  return parts.flatMap((node) => (node.kind === "selector" && node.metric ? [node.metric] : []));
}

/**
 * Finds cAdvisor metrics with several series per pod on a side of an operator that must have a single
 * series for the labels in `on`.
 */
export function repeatedContainers(expr: Expr): string[] {
  return nodesOf(expr).flatMap((node) => {
    if (node.kind !== "binary" || /^(and|or|unless)$/.test(node.operator)) return [];
    const { left, right, matching } = node;
    const isOfContainer = /^(container|id|name|image)$/;
    if (matching?.kind !== "on" || matching.labels.some((label) => isOfContainer.test(label)))
      return [];
    const single = { left: [right], right: [left], none: [left, right] }[matching.group ?? "none"];
    return single.flatMap((side) => {
      if (side.kind !== "selector" || !/^container_(cpu|memory|spec)_/.test(side.metric ?? ""))
        return [];
      const isNarrowed = side.matchers.some(({ label }) => isOfContainer.test(label));
      return isNarrowed ? [] : [side.metric ?? ""];
    });
  });
}

/** Finds labels that only one side of an operator has, so no series can match. */
export function unmatchedLabels(expr: Expr): string[] {
  return nodesOf(expr).flatMap((node) => {
    if (node.kind !== "binary" || node.operator === "or") return [];
    const { left, right, matching = { kind: "ignoring", labels: [] } } = node;
    if (constantOf(left) !== undefined || constantOf(right) !== undefined) return [];
    const [leftLabels, rightLabels] = [left, right].map((side) => {
      const labels = labelsOf(side);
      return labels?.kind === "only" ? matched(labels, matching).labels : undefined;
    });
    if (leftLabels === undefined || rightLabels === undefined) return [];
    return [
      ...leftLabels.filter((label) => !rightLabels.includes(label)),
      ...rightLabels.filter((label) => !leftLabels.includes(label)),
    ];
  });
}
