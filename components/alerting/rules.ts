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
  /** Labels beside `severity`; the expression's own labels (`namespace`, `service`, `pod`) are kept. */
  labels?: Record<string, string>;
  /** One line: what is wrong with what. May use `{{ $labels.… }}`. */
  summary: string;
  /** One or two sentences with the current value in human units. */
  description: string;
}

export interface AlertGroup {
  name: string;
  rules: AlertRule[];
}

/** A rule group as Prometheus and the PrometheusRule object write it. */
export interface RuleGroup {
  name: string;
  rules: {
    alert: string;
    expr: string;
    for: string;
    labels: Record<string, string>;
    annotations: Record<string, string>;
  }[];
}

/** Writes groups the way Prometheus reads them; every alert gets its runbook. */
export function ruleGroups(groups: AlertGroup[], runbookBaseUrl: string): RuleGroup[] {
  return groups.map((group) => ({
    name: group.name,
    rules: group.rules.map((rule) => ({
      alert: rule.alert,
      expr: rule.expr,
      for: `${rule.forMinutes}m`,
      labels: { ...rule.labels, severity: rule.severity },
      annotations: {
        summary: rule.summary,
        description: rule.description,
        runbook_url: `${runbookBaseUrl.replace(/\/$/, "")}/${rule.alert}.md`,
      },
    })),
  }));
}
