import type { Scenario } from "./scenarios";

const namespace = "ticketing";
const cronjob = "inventory-service";

function scenario(
  alertname: string,
  name: string,
  series: [series: string, values: string][],
  checks: [minutes: number, labels: Record<string, string> | undefined][],
): Scenario {
  const severity = ["JobFailed", "JobSlow"].includes(alertname) ? "warning" : "critical";
  return {
    name: `${alertname}: ${name}`,
    interval: "60s",
    input_series: series.map(([text, values]) => ({
      series: text.replace("{", `{namespace="${namespace}", `),
      values,
    })),
    alert_rule_test: checks.map(([minutes, extra]) => ({
      eval_time: `${minutes}m`,
      alertname,
      exp_alerts: extra
        ? [{ exp_labels: { severity, namespace, service: cronjob, ...extra } }]
        : [],
    })),
  };
}

const lastSuccess = `kube_cronjob_status_last_successful_time{cronjob="${cronjob}"}`;
const created = `kube_cronjob_created{cronjob="${cronjob}"}`;
const suspended = `kube_cronjob_spec_suspend{cronjob="${cronjob}"}`;
const run = (kind: string): [string, string][] => [
  [`kube_job_owner{job_name="run", owner_kind="${kind}", owner_name="${cronjob}"}`, "1x60"],
  ['kube_job_status_start_time{job_name="run"}', "600x60"],
];
const failed: [string, string] = ['kube_job_failed{job_name="run", condition="true"}', "1x60"];
const active: [string, string] = ['kube_job_status_active{job_name="run"}', "1x60"];
const exists: [string, string] = [`kube_cronjob_info{cronjob="${cronjob}"}`, "1x60"];
const configured = `namespace_service:configured:info{service="${cronjob}"}`;

export const jobScenarios: Scenario[] = [
  scenario(
    "JobOverdue",
    "a job that never succeeded fires",
    [[created, "-90000x60"]],
    [
      [4, undefined],
      [6, {}],
    ],
  ),
  scenario("JobOverdue", "a new job does not fire", [[created, "0x60"]], [[60, undefined]]),
  scenario(
    "JobOverdue",
    "a success counts, not the creation",
    [
      [created, "-900000x60"],
      [lastSuccess, "0x60"],
    ],
    [[60, undefined]],
  ),
  scenario(
    "JobOverdue",
    "a suspended job does not fire until it is resumed",
    [
      [lastSuccess, "-90000x60"],
      [suspended, "1x30 0x30"],
    ],
    [
      [30, undefined],
      [40, {}],
    ],
  ),
  scenario(
    "JobOverdue",
    "a CronJob that is not configured does not fire",
    [['kube_cronjob_status_last_successful_time{cronjob="other"}', "-90000x60"]],
    [[30, undefined]],
  ),
  scenario(
    "JobFailed",
    "a failed run fires until the next success",
    [...run("CronJob"), failed, [lastSuccess, "0x30 1800x30"]],
    [
      [20, { job_name: "run" }],
      [35, undefined],
    ],
  ),
  scenario(
    "JobFailed",
    "a failed run of a job that never succeeded fires",
    [...run("CronJob"), failed, [created, "0x60"]],
    [[20, { job_name: "run" }]],
  ),
  scenario(
    "JobFailed",
    "a failed Job without a CronJob does not fire",
    [...run("Workflow"), failed, [lastSuccess, "0x60"]],
    [[20, undefined]],
  ),
  scenario(
    "JobFailed",
    "a run that has not failed does not fire",
    [
      ...run("CronJob"),
      ['kube_job_failed{job_name="run", condition="false"}', "1x60"],
      [lastSuccess, "0x60"],
    ],
    [[20, undefined]],
  ),
  scenario(
    "JobSlow",
    "a run that has ended does not fire",
    [
      ...run("CronJob").map(([name, values]): [string, string] => [
        name,
        values.replace("600", "-9000"),
      ]),
      [active[0], "0x60"],
    ],
    [[30, undefined]],
  ),
  scenario(
    "JobMissing",
    "a suspended CronJob exists",
    [[configured, "1x60"], ["kube_namespace_created{}", "1x60"], exists, [suspended, "1x60"]],
    [[30, undefined]],
  ),
  scenario(
    "JobMissing",
    "without kube-state-metrics, CronJobs are unknown",
    [[configured, "1x60"]],
    [[30, undefined]],
  ),
  scenario(
    "JobMissing",
    "another CronJob does not count",
    [
      [configured, "1x60"],
      ["kube_namespace_created{}", "1x60"],
      [`kube_cronjob_info{cronjob="other"}`, "1x60"],
    ],
    [[30, {}]],
  ),
];
