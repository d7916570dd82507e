import { podMetrics } from "../../policies/shared/metricNames";
import { MonitoredServicesSettings } from "../services/settings/settings";
import { DashboardModel, Query, graph, query, stat, table } from "./model";
import { metricsOf, podThreshold, rate, sumRate, withSelector } from "./queries";
import { SourceSelectors, deploymentsOf, podPanels, throttledRatio } from "./serviceDashboards";

/** Returns the dashboard for the cluster's resources and state. It replaces community dashboard 7249. */
export function clusterDashboard(): DashboardModel {
  const inNamespace = 'namespace=~"$namespace"';
  const resources = [
    { name: "CPU", resource: "cpu", unit: "cores", used: sumRate(`${podMetrics.cpu}{container!=""}`) },
    {
      name: "Memory",
      resource: "memory",
      unit: "bytes",
      used: `sum(${podMetrics.memory}{container!=""})`,
    },
  ];
  const sum = (metric: string, resource: string) => `sum(${metric}{resource="${resource}"})`;
  const claims = "max by (namespace, persistentvolumeclaim)";
  return {
    uid: "kubernetes-cluster",
    title: "Kubernetes cluster",
    description: "Capacity, usage and state of the cluster. Replaces the dashboard 7249.",
    variables: [{ name: "namespace", series: "kube_namespace_status_phase", multiple: true }],
    rows: [
      {
        title: "Cluster",
        panels: [
          stat("Nodes", "short", "count(kube_node_info)"),
          stat("Nodes not ready", "short", 'sum(kube_node_status_condition{condition="Ready", status!="true"})'),
          stat("Running pods", "short", 'sum(kube_pod_status_phase{phase="Running"})'),
          stat("Pending pods", "short", 'sum(kube_pod_status_phase{phase="Pending"})'),
          ...resources.map(({ name, resource, used }) =>
            stat(`${name} used`, "percentunit", `${used} / ${sum("kube_node_status_allocatable", resource)}`),
          ),
        ],
      },
      {
        title: "Capacity",
        panels: resources.map(({ name, resource, unit, used }) =>
          graph(name, unit, [
            query(used, "used"),
            query(sum(podMetrics.resourceRequests, resource), "requested"),
            query(sum(podMetrics.resourceLimits, resource), "limits"),
            query(sum("kube_node_status_allocatable", resource), "allocatable"),
          ]),
        ),
      },
      {
        title: "Namespaces",
        panels: [
          table("Namespaces", [
            query(`sum by (namespace) (kube_pod_status_phase{${inNamespace}, phase="Running"})`, "Running pods"),
            query(`sum by (namespace) (${rate(`${podMetrics.cpu}{${inNamespace}, container!=""}`)})`, "CPU", "cores"),
            query(`sum by (namespace) (${podMetrics.memory}{${inNamespace}, container!=""})`, "Memory", "bytes"),
            query(`sum by (namespace) (${podMetrics.restarts}{${inNamespace}})`, "Restarts"),
          ]),
          graph("Pods by phase", "short", [
            query(`sum by (phase) (kube_pod_status_phase{${inNamespace}})`, "{{phase}}"),
          ]),
          graph("Missing replicas", "short", [
            query(
              `sum by (namespace, deployment) (kube_deployment_status_replicas_unavailable{${inNamespace}})`,
              "{{namespace}}/{{deployment}}",
            ),
          ]),
          graph(
            "Used space of volumes",
            "percentunit",
            [
              query(
                `1 - ${claims} (kubelet_volume_stats_available_bytes{${inNamespace}}) / (${claims} (kubelet_volume_stats_capacity_bytes{${inNamespace}}) > 0)`,
                "{{namespace}}/{{persistentvolumeclaim}}",
              ),
            ],
            { link: "volumes" },
          ),
        ],
      },
    ],
  };
}

