import { policyDescriptions } from "../../policies/index";
import { PackViolation, judgedByThePack } from "./completePack";
import { seedResources } from "./fixtures/seed";
import { StockChart, stockRelease } from "./fixtures/stockCharts";

/** The text of `docs/why.md`: the violations of the previous guide, and of the charts with their defaults. */
export async function whyDocument(): Promise<string> {
  const seed = await judgedByThePack(seedResources());
  const stock: [string, StockChart][] = [
    ["kube-prometheus-stack", "kubePrometheusStack"],
    ["Loki", "loki"],
    ["Datadog", "datadog"],
  ];
  const parts = await Promise.all(
    stock.map(async ([name, chart]) => ({
      name,
      found: await judgedByThePack([stockRelease(chart)]),
    })),
  );
  return [
    "# Why",
    "",
    "This page lists policy violations in stacks that do not use this project. `test/policies/why.ts`",
    "generates the page, and its test keeps it up to date. Each line is a violation that the complete pack",
    "reports for a production stack.",
    "",
    "## The guide that this project replaces",
    "",
    "The guide installs two charts by hand, and creates a bucket, an IAM policy and a Secret for",
    "Alertmanager.",
    "",
    ...table(seed),
    "",
    "Only the guide's IAM policy complies: one action applies to the bucket, and three to its objects.",
    "",
    "## Charts with their default values",
    "",
    ...parts.flatMap(({ name, found }) => [`### ${name}`, "", ...table(found), ""]),
    "## Public rules and manifests",
    "",
    "We reviewed what `npm run policies` reports with the profile `baseline` for the manifests of",
    "kube-prometheus, the mixins of Kubernetes, node-exporter, Prometheus, Alertmanager, Loki,",
    "Cortex, etcd, Thanos, kube-state-metrics, MySQL and cert-manager, the output of Sloth and Pyrra",
    "(for 26 of Pyrra's examples, generated with its own packages), and 55 values files. The values files",
    "are the defaults and examples of the charts kube-prometheus-stack, prometheus,",
    "alertmanager, grafana and loki, each wrapped in a Flux HelmRelease.",
    "cert-manager has no findings. The table shows the numbers before the review. Each finding turned out",
    "to be either correct, a convention that `baseline` does not enforce, or a mistake in the policy that",
    "has been fixed and is now covered by a test.",
    "",
    "| Finding | Stack | Verdict |",
    "| --- | --- | --- |",
    ...reviewed.map((row) => `| ${row.join(" | ")} |`),
    "",
  ]
    .join("\n")
    .trimEnd()
    .concat("\n");
}

