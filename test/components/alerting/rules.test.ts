import * as assert from "node:assert/strict";
import { AlertGroup, AlertRule, Severity, ruleGroups } from "../../../components/alerting/rules";

const rule: AlertRule = {
  alert: "HighErrorRate",
  expr: "up == 0",
  forMinutes: 5,
  severity: Severity.Critical,
  summary: "a summary",
  description: "a description",
};

function renderAlert(
  groupFields: Partial<AlertGroup>,
  runbookBaseUrl: string,
  dashboardBaseUrl?: string,
) {
  const [group] = ruleGroups([{ name: "a", ...groupFields, rules: [rule] }], {
    runbookBaseUrl,
    dashboardBaseUrl,
  });
  const [rendered] = group?.rules ?? [];
  assert.ok(rendered !== undefined && "alert" in rendered);
  return rendered;
}

describe("ruleGroups", () => {
  it("renders groups in the format of Prometheus", () => {
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

  it("links to the runbook, with or without a trailing slash in the base URL", () => {
    assert.equal(
      renderAlert({}, "https://r.example/runbooks/").annotations["runbook_url"],
      "https://r.example/runbooks/HighErrorRate.md",
    );
  });

  it("links to the panel that shows the alert if the URL of Grafana is known", () => {
    const rendered = renderAlert({}, "https://r.example", "https://grafana.example.com/");
    assert.equal(
      rendered.annotations["dashboard_url"],
      "https://grafana.example.com/d/service-detail?var-namespace={{ $labels.namespace | urlquery }}&var-service={{ $labels.service | urlquery }}&viewPanel=panel-2",
    );
    assert.equal(renderAlert({}, "https://r.example").annotations["dashboard_url"], undefined);
  });

  it("keeps recording rules unchanged, at the interval of their group", () => {
    const recording = { record: "namespace:up:sum", expr: "sum by (namespace) (up)" };
    assert.deepEqual(
      ruleGroups([{ name: "a", intervalSeconds: 300, rules: [recording] }], {
        runbookBaseUrl: "https://r.example",
      }),
      [{ name: "a", interval: "300s", rules: [recording] }],
    );
  });
});
