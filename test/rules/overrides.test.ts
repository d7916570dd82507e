import * as assert from "node:assert/strict";
import { ruleGroups } from "../../components/alerting/rules";
import { testRules } from "./promtool";
import { definitionsFor, groupsNamed, links, withoutTexts } from "./rulesUnderTest";
import { Scenario } from "./scenarios";
import { Timeline, counter, gauge } from "./series";

const timeline: Timeline = { minutes: 30, levelAt: () => "above" };

/** 3% of the requests fail. */
const requests = (service: string, statusLabel = "status") =>
  [
    ["200", 9.7],
    ["500", 0.3],
  ].map(([status, rate]) =>
    counter(
      "http_requests_total",
      { namespace: "ticketing", service, [statusLabel]: String(status) },
      timeline,
      () => Number(rate),
    ),
  );

const memory = (pod: string) => [
  gauge(
    "container_memory_working_set_bytes",
    { namespace: "ticketing", pod, container: "main" },
    timeline,
    () => 75,
  ),
  gauge(
    "kube_pod_container_resource_limits",
    { namespace: "ticketing", pod, container: "main", resource: "memory" },
    timeline,
    () => 100,
  ),
];

async function expectAlerts(
  overrides: object,
  groups: string[],
  series: Scenario["input_series"],
  alertname: string,
  expected: object[],
): Promise<void> {
  const rules = withoutTexts(groupsNamed(definitionsFor(overrides), groups));
  const { passed, output } = await testRules(rules, [
    {
      name: alertname,
      interval: "30s",
      input_series: series,
      alert_rule_test: [
        { eval_time: "25m", alertname, exp_alerts: expected.map((exp_labels) => ({ exp_labels })) },
      ],
    },
  ]);
  assert.ok(passed, output);
}

const firing = (service: string, severity = "critical") => ({
  severity,
  namespace: "ticketing",
  service,
});

