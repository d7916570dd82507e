import { ViolationFinding } from "../engine/policy";
import { Expr, selectorsOf } from "../promql/expr";
import { stateLabels } from "../promql/stateLabels";
import { Matcher, isGlob, matchesValue } from "../shared/matcher";
import { own } from "../shared/own";

/** Checks for matchers that match no series, or that a simpler matcher can replace. */
export function checkMatchers(expr: Expr): ViolationFinding[] {
  const matchers = selectorsOf(expr).flatMap(({ metric = "", matchers }) =>
    matchers.map((matcher): MetricMatcher => ({ ...matcher, metric })),
  );
  return [literalPattern, globPattern, patternAsValue, wrongCase, renamedLabel].flatMap((check) =>
    matchers.flatMap((matcher) => check(matcher) ?? []),
  );
}

/** A matcher with the metric that its selector names. */
type MetricMatcher = Matcher & { metric: string };

function literalPattern({ label, operator, value }: MetricMatcher): ViolationFinding | undefined {
  if (!operator.includes("~") || !isLiteral(value)) return undefined;
  // A mixin without a configured pattern excludes a single value. A class of status codes is a mistake.
  if (operator !== "=~" && !/\dx+$/i.test(value)) return undefined;
  return {
    problem: `the regular expression for ${label} is a literal value`,
    found: `${label}${operator}`,
    bound: "= or != for a single value",
    fix: `${label}${operator === "=~" ? "=" : "!="}"…"`,
  };
}

/** Whether a pattern contains no unescaped special characters. */
function isLiteral(pattern: string): boolean {
  return (
    pattern !== "" && !/[.^$*+?()[\]{}|\\]/.test(pattern.replace(/\\[.^$*+?()[\]{}|\\-]/g, ""))
  );
}

function globPattern({ label, operator, value }: MetricMatcher): ViolationFinding | undefined {
  if (!operator.includes("~") || !isGlob(value)) return undefined;
  return {
    problem: `the regular expression for ${label} is written like a file glob`,
    found: `${label}${operator}`,
    bound: "a regular expression, in which * repeats the character before it",
    fix: "write .* for any text, such as prod-.* instead of prod-*",
  };
}

function patternAsValue(matcher: MetricMatcher): ViolationFinding | undefined {
  const { label, operator, value } = matcher;
  if (operator !== "=" || !isPattern(matcher)) return undefined;
  return {
    problem: `the selector compares ${label} with a regular expression as literal text, so it matches no series`,
    found: `${label}="${value}"`,
    bound: "=~ for a regular expression",
    fix: `${label}=~"${value}"`,
  };
}

const codeLabel =
  /^(?:(?:http_|grpc_)?(?:response_)?(?:status|code|status_?code)|http_response_status_code)$/i;

/** Whether a value is probably meant as a regular expression. */
function isPattern({ metric, label, value }: MetricMatcher): boolean {
  if (value === ".*" || value === ".+") return true;
  const isCode = codeLabel.test(label);
  // Some exporters do use a label value such as `5xx`.
  if (isCode && /^\(?[1-5](?:\.\.|\.[*+]|\d\.|\[[\d-]+\].*)\)?$/.test(value)) return true;
  const hasStates = isCode || own(stateLabels, metric)?.label === label;
  return hasStates && /^\(?[\w.*+]+(?:\|[\w.*+]+)+\)?$/.test(value);
}

/** Reports a value that a label never has because of its case. */
function wrongCase({
  metric,
  label,
  operator,
  value,
}: MetricMatcher): ViolationFinding | undefined {
  const state = own(stateLabels, metric);
  if (state?.label !== label || operator !== "=") return undefined;
  const right = state.values?.find((known) => known.toLowerCase() === value.toLowerCase());
  if (right === undefined || right === value) return undefined;
  return {
    problem: `no series of ${metric} has ${label}="${value}", so the expression matches nothing`,
    found: `${label}="${value}"`,
    bound: `${label}="${right}"`,
    fix: `${label}="${right}"`,
  };
}

/** Container labels that were renamed in Kubernetes 1.16, by their old names. */
const oldLabels: Record<string, string> = { pod_name: "pod", container_name: "container" };

function renamedLabel(matcher: MetricMatcher): ViolationFinding | undefined {
  const { metric, label } = matcher;
  const right = own(oldLabels, label);
  const isRequired = metric.startsWith("container_") && !matchesValue(matcher, "");
  if (right === undefined || !isRequired) return undefined;
  return {
    problem: `no series of ${metric} has the label ${label}, so the selector matches nothing`,
    found: label,
    bound: `${right}, the name of the label since Kubernetes 1.16`,
    fix: `write ${right}`,
  };
}
