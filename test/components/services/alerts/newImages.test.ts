import * as assert from "node:assert/strict";
import { serviceAlertNames } from "../../../../components/alerting/alertNames";
import { AlertRule } from "../../../../components/alerting/rules";
import { serviceAlerts } from "../../../../components/services/alerts/serviceAlerts";
import { servicesSettings } from "../../../../components/services/settings/settings";
import { isPromql } from "../../alerting/promql";

/** The alerts of services of all kinds, with these settings of single alerts. */
function alertsWith(rules: object, kubeStateSelector = ""): AlertRule[] {
  const { settings } = servicesSettings({
    namespace: "ticketing",
    services: [
      { name: "a", slo: { availabilityPercent: 99, latencyMs: 250, latencyPercent: 99 } },
      { name: "b", kind: "job" },
      { name: "c", kind: "probe", probe: "https://example.com/" },
    ],
    alerts: { redisPoolMaximum: 50, rules, metrics: { kubeStateSelector } },
  });
  assert.ok(settings);
  const rulesOf = serviceAlerts(settings, "services").flatMap((group) => group.rules);
  return rulesOf.filter((rule): rule is AlertRule => "alert" in rule);
}

const hasNewImages = ({ description }: AlertRule) => description.includes(" New in the last hour");

describe("withNewImages", () => {
  it("leaves out only alerts that a deployment does not cause, or that wait for an hour", () => {
    const named = new Set(
      alertsWith({})
        .filter(hasNewImages)
        .map(({ alert }) => alert),
    );
    assert.deepEqual(serviceAlertNames.filter((name) => !named.has(name)).sort(), [
      "CertificateExpiring",
      "JobFailed",
      "JobMissing",
      "JobOverdue",
      "JobSlow",
      "LatencyObjectiveUnmeasured",
      "LatencyThresholdUnmeasured",
      "MemoryLimitMissing",
      "MetricsMissing",
      "ProbeMissing",
    ]);
  });

  it("keeps the text if an alert has a threshold of its own", () => {
    const killed = alertsWith({ OOMKilled: { threshold: 3 } }).filter(
      ({ alert }) => alert === "OOMKilled",
    );
    assert.ok(killed.length === 1 && killed.every(hasNewImages));
  });

  it("reads kube-state-metrics by its selector, in PromQL", () => {
    for (const { description } of alertsWith({}, 'cluster="a"').filter(hasNewImages)) {
      const query = /printf `(count by \(image\)[^`]*)`/.exec(description)?.[1] ?? "";
      assert.ok(isPromql(query), query);
      assert.equal(query.match(/_info\{namespace="ticketing", cluster="a"\}/g)?.length, 2);
    }
  });
});
