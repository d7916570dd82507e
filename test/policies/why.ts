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
    "A review of what the pack reports for the manifests of kube-prometheus, which contain the rules of",
    "the mixins for Kubernetes, node-exporter, Prometheus and Alertmanager, and for the examples of",
    "Sloth. Each kind of finding is either right, a convention that the profile `baseline` does not",
    "require, or a mistake of the policy that a test now rules out.",
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
