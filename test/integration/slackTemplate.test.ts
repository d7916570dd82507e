import * as assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { type SlackTemplateOptions, slackTemplate } from "../../components/slack/messageTemplate";
import { documentedCommands } from "../docs/commands";
import { projectDirectory } from "../support/stackConfig";
import { toolPath } from "../../tools/paths.cjs";

const common = {
  alertname: "HighErrorRate",
  cluster: "ticketing-prod",
  service: "inventory-service",
  severity: "critical",
};

const urls = {
  grafanaUrl: "https://grafana.example.com/",
  prometheusUrl: "https://prometheus.example.com",
  alertmanagerUrl: "https://alertmanager.example.com",
};

interface Alert {
  status: string;
  labels: Record<string, string>;
  annotations: Record<string, string>;
  generatorURL?: string;
  startsAt?: string;
}

function alert(number: number, status = "firing"): Alert {
  return {
    status,
    labels: { ...common, namespace: "ticketing", pod: `inventory-${number}` },
    annotations: {
      summary: `inventory-service: 7.5% of requests are failing (${number})`,
      description: "7.5% of requests failed over the last 5 minutes.",
      runbook_url: "https://runbooks.example.com/HighErrorRate.md",
      dashboard_url: "https://grafana.example.com/d/service-detail?var-namespace=a",
    },
    generatorURL: "https://prometheus.example.com/graph?g0.expr=up",
    startsAt: "2026-11-03T23:05:00+09:00",
  };
}

function alerts(count: number, status?: string): Alert[] {
  return Array.from({ length: count }, (_, index) => alert(index + 1, status));
}

