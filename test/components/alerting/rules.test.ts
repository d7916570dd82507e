import * as assert from "node:assert/strict";
import { AlertRule, Severity, ruleGroups } from "../../../components/alerting/rules";

const rule: AlertRule = {
  alert: "HighErrorRate",
  expr: "up == 0",
  forMinutes: 5,
  severity: Severity.Critical,
  subjectLabel: "service",
  summary: "a summary",
  description: "a description",
};

function writtenAlert(given: AlertRule, runbookBaseUrl: string, dashboardBaseUrl?: string) {
  const [group] = ruleGroups([{ name: "a", rules: [given] }], { runbookBaseUrl, dashboardBaseUrl });
  const [written] = group?.rules ?? [];
  assert.ok(written !== undefined && "alert" in written);
  return written;
}

describe("ruleGroups", () => {
  it("writes groups as Prometheus reads them", () => {
    assert.deepEqual(
      ruleGroups([{ name: "ticketing.services", rules: [rule] }], {
        runbookBaseUrl: "https://r.example",
      }),
      [
        {
          name: "ticketing.services",
          rules: [
            {
              alert: "HighErrorRate",
              expr: "up == 0",
              for: "5m",
              labels: { severity: "critical" },
              annotations: {
                summary: "a summary",
                description: "a description",
                runbook_url: "https://r.example/HighErrorRate.md",
              },
            },
          ],
        },
      ],
    );
  });

  it("gives every alert its runbook, with or without a slash at the end of the base", () => {
    assert.equal(
      writtenAlert(rule, "https://r.example/runbooks/").annotations["runbook_url"],
      "https://r.example/runbooks/HighErrorRate.md",
    );
  });

  it("keeps further labels, but never lets them change the severity", () => {
    const labels = { team: "checkout", severity: "none" };
    assert.deepEqual(writtenAlert({ ...rule, labels }, "https://r.example").labels, {
      team: "checkout",
      severity: "critical",
    });
  });

  it("leads to the dashboard of what the alert is about, where there is a Grafana", () => {
    const written = writtenAlert(rule, "https://r.example", "https://grafana.example.com/");
    assert.equal(
      written.annotations["dashboard_url"],
      "https://grafana.example.com/d/services-overview?var-namespace={{ $labels.namespace | urlquery }}&var-service={{ $labels.service | urlquery }}",
    );
    assert.equal(writtenAlert(rule, "https://r.example").annotations["dashboard_url"], undefined);
  });

  it("leaves recordings as they are, at the pace of their group", () => {
    const recording = { record: "namespace:up:sum", expr: "sum by (namespace) (up)" };
    assert.deepEqual(
      ruleGroups([{ name: "a", intervalSeconds: 300, rules: [recording] }], {
        runbookBaseUrl: "https://r.example",
      }),
      [{ name: "a", interval: "300s", rules: [recording] }],
    );
  });
});
