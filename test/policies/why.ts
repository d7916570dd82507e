import { policyDescriptions } from "../../policies/index";
import { PackViolation, judgedByThePack } from "./completePack";
import { seedResources } from "./fixtures/seed";
import { StockChart, stockRelease } from "./fixtures/stockCharts";

/** The text of `docs/why.md`: what the pack says of the guide of old, and of the charts alone. */
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
    "What the policies of this project find where it is not used. This page is written by",
    "`test/policies/why.ts` and checked by its test: every line is a violation that the complete pack",
    "reports for a production stack.",
    "",
    "## The guide that this project replaces",
    "",
    "Two charts installed by hand, a bucket, an IAM policy and a Secret for Alertmanager, as the guide",
    "gave them.",
    "",
    ...table(seed),
    "",
    "Its IAM policy is sound: one of its actions only ever works on the bucket, and three on its objects.",
    "",
    "## Charts with their default values",
    "",
    ...parts.flatMap(({ name, found }) => [`### ${name}`, "", ...table(found), ""]),
  ]
    .join("\n")
    .trimEnd()
    .concat("\n");
}

function table(found: PackViolation[]): string[] {
  if (found.length === 0) {
    return ["Nothing: what the policies judge is not in this chart, or is right in it."];
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
