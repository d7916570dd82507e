import * as assert from "node:assert/strict";
import * as fs from "node:fs";
import * as path from "node:path";
import {
  logAlertNames,
  monitoredServicesAlertNames,
  platformAlertNames,
} from "../../../components/alerting/alertNames";
import { RulesSettings, rulesSettings } from "../../../components/alerting/alertSettings";
import {
  RuleThreshold,
  ruleThresholds,
  thresholdSettings,
} from "../../../components/alerting/ruleThresholds";
import { AlertGroup } from "../../../components/alerting/rules";
import { lokiRules } from "../../../components/loki/rules";
import { alertsOfChart } from "../../../components/prometheus/settings";
import { formatArgumentProblems, check } from "../../../components/shared/problems";
import { definitionsFor, platformDefinitions } from "../../rules/rulesUnderTest";

const thresholds = Object.entries<RuleThreshold>(ruleThresholds);
const ownNames = [...monitoredServicesAlertNames, ...platformAlertNames, ...logAlertNames];

function problemOf(alert: string, threshold: unknown): string {
  const names = [...ownNames, ...alertsOfChart];
  const { problems = [] } = check(rulesSettings(names), {
    [alert]: { threshold },
  });
  return formatArgumentProblems("rules", problems).split("\n").slice(1).join("\n");
}

/** The descriptions of an alert in groups with these settings. */
function descriptions(groups: AlertGroup[], alert: string): string[] {
  return groups
    .flatMap(({ rules }) => rules)
    .flatMap((rule) => ("alert" in rule && rule.alert === alert ? [rule.description] : []));
}

describe("the threshold of an alert, by its name", () => {
  for (const [alert, { default: usual, min, max, unit }] of thresholds) {
    it(`${alert} is in the description, by default and if it is set`, () => {
      const services = ["a", "b", "c", "d", "e"].map((name) => ({ name }));
      const quoted = (threshold: number) => new RegExp(`threshold: ${threshold}(?![\\d.])`);
      const isService = monitoredServicesAlertNames.some((name) => name === alert);
      const groupsWith = (rules: RulesSettings) =>
        isService ? definitionsFor({ services, alerts: { rules } }) : platformDefinitions(rules);
      assert.ok(descriptions(groupsWith({}), alert).some((text) => quoted(usual).test(text)));
      for (const threshold of [min, max]) {
        assert.ok(
          descriptions(groupsWith({ [alert]: { threshold } }), alert).some((text) =>
            quoted(threshold).test(text),
          ),
        );
      }
    });

    it(`${alert} has bounds, in its unit`, () => {
      for (const threshold of [min / 2, max + 1]) {
        assert.match(
          problemOf(alert, threshold),
          new RegExp(`must be at least ${min} and at most ${max} ${unit}\\n.*${usual}$`),
        );
      }
      assert.equal(problemOf(alert, min) + problemOf(alert, max), "");
    });
  }

  it("is refused where another setting decides it, with the name of that setting", () => {
    for (const [alert, setting] of Object.entries(thresholdSettings)) {
      assert.equal(
        problemOf(alert, 5),
        `  ${alert}.threshold = 5 is not available for ${alert}, whose threshold is ${setting}\n    fix: set ${setting} instead`,
      );
    }
  });

  it("is refused for alerts on a state, and for alerts of the chart", () => {
    assert.equal(
      problemOf("ServiceDown", 5),
      "  ServiceDown.threshold = 5 is not available for ServiceDown, which fires on a state and has no threshold\n    fix: remove ServiceDown.threshold",
    );
    assert.equal(
      problemOf("KubePodNotReady", 5),
      "  KubePodNotReady.threshold = 5 is not available for KubePodNotReady, whose expression is defined by the chart\n    fix: disable KubePodNotReady, and create a PrometheusRule with a different threshold",
    );
  });

  it("exists for each alert of ours, has a setting of its own, or the alert fires on a state", () => {
    const rules = lokiRules({
      logAlerts: [{ namespace: "a", service: "b", errorsPerMinute: 17, silentMinutes: 19 }],
      logMetricNamespaces: [],
    });
    assert.match(rules ?? "", /threshold: 17[^]*for 19 minutes/);
    const withThreshold = [...Object.keys(ruleThresholds), ...Object.keys(thresholdSettings)];
    assert.deepEqual(ownNames.filter((name) => !withThreshold.includes(name)).sort(), [
      "JobFailed",
      "JobMissing",
      "LatencyThresholdUnmeasured",
      "LokiNotIngesting",
      "MemoryLimitMissing",
      "MetricsMissing",
      "MonitoringDown",
      "MonitoringPodFailing",
      "PodCrashLooping",
      "ProbeFailing",
      "ProbeMissing",
      "PrometheusNotIngesting",
      "ServiceDown",
    ]);
  });

  it("is in the documentation with its unit, default and bounds", () => {
    const file = path.join(__dirname, "..", "..", "..", "docs", "alerts.md");
    const rows = fs
      .readFileSync(file, "utf8")
      .split("\n")
      .map((line) => line.split("|").map((cell) => cell.trim()));
    for (const [alert, { default: usual, min, max, unit }] of thresholds) {
      assert.ok(
        rows.some(
          (cells) =>
            cells.slice(1, 5).join(" | ") ===
            `\`${alert}\` | ${unit} | ${usual} | ${min} to ${max}`,
        ),
        alert,
      );
    }
  });
});
