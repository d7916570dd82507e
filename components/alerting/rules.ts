/** How urgent an alert is: `critical` wakes somebody, `warning` waits for the working day. */
export const Severity = {
  Critical: "critical",
  Warning: "warning",
  Info: "info",
  None: "none",
} as const;
export type Severity = (typeof Severity)[keyof typeof Severity];

/** An alert as data, before it becomes YAML. */
export interface AlertRule {
  /** Alert name; a contract: routes, silences and runbooks refer to it. */
  alert: string;
  /** PromQL; fires for every series it returns. */
  expr: string;
  /** How long the expression must hold before the alert fires. */
  forMinutes: number;
  severity: Severity;
  /** The labels that its expression keeps, which say what the alert is about. */
  about: string[];
  /** Labels beside `severity`; the expression's own labels are kept. */
  labels?: Record<string, string>;
  /** One line: what is wrong with what. May use `{{ $labels.… }}`. */
  summary: string;
  /** One or two sentences with the current value in human units. */
  description: string;
}

/** An expression that several rules use, computed once. */
export interface RecordingRule {
  /** `level:metric:operation`. */
  record: string;
  expr: string;
}

/** Rules that are evaluated one after the other: what is recorded stands before what reads it. */
export interface AlertGroup {
  name: string;
  /** Seconds between two evaluations, where Prometheus' own pace would be a waste. */
  intervalSeconds?: number;
  rules: (AlertRule | RecordingRule)[];
}

/** A rule group as Prometheus and the PrometheusRule object write it. */
export interface RuleGroup {
  name: string;
  interval?: string;
  rules: WrittenRule[];
}

export type WrittenRule =
  | RecordingRule
  | {
      alert: string;
      expr: string;
      for: string;
      labels: Record<string, string>;
      annotations: Record<string, string>;
    };

/** Where the links in an alert lead. */
export interface AlertLinks {
  /** `/<alert>.md` is appended. */
  runbookBaseUrl: string;
  /** URL of Grafana; without it alerts have no link to a dashboard. */
  dashboardBaseUrl?: string | undefined;
}

/** Uid of the dashboard that shows the services side by side. */
const dashboardUid = "services-overview";

/** Writes groups the way Prometheus reads them; every alert gets its links. */
export function ruleGroups(groups: AlertGroup[], links: AlertLinks): RuleGroup[] {
  return groups.map(({ name, intervalSeconds, rules }) => ({
    name,
    ...(intervalSeconds === undefined ? {} : { interval: `${intervalSeconds}s` }),
    rules: rules.map((rule) => ("alert" in rule ? writtenAlert(rule, links) : rule)),
  }));
}

function writtenAlert(rule: AlertRule, { runbookBaseUrl, dashboardBaseUrl }: AlertLinks) {
  return {
    alert: rule.alert,
    expr: rule.expr,
    for: `${rule.forMinutes}m`,
    labels: { ...rule.labels, severity: rule.severity },
    annotations: {
      summary: rule.summary,
      description: rule.description,
      runbook_url: runbookUrl(runbookBaseUrl, rule.alert),
      ...(dashboardBaseUrl === undefined
        ? {}
        : { dashboard_url: `${withoutSlash(dashboardBaseUrl)}${dashboardPath(rule.about)}` }),
    },
  };
}

function dashboardPath(about: string[]): string {
  const variables = about
    .filter((label) => label === "namespace" || label === "service")
    .map((label) => `var-${label}={{ $labels.${label} | urlquery }}`);
  return `/d/${dashboardUid}${variables.length === 0 ? "" : `?${variables.join("&")}`}`;
}

/** The page about an alert. */
export function runbookUrl(runbookBaseUrl: string, alert: string): string {
  return `${withoutSlash(runbookBaseUrl)}/${alert}.md`;
}

function withoutSlash(url: string): string {
  return url.replace(/\/$/, "");
}
