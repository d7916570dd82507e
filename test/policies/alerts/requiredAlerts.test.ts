import * as assert from "node:assert/strict";
import { UNKNOWN } from "../../../policies/facts/plain";
import { requiredAlerts } from "../../../policies/alerts/requiredAlerts";
import { signalNames } from "../../../policies/shared/serviceExceptions";
import { violationText } from "../../../policies/engine/violation";
import {
  alerts,
  baseSignals,
  judge,
  problems,
  prometheusRule,
  release,
  resource,
  serviceMonitor,
} from "../subjects";

const all = alerts(...Object.values(baseSignals));
const inventory = serviceMonitor("inventory-service");

describe("policy required-alerts", () => {
  it("skips a stack without services", () => {
    assert.deepEqual(problems(requiredAlerts, []), []);
    assert.deepEqual(problems(requiredAlerts, [all]), []);
  });

  it("requires no alert on the requests of what is only probed", () => {
    const probe = resource("kubernetes:monitoring.coreos.com/v1:Probe", "website", {
      metadata: { name: "website", namespace: "ticketing" },
      spec: { targets: { staticConfig: { static: ["https://shop.acme-corp.io"] } } },
    });
    assert.deepEqual(problems(requiredAlerts, [probe]), []);
  });

  it("accepts rules that cover every service of the namespace at once", () => {
    const services = [inventory, serviceMonitor("auth-service"), serviceMonitor("api-gateway")];
    assert.deepEqual(problems(requiredAlerts, [...services, all]), []);
  });

  for (const signal of signalNames) {
    it(`requires an alert on ${signal}`, () => {
      const others = Object.entries(baseSignals).filter(([name]) => name !== signal);
      const rules = alerts(...others.map(([, expr]) => expr));
      const found = problems(requiredAlerts, [inventory, rules]);
      assert.equal(found.length, 1);
      assert.match(found[0] ?? "", /^inventory-service has no alert on [\w ]+$/);
      const configured = signalNames.filter((name) => name !== signal);
      assert.deepEqual(problems(requiredAlerts, [inventory, rules], { signals: configured }), []);
    });
  }

  it("accepts other ways to write a signal", () => {
    const instead = (signal: keyof typeof baseSignals, expr: string) =>
      problems(requiredAlerts, [
        inventory,
        alerts(...Object.values({ ...baseSignals, [signal]: expr })),
      ]);
    const requests = 'http_requests_total{namespace="ticketing"';
    for (const [signal, expr] of [
      [
        "errorRatio",
        `0.05 < sum by (service) (rate(${requests}, code=~"5.."}[5m])) / sum by (service) (rate(${requests}}[5m]))`,
      ],
      [
        "errorRatio",
        `1 - sum(rate(${requests}, status!~"5.."}[5m])) / sum(rate(${requests}}[5m])) > 0.01`,
      ],
      [
        "errorRatio",
        'sum(rate(grpc_server_handled_total{grpc_code=~"Internal|Unavailable"}[5m])) > 0.05 * sum(rate(grpc_server_handled_total[5m]))',
      ],
      [
        "errorRatio",
        `sum(rate(${requests}, status="500"}[5m])) / sum(rate(${requests}}[5m])) * 100 > 5`,
      ],
      [
        "p99Latency",
        'sum(rate(http_request_duration_seconds_bucket{le="0.5"}[5m])) / sum(rate(http_request_duration_seconds_count[5m])) < 0.99',
      ],
      [
        "crashLoop",
        'increase(kube_pod_container_status_restarts_total{pod=~"inventory-service-.*"}[15m]) > 3',
      ],
      [
        "crashLoop",
        'kube_pod_container_status_waiting_reason{reason="CrashLoopBackOff", namespace=~"tick.*"} == 1',
      ],
      [
        "memory",
        'container_memory_working_set_bytes{container="inventory-service"} / container_spec_memory_limit_bytes > 0.9',
      ],
      [
        "cpu",
        'sum by (pod) (irate(container_cpu_usage_seconds_total{job="kubelet"}[5m])) / sum by (pod) (kube_pod_container_resource_requests{resource="cpu"}) > 0.85',
      ],
      [
        "dynamodbThrottling",
        'increase(dynamodb_throttled_requests_total{service=~"inventory-service|auth-service"}[1m]) >= 60',
      ],
    ] as const) {
      assert.deepEqual(instead(signal, expr), [], expr);
    }
  });

  it("looks through recording rules, also those of another resource", () => {
    const { errorRatio: _, ...others } = baseSignals;
    const recorded = prometheusRule(
      [
        {
          record: "service:http_errors:ratio_rate5m",
          expr: 'sum by (namespace, service) (rate(http_requests_total{status=~"5.."}[5m])) / sum by (namespace, service) (rate(http_requests_total[5m]))',
        },
      ],
      "records",
    );
    const onRecord = (namespace: string) =>
      alerts(
        ...Object.values(others),
        `service:http_errors:ratio_rate5m{namespace="${namespace}"} > 0.05`,
      );
    assert.deepEqual(problems(requiredAlerts, [inventory, recorded, onRecord("ticketing")]), []);
    assert.equal(problems(requiredAlerts, [inventory, recorded, onRecord("other")]).length, 1);
  });

  it("reads the records of an alert's own object, if another namespace records the same series", () => {
    const { errorRatio: _, ...others } = baseSignals;
    const rulesOf = (namespace: string) =>
      prometheusRule(
        [
          {
            record: "service:http_errors:ratio_rate5m",
            expr: `sum by (namespace, service) (rate(http_requests_total{namespace="${namespace}", status=~"5.."}[5m])) / sum by (namespace, service) (rate(http_requests_total{namespace="${namespace}"}[5m]))`,
          },
          ...[
            ...Object.values(others),
            `service:http_errors:ratio_rate5m{namespace="${namespace}"} > 0.05`,
          ].map((expr, index) => ({ alert: `Alert${index}`, expr })),
        ],
        namespace,
      );
    const resources = [inventory, rulesOf("ticketing"), rulesOf("payments")];
    assert.deepEqual(problems(requiredAlerts, resources), []);
    assert.deepEqual(problems(requiredAlerts, resources.toReversed()), []);
    assert.equal(problems(requiredAlerts, [inventory, rulesOf("payments")]).length, 1);
  });

  it("reads the rules in the values of a release", () => {
    const rules = Object.values(baseSignals).map((expr) => ({ alert: "A", expr }));
    const values = { additionalPrometheusRulesMap: { mine: { groups: [{ name: "g", rules }] } } };
    assert.deepEqual(
      problems(requiredAlerts, [inventory, release("kube-prometheus-stack", values)]),
      [],
    );
  });

  it("identifies a service by its relabeled label, its selector and its monitor", () => {
    const only = (name: string) =>
      alerts(
        ...Object.values({
          ...baseSignals,
          p99Latency: baseSignals.p99Latency.replace("{", `{service="${name}", `),
        }),
      );
    const monitor = serviceMonitor("monitor", "ticketing", {
      selector: { matchLabels: { app: "selected" } },
      endpoints: [{ relabelings: [{ targetLabel: "service", replacement: "relabelled" }] }],
    });
    for (const name of ["monitor", "selected", "relabelled"]) {
      assert.deepEqual(problems(requiredAlerts, [monitor, only(name)]), [], name);
    }
    assert.match(
      problems(requiredAlerts, [monitor, only("other")])[0] ?? "",
      /^relabelled has no alert/,
    );
  });

  it("requires alerts in each namespace that a monitor selects", () => {
    const monitor = serviceMonitor("shared", "monitoring", {
      namespaceSelector: { matchNames: ["ticketing", "billing"] },
    });
    const [violation, ...rest] = judge(requiredAlerts, [monitor, all]).violations;
    assert.deepEqual(rest, []);
    assert.match(violation?.where ?? "", /namespace "billing"/);
  });

  it("skips the services in exceptServices", () => {
    for (const name of ["inventory-service", "ticketing/inventory-service"]) {
      assert.deepEqual(problems(requiredAlerts, [inventory], { exceptServices: [name] }), []);
    }
    assert.equal(
      problems(requiredAlerts, [inventory], { exceptServices: ["other/inventory-service"] }).length,
      1,
    );
  });

  it("is unknown while an unknown rule could be the missing alert", () => {
    const hidden = resource("kubernetes:monitoring.coreos.com/v1:PrometheusRule", "r", {
      spec: UNKNOWN,
    });
    const verdict = judge(requiredAlerts, [inventory, hidden]);
    assert.deepEqual(verdict, {
      violations: [],
      unknown: { path: ["spec", "groups"], urn: hidden.urn },
    });
    assert.deepEqual(problems(requiredAlerts, [inventory, hidden, all]), []);
    assert.equal(judge(requiredAlerts, [inventory, hidden, all]).unknown, undefined);
  });

  it("names the service, the missing alerts and the fix", () => {
    const [violation] = judge(requiredAlerts, [inventory, alerts(baseSignals.cpu)], {
      signals: ["cpu", "dynamodbThrottling"],
    }).violations;
    assert.ok(violation);
    assert.equal(violation.urn, inventory.urn);
    assert.equal(
      violationText(violation),
      [
        "inventory-service has no alert on DynamoDB throttling",
        '  where: service "inventory-service" in namespace "ticketing"',
        "  found: 1 of 2 base signals",
        "  bound: CPU, DynamoDB throttling",
        "  fix:   add inventory-service to monitoring:services, enable the alert in alerts.rules, or state in the service's alerts.reason why it differs, or add to a PrometheusRule: sum by (namespace, service) (rate(dynamodb_throttled_requests_total[5m])) > 10",
      ].join("\n"),
    );
  });

  it("distinguishes services that have separate rules", () => {
    const names = Array.from({ length: 100 }, (_, index) => `service-${index}`);
    const own = names.map((name) =>
      alerts(
        ...Object.values(baseSignals).map((expr) =>
          expr.replaceAll('namespace="ticketing"', `namespace="ticketing", service="${name}"`),
        ),
      ),
    );
    const services = names.map((name) => serviceMonitor(name));
    assert.deepEqual(problems(requiredAlerts, [...services, ...own]), []);
    const [problem, ...others] = problems(requiredAlerts, [...services, ...own.slice(1)]);
    assert.match(problem ?? "", /^service-0 has no alert/);
    assert.deepEqual(others, []);
  });
});
