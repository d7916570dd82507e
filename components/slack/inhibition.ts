import { alertNames, chartAlertNames, storms } from "../alerting/alertNames";
import { Severity } from "../alerting/rules";

/** Alerts that also fire when a service is down, because the outage causes them. */
const symptomsOfServiceDown = [
  alertNames.highErrorRate,
  alertNames.highLatencyP99,
  alertNames.noTraffic,
  alertNames.metricsMissing,
  alertNames.availabilityBudgetBurn,
  alertNames.latencyBudgetBurn,
  alertNames.mostRequestsFailing,
  alertNames.podCrashLooping,
  alertNames.probeFailing,
  alertNames.scrapesFailing,
  chartAlertNames.targetDown,
];

/** Returns the inhibit rules, so that one problem sends one notification instead of one per symptom. */
export function inhibitRules() {
  return [
    inhibit(`severity="${Severity.Critical}"`, `severity="${Severity.Warning}"`, [
      // Lists every label that identifies a subject, because one full disk must not inhibit alerts on
      // another.
      ...["cluster", "namespace", "alertname", "service", "pod"],
      ...["instance", "mountpoint", "persistentvolumeclaim"],
    ]),
    inhibit(
      `alertname="${alertNames.serviceDown}"`,
      `alertname=~"${symptomsOfServiceDown.join("|")}"`,
      ["cluster", "namespace", "service"],
    ),
    inhibit(
      `alertname="${alertNames.mostServicesFailing}"`,
      `alertname=~"${[...storms.services, ...storms.inhibited].join("|")}"`,
      ["cluster", "namespace"],
    ),
    ...["service", "pod"].map((subject) => ({
      source_matchers: [`alertname="${alertNames.plannedMaintenance}"`, `${subject}!=""`],
      target_matchers: [`alertname!="${alertNames.plannedMaintenance}"`, `${subject}!=""`],
      equal: ["cluster", "namespace", subject],
    })),
    // Failed requests also burn the error budget.
    inhibit(
      `alertname="${alertNames.mostRequestsFailing}"`,
      `alertname=~"${alertNames.highErrorRate}|${alertNames.availabilityBudgetBurn}"`,
      ["cluster", "namespace", "service"],
    ),
    inhibit(
      `alertname="${alertNames.highErrorRate}"`,
      `alertname="${alertNames.availabilityBudgetBurn}"`,
      ["cluster", "namespace", "service"],
    ),
    // Slow requests also burn the latency budget.
    inhibit(
      `alertname="${alertNames.highLatencyP99}"`,
      `alertname="${alertNames.latencyBudgetBurn}"`,
      ["cluster", "namespace", "service"],
    ),
    inhibit(`alertname="${chartAlertNames.infoInhibitor}"`, `severity="${Severity.Info}"`, [
      "cluster",
      "namespace",
    ]),
    // The chart's alerts cover all namespaces, PodCrashLooping covers only the monitored services, and
    // MonitoringPodFailing covers the monitoring stack. If two of them fire, one notification is
    // enough.
    inhibit(
      `alertname=~"${alertNames.podCrashLooping}|${alertNames.monitoringPodFailing}"`,
      `alertname=~"${chartAlertNames.kubePodCrashLooping}|${chartAlertNames.kubePodNotReady}|${chartAlertNames.kubeContainerWaiting}"`,
      ["cluster", "namespace", "pod"],
    ),
    // The chart's alerts cover every Job. This library's alerts cover only runs of monitored CronJobs.
    inhibit(
      `alertname=~"${alertNames.jobFailed}|${alertNames.jobSlow}"`,
      `alertname=~"${chartAlertNames.kubeJobFailed}|${chartAlertNames.kubeJobNotCompleted}"`,
      ["cluster", "namespace", "job_name"],
    ),
  ];
}

/**
 * Returns a rule that makes alerts matching `source` inhibit alerts matching `target` if the labels in
 * `equal` have the same values.
 */
function inhibit(source: string, target: string, equal: string[]) {
  return { source_matchers: [source], target_matchers: [target], equal };
}
