import { defined } from "../shared/defined";
import { alertPanelPath } from "./dashboardLinks";

/** Urgency of an alert: `critical` pages the on-call engineer, `warning` waits for working hours. */
export const Severity = {
  Critical: "critical",
  Warning: "warning",
  Info: "info",
  None: "none",
} as const;
export type Severity = (typeof Severity)[keyof typeof Severity];

/** An alerting rule before it is rendered. */
export interface AlertRule {
  /**
   * Alert name, which `linkedPanels` lists. Do not change it: routes, silences and runbooks refer to
   * it.
   */
  alert: string;
  /** PromQL expression. The alert fires once per series in the result. */
  expr: string;
  /** Minutes for which the expression must hold before the alert fires. */
  forMinutes: number;
  /** Minutes for which the alert keeps firing after its expression last held. Default: 0. */
  keepFiringMinutes?: number;
  severity: Severity;
  /**
   * Value of the `team` label, for an alert on one service. Default: the series' own `team` label, if
   * it has one.
   */
  team?: string | undefined;
  /** Subject and condition, in one line. */
  summary: string;
  /** Value with its unit, window, threshold and impact. */
  description: string;
  /** Builds the rule for another threshold, if the alert is in `ruleThresholds`. */
  atThreshold?: (threshold: number) => Omit<AlertRule, "alert" | "atThreshold">;
}

/** An expression that several rules use, evaluated once. */
export interface RecordingRule {
  /** Name in the form `level:metric:operation`. */
  record: string;
  /** Labels to add to the labels of the expression's result. Default: none. */
  labels?: Record<string, string>;
  expr: string;
}

/**
 * A group of rules. Prometheus evaluates them in order, so a recording rule must precede the rules that
 * read its series.
 */
export interface AlertGroup {
  name: string;
  /** Label that identifies the service or pod of each alert. Default: none. */
  subjectLabel?: "service" | "pod";
  /** Seconds between two evaluations. Default: Prometheus's evaluation interval. */
  intervalSeconds?: number;
  rules: (AlertRule | RecordingRule)[];
}

/** A rule group in the format of Prometheus and the PrometheusRule object. */
export interface RuleGroup {
  name: string;
  interval?: string;
  rules: RenderedRule[];
}

export type RenderedRule =
  | RecordingRule
  | {
      alert: string;
      expr: string;
      for: string;
      keep_firing_for?: string;
      labels: Record<string, string>;
      annotations: Record<string, string>;
    };

/** Base URLs for the links in an alert. */
export interface AlertLinks {
  /**
   * Base URL of the runbooks; `/<alert>.md` is appended. Default: none, and alerts have no runbook
   * link.
   */
  runbookBaseUrl?: string | undefined;
  /** URL of Grafana. Default: none, and alerts have no dashboard link. */
  dashboardBaseUrl?: string | undefined;
}

/** Renders groups in Prometheus's format and adds the links to every alert. */
export function ruleGroups(groups: AlertGroup[], links: AlertLinks): RuleGroup[] {
  return groups.map((group) =>
    defined({
      name: group.name,
      interval: group.intervalSeconds === undefined ? undefined : `${group.intervalSeconds}s`,
      rules: group.rules.map((rule) => ("alert" in rule ? renderAlert(rule, links) : rule)),
    }),
  );
}

function renderAlert(
  rule: AlertRule,
  { runbookBaseUrl, dashboardBaseUrl }: AlertLinks,
): RenderedRule {
  return {
    alert: rule.alert,
    expr: rule.expr,
    for: `${rule.forMinutes}m`,
    ...(rule.keepFiringMinutes && { keep_firing_for: `${rule.keepFiringMinutes}m` }),
    labels: { severity: rule.severity, ...defined({ team: rule.team }) },
    annotations: {
      summary: rule.summary,
      description: rule.description,
      ...defined({
        runbook_url: runbookBaseUrl && runbookUrl(runbookBaseUrl, rule.alert),
        dashboard_url:
          dashboardBaseUrl && withoutSlash(dashboardBaseUrl) + alertPanelPath(rule.alert),
      }),
    },
  };
}

/** Returns the URL of an alert's runbook. */
export function runbookUrl(runbookBaseUrl: string, alert: string): string {
  return `${withoutSlash(runbookBaseUrl)}/${alert}.md`;
}

function withoutSlash(url: string): string {
  return url.replace(/\/$/, "");
}
