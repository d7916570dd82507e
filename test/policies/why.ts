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
  ]
    .join("\n")
    .trimEnd()
    .concat("\n");
}

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
