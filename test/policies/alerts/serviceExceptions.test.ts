import * as assert from "node:assert/strict";
import { ruleGroups } from "../../../components/alerting/rules";
import { serviceExceptions } from "../../../components/services/policyExceptions";
import { serviceAlerts } from "../../../components/services/alerts/serviceAlerts";
import { monitorSpec } from "../../../components/services/serviceMonitor";
import { servicesSettings } from "../../../components/services/settings/settings";
import { alertFor } from "../../../policies/alerts/alertFor";
import { alertThresholds } from "../../../policies/alerts/alertThresholds";
import { requiredAlerts } from "../../../policies/alerts/requiredAlerts";
import { Resource } from "../../../policies/facts/resource";
import {
  serviceExceptionAnnotations,
  serviceExceptionsAnnotation,
} from "../../../policies/shared/serviceExceptions";
import { judge, problems, resource } from "../subjects";

type Alerts = Record<string, unknown>;

/** The objects for two services, of which the first has overrides. */
function objects(batch: Alerts, cart?: Alerts): Resource[] {
  const checked = servicesSettings({
    namespace: "shop",
    services: [
      { name: "batch", alerts: batch },
      { name: "cart", ...(cart && { alerts: cart }) },
    ],
  });
  assert.ok(checked.problems === undefined, JSON.stringify(checked.problems));
  const { settings } = checked;
  const annotations = serviceExceptionAnnotations(serviceExceptions(settings));
  return [
    resource("kubernetes:monitoring.coreos.com/v1:PrometheusRule", "rules", {
      metadata: { name: "rules", namespace: "shop", annotations },
      spec: { groups: ruleGroups(serviceAlerts(settings, "services"), settings.alerts) },
    }),
    ...settings.services.map((service) =>
      resource("kubernetes:monitoring.coreos.com/v1:ServiceMonitor", service.name, {
        metadata: { name: service.name, namespace: "shop" },
        spec: monitorSpec(service, settings),
      }),
    ),
  ];
}

const found = (...services: Parameters<typeof objects>): string[] => {
  const [rules, ...monitors] = objects(...services) as [Resource, ...Resource[]];
  return [
    ...problems(alertThresholds, rules),
    ...problems(alertFor, rules),
    ...problems(requiredAlerts, [rules, ...monitors]),
  ];
};
const reason = "requests take minutes, OPS-7";

describe("exceptions of services", () => {
  it("need a reason", () => {
    assert.match(found({ p99LatencyMs: 30_000 })[0] ?? "", /P99 latency in seconds is too high/);
    assert.match(found({ enabled: false })[0] ?? "", /^batch has no alert on error ratio/);
    assert.deepEqual(found({ p99LatencyMs: 30_000, reason }), []);
    assert.deepEqual(found({ enabled: false, reason }), []);
    assert.deepEqual(found({ expectsRequests: false, minimumRequestsPerSecond: 9, reason }), []);
  });

  it("are needed if the settings of a single alert are less strict", () => {
    const alerts: [rules: object, problem: RegExp][] = [
      [
        { HighErrorRate: { enabled: false }, MostRequestsFailing: { enabled: false } },
        /^batch has no alert on error ratio/,
      ],
      [{ HighLatencyP99: { enabled: false } }, /^batch has no alert on P99 latency$/],
      [{ HighLatencyP99: { severity: "info" } }, /^batch has no alert on P99 latency$/],
      [{ HighMemory: { enabled: false } }, /^batch has no alert on memory$/],
      [{ PodCrashLooping: { enabled: false } }, /^batch has no alert on crash loop$/],
      [{ NoTraffic: { forMinutes: 600 } }, /^`for` is too long$/],
    ];
    for (const [rules, problem] of alerts) {
      const [first = "", ...others] = found({ rules });
      assert.match(first, problem);
      assert.deepEqual(others, []);
      assert.deepEqual(found({ rules, reason }), []);
    }
    assert.deepEqual(found({ rules: { HighMemory: { forMinutes: 12 } } }), []);
    assert.match(found({ memoryPercent: 99 })[0] ?? "", /memory ratio is too high/);
  });

  for (const [setting, text] of [
    ["memoryPercent", "the threshold of the memory ratio is too high"],
    ["cpuPercent", "the threshold of the CPU ratio is too high"],
  ] as const) {
    it(`need a reason for a higher ${setting}, next to the strict alert on other services`, () => {
      assert.deepEqual([...new Set(found({ [setting]: 99 }))], [text]);
      assert.deepEqual(found({ [setting]: 99, reason }), []);
      assert.deepEqual([...new Set(found({ [setting]: 99, reason }, { [setting]: 98 }))], [text]);
    });
  }

  it("concern that service alone", () => {
    assert.equal(found({ p99LatencyMs: 30_000, reason }, { p99LatencyMs: 20_000 }).length, 1);
    assert.match(
      found({ enabled: false, reason }, { enabled: false })[0] ?? "",
      /^cart has no alert/,
    );
  });

  it("concern those signals alone", () => {
    assert.deepEqual(
      found({ p99LatencyMs: 30_000, memoryPercent: 99, cpuPercent: 99, reason }),
      [],
    );
    const [rules] = objects({ p99LatencyMs: 30_000, errorRatePercent: 50 }) as [Resource];
    const annotations = {
      [serviceExceptionsAnnotation]: JSON.stringify({ batch: { signals: ["p99Latency"], reason } }),
    };
    const { props, ...rest } = rules;
    const { spec } = props as { spec: unknown };
    const metadata = { name: "rules", namespace: "shop", annotations };
    assert.deepEqual(
      new Set(problems(alertThresholds, { ...rest, props: { metadata, spec } })),
      new Set(["the threshold of the error ratio is too high"]),
    );
  });

  it("are listed with their reason", () => {
    const [rules, ...monitors] = objects({ enabled: false, reason }) as [Resource];
    const [missing] = judge(requiredAlerts, [rules, ...monitors]).violations;
    assert.equal(missing?.exception?.reason, `batch: ${reason}`);
    const [lax] = judge(
      alertThresholds,
      objects({ p99LatencyMs: 30_000, reason })[0] ?? [],
    ).violations;
    assert.equal(lax?.exception?.reason, `batch: ${reason}`);
  });

  it("are in the settings of the service, with the reason", () => {
    const [rules] = objects({ enabled: false, reason }) as [Resource];
    assert.match(JSON.stringify(rules.props), /observability.policy\/services.*OPS-7/);
    const checked = servicesSettings({
      namespace: "shop",
      services: [{ name: "batch", alerts: { enabled: false, reason: "-" } }],
    });
    assert.match(checked.problems?.[0]?.rule ?? "", /must be a reason in words/);
  });
});