/** The findings in public stacks, with the verdict of the review. */
const reviewed: [finding: string, stack: string, verdict: string][] = [
  [
    "157 alerts have no runbook, 58 have no summary, and 68 have no description",
    "all but Kubernetes, cert-manager and Thanos",
    "Conventions, which are advisory in `baseline`. 57 of each come from Cortex, whose alerts have a single `message` annotation.",
  ],
  [
    "68 critical alerts have no alert on the absence of their metrics",
    "all but Alertmanager, etcd, cert-manager and Thanos",
    "Correct, but advisory, because the alert on a mixin's target is often in another mixin.",
  ],
  [
    "In 2 of these 68 alerts, the metric is on the right-hand side of `unless`",
    "Kubernetes",
    "Fixed: if series that only exclude others are absent, the alert still fires.",
  ],
  [
    "2 negative regular expressions are literal strings",
    "Cortex",
    "Fixed: `!~` with a single value has the same effect as `!=`. A class of status codes (`5xx`) is still reported.",
  ],
  [
    "2 critical alerts have a `for` of 24 hours",
    "Cortex",
    "Fixed: a timestamp of 0 means that a job has not run since the program started, and the job may be daily.",
  ],
  [
    "2 alerts have P99 latency thresholds of 40 and 90 seconds",
    "Thanos",
    "Fixed: queries can take that long. `baseline` now permits 100 seconds, and still detects thresholds in milliseconds.",
  ],
  [
    "1 quantile is computed from buckets without the label `le`",
    "Thanos",
    "Correct: the expression sums the buckets by job, so the quantile has no result.",
  ],
  [
    "2 alerts are defined twice",
    "Cortex",
    "Correct, but advisory: two alerts with the same name and labels overwrite each other in Alertmanager.",
  ],
  [
    "The retention is not set, and there is no volume",
    "kube-prometheus",
    "Correct: Prometheus retains samples for 24 hours, and loses them with its pod.",
  ],
  [
    "The ranges of 30 days in recording rules exceed the retention",
    "kube-prometheus",
    "Correct: the availability of the API server is calculated from only one day of samples.",
  ],
  [
    "Critical alerts, warnings and Watchdog reach no receiver",
    "kube-prometheus",
    "Correct: the receivers are placeholders without integrations.",
  ],
  [
    "`increase` has a range of one minute at a scrape interval of 30 s",
    "kube-prometheus",
    "Correct for 30 s. `baseline` assumes 15 s if the stack does not specify an interval.",
  ],
  [
    "Alerts have no summary or description",
    "kube-prometheus",
    "Correct: one Grafana alert only has a `message` annotation. This is advisory in `baseline`.",
  ],
  [
    "`group_by` does not include `alertname`, the scrape interval is 5 s, scrapes have no sample limit, or the scrape timeout equals the interval",
    "kube-prometheus",
    "Conventions, which are advisory in `baseline`.",
  ],
  [
    "Warnings do not have a `for`",
    "kube-prometheus",
    "A convention: `baseline` does not require a minimum. `strict` reports these warnings, because a single outlier causes a notification.",
  ],
  [
    "A template uses a label that the expression removes",
    "kube-prometheus",
    "Correct: in two alerts on Alertmanager, the job is missing from the message.",
  ],
  [
    "Alerts on quotas and throttling use `topk`",
    "kube-prometheus",
    "Fixed: `topk by (…) (1, …)` only removes duplicates, and its result is stable.",
  ],
  [
    "A quantile is computed without the label `le`",
    "kube-prometheus",
    "Fixed: the aggregation without `le` applies to the metric that contains the node's name.",
  ],
  [
    "A regular expression is a literal string",
    "kube-prometheus",
    "Fixed: the empty expression selects series that have the label.",
  ],
  [
    "Alerts have a `for` of 3 or 4 hours",
    "kube-prometheus",
    "Fixed: for a range of several hours, a `for` of up to twice the range is now accepted.",
  ],
  [
    "A critical alert has a `for` of 20 minutes",
    "kube-prometheus",
    "Fixed: the alert detects an inconsistent configuration, which can wait.",
  ],
  [
    "Critical alerts do not have a `for`",
    "Sloth",
    "Fixed: a range of 30 minutes or more makes a `for` unnecessary.",
  ],
  [
    "88 templates use labels that the expression removes",
    "Sloth",
    "Fixed: recording rules set these labels, and the policy now takes them into account.",
  ],
  [
    "A burn rate of 14.4 times a budget of 10% never fires",
    "Sloth",
    "Correct: the error ratio cannot exceed 1.",
  ],
  [
    "Expressions do not parse",
    "Sloth",
    "Correct: the example is for VictoriaMetrics and uses functions that Prometheus does not support.",
  ],
  [
    "Severities are unknown or missing, and alerts have no runbook or description",
    "Sloth",
    "Conventions, because the examples use other labels for routing. They are advisory or accepted in `baseline`.",
  ],
  [
    "Alerts are defined twice",
    "Sloth",
    "An artifact of the review, because several examples define the same alert. This is advisory.",
  ],
  [
    "2 alerts on a budget of 10% never fire",
    "Pyrra",
    "Correct: 14 times 10% is more than 100%, as in the Sloth example.",
  ],
  [
    "2 critical alerts on absent metrics have a `for` of 86 minutes",
    "Pyrra",
    "Correct: Pyrra derives `for` from the objective, and a budget of 10% delays the page by more than an hour.",
  ],
  [
    "138 alerts have no summary, description or runbook",
    "Pyrra",
    "A convention, because the generated alerts only have labels. This is advisory in `baseline`.",
  ],
  [
    "2 critical alerts on a native histogram have no alert on its absence",
    "Pyrra",
    "Correct, but advisory. In the other examples, `SLOMetricAbsent` covers the metrics.",
  ],
  [
    "The Grafana admin password is publicly known (16 findings)",
    "charts",
    "Fixed: the charts generate a password. Only kube-prometheus-stack before version 79 has a default password.",
  ],
  [
    "Alerts do not reach a receiver (46 findings), and neither does Watchdog (23 findings)",
    "charts",
    "Correct: the default receiver has no integration. The finding on Watchdog is advisory.",
  ],
  [
    "Critical alerts do not inhibit warnings (18 findings)",
    "charts",
    "Correct: the chart alertmanager does not configure inhibition. kube-prometheus-stack complies.",
  ],
  [
    "The Prometheus retention is not set (25 findings)",
    "charts",
    "Correct: the chart's default of 10 or 15 days applies, and a new chart version may change it.",
  ],
  [
    "There is no volume, or `retentionSize` is not set (23 findings)",
    "charts",
    "Correct: Prometheus loses its samples when it restarts, or stops when the volume is full.",
  ],
  [
    "Loki never deletes logs, and cannot start with retention enabled, in 12 files",
    "charts",
    "Correct: the three examples for production leave the retention settings to the reader.",
  ],
  [
    "A user interface is exposed without authentication (5 findings) or without TLS (6 findings)",
    "charts",
    "Correct: the examples show how to configure ingresses and routes but do not set up authentication.",
  ],
  [
    "Tenant passwords are in the chart values (3 findings)",
    "charts",
    "Correct: the chart also accepts hashes and Secrets.",
  ],
  [
    "Prometheus is disabled, so rules are not evaluated",
    "charts",
    "Correct for a stack with rules, but this example only installs CRDs.",
  ],
  [
    "Workloads have one replica, no disruption budget or no memory request, scrapes have no sample limit, or `group_by` does not include `alertname`",
    "charts",
    "Conventions, which are advisory in `baseline`.",
  ],
];

function table(found: PackViolation[]): string[] {
  if (found.length === 0) {
    return [
      "There are no violations: the chart either complies or contains nothing that the policies check.",
    ];
  }
  return policyDescriptions()
    .flatMap(({ name, why }) => {
      const own = found.filter(({ policy }) => policy === name);
      if (own.length === 0) return [];
      return [
        `**${name}**: ${why}`,
        "",
        ...own.map(({ message }) => `- ${inOneLine(message)}`),
        "",
      ];
    })
    .slice(0, -1);
}

function inOneLine(message: string): string {
  const [problem = "", ...rest] = message.split("\n").map((line) => line.trim());
  const where = rest
    .find((line) => line.startsWith("where:"))
    ?.slice("where:".length)
    .trim();
  const text = where === undefined ? problem : `${problem} (${where})`;
  return text.replace(/[<>*_|]/g, "\\$&");
}
