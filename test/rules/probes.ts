import { type Scenario, alertScenario } from "./scenarios";

const service = "inventory-service";
const ofProbe = `namespace="ticketing", probe="${service}", instance="https://shop.example.com/"`;
const labels = (severity: string) => ({ severity, namespace: "ticketing", service });

function failing(name: string, values: string, checks: [number, boolean][]): Scenario {
  const series = [{ series: `probe_success{${ofProbe}}`, values }];
  return alertScenario("ProbeFailing", name, series, labels("critical"), checks);
}

function missing(name: string, others: string[]): Scenario {
  const series = [`namespace_service:configured:info{namespace="ticketing", service="${service}"}`]
    .concat(others)
    .map((each) => ({ series: each, values: "1x60" }));
  return alertScenario("ProbeMissing", name, series, labels("critical"), [
    [4.5, false],
    [5, true],
  ]);
}

/** Severities at which a certificate with these values, one every 30 seconds, fires. */
function expiring(
  name: string,
  values: string,
  checks: [minutes: number, ...string[]][],
): Scenario {
  return {
    name: `CertificateExpiring: ${name}`,
    interval: "30s",
    input_series: [{ series: `probe_ssl_earliest_cert_expiry{${ofProbe}}`, values }],
    alert_rule_test: checks.map(([minutes, ...severities]) => ({
      eval_time: `${minutes}m`,
      alertname: "CertificateExpiring",
      exp_alerts: severities.map((severity) => ({ exp_labels: labels(severity) })),
    })),
  };
}

export const probeScenarios: Scenario[] = [
  failing("fires 4 minutes after the last success", "1x10 0x30", [
    [8.5, false],
    [9, true],
  ]),
  failing("a failed probe in between does not fire", "1 1 1 0 1 1x30", [[5, false]]),
  failing("a failed scrape does not interrupt it", "0x10 _ 0x1 _ _ 0x10", [
    [5.5, true],
    [6.5, true],
    [9, true],
  ]),
  failing("the first success resolves it", "0x20 1 0x20", [
    [10, true],
    [10.5, false],
  ]),
  failing("a probe without results is not a failing one", "0x10 _x60", [[9, false]]),
  missing("fires without the exporter and without a Probe", []),
  missing("the targets of a service and other probes do not count", [
    `up{namespace="ticketing", service="${service}"}`,
    `up{namespace="ticketing", probe="auth-service"}`,
  ]),
  expiring("is only a warning a week before", `${7.1 * 86_400}+0x60`, [[10, "warning"]]),
  expiring("is critical within a week", `${6.9 * 86_400}+0x60`, [[10, "critical", "warning"]]),
  expiring("continues after the expiry", "-60x60", [[10, "critical", "warning"]]),
  expiring("continues for an hour while the probe fails", `${86_400} _x240`, [
    [55, "critical", "warning"],
    [65],
  ]),
  expiring("a renewed certificate resolves it", `${86_400}x20 ${90 * 86_400}x20`, [
    [10, "critical", "warning"],
    [11],
  ]),
];
