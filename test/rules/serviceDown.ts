import { Scenario } from "./scenarios";

const service = "inventory-service";
const firingLabels = (name: string) => ({
  severity: "critical",
  namespace: "ticketing",
  service: name,
});
const up = (name: string, values: string, pod = `${name}-0`) => ({
  series: `up{namespace="ticketing", service="${name}", pod="${pod}"}`,
  values,
});
/** The other configured services, which are up. */
const others = ["auth-service", "api-gateway"].map((name) => up(name, "1x3000"));

const scenario = (
  name: string,
  series: Scenario["input_series"],
  checks: [minutes: number, firing: string[]][],
): Scenario => ({
  name: `ServiceDown: ${name}`,
  interval: "30s",
  input_series: [...others, ...series],
  alert_rule_test: checks.map(([minutes, firing]) => ({
    eval_time: `${minutes * 60}s`,
    alertname: "ServiceDown",
    exp_alerts: firing.map((name) => ({ exp_labels: firingLabels(name) })),
  })),
});

/** A configured service fires until it is back or removed from the configuration. */
export const serviceDownScenarios: Scenario[] = [
  scenario(
    "a deleted ServiceMonitor, Service or namespace fires until it is back",
    [up(service, "1x20 stale _x2000 1x100")],
    [
      [10, []],
      [12, [service]],
      [65, [service]],
      [600, [service]],
      [1020, []],
    ],
  ),
  scenario(
    "a service that Prometheus has never scraped fires",
    [],
    [
      [2, [service]],
      [600, [service]],
    ],
  ),
  scenario(
    "a target that is down fires within 2 minutes",
    [up(service, "1x20 0x100")],
    [
      [11, []],
      [11.5, [service]],
      [12, [service]],
    ],
  ),
  scenario(
    "one target of two that is up is enough",
    [up(service, "0x100", "a"), up(service, "1x100", "b")],
    [
      [2, []],
      [40, []],
    ],
  ),
  scenario(
    "a short restart does not fire",
    [up(service, "1x20 0 0 1x40")],
    [
      [11, []],
      [11.5, []],
      [20, []],
    ],
  ),
  scenario(
    "a target that answers one scrape in five keeps firing",
    [up(service, "1x10 0 0 0 0 1 0 0 0 0 1 0 0 0 0 1 0 0 0 0 1 1x20")],
    [
      [7, [service]],
      [8, [service]],
      [9.5, [service]],
      [14.5, [service]],
      [19, []],
    ],
  ),
  scenario(
    "an unconfigured service fires while its targets are down, not when they are removed",
    [up(service, "1x200"), up("exporter", "0x20 stale")],
    [
      [2, ["exporter"]],
      [10, ["exporter"]],
      [15, []],
    ],
  ),
  {
    ...scenario(
      "a ServiceMonitor of another team without targets does not fire",
      [
        up(service, "1x200"),
        {
          series: `prometheus_target_scrape_pool_targets{scrape_job="serviceMonitor/ticketing/other/0"}`,
          values: "0x200",
        },
      ],
      [[60, []]],
    ),
    promql_expr_test: [
      {
        expr: `namespace_service:configured:info{namespace="ticketing", service="${service}"}`,
        eval_time: "10m",
        exp_samples: [
          {
            labels: `namespace_service:configured:info{component="services", namespace="ticketing", service="${service}"}`,
            value: 1,
          },
        ],
      },
    ],
  },
];
