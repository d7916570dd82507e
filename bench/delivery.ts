import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { parse, stringify } from "yaml";
import {
  type Fault,
  applicationNamespace,
  faults,
  serviceMetrics,
  startFakeServices,
} from "../test/support/delivery/fakeServices";
import { secretsAt, startFakeSlack } from "../test/support/delivery/fakeSlack";
import { previewInto, startPipeline } from "../test/support/delivery/pipeline";
import { until } from "../test/support/delivery/processes";
import { servePage, startPrometheus } from "../test/support/delivery/prometheus";
import { scaledDocument } from "../test/support/delivery/scaledTime";
import { toolPath } from "../tools/paths.cjs";
import { median } from "./measure";
import { type Report, formatCount } from "./report";

/** Measures notification delay and rule evaluation with real Prometheus and Alertmanager processes. */
export async function delivery(report: Report): Promise<void> {
  // Fails before anything starts if one of them is missing.
  toolPath("prometheus");
  toolPath("alertmanager");
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), "bench-delivery-"));
  try {
    await faultToMessage(folder, report);
    await ruleEvaluation(folder, report);
  } finally {
    fs.rmSync(folder, { recursive: true, force: true });
  }
}

const scrapeSeconds = 30;
/**
 * Minimum delay of each alert, in seconds. `rise` is the time until a 5-minute rate crosses its
 * threshold: with ten scrapes in the window, an error ratio of 30% reaches 5% after a sixth of the nine
 * intervals. A scrape (`scrapeSeconds`) and the evaluation of the group (`evaluation`) each add up to
 * one interval.
 */
const floors: Record<Fault, { rise: number; for: number; groupWait: number; evaluation: number }> =
  {
    errors: { rise: 45, for: 300, groupWait: 10, evaluation: 30 },
    slowness: { rise: 54, for: 300, groupWait: 10, evaluation: 30 },
    crashLoop: { rise: 0, for: 300, groupWait: 10, evaluation: 60 },
    memory: { rise: 0, for: 600, groupWait: 10, evaluation: 60 },
    cpu: { rise: 234, for: 600, groupWait: 30, evaluation: 60 },
    throttling: { rise: 54, for: 300, groupWait: 10, evaluation: 120 },
  };

/** Measures notification delay in scaled time. The scale also magnifies the machine's own delays. */
async function faultToMessage(parent: string, report: Report): Promise<void> {
  const scale = 20;
  report.section(
    "From fault to message",
    "The time from a fault until Slack receives the message, with the real Prometheus and Alertmanager" +
      ` running ${scale} times faster than normal. The floor follows from the rules: it is the sum of the` +
      " time until a rate exceeds its threshold, `for`, `group_wait`, a scrape and an evaluation.",
  );
  const folder = path.join(parent, "delivery");
  fs.mkdirSync(folder);
  const names = ["inventory-service", "auth-service", "api-gateway"];
  const services = await startFakeServices(names);
  const slack = await startFakeSlack();
  try {
    const pipeline = await startPipeline({
      out: previewInto(folder, "prod"),
      folder,
      services: { address: services.address, names },
      secrets: secretsAt(slack.url),
      fakeApi: slack.url,
      scale,
    });
    try {
      await sleep((420 / scale) * 1000);
      const start = Date.now();
      const at = (alert: string): number | undefined =>
        slack.messages.find(({ title }) => title.includes(` ${alert} `))?.at;
      const all = Object.entries(faults) as [Fault, string][];
      for (const [fault] of all) services.inject("inventory-service", fault);
      await until("six messages", () => all.every(([, alert]) => at(alert) !== undefined), 120);
      for (const [fault, alert] of all) {
        const floor = floors[fault];
        const minimum = floor.rise + floor.for + floor.groupWait;
        const upTo = scrapeSeconds + floor.evaluation;
        const seconds = (((at(alert) ?? NaN) - start) / 1000) * scale;
        report.line(
          `${alert} took ${seconds.toFixed(0)} s, with a floor of ${minimum} to ${minimum + upTo} s` +
            ` (rise ${floor.rise} s, \`for\` ${floor.for} s, \`group_wait\` ${floor.groupWait} s,` +
            ` scrape and evaluation up to ${upTo} s)`,
        );
      }
    } finally {
      await pipeline.stop();
    }
  } finally {
    await Promise.all([services.stop(), slack.stop()]);
  }
}