describe("overrides of one service, in promtool", () => {
  it("can be stricter, or disable its alerts", () =>
    expectAlerts(
      {
        services: [
          { name: "strict", alerts: { errorRatePercent: 2 } },
          { name: "as-strict", alerts: { errorRatePercent: 2 } },
          { name: "disabled", alerts: { enabled: false, errorRatePercent: 1 } },
          { name: "usual" },
        ],
      },
      ["services"],
      ["strict", "as-strict", "disabled", "usual", "unnamed"].flatMap((name) => requests(name)),
      "HighErrorRate",
      [firing("as-strict"), firing("strict")],
    ));

  it("combine with warning thresholds under one alert name", () =>
    expectAlerts(
      {
        alerts: { warning: { errorRatePercent: 2 } },
        services: [{ name: "strict", alerts: { errorRatePercent: 1 } }, { name: "usual" }],
      },
      ["services"],
      [...requests("strict"), ...requests("usual")],
      "HighErrorRate",
      [firing("strict"), firing("usual", "warning")],
    ));

  describe("apply to the pods of a service, but not of a service with a similar name", () => {
    const names = ["api", "api-db", "api-gateway", "db", "db-api", "legacy", "legacy-db"];
    const podsOf = (name: string) => [
      { pod: `${name}-7d4b9c8f6d-x2x7k`, kind: "ReplicaSet", owner: `${name}-7d4b9c8f6d` },
      { pod: `${name}-0`, kind: "StatefulSet", owner: name },
      { pod: `${name}-x2x7k`, kind: "DaemonSet", owner: name },
    ];
    // A workload that is not a configured service keeps the settings of all services.
    const unconfigured = "api-redis";
    const pods = [...names, unconfigured].flatMap(podsOf);
    const series = pods.flatMap(({ pod, kind, owner }) => [
      ...memory(pod),
      gauge(
        "kube_pod_owner",
        { namespace: "ticketing", pod, owner_kind: kind, owner_name: owner },
        timeline,
        () => 1,
      ),
    ]);
    const alertsOn = (firingPods: { pod: string }[]) =>
      firingPods
        .map(({ pod }) => pod)
        .sort()
        .map((pod) => ({ severity: "critical", namespace: "ticketing", pod }));

    for (const name of names) {
      it(`${name}: a stricter threshold`, () =>
        expectAlerts(
          {
            services: names.map((other) => ({
              name: other,
              ...(other === name && { alerts: { memoryPercent: 70 } }),
            })),
          },
          ["ownership", "pods"],
          series,
          "HighMemory",
          alertsOn(podsOf(name)),
        ));

      it(`${name}: disabled alerts`, () =>
        expectAlerts(
          {
            alerts: { memoryPercent: 70 },
            services: names.map((other) => ({
              name: other,
              ...(other === name && { alerts: { enabled: false } }),
            })),
          },
          ["ownership", "pods"],
          series,
          "HighMemory",
          alertsOn([...names, unconfigured].filter((other) => other !== name).flatMap(podsOf)),
        ));
    }

    it("decide by the names of pods without a known owner", async () => {
      const unowned = [
        "api-7d4b9c8f6d-x2x7k",
        "api-0",
        "api-gateway-7d4b9c8f6d-x2x7k",
        "api-gateway-0",
      ];
      const services = (alerts: object) => [{ name: "api", alerts }, { name: "api-gateway" }];
      const of = (names: string[]) => alertsOn(names.map((pod) => ({ pod })));
      await expectAlerts(
        { services: services({ memoryPercent: 70 }) },
        ["ownership", "pods"],
        unowned.flatMap(memory),
        "HighMemory",
        of(unowned.slice(0, 2)),
      );
      await expectAlerts(
        { alerts: { memoryPercent: 70 }, services: services({ enabled: false }) },
        ["ownership", "pods"],
        unowned.flatMap(memory),
        "HighMemory",
        of(unowned.slice(2)),
      );
    });
  });

  it("state planned maintenance of a service and its pods, while it lasts", async () => {
    const owner = (pod: string, owner_name: string) =>
      gauge(
        "kube_pod_owner",
        { namespace: "ticketing", pod, owner_kind: "StatefulSet", owner_name },
        timeline,
        () => 1,
      );
    const planned = (subject: object) => ({
      severity: "none",
      namespace: "ticketing",
      service: "api",
      ...subject,
    });
    for (const [to, expected] of [
      ["1970-01-01T09:26:00+09:00", [planned({}), planned({ pod: "api-0" })]],
      ["1970-01-01T09:25:00+09:00", []],
    ] as const) {
      const window = { from: "1970-01-01T00:24:00Z", to, reason: "upgrade" };
      await expectAlerts(
        { services: [{ name: "api", maintenance: [window] }, { name: "usual" }] },
        ["configured", "ownership", "pods", "maintenance"],
        [owner("api-0", "api"), owner("usual-0", "usual")],
        "PlannedMaintenance",
        [...expected],
      );
    }
  });

  describe("apply to single alerts, by name", () => {
    const services = (rules: object) => [{ name: "odd", alerts: { rules } }, { name: "usual" }];
    const failing = ["odd", "usual"].flatMap((name) => requests(name));
    const alerts = { errorRatePercent: 2, memoryPercent: 70 };
    const pods = ["odd-0", "usual-0"];
    const onPod = (pod: string, severity = "critical") => ({
      severity,
      namespace: "ticketing",
      pod,
    });

    for (const [name, rules, expected] of [
      ["disabled", { enabled: false }, []],
      ["longer than the problem", { forMinutes: 40 }, []],
      ["shorter", { forMinutes: 3 }, [firing("odd")]],
      ["a warning", { severity: "warning" }, [firing("odd", "warning")]],
    ] as const) {
      it(`of one service: ${name}`, () =>
        expectAlerts(
          { alerts, services: services({ HighErrorRate: rules }) },
          ["configured", "services"],
          failing,
          "HighErrorRate",
          [...expected, firing("usual")],
        ));
    }

    it("of the pods of one service", async () => {
      for (const [rules, expected] of [
        [{ enabled: false }, []],
        [{ severity: "warning" }, [onPod("odd-0", "warning")]],
      ] as const) {
        await expectAlerts(
          { alerts, services: services({ HighMemory: rules }) },
          ["pods"],
          pods.flatMap(memory),
          "HighMemory",
          [...expected, onPod("usual-0")],
        );
      }
    });

    it("of all services, with another setting for one of them", () =>
      expectAlerts(
        {
          alerts: { ...alerts, rules: { HighErrorRate: { enabled: false } } },
          services: services({ HighErrorRate: { enabled: true, severity: "warning" } }),
        },
        ["configured", "services"],
        failing,
        "HighErrorRate",
        [firing("odd", "warning")],
      ));

    it("join the rules of both severities if one severity is set", () =>
      expectAlerts(
        {
          alerts: {
            errorRatePercent: 50,
            warning: { errorRatePercent: 2 },
            rules: { HighErrorRate: { severity: "warning" } },
          },
          services: services({}),
        },
        ["services"],
        failing,
        "HighErrorRate",
        [firing("odd", "warning"), firing("usual", "warning")],
      ));
  });

  it("add the team to alerts on services and on pods, for services with a team", async () => {
    const services = [
      { name: "api", team: "checkout" },
      { name: "api-gateway", team: "Check-in 2" },
      { name: "cart", team: "checkout" },
      { name: "usual" },
    ];
    const names = [...services.map(({ name }) => name), "unnamed"];
    const teams: Record<string, object> = {
      api: { team: "checkout" },
      "api-gateway": { team: "Check-in 2" },
      cart: { team: "checkout" },
    };
    const alerts = { errorRatePercent: 2, memoryPercent: 70 };
    await expectAlerts(
      { alerts, services },
      ["services"],
      names.flatMap((name) => requests(name)),
      "HighErrorRate",
      names.map((name) => ({ ...firing(name), ...teams[name] })),
    );
    for (const suffix of ["7d4b9c8f6d-x2x7k", "0"]) {
      await expectAlerts(
        { alerts, services },
        ["ownership", "pods"],
        names.flatMap((name) => memory(`${name}-${suffix}`)),
        "HighMemory",
        names.map((name) => ({
          severity: "critical",
          namespace: "ticketing",
          pod: `${name}-${suffix}`,
          ...teams[name],
        })),
      );
    }
  });

  it("apply to metrics with other label names", () =>
    expectAlerts(
      { alerts: { errorRatePercent: 2, metrics: { httpStatusLabel: "code" } } },
      ["services"],
      requests("usual", "code"),
      "HighErrorRate",
      [firing("usual")],
    ));
});

