import { StackFinding, located } from "../engine/policy";
import { helmChart, namespaceOf } from "../facts/helm";
import {
  Plain,
  PlainMap,
  UNKNOWN,
  at,
  entriesAt,
  formatPath,
  hasUnknown,
  isText,
  listAt,
  mapAt,
  textAt,
} from "../facts/plain";
import { Selecting } from "../facts/prometheus";
import { checkProbes } from "./probes";
import { Resource, describeObject, kindOf, objectName } from "../facts/resource";
import { matchesLabels, namespaceLabels } from "../facts/selection";
import { endpointsOf, scrapedServices } from "../facts/services";
import {
  isWorkload,
  namespaceType,
  podMonitorType,
  scrapeConfigType,
  serviceMonitorType,
  serviceType,
} from "../facts/types";
import { scrapeJobs } from "../facts/scrapeJobs";

/*
 * Checks that the stack's monitors scrape the intended Services and pods: the monitors select them and
 * one of their ports, and no NetworkPolicy blocks the connection.
 */

const policyType = "kubernetes:networking.k8s.io/v1:NetworkPolicy";

export function concernsTargets(type: string): boolean {
  return [serviceType, policyType, namespaceType].includes(type) || isWorkload(type);
}

/** A Service, or the pods of a workload. */
interface Target {
  resource: Resource;
  namespace: Plain;
  labels: Plain;
  /** Labels of the pods. */
  podLabels: Plain;
  annotations: Plain;
  ports: Plain[];
  isService: boolean;
}

function targetOf(resource: Resource): Target[] {
  const { type, props } = resource;
  const namespace = at(props, "metadata", "namespace") ?? "default";
  if (type === serviceType) {
    const spec = at(props, "spec");
    return [
      {
        resource,
        namespace,
        labels: at(props, "metadata", "labels"),
        podLabels: at(spec, "selector"),
        annotations: at(props, "metadata", "annotations"),
        ports: [at(spec, "ports")],
        isService: true,
      },
    ];
  }
  if (!isWorkload(type)) return [];
  const pod = kindOf(type) === "Pod" ? props : at(props, "spec", "template");
  const labels = at(pod, "metadata", "labels");
  const ports = listAt(pod, "spec", "containers").map((container) => at(container, "ports"));
  const annotations = at(pod, "metadata", "annotations");
  return [{ resource, namespace, labels, podLabels: labels, annotations, ports, isService: false }];
}

/** Checks the stack's monitors, and reports targets that its servers do not scrape at all. */
export function checkTargets(resources: Resource[], servers: Selecting[]): StackFinding[] {
  const targets = resources.flatMap(targetOf);
  const monitors = resources
    .filter(({ type }) => type === serviceMonitorType || type === podMonitorType)
    .map((monitor) => {
      const isOfServices = monitor.type === serviceMonitorType;
      const candidates = targets.filter(({ isService }) => isService === isOfServices);
      const selected = candidates.filter((target) => isSelected(target, monitor));
      return { monitor, candidates, selected };
    });
  const scraped = new Set(monitors.flatMap(({ selected }) => selected));
  const policies = resources.filter(({ type }) => type === policyType);
  return [
    ...checkProbes(resources),
    ...resources.flatMap(checkStaticTargets),
    ...monitors.flatMap(({ monitor }) => checkPortNames(monitor)),
    ...monitors.flatMap(({ monitor, candidates, selected }) =>
      selected.length > 0
        ? [
            ...checkPorts(monitor, selected),
            ...checkNetwork(monitor, selected, { policies, servers, resources }),
          ]
        : checkNear(
            monitor,
            candidates.filter((target) => !scraped.has(target)),
          ),
    ),
    ...checkAnnotations(
      targets.filter((target) => !scraped.has(target)),
      monitors.map(({ monitor }) => monitor),
      { servers, resources },
    ),
  ];
}

/**
 * Reports static targets with a path or a scheme. Prometheus drops them, unless relabeling sets another
 * address.
 */
