import { checkRules, withRecordsOfStack } from "./checkRules";
import { ViolationFinding, resourcePolicy } from "../engine/policy";
import { PlainMap, isText, textsAt } from "../facts/plain";
import { mistypedFields } from "../facts/knownFields";
import { Resource } from "../facts/resource";
import { Rule, canContainRules, judgedRules } from "../facts/rules";
import { Comparison, isComparison } from "../promql/comparison";
import { constantOf } from "../promql/constants";
import { contradictionsIn } from "../promql/contradictions";
import { Call, Expr, callsOf, nodesOf, selectingAggregation } from "../promql/expr";
import { comparisonsOf } from "../promql/findComparisons";
import {
  has,
  labelsOf,
  repeatedContainers,
  unmatchedInfo,
  unmatchedLabels,
} from "../promql/labels";
import { parsePromQL } from "../promql/parse";
import { Records, inlineRecords, recordsIn } from "../promql/records";
import { parseDuration } from "../shared/duration";
import { checkEmptyResults } from "./emptyResults";
import { checkHealthyStates } from "./healthyStates";
import { checkMatchers } from "./matchers";
import { templateProblem } from "./templates";

export const promqlValid = resourcePolicy({
  name: "promql-valid",
  description: "Rule expressions are valid, and alerts have a condition.",
  why: "One invalid rule prevents Prometheus from loading its whole group; an alert without a condition always fires; the series of topk change between evaluations, so `for` never elapses; an alert on a healthy state always fires, and resolves during an outage; a template is empty if the result does not have its label, and is rejected if it calls an unknown function; an operator whose sides have different labels matches nothing.",
  remediation: "correct the expression; `promtool check rules` names the position",
  severity: "high",
  appliesTo: canContainRules,
  check,
  siblings: withRecordsOfStack(check),
});

function check(
  resource: Resource,
  _: object,
  records: Records = recordsIn(judgedRules(resource).rules),
) {
  return checkRules(resource, (rule) => {
    const parsed = parsePromQL(rule.expr);
    if (parsed.error !== undefined) {
      return {
        problem: `the expression ${parsed.error}`,
        bound: "a valid expression",
        fix: "correct it; promtool check rules names the position",
      };
    }
    return [
      ...rejectedFields(rule),
      ...checkMatchers(parsed.expr),
      ...checkOperands(parsed.expr),
      ...checkEmptyResults(parsed.expr),
      ...(rule.alert === undefined ? [] : checkAlert(rule, inlineRecords(parsed.expr, records))),
    ];
  });
}