describe("the annotations of an alert, in promtool", () => {
  it("contain the formatted value and the links", async () => {
    const rules = ruleGroups(groupsNamed(definitionsFor(), ["services"]), {
      ...links,
      dashboardBaseUrl: "https://grafana.example.com",
    });
    const failing = [
      ["200", 9],
      ["500", 1],
    ].map(([status, rate]) =>
      counter(
        "http_requests_total",
        { namespace: "ticketing", service: "usual", status: String(status) },
        timeline,
        () => Number(rate),
      ),
    );
    const { passed, output } = await testRules(rules, [
      {
        name: "text",
        interval: "30s",
        input_series: failing,
        alert_rule_test: [
          {
            eval_time: "25m",
            alertname: "HighErrorRate",
            exp_alerts: [
              {
                exp_labels: firing("usual"),
                exp_annotations: {
                  summary: "usual: 10% of requests are failing",
                  description:
                    "10% of requests to usual in ticketing are failing (threshold: 5%), more than chance explains. Users see errors.",
                  runbook_url: "https://runbooks.example.com/HighErrorRate.md",
                  dashboard_url:
                    "https://grafana.example.com/d/service-detail?var-namespace=ticketing&var-service=usual&viewPanel=panel-2",
                },
              },
            ],
          },
        ],
      },
    ]);
    assert.ok(passed, output);
  });

  it("name the first services of a storm and say how many there are", async () => {
    const names = Array.from({ length: 10 }, (_, index) => `service-${index}`);
    const definitions = definitionsFor({ services: names.map((name) => ({ name })) });
    const rules = ruleGroups(groupsNamed(definitions, ["configured", "absence", "storms"]), {});
    const down = names
      .slice(2)
      .map((service) => gauge("up", { namespace: "ticketing", service }, timeline, () => 0));
    const { passed, output } = await testRules(
      rules,
      [
        {
          name: "text",
          interval: "30s",
          input_series: [
            ...down,
            ...names
              .slice(0, 2)
              .map((service) =>
                gauge("up", { namespace: "ticketing", service }, timeline, () => 1),
              ),
          ],
          alert_rule_test: [
            {
              eval_time: "25m",
              alertname: "MostServicesFailing",
              exp_alerts: [
                {
                  exp_labels: { severity: "critical", namespace: "ticketing" },
                  exp_annotations: {
                    summary: "8 of 10 services in ticketing are failing",
                    description:
                      "8 of 10 services in ticketing are down or failing at once (threshold: 50% of them): service-2, service-3, service-4, service-5, service-6 and more. The cause is probably shared: the cluster, its network or DNS, a dependency, or Prometheus itself. This alert inhibits the alerts on single services.",
                  },
                },
              ],
            },
          ],
        },
      ],
      30,
    );
    assert.ok(passed, output);
  });
});