function checkStaticTargets(resource: Resource): StackFinding[] {
  const { type, props } = resource;
  const jobs =
    type === scrapeConfigType
      ? [{ name: undefined, settings: at(props, "spec") }]
      : scrapeJobs(resource);
  return jobs.flatMap(({ name, settings }) => {
    const isRelabeled = ["relabelings", "relabelConfigs", "relabel_configs"].some(
      (key) => at(settings, key) !== undefined,
    );
    const targets = ["staticConfigs", "static_configs"]
      .flatMap((key) => listAt(settings, key))
      .flatMap((config) => listAt(config, "targets"));
    const [url] = targets.filter((target) => isText(target) && /^[^{$]*\//.test(target));
    if (isRelabeled || url === undefined) return [];
    return [
      {
        ...located(resource, `targets${name === undefined ? "" : ` of the job ${name}`}`),
        problem: "a static target is a URL, so Prometheus cannot scrape it",
        bound: "<host>:<port>",
        fix: "use only the host and the port, and set the job's scheme and metrics path",
      },
    ];
  });
}

/**
 * Reports ports that are strings of digits. The operator looks for a port with that name, but names
 * contain a letter.
 */
function checkPortNames(monitor: Resource): StackFinding[] {
  // The port of a Service may be named 8080.
  const fields = monitor.type === podMonitorType ? ["port", "targetPort"] : ["targetPort"];
  return endpointsOf(monitor.props).flatMap(({ endpoint, path }) =>
    fields.flatMap((field): StackFinding[] => {
      const port = textAt(endpoint, field) ?? "";
      if (!/^\d+$/.test(port)) return [];
      return [
        {
          urn: monitor.urn,
          problem: "a quoted number is a port name, and no container has a port with this name",
          where: describeMonitor(monitor, formatPath([...path, field])),
          found: JSON.stringify(port),
          bound: "a number, or a name with a letter",
          fix: `set ${field === "port" ? "portNumber" : field}: ${port}`,
        },
      ];
    }),
  );
}

function isInNamespace({ namespace }: Target, monitor: Resource): boolean {
  const isAny = at(monitor.props, "spec", "namespaceSelector", "any") === true;
  const isNamed = scrapedServices(monitor).some((service) => service.namespace === namespace);
  return namespace !== UNKNOWN && (isAny || isNamed);
}

function isSelected(target: Target, monitor: Resource): boolean {
  const selector = at(monitor.props, "spec", "selector");
  return isInNamespace(target, monitor) && matchesLabels(selector, target.labels) === true;
}

function describeMonitor(monitor: Resource, field: string): string {
  return `${describeObject(monitor)}, ${field}`;
}

function checkPorts(monitor: Resource, selected: Target[]): StackFinding[] {
  const ports = selected.flatMap((target) => target.ports);
  if (hasUnknown(ports)) return [];
  const names = ports.flatMap((list) => listAt(list)).flatMap((port) => textAt(port, "name") ?? []);
  const objects = monitor.type === podMonitorType ? "pods" : "Services";
  return endpointsOf(monitor.props).flatMap(({ endpoint, path }) => {
    const port = textAt(endpoint, "port");
    if (port === undefined || names.includes(port)) return [];
    return [
      {
        urn: monitor.urn,
        problem: `the monitor scrapes a port that its ${objects} do not have`,
        where: describeMonitor(monitor, formatPath([...path, "port"])),
        found: port,
        bound: `the name of a port: ${names.join(", ")}`,
        fix: `set port: ${names[0] ?? "<name>"}, or give the port of the ${objects} the name ${port}`,
      },
    ];
  });
}

/**
 * Checks a monitor that selects nothing in the stack. It may be for objects of another stack, so it is a
 * violation only if the stack contains a matching target in another namespace or with different labels.
 */
function checkNear(monitor: Resource, others: Target[]): StackFinding[] {
  const selector = at(monitor.props, "spec", "selector");
  if (hasUnknown(selector) || Object.keys(mapAt(selector)).length === 0) return [];
  const { urn } = monitor;
  const elsewhere = others.find(
    (target) =>
      typeof target.namespace === "string" && matchesLabels(selector, target.labels) === true,
  );
  if (elsewhere !== undefined && !isInNamespace(elsewhere, monitor)) {
    return [
      {
        urn,
        problem: "the monitor does not select the namespace of the objects that its labels match",
        where: describeMonitor(monitor, "spec.namespaceSelector"),
        bound: `the namespace ${String(elsewhere.namespace)}`,
        fix: `set namespaceSelector: {matchNames: [${String(elsewhere.namespace)}]}`,
      },
    ];
  }
  const unlabeled = others.find(
    (target) =>
      isInNamespace(target, monitor) &&
      matchesLabels(selector, target.labels) === false &&
      (matchesLabels(selector, target.podLabels) === true ||
        objectName(target.resource) === objectName(monitor)),
  );
  if (unlabeled === undefined) return [];
  const name = objectName(unlabeled.resource);
  return [
    {
      urn,
      problem: `the monitor selects labels that ${name} does not have`,
      where: describeMonitor(monitor, "spec.selector"),
      bound: `metadata.labels of ${unlabeled.isService ? "the Service" : "the pods"}, not its selector`,
      fix: `add the labels of the selector to ${name}`,
    },
  ];
}

/** Checks that a NetworkPolicy allows connections from Prometheus, if another one restricts the pods. */
function checkNetwork(
  monitor: Resource,
  selected: Target[],
  stack: { policies: Resource[]; servers: Selecting[]; resources: Resource[] },
): StackFinding[] {
  const { policies, servers, resources } = stack;
  const from = servers.map(({ resource }) => namespaceOf(resource));
  if (from.length === 0 || from.some((name) => typeof name !== "string")) return [];
  const known = namespaceLabels(resources);
  return selected.slice(0, 1).flatMap((target): StackFinding[] => {
    const restricting = policies.filter(
      ({ props }) =>
        (at(props, "metadata", "namespace") ?? "default") === target.namespace &&
        matchesLabels(at(props, "spec", "podSelector"), target.podLabels) === true &&
        restrictsIngress(props),
    );
    const isAdmitted = restricting.some(({ props }) => {
      const rules = at(props, "spec", "ingress");
      if (hasUnknown(rules)) return true;
      return listAt(rules).some((rule) => {
        const peers = listAt(rule, "from");
        return (
          peers.length === 0 ||
          peers.some((peer) => from.some((name) => admits(peer, String(name), target, known)))
        );
      });
    });
    const [first] = restricting;
    if (first === undefined || isAdmitted) return [];
    return [
      {
        urn: monitor.urn,
        problem: "the namespace's NetworkPolicies block scrapes from Prometheus",
        where: describeMonitor(monitor, `Service "${objectName(target.resource)}"`),
        found: describeObject(first),
        bound: `ingress from the namespace ${String(from[0])}`,
        fix: `add ingress: [{from: [{namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: ${String(from[0])}}}}]}] to a NetworkPolicy`,
      },
    ];
  });
}

function restrictsIngress(props: Plain): boolean {
  const types = at(props, "spec", "policyTypes");
  return types === undefined || listAt(types).includes("Ingress");
}

function admits(peer: Plain, server: string, target: Target, known: Map<string, Plain>): boolean {
  const namespaces = at(peer, "namespaceSelector");
  if (namespaces === undefined) {
    return at(peer, "ipBlock") !== undefined || server === target.namespace;
  }
  const labels: PlainMap = {
    ...mapAt(known.get(server)),
    "kubernetes.io/metadata.name": server,
  };
  // Another stack may have created the namespace, with labels that are unknown here.
  return (
    matchesLabels(namespaces, labels) === true || !readsKnownLabels(namespaces, known.has(server))
  );
}

/** Whether all labels that a selector reads are known. */
function readsKnownLabels(selector: Plain, isKnown: boolean): boolean {
  const keys = [
    ...Object.keys(mapAt(selector, "matchLabels")),
    ...listAt(selector, "matchExpressions").map((term) => String(at(term, "key"))),
  ];
  return isKnown || keys.every((key) => key === "kubernetes.io/metadata.name");
}

/** Charts with agents that discover targets through annotations, or that can be configured to do so. */
const agents =
  /^(prometheus|alloy|grafana-agent.*|k8s-monitoring|datadog.*|opentelemetry-.*|victoria-metrics-.*|newrelic.*|nri-.*|dynatrace.*|elastic-agent|telegraf.*|istiod|vector|.*collector.*)$/;

/**
 * Reports scrape annotations that nothing reads. The `prometheus` chart uses them to discover targets,
 * but the operator ignores them.
 */
function checkAnnotations(
  targets: Target[],
  monitors: Resource[],
  { servers, resources }: { servers: Selecting[]; resources: Resource[] },
): StackFinding[] {
  const scrapesOtherwise = resources.some(
    (resource) =>
      agents.test(helmChart(resource)?.chart ?? "") || resource.type === scrapeConfigType,
  );
  const hasJobs = servers.some(({ resource, spec }) =>
    ["additionalScrapeConfigs", "additionalScrapeConfigsSecret", "scrapeConfigSelector"].some(
      (key) => {
        const value = at(resource.props, ...spec, key);
        return value === UNKNOWN || listAt(value).length + entriesAt(value).length > 0;
      },
    ),
  );
  if (servers.length === 0 || scrapesOtherwise || hasJobs) return [];
  const names = monitors.map(objectName);
  return targets
    .filter(({ annotations }) => String(at(annotations, "prometheus.io/scrape")) === "true")
    .filter(({ labels, podLabels, resource }) => {
      const isMonitored = monitors.some((monitor) => {
        const selector = at(monitor.props, "spec", "selector");
        return [labels, podLabels].some((each) => matchesLabels(selector, each) !== false);
      });
      return !isMonitored && !names.includes(objectName(resource));
    })
    .map(({ resource }) => ({
      urn: resource.urn,
      problem:
        "nothing scrapes the metrics: the operator's Prometheus ignores prometheus.io annotations",
      where: `${describeObject(resource)}, annotations`,
      bound: "a ServiceMonitor or PodMonitor that selects it",
      fix: "add a ServiceMonitor or PodMonitor, or a scrape config for annotations in additionalScrapeConfigs",
    }));
}
