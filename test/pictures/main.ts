import * as fs from "node:fs";
import * as path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { type GrafanaPanel, panelsOf } from "../components/dashboards/grafanaModels";
import {
  type DashboardStack,
  shownService,
  startDashboardStack,
} from "../support/delivery/dashboardStack";
import { answerTo } from "../support/delivery/panels";
import { timeScale } from "../support/delivery/scaledTime";
import { projectDirectory } from "../support/stackConfig";
import { type Answer, drawDashboard } from "./draw";

/**
 * `npm run pictures`: draws each dashboard for the documentation, with the answers of a real Prometheus
 * and Loki to its queries. Requires the tools of `npm run tools`, and takes three minutes: two hours of
 * health in which time passes 60 times faster, and then half an hour of failing requests.
 */
async function main(): Promise<void> {
  const stack = await startDashboardStack("all");
  try {
    for (let second = 0; second < 150; second += 2) {
      if (second === 120) stack.inject("errors", "throttling");
      const failures = second < 120 ? [] : ['level=error msg="payment failed" status=500'];
      await stack.log('level=info msg="ticket reserved" status=200', ...failures);
      await sleep(2_000);
    }
    const folder = path.join(projectDirectory, "docs", "images");
    fs.rmSync(folder, { recursive: true, force: true });
    fs.mkdirSync(folder, { recursive: true });
    for (const model of stack.models) {
      const answers = new Map<number, Answer[]>();
      for (const panel of panelsOf(model)) answers.set(panel.id, await answersOf(panel, stack));
      const picture = drawDashboard(model, {
        answers,
        startSeconds: stack.sources.startedAt,
        endSeconds: Date.now() / 1000,
        timeScale,
      });
      fs.writeFileSync(path.join(folder, `${model.uid}.svg`), picture);
    }
  } finally {
    await stack.stop();
  }
}

async function answersOf(panel: GrafanaPanel, stack: DashboardStack): Promise<Answer[]> {
  const selected = { namespace: "ticketing", service: shownService };
  const answers: Answer[] = [];
  for (const { refId, expr, legendFormat = "", instant = false } of panel.targets ?? []) {
    const query = { type: panel.datasource.type, expr, instant };
    const { resultType, result } = (await answerTo(query, selected, stack.sources)).data;
    const series = result.map(({ metric, stream, value, values }: any) => ({
      labels: inCluster(metric ?? stream, stack.folder),
      points: (values ?? [value]).map(([time, sample]: [number | string, string]) => [
        // Loki returns nanoseconds.
        resultType === "streams" ? Number(time) / 1e9 : time,
        sample,
      ]),
    }));
    answers.push({ refId, legendFormat, series });
  }
  return answers;
}

/** Labels with the folder of the rules in a cluster. */
function inCluster(labels: Record<string, string>, folder: string): Record<string, string> {
  const text = JSON.stringify(labels).replaceAll(folder, "/etc/prometheus/rules");
  return JSON.parse(text) as Record<string, string>;
}

main().catch((error: unknown) => {
  console.error(error);
  process.exitCode = 1;
});
