import { Scope, labelMatcher, podNamePattern } from "../../alerting/promql";
import { podMetrics } from "../../../policies/shared/metricNames";
import { RecordingRule } from "../../alerting/rules";
import { configuredServices } from "./configuredServices";

/** A series for each pod, with its Deployment, StatefulSet or DaemonSet in the `workload` label. */
export const workloadOfPod = "namespace_pod:workload:info";

/** Records each pod's workload. A service's pods belong to the workload with the service's name. */
export function workloads(kubeState: (...extraMatchers: string[]) => string): RecordingRule {
  const owner = (kindMatcher: string, pattern: string) =>
    `label_replace(${podMetrics.owner}${kubeState(kindMatcher)}, "workload", "$1", "owner_name", "${pattern}")`;
  return {
    record: workloadOfPod,
    expr: [
      `group by (namespace, pod, workload) (`,
      // A Deployment adds a hash to the names of its ReplicaSets.
      `  ${owner('owner_kind="ReplicaSet"', "(.+)-[^-]+")}`,
      `  or`,
      `  ${owner('owner_kind!~"ReplicaSet|<none>|"', "(.+)")}`,
      `)`,
    ].join("\n"),
  };
}

/**
 * Limits an expression with one result per pod to the pods of the given services. A pod's name does not
 * always identify its service: `api-db-x2x7k` could belong to `api` or to `api-db`. Names therefore
 * count only for pods without a known owner. Each list of services occurs only once in the expression,
 * because it can be long.
 */
export function inPodScope(namespace: string, { only, except = [] }: Scope, expr: string): string {
  const names = only ?? except;
  if (names.length === 0) return expr;
  const inNamespace = `namespace="${namespace}"`;
  return [
    `(${expr})`,
    `${only === undefined ? "unless" : "and"} on (namespace, pod)`,
    `(`,
    `  ${workloadOfPod}{${inNamespace}, ${labelMatcher("workload", names)}}`,
    `  or`,
    `  (`,
    `    label_replace(${expr}, "named", "yes", "pod", "${podNamePattern(names)}")`,
    `    and on (named) label_replace(vector(1), "named", "yes", "", "")`,
    `    unless on (namespace, pod) ${workloadOfPod}{${inNamespace}}`,
    `  )`,
    `)`,
  ].join("\n");
}

/** Limits an expression to the pods of configured services, and adds the `service` label. */
export function ofService(namespace: string, pods: string): string {
  const inNamespace = `namespace="${namespace}"`;
  return [
    `group by (namespace, pod, service) (`,
    `  label_replace(`,
    `    ${workloadOfPod}{${inNamespace}} and on (namespace, pod) ${pods},`,
    `    "service", "$1", "workload", "(.+)"`,
    `  )`,
    `  and on (namespace, service) ${configuredServices}{${inNamespace}}`,
    `)`,
  ].join("\n");
}
