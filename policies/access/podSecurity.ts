import { Finding, resourcePolicy } from "../engine/policy";
import { helmChart, isHelmType } from "../facts/helm";
import { Path, Plain, at, formatPath, isMap, itemsAt, listAt } from "../facts/plain";
import { Resource } from "../facts/resource";
import { isOperated } from "../facts/types";

export const podSecurity = resourcePolicy({
  name: "pod-security",
  description:
    "The metrics, log and dashboard servers run without root, without privileges, and outside the node's namespaces.",
  why: "Prometheus, Loki and Grafana can read everything and run code from many authors. If a container runs as root, is privileged or uses the node's network, a flaw in one of them exposes the whole node.",
  remediation: "remove the setting, because the charts run these servers without root by default",
  severity: "medium",
  baseline: { enforcementLevel: "advisory" },
  appliesTo: (type) => isOperated(type) || isHelmType(type),
  check,
});

/**
 * Charts of servers. Node agents are excluded, because they read the node's files and need more
 * privileges.
 */
const servers =
  /^(kube-prometheus-stack|prometheus|alertmanager|grafana|loki|loki-distributed|loki-stack|tempo|mimir-distributed|thanos)$/;

/**
 * Parts of these charts that are exempt: node agents, containers that only prepare a volume, and the
 * operator, because in some networks the API server can reach its webhook only through the node's
 * network.
 */
const ofNodes =
  /^(prometheus-)?node-?exporter$|^promtail$|^fluent-bit$|^initChownData$|^loki-?canary$|^prometheusOperator$/i;

function check(resource: Resource): Finding[] {
  if (isOperated(resource.type)) {
    return privileges(at(resource.props, "spec"), ["spec"], 0);
  }
  const { chart = "", values } = helmChart(resource) ?? {};
  return servers.test(chart) ? privileges(values, ["values"], 0) : [];
}

/**
 * Maximum depth of a security context: a component, its spec, a list of containers, and the context
 * itself.
 */
const MAX_DEPTH = 6;

/** Checks the pod settings in chart values, under the keys that all charts use. */
function privileges(values: Plain, path: Path, depth: number): Finding[] {
  if (depth > MAX_DEPTH) return [];
  return itemsAt(values).flatMap(([key, value]) => {
    const inside = [...path, key];
    if (/^host(Network|PID|IPC)$/.test(String(key)) && value === true) {
      return [finding(inside, "the pod shares a namespace with the node", "false")];
    }
    if (/securityContext$/i.test(String(key))) return checkContext(value, inside);
    const isPart = (isMap(value) || Array.isArray(value)) && !ofNodes.test(String(key));
    return isPart ? privileges(value, inside, depth + 1) : [];
  });
}

function checkContext(context: Plain, path: Path): Finding[] {
  const added = listAt(context, "capabilities", "add").map(String);
  const strong = added.find((name) => /^(ALL|SYS_\w+|NET_ADMIN|DAC_\w+)$/.test(name));
  const isWrong: [key: string, value: Plain, problem: string][] = [
    ["privileged", true, "the container is privileged"],
    ["allowPrivilegeEscalation", true, "a process in the container can escalate its privileges"],
    ["runAsUser", 0, "the container runs as root"],
    ["runAsNonRoot", false, "the container may run as root"],
  ];
  return [
    ...isWrong
      .filter(([key, value]) => at(context, key) === value)
      .map(([key, , problem]) =>
        finding([...path, key], problem, key === "runAsUser" ? "a user other than 0" : undefined),
      ),
    ...(strong === undefined
      ? []
      : [finding([...path, "capabilities", "add"], `the container has the capability ${strong}`)]),
  ];
}

function finding(path: Path, problem: string, bound = "the chart's default"): Finding {
  return { path, problem, bound, fix: `remove ${formatPath(path)}` };
}
