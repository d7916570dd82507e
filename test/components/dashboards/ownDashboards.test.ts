import * as assert from "node:assert/strict";
import * as path from "node:path";
import { readDashboards } from "../../../components/dashboards/readDashboards";
import { limits } from "../../../policies/shared/limits";
import { isPromql } from "../alerting/promql";

const folder = path.join(__dirname, "../../../dashboards");

interface Panel {
  title: string;
  type: string;
  datasource: { type: string; uid: string };
  targets?: { expr: string }[];
  fieldConfig?: { defaults: { unit?: string; thresholds?: { steps: { value: number | null }[] } } };
  gridPos: { x: number; y: number; w: number; h: number };
  panels?: Panel[];
}

function read(): { name: string; model: { uid: string; panels: Panel[] } }[] {
  const { settings, problems } = readDashboards(folder);
  assert.deepEqual(problems, undefined);
  return (settings ?? []).map(({ name, json }) => ({ name, model: JSON.parse(json) }));
}

/** Every panel, also those inside rows. */
function panelsOf(panels: Panel[]): Panel[] {
  return panels.flatMap((panel) => [panel, ...panelsOf(panel.panels ?? [])]);
}

/** A query as Prometheus gets it: Grafana puts values in place of its variables. */
function promql(query: string): string {
  return query.replaceAll(/\$__(rate_)?interval|\$__range/g, "5m").replaceAll(/\$\{?\w+\}?/g, "x");
}

describe("the dashboards of this repository", () => {
  it("each have a uid, which links use", () => {
    assert.ok(read().length > 0);
    for (const { model } of read()) assert.match(model.uid, /^[a-z0-9-]{1,40}$/);
  });

  for (const { name, model } of read()) {
    describe(name, () => {
      for (const panel of panelsOf(model.panels).filter(({ type }) => type !== "row")) {
        it(`has valid queries to a provisioned data source: ${panel.title}`, () => {
          assert.deepEqual(panel.datasource, { type: "prometheus", uid: "prometheus" });
          assert.ok(panel.targets && panel.targets.length > 0);
          for (const { expr } of panel.targets) assert.ok(isPromql(promql(expr)), expr);
        });

        it(`uses the variables: ${panel.title}`, () => {
          for (const { expr } of panel.targets ?? []) {
            for (const selector of expr.match(/\{[^}]*\}/g) ?? []) {
              assert.ok(selector.includes('namespace=~"$namespace"'), selector);
            }
          }
        });
      }

      it("has no overlapping panels", () => {
        const cells = model.panels.flatMap(({ gridPos: { x, y, w, h } }) =>
          Array.from(
            { length: w * h },
            (_, cell) => `${x + (cell % w)},${y + Math.floor(cell / w)}`,
          ),
        );
        assert.equal(new Set(cells).size, cells.length);
      });
    });
  }

  it("show the thresholds of the alerts", () => {
    const panels = read().flatMap(({ model }) => panelsOf(model.panels));
    const lines = Object.fromEntries(
      panels.flatMap(({ title, fieldConfig }) => {
        const steps = fieldConfig?.defaults.thresholds?.steps ?? [];
        return steps.length === 0 ? [] : [[title, steps.at(-1)?.value]];
      }),
    );
    const { alertThresholds } = limits;
    assert.deepEqual(lines, {
      "Error rate": alertThresholds.errorRatio,
      "Latency P99": alertThresholds.p99LatencySeconds,
      "DynamoDB throttled requests per second": alertThresholds.throttlesPerSecond,
      "Memory (% of limit)": alertThresholds.memoryRatio,
      "CPU (% of limit)": alertThresholds.cpuRatio,
    });
  });
});
