import * as assert from "node:assert/strict";
import * as fs from "node:fs";
import * as path from "node:path";
import {
  type GrafanaModel,
  modelsOf,
  servicesInAllLanguages,
} from "../components/dashboards/grafanaModels";
import { projectDirectory } from "../support/stackConfig";
import { type Answer, drawDashboard, formatted } from "./draw";

const panel = {
  id: 1,
  type: "timeseries",
  title: "Failing <requests>",
  datasource: { type: "prometheus", uid: "prometheus" },
  fieldConfig: { defaults: { unit: "percentunit" } },
  gridPos: { x: 0, y: 0, w: 12, h: 8 },
};
const draw = (change: Partial<typeof panel>, answers: Answer[]) => {
  const model: GrafanaModel = {
    uid: "a",
    title: "A",
    panels: [{ ...panel, ...change }],
    templating: { list: [] },
  };
  return drawDashboard(model, {
    answers: new Map([[1, answers]]),
    startSeconds: 0,
    endSeconds: 60,
    timeScale: 60,
  });
};
const answer = (labels: Record<string, string>, values: number[], legendFormat = ""): Answer => ({
  refId: "A",
  legendFormat,
  series: [{ labels, points: values.map((value, index) => [index * 10, String(value)]) }],
});

describe("a picture of a dashboard", () => {
  it("draws each series as a line through its corners, with its legend, unit and time", () => {
    const picture = draw({}, [answer({ code: "500" }, [0, 0, 0, 0.5, 0.5], "HTTP {{code}}")]);
    const [line] = /(?<=<path d=")M[^"]*(?=" fill="none" stroke="#73bf69")/.exec(picture) ?? [];
    assert.equal(line?.split("L").length, 4, picture);
    assert.match(picture, />HTTP 500</);
    assert.match(picture, />55%</);
    assert.match(picture, />-60 min</);
  });

  it("draws thresholds of alerts in dashes", () => {
    assert.match(draw({}, [answer({}, [5, 5], "alert threshold")]), /stroke-dasharray/);
    assert.doesNotMatch(draw({}, [answer({}, [5, 5], "requests")]), /stroke-dasharray/);
  });

  it("shows the last value of a number, and a row for each service in a table", () => {
    assert.match(draw({ type: "stat" }, [answer({}, [1, 0.15])]), />15%</);
    const service = { namespace: "ticketing", service: "web" };
    const table = draw({ type: "table" }, [answer(service, [1]), answer(service, [2])]);
    for (const text of ["namespace", "service", "ticketing", "web", "1", "2"]) {
      assert.ok(table.includes(`>${text}</text>`), text);
    }
  });

  it("escapes titles", () => {
    assert.match(draw({}, []), /Failing &lt;requests&gt;/);
  });

  it("writes numbers as Grafana does", () => {
    const texts: [number, string, string][] = [
      [0.0495, "s", "49.5 ms"],
      [0.000986, "s", "986 µs"],
      [7200, "s", "2 h"],
      [1536, "bytes", "1.5 KiB"],
      [4050, "short", "4.05K"],
      [0, "short", "0"],
      [100, "reqps", "100 req/s"],
      [NaN, "short", "No data"],
    ];
    for (const [value, unit, text] of texts) assert.equal(formatted(value, unit), text);
  });

  it("exists for each dashboard, with its current panels", () => {
    const services = [{ ...servicesInAllLanguages, retentionDays: 30 }];
    for (const { uid, panels } of modelsOf({ services })) {
      const picture = fs.readFileSync(
        path.join(projectDirectory, "docs", "images", `${uid}.svg`),
        "utf8",
      );
      for (const { title } of panels) {
        assert.ok(
          picture.includes(`>${title.slice(0, 12)}`),
          `${uid}: ${title}: run npm run pictures`,
        );
      }
    }
  });
});
