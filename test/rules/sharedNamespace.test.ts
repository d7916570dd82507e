/** The rules of two components in one namespace, `platform` and `team`, in one Prometheus. */
import * as assert from "node:assert/strict";
import { RuleGroup } from "../../components/alerting/rules";
import { testRules } from "./promtool";
import { recipes } from "./recipes";
import { definitionsFor, withoutTexts } from "./rulesUnderTest";
import { Scenario, scenariosOf } from "./scenarios";
import { Series } from "./series";

/** The service that the scenarios of a recipe make unhealthy. */
const unhealthy = "inventory-service";
const slo = { availabilityPercent: 99.9, latencyMs: 250, latencyPercent: 99 };
const alerts = { redisPoolMaximum: 50 };

const platform = {
  services: [{ name: "auth-service", slo, alerts: { expectsRequests: false } }],
  alerts,
};

function rulesOf(component: string, overrides: object) {
  return withoutTexts(definitionsFor(overrides, component)).map((group) => ({
    ...group,
    name: `${component}.${group.name}`,
  }));
}

const owner = (pod: string, workload: string): Series => ({
  series: `kube_pod_owner{namespace="ticketing", pod="${pod}", owner_kind="StatefulSet", owner_name="${workload}"}`,
  values: "1x10000",
});
const isUp = (service: string): Series => ({
  series: `up{namespace="ticketing", service="${service}", pod="${service}-0"}`,
  values: "1x10000",
});

const withService = (test: Scenario["alert_rule_test"][number]) => ({
  ...test,
  exp_alerts: test.exp_alerts.map((alert) => ({
    ...alert,
    exp_labels: { ...alert.exp_labels, service: unhealthy },
  })),
});

/** The scenario of each alert on services and pods in which its condition holds. */
const scenarios = recipes
  .filter(({ groups }) =>
    groups.every((name) =>
      /^(services|pods|dependencies|absence|instrumentation|slo\.)/.test(name),
    ),
  )
  .flatMap((recipe) => scenariosOf(recipe).slice(0, 1))
  .map((scenario) => {
    const pods = new Set(
      scenario.input_series.flatMap(({ series }) => /\bpod="([^"]+)"/.exec(series)?.[1] ?? []),
    );
    const scraped = scenario.input_series.some(({ series }) => series.startsWith("up{"));
    return {
      ...scenario,
      // With an owner, the service of a pod is known.
      alert_rule_test: scenario.alert_rule_test.map((test) =>
        test.alertname === "PodCrashLooping" ? withService(test) : test,
      ),
      input_series: [
        ...scenario.input_series,
        ...[...pods].map((pod) => owner(pod, unhealthy)),
        ...(scraped ? [] : [isUp(unhealthy)]),
        isUp("auth-service"),
      ],
    };
  });

const without = (all: Scenario[]): Scenario[] =>
  all.map((scenario) => ({
    ...scenario,
    alert_rule_test: scenario.alert_rule_test.map((check) => ({ ...check, exp_alerts: [] })),
  }));

async function expectIn(team: object, all: Scenario[]): Promise<void> {
  const rules = [...rulesOf("platform", platform), ...rulesOf("team", team)];
  // Prometheus evaluates each group at its own time; promtool evaluates all of them at the same time,
  // so the groups that decide must be first.
  const rank = ({ name }: RuleGroup) =>
    name.endsWith(".configured") ? 0 : name.endsWith(".ownership") ? 1 : 2;
  rules.sort((a, b) => rank(a) - rank(b));
  const { passed, output } = await testRules(rules, all);
  assert.ok(passed, output);
}

describe("two components in one namespace, in promtool", () => {
  it("each judge their own services and pods", async () => {
    assert.ok(scenarios.length > 20, String(scenarios.length));
    await expectIn({ services: [{ name: unhealthy, slo }], alerts }, scenarios);
  });

  it("do not judge a service whose alerts are disabled by the other", () =>
    expectIn({ services: [{ name: unhealthy, alerts: { enabled: false } }] }, without(scenarios)));

  it("do not judge a service with less strict thresholds of the other", () =>
    expectIn(
      {
        services: [{ name: unhealthy }],
        alerts: {
          errorRatePercent: 100,
          memoryPercent: 100,
          cpuPercent: 1000,
          p99LatencyMs: 100_000,
          cpuThrottlingPercent: 100,
          dynamodbThrottlesPerSecond: 10_000,
          dynamodbP99Ms: 100_000,
          redisP99Ms: 100_000,
        },
      },
      without(scenarios).filter(({ name }) =>
        /HighErrorRate|Memory \(|CPU|P99|DynamoDB/.test(name),
      ),
    ));
});