/** Returns the dashboard for the nodes, with node-exporter metrics. */
export function nodesDashboard(): DashboardModel {
  const matchers = 'instance=~"$instance"';
  const perInstance = (expr: string): Query[] => [query(expr, "{{instance}}")];
  const traffic = (kind: string, devices: string): Query[] =>
    ["receive", "transmit"].map((direction) =>
      query(
        sumRate(`node_network_${direction}_${kind}_total{${matchers}, ${devices}}`, "instance"),
        `{{instance}} ${direction}`,
      ),
    );
  const devices = 'device!~"lo|veth.*|eni.*"';
  const files = `${matchers}, fstype!~"tmpfs|overlay|squashfs"`;
  return {
    uid: "kubernetes-nodes",
    title: "Kubernetes nodes",
    description: "CPU, memory, disks and network of the nodes. Replaces the nodes in 7249.",
    variables: [{ name: "instance", series: "node_uname_info", multiple: true }],
    rows: [
      {
        title: "CPU and memory",
        panels: [
          graph("CPU", "percentunit", perInstance(`1 - avg by (instance) (${rate(`node_cpu_seconds_total{${matchers}, mode="idle"}`)})`)),
          graph("Memory", "percentunit", perInstance(`1 - node_memory_MemAvailable_bytes{${matchers}} / node_memory_MemTotal_bytes{${matchers}}`)),
          graph("Load per CPU", "short", perInstance(`sum by (instance) (node_load5{${matchers}}) / count by (instance) (node_cpu_seconds_total{${matchers}, mode="idle"})`)),
          graph("Conditions", "short", [
            query('max by (node, condition) (kube_node_status_condition{status="true"})', "{{node}} {{condition}}"),
          ]),
        ],
      },
      {
        title: "Disks and network",
        panels: [
          graph("Used disk space", "percentunit", [
            query(`1 - node_filesystem_avail_bytes{${files}} / node_filesystem_size_bytes{${files}}`, "{{instance}} {{mountpoint}}"),
          ]),
          graph("Disk throughput", "Bps", [
            query(sumRate(`node_disk_read_bytes_total{${matchers}}`, "instance"), "{{instance}} read"),
            query(sumRate(`node_disk_written_bytes_total{${matchers}}`, "instance"), "{{instance}} written"),
          ]),
          graph("Time with disk I/O", "percentunit", [
            query(rate(`node_disk_io_time_seconds_total{${matchers}}`), "{{instance}} {{device}}"),
          ]),
          graph("Network traffic", "Bps", traffic("bytes", devices)),
          graph("Network errors", "pps", traffic("errs", devices)),
        ],
      },
    ],
  };
}

/** Returns the dashboard for the pods in a namespace. It replaces community dashboard 6417. */
export function podsDashboard(services: MonitoredServicesSettings[]): DashboardModel {
  const matchers = 'namespace="$namespace", pod=~"$pod"';
  const selectors: SourceSelectors = metricsOf(services) ?? {};
  const { containerSelector, kubeStateSelector } = selectors;
  const state = withSelector(matchers, kubeStateSelector);
  const containers = `${withSelector(matchers, containerSelector)}, container!=""`;
  const by = "by (namespace, pod, container)";
  const legend = "{{pod}} {{container}}";
  const limit = (resource: string) =>
    `max ${by} (${podMetrics.resourceLimits}{${state}, resource="${resource}"})`;
  const threshold = (name: "memoryPercent" | "cpuPercent" | "cpuThrottlingPercent") =>
    podThreshold(services, name, 0.01);
  const network = ["receive", "transmit"].map((direction) =>
    query(sumRate(`container_network_${direction}_bytes_total{${withSelector(matchers, containerSelector)}}`, "pod"), `{{pod}} ${direction}`),
  );
  return {
    uid: "kubernetes-pods",
    title: "Kubernetes pods",
    description: "Usage, limits, restarts and traffic of pods. Replaces the dashboard 6417.",
    variables: [
      { name: "namespace", series: "kube_pod_info" },
      { name: "pod", series: 'kube_pod_info{namespace="$namespace"}', multiple: true },
    ],
    deployments: deploymentsOf(`${state}, container!=""`),
    rows: [
      {
        title: "Usage of limits",
        panels: [
          graph(
            "Memory used of the limit",
            "percentunit",
            [
              query(`max ${by} (${podMetrics.memory}{${containers}}) / (${limit("memory")} > 0)`, legend),
              ...threshold("memoryPercent"),
            ],
            { link: "memory" },
          ),
          graph(
            "CPU used of the limit",
            "percentunit",
            [
              query(`${sumRate(`${podMetrics.cpu}{${containers}}`, "namespace, pod, container")} / (${limit("cpu")} > 0)`, legend),
              ...threshold("cpuPercent"),
            ],
            { link: "cpu" },
          ),
          graph(
            "Throttled CPU periods",
            "percentunit",
            [query(throttledRatio(containers), legend), ...threshold("cpuThrottlingPercent")],
            { link: "throttling" },
          ),
        ],
      },
      { title: "Pods", panels: [...podPanels(selectors, matchers), graph("Network traffic", "Bps", network)] },
    ],
  };
}