describe("slackTemplate rendered by amtool", () => {
  let folder: string;

  before(() => {
    folder = fs.mkdtempSync(path.join(os.tmpdir(), "slack-template-"));
  });
  after(() => fs.rmSync(folder, { recursive: true }));

  function render(
    part: string,
    group: Alert[],
    labels: Record<string, string> = common,
    options: SlackTemplateOptions = urls,
  ): string {
    const data = {
      receiver: "slack",
      status: group.some(({ status }) => status === "firing") ? "firing" : "resolved",
      alerts: group,
      groupLabels: { alertname: labels["alertname"], service: labels["service"] },
      commonLabels: labels,
      commonAnnotations: {},
      externalURL: "https://alertmanager.example.com",
    };
    const file = path.join(folder, "data.json");
    fs.writeFileSync(file, JSON.stringify(data));
    fs.writeFileSync(path.join(folder, "slack.tmpl"), slackTemplate(options));
    return execFileSync(
      toolPath("amtool"),
      [
        "template",
        "render",
        `--template.glob=${path.join(folder, "*.tmpl")}`,
        `--template.data=${file}`,
        // The markers preserve leading and trailing blank lines.
        `--template.text=>{{ template "observability.slack.${part}" . }}<`,
      ],
      { encoding: "utf8" },
    ).slice(1, -1);
  }

  /** URLs of the links in a text, by their names. */
  function linksOf(text: string): Record<string, string> {
    return Object.fromEntries(
      [...text.matchAll(/<([^|>]*)\|([^>]*)>/g)].map(([, url = "", name]) => [name, url]),
    );
  }

  it("renders the documented example with the documented data", () => {
    const command = documentedCommands().find(({ text }) =>
      text.startsWith("amtool template render"),
    );
    assert.ok(command);
    const templates = path.join(folder, "documented");
    fs.mkdirSync(templates);
    fs.writeFileSync(path.join(templates, "slack.tmpl"), slackTemplate(urls));
    const text = execFileSync(
      "sh",
      [
        "-c",
        command.text.replace("out/alertmanager", templates).replace("amtool", toolPath("amtool")),
      ],
      { cwd: projectDirectory, encoding: "utf8" },
    );
    const { alerts } = JSON.parse(
      fs.readFileSync(path.join(projectDirectory, "examples", "notification.json"), "utf8"),
    ) as { alerts: Alert[] };
    assert.equal(alerts.length, 2);
    for (const { annotations } of alerts) assert.ok(text.includes(annotations["summary"] ?? ""));
    assert.equal(linksOf(text)["Runbook"], alerts[0]?.annotations["runbook_url"]);
  });

  it("has a title with status, number of alerts, alert name, subject, severity and cluster", () => {
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

  it("names the pod in the title if there is no service", () => {
    const { service: _service, ...labels } = common;
    assert.equal(
      render("title", alerts(1), { ...labels, alertname: "HighMemory", pod: "inventory-1" }),
      "[FIRING:1] HighMemory inventory-1 (critical) in ticketing-prod",
    );
  });

  it("shows summary, description, labels and links of an alert", () => {
    const text = render("text", alerts(1));
    const [summary, description, rest = "", ...others] = text.split("\n");
    assert.equal(summary, "*inventory-service: 7.5% of requests are failing (1)*");
    assert.equal(description, "7.5% of requests failed over the last 5 minutes.");
    assert.match(
      rest,
      /^namespace `ticketing` service `inventory-service` pod `inventory-1` · since 3 Nov 14:05 UTC · <[^|]+\|Runbook> · <[^|]+\|Dashboard> · <[^|]+\|Graph> · <[^|]+\|Logs> · <[^|]+\|Silence>$/,
    );
    assert.deepEqual(others, []);
    const { Runbook, Dashboard, Graph } = linksOf(text);
    assert.equal(Runbook, "https://runbooks.example.com/HighErrorRate.md");
    assert.equal(Dashboard, "https://grafana.example.com/d/service-detail?var-namespace=a");
    assert.equal(Graph, "https://prometheus.example.com/graph?g0.expr=up");
  });

  it("links to the logs of the pod or, without a pod, of the service", () => {
    const query = (group: Alert[]): unknown => {
      const url = new URL(linksOf(render("text", group))["Logs"] ?? "");
      assert.equal(url.origin + url.pathname, "https://grafana.example.com/explore");
      const { logs } = JSON.parse(url.searchParams.get("panes") ?? "");
      assert.equal(logs.datasource, "loki");
      assert.deepEqual(logs.queries[0].datasource, { type: "loki", uid: "loki" });
      return logs.queries[0].expr;
    };
    assert.equal(query(alerts(1)), '{namespace="ticketing", pod="inventory-1"}');
    const { pod: _pod, ...labels } = alert(1).labels;
    assert.equal(
      query([{ ...alert(1), labels }]),
      '{namespace="ticketing", app="inventory-service"}',
    );
  });

  it("links to a new silence with all labels of the alert", () => {
    const url = linksOf(render("text", alerts(1)))["Silence"] ?? "";
    const [page, filter = ""] = url.split("?filter=");
    assert.equal(page, "https://alertmanager.example.com/#/silences/new");
    assert.equal(
      decodeURIComponent(filter),
      '{alertname="HighErrorRate",cluster="ticketing-prod",namespace="ticketing",pod="inventory-1",service="inventory-service",severity="critical"}',
    );
  });

  it("omits links without an external URL", () => {
    const text = render("text", alerts(12), common, {});
    assert.deepEqual(Object.keys(linksOf(text)), ["Runbook", "Dashboard"]);
    assert.ok(text.endsWith("\n+2 more"));
    assert.equal(render("link", alerts(1), common, {}), "");
  });

  it("has no silence link for resolved alerts", () => {
    assert.ok(!render("text", alerts(1, "resolved")).includes("Silence"));
  });

  it("escapes label values in links", () => {
    for (const value of [
      'say "hi"',
      "{{ .Labels }} {a}",
      "재고 서비스",
      "a\\b",
      "x + y & z",
      "`",
    ]) {
      const special = { ...alert(1), labels: { ...common, namespace: "ticketing", pod: value } };
      const text = render("text", [special]);
      const { Silence = "", Logs = "" } = linksOf(text);
      const filter = decodeURIComponent(Silence.split("?filter=")[1] ?? "");
      const quoted = JSON.stringify(value);
      assert.ok(filter.includes(`,pod=${quoted},`), filter);
      const { logs } = JSON.parse(new URL(Logs).searchParams.get("panes") ?? "");
      assert.equal(logs.queries[0].expr, `{namespace="ticketing", pod=${quoted}}`);
      assert.ok(!/[ "|]/.test(Silence) && !/[ "|]/.test(Logs));
    }
  });

  it("does not mention users or channels from labels or annotations", () => {
    const special = {
      ...alert(1),
      labels: { ...common, service: "<!channel>" },
      annotations: { summary: "<!here> a & b", description: "<https://evil.example.com|Runbook>" },
    };
    const text =
      render("text", [special], special.labels) + render("title", [special], special.labels);
    assert.ok(!/<[!h]/.test(text.replace(/<[^|<>]+\|(Silence|Graph|Logs)>/g, "")), text);
    assert.ok(text.startsWith("*&lt;!here&gt; a &amp; b*\n"));
  });

  it("works without optional labels and annotations", () => {
    const minimal = { status: "firing", labels: { alertname: "Own", pod: "a" }, annotations: {} };
    assert.equal(render("text", [minimal], common, {}), "*Own*\n pod `a`");
  });

  it("can be replaced by custom templates, which can use its parts", () => {
    const options = {
      ...urls,
      titleTemplate: "{{ .CommonLabels.alertname }}!",
      textTemplate:
        '{{ range .Alerts }}{{ .Annotations.summary }}: {{ template "observability.slack.silence" . }}{{ end }}',
    };
    assert.equal(render("title", alerts(1), common, options), "HighErrorRate!");
    assert.match(
      render("text", alerts(1), common, options),
      /^inventory-service: 7.5% of requests are failing \(1\): https:\/\/alertmanager\.example\.com\/#/,
    );
  });

  it("shows at most ten alerts and the number of the others", () => {
    const text = render("text", alerts(12));
    assert.ok(text.includes("(10)*\n") && !text.includes("(11)"));
    const more = linksOf(text)["+2 more"] ?? "";
    assert.equal(
      decodeURIComponent(more),
      'https://alertmanager.example.com/#/alerts?filter={alertname="HighErrorRate",service="inventory-service"}',
    );
    assert.ok(text.endsWith("|+2 more>"));
    assert.ok(!text.includes("\n\n"));
    assert.ok(!render("text", alerts(10)).includes("more"));
  });

  it("marks each resolved alert", () => {
    const lines = render("text", alerts(2, "resolved")).split("\n");
    assert.equal(lines[0], "*inventory-service: 7.5% of requests are failing (1)* (resolved)");
    assert.equal(lines[3], "*inventory-service: 7.5% of requests are failing (2)* (resolved)");
    assert.equal(lines.length, 6);
  });

  it("lists firing alerts and counts resolved ones", () => {
    const group = [...alerts(10, "resolved"), alert(11)];
    assert.equal(render("title", group).split(" ")[0], "[FIRING:1]");
    const text = render("text", group);
    assert.ok(text.startsWith("*inventory-service: 7.5% of requests are failing (11)*\n"));
    assert.ok(text.endsWith("\n10 resolved"));
    assert.ok(!text.includes("(1)"));
  });

  it("is red for critical alerts, yellow for other alerts and green if all are resolved", () => {
    assert.equal(render("color", alerts(1)), "danger");
    assert.equal(render("color", alerts(1), { severity: "warning" }), "warning");
    assert.equal(render("color", alerts(1), {}), "warning");
    assert.equal(render("color", alerts(1, "resolved")), "good");
  });
});
