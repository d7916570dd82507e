import * as assert from "node:assert/strict";
import { AlertRule, Severity, ruleGroups } from "../../../components/alerting/rules";

const rule: AlertRule = {
  alert: "HighErrorRate",
  expr: "up == 0",
  forMinutes: 5,
  severity: Severity.Critical,
  summary: "a summary",
  description: "a description",
};

describe("ruleGroups", () => {
  it("writes groups as Prometheus reads them", () => {
    assert.deepEqual(
      ruleGroups([{ name: "ticketing.services", rules: [rule] }], "https://r.example"),
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
    const [group] = ruleGroups([{ name: "a", rules: [rule] }], "https://r.example/runbooks/");
    assert.equal(
      group?.rules[0]?.annotations["runbook_url"],
      "https://r.example/runbooks/HighErrorRate.md",
    );
  });

  it("keeps further labels, but never lets them change the severity", () => {
    const labels = { team: "checkout", severity: "none" };
    const [group] = ruleGroups([{ name: "a", rules: [{ ...rule, labels }] }], "https://r.example");
    assert.deepEqual(group?.rules[0]?.labels, { team: "checkout", severity: "critical" });
  });
});