/** Compares rules that select all services with a copy of each rule per service. */
async function ruleEvaluation(parent: string, report: Report): Promise<void> {
  report.section(
    "Evaluation of rules",
    "The time to evaluate rules that each cover all services, compared with a copy of each rule per" +
      " service, in one Prometheus with the same series. The figures are medians of" +
      ` ${evaluationsMeasured} rounds. The time of more than ${copiesMeasured} copies is extrapolated from ${copiesMeasured}.`,
  );
  const counts = [10, 100, 1_000];
  const ratios: number[] = [];
  for (const count of counts) {
    const folder = path.join(parent, `rules-${count}`);
    fs.mkdirSync(folder);
    const names = Array.from({ length: count }, (_, index) => `service-${index}`);
    const out = previewInto(folder, "prod", {
      "monitoring:services": names.map((name) => ({ name })),
    });
    const groups = fs
      .readdirSync(path.join(out, "rules"))
      .flatMap((file) => readGroups(path.join(out, "rules", file)));
    // Measures only some of the copies, because a thousand would take minutes and they all cost the
    // same.
    const sample = names.slice(0, copiesMeasured);
    const factor = count / sample.length;
    const rounds = (
      await evaluationRounds(folder, names, { once: groups, copies: perService(groups, sample) })
    ).map(({ once, copies }) => ({
      once,
      copies: copies * factor,
      ratio: (copies * factor) / once,
    }));
    const column = (key: "once" | "copies" | "ratio"): number[] =>
      rounds.map((round) => round[key]);
    ratios.push(median(column("ratio")));
    report.line(
      `${formatCount(count)} services: ${median(column("once")).toFixed(1)} ms for the rules over all services,` +
        ` ${median(column("copies")).toFixed(1)} ms for copies,` +
        ` ${median(column("ratio")).toFixed(1)}x (range ${Math.min(...column("ratio")).toFixed(1)}` +
        ` to ${Math.max(...column("ratio")).toFixed(1)}; target: at least 5)`,
    );
  }
  report.chart({
    title: "Evaluation time with a copy of each rule per service",
    x: { name: "services", values: counts },
    y: { name: "relative to rules over all services", values: ratios },
  });
}

const copiesMeasured = 50;
const evaluationsMeasured = 9;

interface Group {
  name: string;
  rules: { expr: string }[];
}

function readGroups(file: string): Group[] {
  return (parse(fs.readFileSync(file, "utf8")) as { groups: Group[] }).groups;
}

/**
 * Copies each rule that selects services once per service, as teams do when they write rules by hand.
 */
function perService(groups: Group[], names: string[]): Group[] {
  const namespace = `namespace="${applicationNamespace}"`;
  const isOnServices = ({ rules }: Group): boolean =>
    rules.some(({ expr }) => expr.includes(namespace));
  const copies = names.flatMap((name) =>
    groups.filter(isOnServices).map((group) => ({
      ...group,
      name: `${group.name}.${name}`,
      rules: group.rules
        // Rules that select one service already exist once per service.
        .filter(({ expr }) => !/service="/.test(expr) || expr.includes(`service="${name}"`))
        .map((rule) => ({
          ...rule,
          expr: rule.expr.replaceAll(
            new RegExp(`${namespace}(?!, ?service=")`, "g"),
            `${namespace}, ${/\bpod\b/.test(rule.expr) ? `pod=~"${name}-.*"` : `service="${name}"`}`,
          ),
        })),
    })),
  );
  return [...groups.filter((group) => !isOnServices(group)), ...copies];
}

/**
 * Returns each rule set's evaluation time per round, in milliseconds. A single Prometheus evaluates all
 * sets on the same series, so other load on the machine affects them equally.
 */
async function evaluationRounds<Name extends string>(
  folder: string,
  names: string[],
  sets: Record<Name, Group[]>,
): Promise<Record<Name, number>[]> {
  // One scrape per second and ten scrapes per window correspond to a 5-minute window in a cluster.
  const scale = 30;
  const files = (Object.entries(sets) as [Name, Group[]][]).map(([name, groups]) => {
    const file = path.join(folder, `${name}.yaml`);
    fs.writeFileSync(file, stringify(scaledDocument({ groups }, scale), { lineWidth: 0 }));
    return { name, file };
  });
  // A single target serves all services, so Prometheus does not record a separate `up` for each of them.
  // Without these series, every service would appear to be down.
  const up = names.map((name) => `up{namespace="${applicationNamespace}",service="${name}"} 1`);
  const page = await servePage(() => [...up, ...serviceMetrics(names)].join("\n"));
  const prometheus = await startPrometheus(folder, {
    global: { scrape_interval: "1s", scrape_timeout: "1s", evaluation_interval: "5s" },
    rule_files: files.map(({ file }) => file),
    scrape_configs: [
      { job_name: "all", honor_labels: true, static_configs: [{ targets: [page.address] }] },
    ],
  });
  try {
    await sleep(15_000);
    const rounds: Record<Name, number>[] = [];
    while (rounds.length < evaluationsMeasured) {
      await sleep(5_000);
      const answer = (await (await fetch(`${prometheus.url}/api/v1/rules`)).json()) as {
        data: { groups: { file: string; evaluationTime: number }[] };
      };
      const milliseconds = (ruleFile: string): number =>
        answer.data.groups
          .filter(({ file }) => file === ruleFile)
          .reduce((sum, { evaluationTime }) => sum + evaluationTime * 1000, 0);
      rounds.push(
        Object.fromEntries(files.map(({ name, file }) => [name, milliseconds(file)])) as Record<
          Name,
          number
        >,
      );
    }
    return rounds;
  } finally {
    await Promise.all([prometheus.stop(), page.stop()]);
  }
}
