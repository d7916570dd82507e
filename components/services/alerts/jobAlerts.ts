import { alertNames } from "../../alerting/alertNames";
import { labels, value } from "../../alerting/annotations";
import { formatNumber, labelMatcher, serviceMatchers } from "../../alerting/promql";
import { AlertGroup, RecordingRule, Severity } from "../../alerting/rules";
import { configuredServices } from "./configuredServices";
import { WorkloadKind } from "../settings/enums";
import { kubeStateSelector } from "./podAlerts";
import { MonitoredServicesSettings } from "../settings/settings";
import { alertingScope, hasAlerts, sortedNames, thresholdVariants } from "./thresholdVariants";

/** Series recorded for each scheduled job. The `service` label is the name of the CronJob. */
export const recordedJobs = {
  /**
   * When the last run succeeded, or when the CronJob was created. Not recorded while the CronJob is
   * suspended.
   */
  lastSuccess: "namespace_service:cronjob_last_success:timestamp_seconds",
  /** Start time of a run, for each of the CronJob's Jobs that still exists. */
  runStart: "namespace_service_job:job_start:timestamp_seconds",
} as const;

const byRun = "on (namespace, job_name)";

/**
 * Returns alerts on the CronJobs in one namespace. CronJobs have no targets, so these alerts use the
 * metrics that kube-state-metrics exposes about their runs.
 */
export function jobAlerts(settings: MonitoredServicesSettings): AlertGroup[] {
  const { namespace } = settings;
  const jobs = settings.services.filter(({ kind }) => kind === WorkloadKind.Job);
  if (jobs.length === 0) return [];
  const kubeState = (...matchers: string[]) => kubeStateSelector(settings, ...matchers);
  const inNamespace = `namespace="${namespace}"`;
  const alerting = serviceMatchers(namespace, alertingScope(settings));
  const run = `run {{ $labels.job_name }} of ${labels.service} in ${labels.namespace}`;
  const expected = sortedNames(jobs.filter(hasAlerts));
  return [
    {
      name: `${namespace}.jobs`,
      subjectLabel: "service",
      rules: [
        ...recordings(kubeState, sortedNames(jobs)),
        ...(expected.length === 0
          ? []
          : [
              {
                alert: alertNames.jobMissing,
                expr: [
                  `0 * group by (namespace, service) (${configuredServices}{${inNamespace}, ${labelMatcher("service", expected)}})`,
                  `unless on (namespace, service)`,
                  asService("cronjob", `kube_cronjob_info${kubeState()}`),
                  // Without kube-state-metrics, CronJobs are unknown rather than missing.
                  `and on () group(kube_namespace_created{${settings.alerts.metrics.kubeStateSelector}})`,
                ].join("\n"),
                forMinutes: 10,
                severity: Severity.Critical,
                summary: `${labels.service}: the CronJob does not exist`,
                description: `The namespace ${labels.namespace} has no CronJob with the name ${labels.service} (found: ${value.plain}). The job does not run.`,
              },
            ]),
        ...thresholdVariants(settings, "jobMaxAgeHours", Severity.Critical).map(
          ({ scope, threshold, severity }) => ({
            alert: alertNames.jobOverdue,
            expr: `time() - ${recordedJobs.lastSuccess}{${serviceMatchers(namespace, scope)}} > ${formatNumber(threshold * 3600)}`,
            forMinutes: 5,
            severity,
            summary: `${labels.service}: no run has succeeded for ${value.duration}`,
            description: `The last successful run of ${labels.service} in ${labels.namespace} was ${value.duration} ago, or none has succeeded since the CronJob was created (threshold: ${threshold} h). What the job produces is out of date.`,
          }),
        ),
        {
          alert: alertNames.jobFailed,
          expr: [
            `time() - (`,
            `  ${recordedJobs.runStart}{${alerting}}`,
            `  > on (namespace, service) group_left ()`,
            `  ${recordedJobs.lastSuccess}{${inNamespace}}`,
            `  and ${byRun}`,
            `  kube_job_failed${kubeState('condition="true"')} == 1`,
            `)`,
          ].join("\n"),
          forMinutes: 2,
          severity: Severity.Warning,
          summary: `${labels.service}: a run failed`,
          description: `The ${run}, which started ${value.duration} ago, failed after all of its retries, and no run has succeeded since.`,
        },
        ...thresholdVariants(settings, "jobMaxMinutes", Severity.Warning).map(
          ({ scope, threshold, severity }) => ({
            alert: alertNames.jobSlow,
            expr: [
              `time() - (`,
              `  ${recordedJobs.runStart}{${serviceMatchers(namespace, scope)}}`,
              `  and ${byRun}`,
              `  kube_job_status_active${kubeState()} > 0`,
              `) > ${formatNumber(threshold * 60)}`,
            ].join("\n"),
            forMinutes: 5,
            severity,
            summary: `${labels.service}: a run takes ${value.duration}`,
            description: `The ${run} has been running for ${value.duration} (threshold: ${threshold} min). It may hang, or overlap with the next run.`,
          }),
        ),
      ],
    },
  ];
}

function recordings(
  kubeState: (...matchers: string[]) => string,
  names: string[],
): RecordingRule[] {
  const cronJobs = labelMatcher("cronjob", names);
  const owned = kubeState('owner_kind="CronJob"', labelMatcher("owner_name", names));
  return [
    {
      record: recordedJobs.lastSuccess,
      expr: asService(
        "cronjob",
        [
          `(`,
          `  max by (namespace, cronjob) (kube_cronjob_status_last_successful_time${kubeState(cronJobs)})`,
          `  or max by (namespace, cronjob) (kube_cronjob_created${kubeState(cronJobs)})`,
          `) unless on (namespace, cronjob) kube_cronjob_spec_suspend${kubeState(cronJobs)} == 1`,
        ].join("\n"),
      ),
    },
    {
      record: recordedJobs.runStart,
      expr: asService(
        "owner_name",
        [
          `max by (namespace, job_name) (kube_job_status_start_time${kubeState()})`,
          `* ${byRun} group_left (owner_name)`,
          `max by (namespace, job_name, owner_name) (kube_job_owner${owned})`,
        ].join(" "),
        "namespace, service, job_name",
      ),
    },
  ];
}

/** Aggregates an expression by service, with the service name from another label. */
function asService(label: string, expr: string, by = "namespace, service"): string {
  return `max by (${by}) (label_replace(${expr}, "service", "$1", "${label}", "(.+)"))`;
}
