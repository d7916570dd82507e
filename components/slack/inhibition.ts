import { alertNames, chartAlertNames } from "../alerting/alertNames";
import { Severity } from "../alerting/rules";

/** Alerts that also fire when a service is down, because the same outage causes them. */
const symptomsOfServiceDown = [
  alertNames.highErrorRate,
  alertNames.highLatencyP99,
  alertNames.noTraffic,
  alertNames.metricsMissing,
  alertNames.availabilityBudgetBurn,
  alertNames.latencyBudgetBurn,
];

interface InhibitRule {
  source_matchers: string[];
  target_matchers: string[];
  equal: string[];
}

/** Inhibit rules: one problem sends one notification, not one per symptom. */
export function inhibitRules(): InhibitRule[] {
  return [
    {
      source_matchers: [`severity="${Severity.Critical}"`],
      target_matchers: [`severity="${Severity.Warning}"`],
      // Every label that identifies a subject: a full disk must not inhibit alerts on another disk.
      equal: [
        "cluster",
        "namespace",
        "alertname",
        "service",
        "pod",
        "instance",
        "mountpoint",
        "persistentvolumeclaim",
      ],
    },
    {
      source_matchers: [`alertname="${alertNames.serviceDown}"`],
      target_matchers: [`alertname=~"${symptomsOfServiceDown.join("|")}"`],
      equal: ["cluster", "namespace", "service"],
    },
    {
      source_matchers: [`alertname="${chartAlertNames.infoInhibitor}"`],
      target_matchers: [`severity="${Severity.Info}"`],
      equal: ["cluster", "namespace"],
    },
    // The chart's alert covers all namespaces, ours the monitored services: where both fire, one
    // notification is enough.
    {
      source_matchers: [`alertname="${alertNames.podCrashLooping}"`],
      target_matchers: [`alertname="${chartAlertNames.kubePodCrashLooping}"`],
      equal: ["cluster", "namespace", "pod"],
    },
  ];
}
