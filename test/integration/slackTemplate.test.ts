import * as assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { slackTemplate } from "../../components/alerting/slackTemplate";
import { toolPath } from "../../tools/paths.cjs";

const common = {
  alertname: "HighErrorRate",
  cluster: "ticketing-prod",
  service: "inventory-service",
  severity: "critical",
};

interface Alert {
  status: string;
  labels: Record<string, string>;
  annotations: Record<string, string>;
  generatorURL?: string;
}

function alert(number: number, status = "firing"): Alert {
  return {
    status,
    labels: { ...common, namespace: "ticketing", pod: `inventory-${number}` },
    annotations: {
      summary: `inventory-service fails too many requests (${number})`,
      description: "7.5% of the requests failed.",
      runbook_url: "https://runbooks.example.com/HighErrorRate.md",
    },
    generatorURL: "https://prometheus.example.com/graph?g0.expr=up",
  };
}

function alerts(count: number, status?: string): Alert[] {
  return Array.from({ length: count }, (_, index) => alert(index + 1, status));
}

describe("slackTemplate, rendered by Alertmanager", () => {
  let folder: string;

  before(() => {
    folder = fs.mkdtempSync(path.join(os.tmpdir(), "slack-template-"));
    fs.writeFileSync(path.join(folder, "slack.tmpl"), slackTemplate);
  });
  after(() => fs.rmSync(folder, { recursive: true }));

  function render(part: string, group: Alert[], labels: Record<string, string> = common): string {
    const data = {
      receiver: "slack",
      status: group.some(({ status }) => status === "firing") ? "firing" : "resolved",
      alerts: group,
      groupLabels: {},
      commonLabels: labels,
      commonAnnotations: {},
      externalURL: "https://alertmanager.example.com",
    };
    const file = path.join(folder, "data.json");
    fs.writeFileSync(file, JSON.stringify(data));
    return execFileSync(
      toolPath("amtool"),
      [
        "template",
        "render",
        `--template.glob=${path.join(folder, "*.tmpl")}`,
        `--template.data=${file}`,
        // Marks show what stands at the edges, such as blank lines.
        `--template.text=>{{ template "observability.slack.${part}" . }}<`,
      ],
      { encoding: "utf8" },
    ).slice(1, -1);
  }

  it("says in one line how many, what, where and how urgent", () => {
    assert.equal(
      render("title", alerts(12)),
      "[FIRING:12] HighErrorRate inventory-service (critical) in ticketing-prod",
    );
    assert.equal(
      render("title", alerts(2, "resolved")),
      "[RESOLVED] HighErrorRate inventory-service (critical) in ticketing-prod",
    );
    assert.equal(render("title", alerts(3), {}), "[FIRING:3]");
  });

  it("shows one alert with its links", () => {
    assert.equal(
      render("text", alerts(1)),
      [
        "*inventory-service fails too many requests (1)*",
        "7.5% of the requests failed.",
        "namespace `ticketing` pod `inventory-1` " +
          "<https://runbooks.example.com/HighErrorRate.md|runbook> " +
          "<https://prometheus.example.com/graph?g0.expr=up|graph>",
      ].join("\n"),
    );
  });

  it("does without what an alert does not say", () => {
    const bare = { status: "firing", labels: { alertname: "Own", pod: "a" }, annotations: {} };
    assert.equal(render("text", [bare]).trimEnd(), "*Own*\npod `a`");
  });

  it("shows ten of twelve and says that there are more", () => {
    const text = render("text", alerts(12));
    assert.ok(text.includes("(10)*\n") && !text.includes("(11)"));
    assert.ok(text.endsWith("\n+2 more"));
    assert.ok(!text.includes("\n\n"));
    assert.ok(!render("text", alerts(10)).includes("more"));
  });

  it("says of each alert that it is over", () => {
    const lines = render("text", alerts(2, "resolved")).split("\n");
    assert.equal(lines[0], "*inventory-service fails too many requests (1)* (resolved)");
    assert.equal(lines[3], "*inventory-service fails too many requests (2)* (resolved)");
    assert.equal(lines.length, 6);
  });

  it("lists what still fires and only counts what is over", () => {
    const group = [...alerts(10, "resolved"), alert(11)];
    assert.equal(render("title", group).split(" ")[0], "[FIRING:1]");
    const text = render("text", group);
    assert.ok(text.startsWith("*inventory-service fails too many requests (11)*\n"));
    assert.ok(text.endsWith("\n10 resolved"));
    assert.ok(!text.includes("(1)"));
  });

  it("is red for critical, yellow for other alerts, green when all are over", () => {
    assert.equal(render("color", alerts(1)), "danger");
    assert.equal(render("color", alerts(1), { severity: "warning" }), "warning");
    assert.equal(render("color", alerts(1), {}), "warning");
    assert.equal(render("color", alerts(1, "resolved")), "good");
  });
});
