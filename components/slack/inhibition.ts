import { Severity } from "../alerting/rules";

/** The alert that a service cannot be scraped at all. */
export const serviceDownAlert = "ServiceDown";

/** What a service that is down shows as well; told once is enough. */
const symptoms = [
  "HighErrorRate",
  "HighLatencyP99",
  "NoTraffic",
  "MetricsMissing",
  "AvailabilityBudgetBurn",
  "LatencyBudgetBurn",
];

interface InhibitRule {
  source_matchers: string[];
  target_matchers: string[];
  equal: string[];
}

/** Which alerts stay unsaid while a louder one says it already. */
export function inhibitRules(): InhibitRule[] {
  return [
    {
      source_matchers: [`severity="${Severity.Critical}"`],
      target_matchers: [`severity="${Severity.Warning}"`],
      // As much as tells one thing from another: a full disk must not silence another disk.
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
      source_matchers: [`alertname="${serviceDownAlert}"`],
      target_matchers: [`alertname=~"${symptoms.join("|")}"`],
      equal: ["cluster", "namespace", "service"],
    },
    {
      source_matchers: ['alertname="InfoInhibitor"'],
      target_matchers: [`severity="${Severity.Info}"`],
      equal: ["cluster", "namespace"],
    },
    // The chart watches crash loops in every namespace; where ours does, one message is enough.
    {
      source_matchers: ['alertname="PodCrashLooping"'],
      target_matchers: ['alertname="KubePodCrashLooping"'],
      equal: ["cluster", "namespace", "pod"],
    },
  ];
}
