import { deepEqual } from "node:assert/strict";
import { stringify } from "yaml";
import { alertChanges, alertsOf } from "../../../preview/compare/alerts";
import { monitoredServices, resource, serviceRules, stateWith } from "./states";

const rule = (expr: string, more: object = {}) => ({
  alert: "HighErrorRate",
  expr,
  for: "5m",
  labels: { severity: "critical" },
  ...more,
});

function changes(before: object[], after: object[], services = ["cart", "search"]) {
  const component = monitoredServices(services.map((name) => ({ name })));
  return alertChanges(
    stateWith([component, serviceRules(before)]),
    stateWith([component, serviceRules(after)]),
  ).map(({ alert, severity, services, change }) => [alert, severity, services, change]);
}

describe("changes of alerts", () => {
  it("reports a threshold for all services", () => {
    deepEqual(changes([rule("errors:ratio > 0.05")], [rule("errors:ratio > 0.1")]), [
      ["HighErrorRate", "critical", "all services", "threshold 0.05 → 0.1"],
    ]);
  });

  it("reports a threshold in the words of the description, if it is the only number that changes", () => {
    const described = (expr: string, threshold: string) =>
      rule(expr, { annotations: { description: `Too many errors (threshold: ${threshold}).` } });
    deepEqual(
      [
        [described("errors:ratio > 0.05", "5%"), described("errors:ratio > 0.1", "10%")],
        [described("a > 5 and b > 1", "5"), described("a > 6 and b > 2", "6")],
      ].map(([before, after]) => changes([before!], [after!])[0]?.at(-1)),
      ["threshold 5% → 10%", "threshold 5 → 6, 1 → 2"],
    );
  });

  it("reports a threshold of rules in a workspace of AWS, and no move there", () => {
    const component = monitoredServices([{ name: "cart" }]);
    const inWorkspace = (threshold: number) => {
      const object = serviceRules([rule(`errors:ratio > ${threshold}`)]);
      const data = stringify(object.inputs["spec"]);
      return { ...object, type: "aws:amp/ruleGroupNamespace:RuleGroupNamespace", inputs: { data } };
    };
    const state = (rules: ReturnType<typeof serviceRules>) => stateWith([component, rules]);
    const before = state(inWorkspace(0.05));
    deepEqual(
      alertChanges(before, state(inWorkspace(0.1))).map(({ change }) => change),
      ["threshold 0.05 → 0.1"],
    );
    deepEqual(alertChanges(state(serviceRules([rule("errors:ratio > 0.05")])), before), []);
  });

  it("reports the threshold of one service, although the rule of the others changes too", () => {
    const after = [
      rule('errors:ratio{service!="cart"} > 0.05'),
      rule('errors:ratio{service="cart"} > 0.02'),
    ];
    deepEqual(changes([rule("errors:ratio > 0.05")], after), [
      ["HighErrorRate", "critical", "cart", "threshold 0.05 → 0.02"],
    ]);
  });

  it("reports a duration, a new alert and one that is gone", () => {
    const removed = rule("up == 0", { alert: "Down", labels: { severity: "warning" } });
    const added = rule("p99 > 1", { alert: "Slow" });
    deepEqual(changes([rule("a > 1"), removed], [rule("a > 1", { for: "10m" }), added]), [
      ["HighErrorRate", "critical", "all services", "for 5m → 10m"],
      ["Down", "warning", "all services", "removed"],
      ["Slow", "critical", "all services", "added"],
    ]);
  });

  it("shows both expressions if more than numbers differ", () => {
    deepEqual(changes([rule("a > 1")], [rule("b > 1")])[0]?.[3], "expression `a > 1` → `b > 1`");
  });

  it("names only the services whose recorded series the alert reads", () => {
    const objective = { record: "budget", expr: 'requests{service="cart"} * 0.001' };
    const derived = { record: "burn", expr: "errors / on (service) budget" };
    const burn = (threshold: number) => [objective, derived, rule(`burn > ${threshold}`)];
    deepEqual(changes(burn(14.4), burn(6))[0]?.[2], "cart");
  });

  it("reports a setting of one service, although the rule of the others excludes it", () => {
    const scopes = [
      'configured:info{service="cart"}',
      '(workload:info{workload="cart"} or label_replace(errors > 0.05, "named", "yes", "pod", "cart-.*"))',
    ];
    for (const scope of scopes) {
      const after = [
        rule(`errors > 0.05 unless on (service) ${scope}`),
        rule(`errors > 0.05 and on (service) ${scope}`, { for: "10m" }),
      ];
      deepEqual(changes([rule("errors > 0.05")], after), [
        ["HighErrorRate", "critical", "cart", "for 5m → 10m"],
      ]);
    }
  });

  it("does not report the team of a service, which is part of the rules of all", () => {
    const after = [rule('label_replace(errors > 0.05, "team", "shop", "service", "cart")')];
    deepEqual(changes([rule("errors > 0.05")], after), []);
  });

  it("keeps services of the same name in two namespaces apart", () => {
    const state = (threshold: number) => {
      const component = (namespace: string, expr: string) => {
        const services = [{ name: "cart" }];
        const parent = resource("monitoring:index:MonitoredServices", namespace, {
          namespace,
          services,
        });
        return [parent, { ...serviceRules([rule(expr)]), parent: parent.urn }];
      };
      return stateWith([
        ...component("shop", "errors > 0.05"),
        ...component("batch", `errors > ${threshold}`),
      ]);
    };
    deepEqual(alertChanges(state(0.05), state(0.1)), [
      {
        alert: "HighErrorRate",
        severity: "critical",
        services: "batch/cart",
        change: "threshold 0.05 → 0.1",
      },
    ]);
  });

  it("sums up the alerts of a service that is new or gone", () => {
    const state = (names: string[]) =>
      stateWith([
        monitoredServices(names.map((name) => ({ name }))),
        serviceRules([
          rule("a > 1"),
          rule("b > 1", { alert: "Slow", labels: { severity: "warning" } }),
        ]),
      ]);
    deepEqual(alertChanges(state(["cart", "search"]), state(["cart", "payment"])), [
      {
        alert: "all 2 alerts",
        severity: "critical, warning",
        services: "payment",
        change: "added with the service",
      },
      {
        alert: "all 2 alerts",
        severity: "critical, warning",
        services: "search",
        change: "removed with the service",
      },
    ]);
  });

  it("compares rules that belong to no services by alert and severity", () => {
    const platform = (threshold: number) =>
      stateWith([
        resource("kubernetes:monitoring.coreos.com/v1:PrometheusRule", "platform", {
          spec: { groups: [{ name: "g", rules: [rule(`x > ${threshold}`, { alert: "Full" })] }] },
        }),
      ]);
    deepEqual(alertChanges(platform(1), platform(2)), [
      { alert: "Full", severity: "critical", services: "", change: "threshold 1 → 2" },
    ]);
  });

  it("concern services, scheduled jobs or probes, and their pods", () => {
    const rules = ["HighErrorRate", "HighMemory", "JobFailed", "ProbeFailing"].map((alert) =>
      rule("errors:ratio > 0.05", { alert }),
    );
    const alertsWith = (kind: string, probe?: string) => {
      const component = monitoredServices([{ name: "cart", kind, probe }]);
      const alerts = alertsOf(stateWith([component, serviceRules(rules)]));
      return [...alerts.values()].map(({ name }) => name);
    };
    deepEqual(alertsWith("service"), ["HighErrorRate", "HighMemory"]);
    deepEqual(alertsWith("pods"), ["HighErrorRate", "HighMemory"]);
    deepEqual(alertsWith("job"), ["HighMemory", "JobFailed"]);
    const url = "https://cart.example.com/";
    deepEqual(alertsWith("service", url), ["HighErrorRate", "HighMemory", "ProbeFailing"]);
    deepEqual(alertsWith("probe", url), ["ProbeFailing"]);
  });
});
