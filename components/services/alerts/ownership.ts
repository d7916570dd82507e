import { AlertGroup } from "../../alerting/rules";
import { configuredServices } from "./configuredServices";
import { kubeStateSelector } from "./podAlerts";
import { workloadOfPod, workloads } from "./podScope";
import { MonitoredServicesSettings } from "../settings/settings";

/** Series for the services and pods in the namespace that only other components configure. */
const elsewhere = {
  service: "namespace_service:configured_elsewhere:info",
  pod: "namespace_pod:configured_elsewhere:info",
} as const;

/** Returns rules that record which services and pods belong to other components. */
export function ownershipRules(settings: MonitoredServicesSettings, component: string): AlertGroup {
  const inNamespace = `namespace="${settings.namespace}"`;
  const labels = { component };
  const ofComponent = `component="${component}"`;
  return {
    name: `${settings.namespace}.ownership`,
    rules: [
      { ...workloads((...matchers) => kubeStateSelector(settings, ...matchers)), labels },
      {
        record: elsewhere.service,
        labels,
        expr: [
          `group by (namespace, service) (${configuredServices}{${inNamespace}, component!="${component}"})`,
          // If both components configure a service, both alert on it, because otherwise neither would.
          `unless on (namespace, service) ${configuredServices}{${inNamespace}, ${ofComponent}}`,
        ].join("\n"),
      },
      {
        record: elsewhere.pod,
        labels,
        expr: [
          `group by (namespace, pod) (`,
          `  ${workloadOfPod}{${inNamespace}, ${ofComponent}}`,
          `  and on (namespace, workload)`,
          `  label_replace(${elsewhere.service}{${inNamespace}, ${ofComponent}}, "workload", "$1", "service", "(.+)")`,
          `)`,
        ].join("\n"),
      },
    ],
  };
}

/**
 * Excludes services and pods that other components configure and alert on. Services and pods that no
 * component configures stay included.
 */
export function exceptElsewhere(
  group: AlertGroup,
  { namespace }: MonitoredServicesSettings,
  component: string,
): AlertGroup {
  const { subjectLabel } = group;
  if (subjectLabel === undefined) return group;
  const excluded = `${elsewhere[subjectLabel]}{namespace="${namespace}", component="${component}"}`;
  return {
    ...group,
    rules: group.rules.map((rule) => ({
      ...rule,
      expr: `(\n${rule.expr}\n)\nunless on (namespace, ${subjectLabel}) ${excluded}`,
    })),
  };
}
