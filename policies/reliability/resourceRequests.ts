import { StackFinding, located, stackPolicy } from "../engine/policy";
import { helmChart, isHelmType } from "../facts/helm";
import { lokiWritePath } from "../facts/loki";
import { Path, UNKNOWN, at, formatPath, isSet, listAt } from "../facts/plain";
import { Resource, kindOf } from "../facts/resource";
import { wrongQuantities } from "./quantities";
import { isServer } from "../facts/types";

const limitRangeType = "kubernetes:core/v1:LimitRange";

export const resourceRequests = stackPolicy({
  name: "resource-requests",
  description:
    "In production, Prometheus, Alertmanager and Loki request memory, and no request or limit has a wrong unit.",
  why: "When a node runs out of memory, it first kills the pods that exceed their requests. Without a request, that is Prometheus, in the middle of an incident. A limit of 512m is half a byte, so the container does not start.",
  remediation: "set resources.requests.memory on the workload",
  severity: "medium",
  enforcementLevel: "advisory",
  prodOnly: true,
  reads: (type) => isServer(type) || isHelmType(type) || type === limitRangeType,
  check: (resources) => [
    ...(hasDefaults(resources) ? [] : resources.flatMap(checkRequests)),
    ...resources.flatMap(checkUnits),
  ],
});

/** Whether a LimitRange in the stack sets default requests for containers. */
function hasDefaults(resources: Resource[]): boolean {
  return resources.some(
    ({ type, props }) =>
      type === limitRangeType &&
      listAt(props, "spec", "limits").some((limit) =>
        ["default", "defaultRequest"].some((key) => at(limit, key, "memory") !== undefined),
      ),
  );
}

/** Checks the units of all requests and limits in a release or an object. */
function checkUnits(resource: Resource): StackFinding[] {
  const root = isHelmType(resource.type) ? "values" : "spec";
  return wrongQuantities(at(resource.props, root), [root]).map(({ path, ...wrong }) => ({
    ...located(resource, path),
    bound: "memory such as 512Mi, and CPU such as 500m",
    ...wrong,
  }));
}

/** A workload's name, and the paths of its settings and its vertical autoscaler. */
type Workload = [name: string, settings: Path, autoscaler?: Path];

function checkRequests(resource: Resource): StackFinding[] {
  const { urn, props } = resource;
  return workloadsOf(resource).flatMap(([part, settings, autoscaler]): StackFinding[] => {
    const path = [...settings, "resources"];
    // Without a request, Kubernetes uses the limit as the request.
    const [limit, request] = ["limits", "requests"].map((key) => at(props, ...path, key, "memory"));
    if ((request ?? limit) === UNKNOWN) return [{ unknown: path, urn }];
    if (isSet(request ?? limit)) return [];
    if (autoscaler !== undefined && at(props, ...autoscaler, "enabled") === true) return [];
    return [
      {
        ...located(resource, path),
        problem: `${part} requests no memory`,
        bound: "a request close to the memory that it uses (prod)",
        fix: `set ${formatPath([...path, "requests", "memory"])}: 2Gi`,
      },
    ];
  });
}

function workloadsOf(resource: Resource): Workload[] {
  if (isServer(resource.type)) return [[kindOf(resource.type), ["spec"]]];
  const { chart, values } = helmChart(resource) ?? {};
  if (chart === "kube-prometheus-stack") {
    return ["Prometheus", "Alertmanager"].flatMap((part): Workload[] => {
      const key = part.toLowerCase();
      if (at(values, key, "enabled") === false) return [];
      const base: Path = ["values", key];
      return [[part, [...base, `${key}Spec`], [...base, "verticalPodAutoscaler"]]];
    });
  }
  if (chart === "prometheus") {
    return [["Prometheus", ["values", "server"], ["values", "server", "verticalAutoscaler"]]];
  }
  return chart === "loki" ? [["Loki", ["values", lokiWritePath(values)]]] : [];
}