/** Reports fields and names that Prometheus rejects or the API server removes. */
function rejectedFields({ fields, record, alert }: Rule): ViolationFinding[] {
  const duration = fields["keep_firing_for"] ?? "";
  const ofAlerts = ["for", "keep_firing_for", "annotations"].filter((key) => key in fields);
  return [
    ...(alert !== undefined || record === undefined ? [] : ofAlerts).map((key) => ({
      problem:
        "a recording rule has a field that only alerts support, so Prometheus rejects the rule",
      found: key,
      bound: "record, expr and labels",
      fix: `remove ${key}, or write alert instead of record`,
    })),
    ...mistypedFields("rules", fields).map(({ key, suggestion }) => ({
      problem: "nothing reads this field of the rule",
      found: key,
      bound: suggestion,
      fix: `write ${suggestion} instead of ${key}`,
    })),
    ...(record === undefined || (alert === undefined && /^[A-Za-z_:][\w:.]*$/.test(record))
      ? []
      : [
          {
            problem:
              alert === undefined
                ? "the name of the recorded series is invalid, so expressions cannot select it"
                : "a rule either alerts or records, so Prometheus rejects the rule",
            found: record,
            bound: "a name of letters, digits, _ and :, in a rule without alert",
            fix: `record: ${record.replace(/[^\w:]/g, "_")} in a separate rule`,
          },
        ]),
    ...(!isText(duration) || /^$|^0$|\{\{/.test(duration) || parseDuration(duration) !== undefined
      ? []
      : [
          {
            problem: "keep_firing_for is not a duration, so Prometheus rejects the rule",
            bound: "a duration such as 10m",
            fix: "write a unit, such as keep_firing_for: 10m",
          },
        ]),
  ];
}

/** Reports operators whose sides have no series in common, or whose match Prometheus rejects. */
function checkOperands(expr: Expr): ViolationFinding[] {
  return [
    ...contradictionsIn(expr).map(({ first, second }) => ({
      problem: "two conditions exclude each other, so the expression matches no series",
      found: `${first} and ${second}`,
      bound: "conditions that one series can satisfy",
      fix: "replace and with or, or add on (…) without the label after the operator",
    })),
    ...unmatchedLabels(expr).map((label) => ({
      problem: `no series on the two sides of an operator match, because only one side has the label ${label}`,
      bound: "the same labels on both sides, or on (…) with labels that both sides have",
      fix: `add ${label} to by (…) on the other side, or add on (…) with the labels that both sides have`,
    })),
    ...repeatedContainers(expr).map((metric) => ({
      problem: `a pod has several series of ${metric}, one per container and one for the pod itself, so Prometheus rejects the match`,
      found: metric,
      bound: "one series per pod on this side of on (…)",
      fix: 'write sum by (namespace, pod) (…) on both sides, with container!="" in the selector',
    })),
    ...unmatchedInfo(expr).map((metric) => ({
      problem: `no series on the two sides of an operator match, because ${metric} has labels that the other side does not have`,
      bound: "on (…) with the labels that both sides have",
      fix: "write on (namespace, pod) after the operator, and group_left for arithmetic",
    })),
  ];
}

function checkAlert(alert: Rule, expr: Expr): ViolationFinding[] {
  return [
    ...checkTemplates(alert, expr),
    ...checkHealthyStates(expr, alert.labels["severity"]),
    ...conditionMistakes
      .filter(([applies]) => applies(expr, alert))
      .map(([, violation]) => violation),
    ...unstableCalls(expr)
      .slice(0, 1)
      .map(({ name }) => ({
        problem: `${name} in an alert changes its series between evaluations, so \`for\` never elapses`,
        bound: "no topk, bottomk, limitk or limit_ratio in alerts",
        fix: "compare each series with the threshold, and sort in the dashboard",
      })),
  ];
}

/** Reports templates that Prometheus rejects, or that use a label which the result does not have. */
function checkTemplates({ labels, annotations }: Rule, expr: Expr): ViolationFinding[] {
  const templates = { ...labels, ...annotations };
  return [
    ...textsAt(templates)
      .flatMap(([name, text]) => {
        const problem = templateProblem(text);
        return problem === undefined ? [] : [`the template in ${name} ${problem}`];
      })
      .slice(0, 1)
      .map((problem) => ({
        problem: `${problem}, so Prometheus rejects the rule`,
        bound: "a template that Prometheus can execute",
        fix: "correct it, for example {{ $labels.pod }} or {{ $value | humanize }}",
      })),
    ...missingLabels(expr, templates).map((label) => ({
      problem: `a template uses the label ${label}, which the aggregation of the expression removes`,
      bound: "labels of the result",
      fix: `add ${label} to by (…), or remove it from the template`,
    })),
  ];
}

/** Conditions that always hold, never hold, or stop holding during an outage. */
const conditionMistakes: [
  applies: (expr: Expr, alert: Rule) => boolean,
  violation: ViolationFinding,
][] = [
  [
    (expr, { labels }) => !hasCondition(expr) && !isHeartbeat(expr, labels),
    {
      problem: "the alert has no condition, so it fires as long as its series exist",
      bound: "a comparison with a threshold, or absent()",
      fix: "add a threshold, for example > 0",
    },
  ],
  [
    isNeverAbsent,
    {
      problem: "the result of absent() is compared with a value that it never has",
      bound: "absent() by itself: it returns 1, or nothing",
      fix: "remove the comparison",
    },
  ],
  [
    isAbsentOfFailures,
    {
      problem: "absent() of the targets that are down returns 1 while all targets are up",
      bound: "absent() of the targets that are up",
      fix: "absent(up{…} == 1), or up{…} == 0 without absent()",
    },
  ],
  [
    isNeverZero,
    {
      problem:
        "a count is compared with a number below 1, but count() over no series returns nothing",
      bound: "absent(), or a count with `or vector(0)`",
      fix: "(count(…) or vector(0)) == 0",
    },
  ],
  [
    losesLast,
    {
      problem:
        "count() returns nothing if no series meets the condition, so the alert resolves when the last one fails",
      bound: "a count that is 0 if no series meets the condition",
      fix: "write sum(… == bool …), or (count(…) or vector(0)), instead of count(…)",
    },
  ],
];

/**
 * Returns the labels in templates that the result does not have, if aggregations determine its labels.
 */
function missingLabels(expr: Expr, templates: PlainMap): string[] {
  const labels = labelsOf(expr);
  if (labels === undefined) return [];
  const used = Object.values(templates)
    .filter(isText)
    .flatMap((text) => {
      // Inside `range` and `with`, `.Labels` may refer to something other than the alert.
      const isOfAlert = !/\b(range|with)\b/.test(text);
      const form = isOfAlert
        ? /(?:\$labels|(?<![\w$)])\.Labels)\.([a-zA-Z_]\w*)/g
        : /\$labels\.([a-zA-Z_]\w*)/g;
      return [...text.matchAll(form)].map(([, label = ""]) => label);
    });
  return [...new Set(used)].filter((label) => !has(labels, label));
}

/**
 * Returns calls whose series change between evaluations. `topk by (…) (1, …)` is excluded, because it
 * removes duplicates.
 */
function unstableCalls(expr: Expr): Call[] {
  return callsOf(expr, selectingAggregation).filter(
    ({ args, grouping }) =>
      grouping?.kind !== "by" || grouping.labels.length === 0 || !args.some(isOne),
  );
}

function isOne(expr: Expr): boolean {
  return constantOf(expr) === 1;
}

/**
 * Whether an alert compares the result of absent() in a comparison that never holds, because absent()
 * returns 1 or nothing.
 */
function isNeverAbsent(expr: Expr): boolean {
  return nodesOf(expr).some((node) => {
    if (!isComparison(node) || node.left.kind !== "call") return false;
    const value = constantOf(node.right);
    const isAbsent = /^absent/.test(node.left.name);
    return (
      isAbsent &&
      ((node.operator === "==" && value !== 1) || (node.operator === "<" && value === 1))
    );
  });
}

/** Whether absent() selects the targets that are down, so it returns 1 if there are none. */
function isAbsentOfFailures(expr: Expr): boolean {
  return callsOf(expr, /^absent/).some(({ args: [condition] }) => {
    if (condition === undefined || !isComparison(condition) || condition.bool) return false;
    const { left, operator, right } = condition;
    const value = constantOf(right);
    return (
      left.kind === "selector" &&
      left.metric === "up" &&
      ((operator === "==" && value === 0) ||
        (operator === "!=" && value === 1) ||
        (operator === "<" && value === 1))
    );
  });
}

/** Whether a count must be below 1, which is impossible. */
function isNeverZero(expr: Expr): boolean {
  return nodesOf(expr).some((node) => {
    if (!isComparison(node) || node.left.kind !== "call" || node.left.name !== "count")
      return false;
    const value = constantOf(node.right) ?? Number.NaN;
    return (/^[<=]=?$/.test(node.operator) && value < 1) || (node.operator === "<" && value === 1);
  });
}

/**
 * Whether a lower bound applies to a count of filtered series. If no series match, the count is absent
 * rather than 0.
 */
function losesLast(expr: Expr): boolean {
  const nodes = nodesOf(expr);
  if (nodes.some((node) => node.kind === "binary" && node.operator === "or")) return false;
  return nodes.some((node) => {
    if (!isComparison(node) || node.left.kind !== "call" || node.left.name !== "count")
      return false;
    const [counted] = node.left.args;
    const value = constantOf(node.right) ?? Number.NaN;
    const isLower = (node.operator === "<" && value > 1) || (node.operator === "<=" && value >= 1);
    return isLower && counted !== undefined && isFilter(counted);
  });
}

/** Whether an alert depends on more than the existence of its series. */
function hasCondition(expr: Expr): boolean {
  // `or vector(1)` always returns a series.
  if (expr.kind === "binary" && expr.operator === "or") {
    return hasCondition(expr.left) && hasCondition(expr.right);
  }
  return (
    (comparisonsOf(expr).some(isDecisive) && nodesOf(expr).some(isFilter)) ||
    callsOf(expr, /^absent/).length > 0 ||
    nodesOf(expr).some((node) => node.kind === "binary" && node.operator === "unless")
  );
}

/** Whether a comparison removes series. With `bool`, it returns 0 or 1 for every series instead. */
function isFilter(node: Expr): boolean {
  return isComparison(node) && !node.bool;
}

/** Whether a comparison is a real condition, rather than one with itself, infinity or NaN. */
function isDecisive({ threshold, numerator, denominator }: Comparison): boolean {
  return Number.isFinite(threshold) && JSON.stringify(numerator) !== JSON.stringify(denominator);
}

/** Whether an alert always fires by design, like Watchdog. */
function isHeartbeat(expr: Expr, { severity }: Record<string, unknown>): boolean {
  return severity === "none" && constantOf(expr) !== undefined;
}
