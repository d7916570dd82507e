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
    "The violations in a stack without this project. `test/policies/why.ts` generates this page, and its",
    "test keeps it up to date: each line is a violation that the complete pack reports for a production",
    "stack.",
    "",
    "## The guide that this project replaces",
    "",
    "Two charts installed by hand, a bucket, an IAM policy and a Secret for Alertmanager, as in the",
    "guide.",
    "",
    ...table(seed),
    "",
    "Its IAM policy complies: one action applies to the bucket, and three to its objects.",
    "",
    "## Charts with their default values",
    "",
    ...parts.flatMap(({ name, found }) => [`### ${name}`, "", ...table(found), ""]),
    "## Public rules and manifests",
    "",
    "A review of what `npm run policies` reports, with the profile `baseline`, for the manifests of",
    "kube-prometheus, for the mixins of Kubernetes, node-exporter, Prometheus, Alertmanager, Loki,",
    "Cortex, etcd, Thanos, kube-state-metrics, MySQL and cert-manager, for the output of Sloth and Pyrra",
    "(26 of its examples, generated with its own packages), and for 55",
    "files of values: the defaults and examples of the charts kube-prometheus-stack, prometheus,",
    "alertmanager, grafana and loki, each as a HelmRelease of Flux.",
    "cert-manager has no findings. The numbers are those before the changes of this review. Each kind of",
    "finding is either right, a convention that `baseline` does not require, or a mistake of the policy",
    "that a test now rules out.",
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
    "157 alerts have no runbook, 58 no summary and 68 no description",
    "all but Kubernetes, cert-manager and Thanos",
    "Conventions: advisory in `baseline`. 57 of each are the messages of Cortex, which has one annotation.",
  ],
  [
    "68 critical alerts without an alert on the absence of their metrics",
    "all but Alertmanager, etcd, cert-manager and Thanos",
    "Right, and advisory: the alert on the target of a mixin is often in another mixin.",
  ],
  [
    "2 of these name series to the right of `unless`",
    "Kubernetes",
    "Changed: without series that only exclude others, the alert still fires.",
  ],
  [
    "2 negative patterns are literal",
    "Cortex",
    "Changed: `!~` with one value has the effect of `!=`. A class of codes (`5xx`) is still a mistake.",
  ],
  [
    "2 critical alerts with a `for` of 24 hours",
    "Cortex",
    "Changed: a timestamp of 0 is a job that has not run since its start, and the job may be daily.",
  ],
  [
    "2 alerts on a P99 latency of 40 and 90 seconds",
    "Thanos",
    "Changed: queries take that long. `baseline` now permits 100 seconds, and still reports milliseconds.",
  ],
  [
    "1 quantile of buckets without `le`",
    "Thanos",
    "Right: the expression sums the buckets by job, so the quantile is never a number.",
  ],
  [
    "2 alerts exist twice",
    "Cortex",
    "Right, and advisory: two conditions with one name replace each other in Alertmanager.",
  ],
  [
    "The retention is not set, and there is no volume",
    "kube-prometheus",
    "Right: the server retains 24 hours and loses them with its pod.",
  ],
  [
    "Recording rules over 30 days exceed the retention",
    "kube-prometheus",
    "Right: the availability of the API server is computed from one day of samples.",
  ],
  [
    "Critical alerts, warnings and Watchdog reach no receiver",
    "kube-prometheus",
    "Right: the receivers are placeholders without an integration.",
  ],
  [
    "The range of `increase` is one minute at an interval of 30 s",
    "kube-prometheus",
    "Right at 30 s. `baseline` assumes 15 s where the stack does not state an interval.",
  ],
  [
    "Alerts have no summary or description",
    "kube-prometheus",
    "Right: one alert of Grafana has a message only. Advisory in `baseline`.",
  ],
  [
    "`group_by` has no alertname; scrapes every 5 s; no sample limit; equal timeout and interval",
    "kube-prometheus",
    "Conventions: advisory in `baseline`.",
  ],
  [
    "Warnings without `for`",
    "kube-prometheus",
    "A convention: `baseline` has no minimum. `strict` reports them, because one outlier notifies.",
  ],
  [
    "A template uses a label that the expression removes",
    "kube-prometheus",
    "Right: the messages of two alerts on Alertmanager leave out the job.",
  ],
  [
    "`topk` in alerts on quotas and throttling",
    "kube-prometheus",
    "Changed: `topk by (…) (1, …)` removes duplicates and is stable.",
  ],
  [
    "A quantile loses the label `le`",
    "kube-prometheus",
    "Changed: the aggregation without `le` was on the metric with the name of the node.",
  ],
  [
    "A pattern is literal",
    "kube-prometheus",
    "Changed: the empty pattern selects series that have the label.",
  ],
  [
    "`for` of 3 or 4 hours",
    "kube-prometheus",
    "Changed: a range of several hours permits a `for` of up to twice its length.",
  ],
  [
    "`for` of 20 minutes on a critical alert",
    "kube-prometheus",
    "Changed: an inconsistent configuration is a slow condition.",
  ],
  [
    "Critical alerts without `for`",
    "Sloth",
    "Changed: a range of 30 minutes or more makes `for` unnecessary.",
  ],
  [
    "88 templates use a label that the expression removes",
    "Sloth",
    "Changed: recording rules set these labels, and the policy now knows them.",
  ],
  [
    "A burn rate of 14.4 times a budget of 10% never fires",
    "Sloth",
    "Right: the ratio cannot exceed 1.",
  ],
  [
    "Expressions do not parse",
    "Sloth",
    "Right: the example is for VictoriaMetrics and uses functions that Prometheus does not have.",
  ],
  [
    "Unknown or missing severities, no runbook, no description",
    "Sloth",
    "Conventions: the examples route by other labels. Advisory, or accepted, in `baseline`.",
  ],
  [
    "Alerts exist twice",
    "Sloth",
    "An effect of the review: several examples define the same alert. Advisory.",
  ],
  [
    "2 alerts on a budget of 10% never fire",
    "Pyrra",
    "Right: a burn rate of 14 times 10% is more than the whole, as for Sloth.",
  ],
  [
    "A `for` of 86 minutes on 2 critical alerts on absence",
    "Pyrra",
    "Right: Pyrra derives `for` from the objective, and a budget of 10% delays the page by more than an hour.",
  ],
  [
    "138 alerts have no summary, description or runbook",
    "Pyrra",
    "A convention: the generated alerts have labels only. Advisory in `baseline`.",
  ],
  [
    "2 critical alerts on a native histogram without an alert on its absence",
    "Pyrra",
    "Advisory: the other examples have `SLOMetricAbsent`, which covers their metrics.",
  ],
  [
    "The admin password of Grafana is public, 16 times",
    "charts",
    "Changed: the charts generate a password; only kube-prometheus-stack before version 79 has a default.",
  ],
  [
    "Alerts reach no receiver, 46 times; Watchdog, 23 times",
    "charts",
    "Right: the default receiver has no integration. The report on Watchdog is advisory.",
  ],
  [
    "Critical alerts do not inhibit warnings, 18 times",
    "charts",
    "Right: the chart alertmanager has no inhibition. kube-prometheus-stack complies.",
  ],
  [
    "The retention of Prometheus is not set, 25 times",
    "charts",
    "Right: the default of 10 or 15 days applies, which may change with the chart.",
  ],
  [
    "No volume or `retentionSize`, 23 times",
    "charts",
    "Right: a restart loses the samples, or a full volume stops Prometheus.",
  ],
  [
    "Loki never deletes logs, and cannot start with retention enabled, in 12 files",
    "charts",
    "Right: the three examples for production modes leave the retention to the reader.",
  ],
  [
    "A user interface is exposed without authentication, 5 times; without TLS, 6 times",
    "charts",
    "Right: the examples show the fields of ingresses and routes, and no authentication.",
  ],
  [
    "Passwords of tenants are in the values, 3 times",
    "charts",
    "Right: the chart also accepts hashes, and Secrets.",
  ],
  [
    "Prometheus is disabled, so no rule is evaluated",
    "charts",
    "Right for a stack with rules: the example installs only definitions of objects.",
  ],
  [
    "One replica, no disruption budget, no memory request, no sample limit, `group_by` without alertname",
    "charts",
    "Conventions: advisory in `baseline`.",
  ],
];

function table(found: PackViolation[]): string[] {
  if (found.length === 0) {
    return ["None: this chart contains nothing that the policies judge, or it complies."];
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
