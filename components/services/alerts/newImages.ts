import { podMetrics } from "../../../policies/shared/metricNames";
import { ServiceAlertName, alertNames } from "../../alerting/alertNames";
import { labels, list } from "../../alerting/annotations";
import { AlertGroup } from "../../alerting/rules";
import { kubeStateSelector } from "./podAlerts";
import { workloadOfPod } from "./podScope";
import { MonitoredServicesSettings } from "../settings/settings";

/** Number of images that an alert lists by name. */
const namedImages = 3;

/**
 * How long an image counts as new, as stated in the text. This is longer than the `for` of the alerts
 * below.
 */
const newFor = "1h";

/** Alerts that a deployment of the service can cause, and that fire while its images are new. */
const causedByDeployments: readonly ServiceAlertName[] = [
  alertNames.availabilityBudgetBurn,
  alertNames.highErrorRate,
  alertNames.highLatencyP99,
  alertNames.latencyBudgetBurn,
  alertNames.mostRequestsFailing,
  alertNames.noTraffic,
  alertNames.podCrashLooping,
  alertNames.probeFailing,
  alertNames.serviceDown,
  "CPUThrottling",
  "DynamoDBHighLatencyP99",
  "DynamoDBThrottling",
  "HighCPU",
  "HighMemory",
  "OOMKilled",
  "RedisHighLatencyP99",
  "RedisPoolSaturated",
];

/**
 * Returns the images that are running now but were not running at an earlier time.
 *
 * @param containersAt Returns the containers at an offset, as series of `kube_pod_container_info`.
 * @param ago Offset of the earlier time.
 * @param by Labels to group the results by.
 */
export function newImages(containersAt: (offset: string) => string, ago: string, by: string) {
  const images = (offset: string) => `count by (${by}) (${containersAt(offset)})`;
  return `${images("")} unless ${images(` offset ${ago}`)}`;
}

/**
 * Appends the new images of the service, or of the pod's workload, to the descriptions of alerts.
 * Prometheus expands a description only while its alert is active. Without new images or
 * kube-state-metrics, it appends nothing.
 */
export function withNewImages(
  groups: AlertGroup[],
  settings: MonitoredServicesSettings,
): AlertGroup[] {
  const inNamespace = `namespace="${settings.namespace}"`;
  const workloads = (offset: string, matcher = "") =>
    `${workloadOfPod}{${inNamespace}${matcher}}${offset}`;
  const podsOf = {
    service: (offset: string) => workloads(offset, `, workload="${labels.service}"`),
    pod: (offset: string) =>
      `(${workloads(offset)} and on (namespace, workload) ${workloads("", `, pod="${labels.pod}"`)})`,
  };
  const images = (subjectLabel: keyof typeof podsOf) => {
    const containersAt = (offset: string) =>
      `${podMetrics.containerInfo}${kubeStateSelector(settings)}${offset} and on (namespace, pod) ${podsOf[subjectLabel](offset)}`;
    // Without samples from that time, such as after a Prometheus outage, every image would count as
    // new.
    const query = `${newImages(containersAt, newFor, "image")} and on () group(${workloads(` offset ${newFor}`)})`;
    return list(query, "image", namedImages, " New in the last hour: ");
  };
  return groups.map((group) => {
    const { subjectLabel } = group;
    if (subjectLabel === undefined) return group;
    const rules = group.rules.map((rule) =>
      "alert" in rule && causedByDeployments.some((name) => name === rule.alert)
        ? { ...rule, description: rule.description + images(subjectLabel) }
        : rule,
    );
    return { ...group, rules };
  });
}
