import { NetworkPolicies, kubernetesApi, onlyTo, podsNamed } from "../shared/networkPolicies";
import { proberPort } from "../shared/prober";
import { upgradeJobLabels } from "../shared/growVolumes";
import { blackboxExporterLabels } from "./blackboxExporter";
import { queryUrlOf } from "./longTerm";
import { PrometheusSettings } from "./settings";
import { serviceNames } from "./urls";

const prometheus = podsNamed("prometheus");
const grafana = podsNamed("grafana");
const loki = podsNamed("loki");
const alertmanager = podsNamed("alertmanager");

/** Metrics port of the config reloader, a sidecar of Prometheus and Alertmanager. */
const reloaderPort = 8080;

/** Port of Loki, or of its gateway in the mode `distributed`. */
const lokiPorts = [3100, 8080];

/**
 * Connections of the chart's pods, except node-exporter: policies do not apply to pods on the host
 * network.
 */
export function prometheusNetworkPolicies(settings: PrometheusSettings): NetworkPolicies {
  const { releaseName, remoteWriteReceiver, lokiUrl, clusterMonitoring, blackboxExporter } =
    settings;
  const { longTerm } = settings;
  const names = serviceNames(settings);
  const ofRelease = { "app.kubernetes.io/instance": releaseName };
  return {
    prometheus: {
      pods: { ...prometheus, "operator.prometheus.io/name": names.prometheus },
      accepts: [
        { pods: prometheus, tcp: [9090, reloaderPort] },
        { pods: grafana, tcp: [9090] },
        ...(remoteWriteReceiver ? [{ pods: loki, tcp: [9090] }] : []),
      ],
      // Targets and the long-term store listen on any port, in any namespace and on nodes.
      opens: undefined,
    },
    alertmanager: {
      pods: { ...alertmanager, alertmanager: names.alertmanager },
      accepts: [
        { pods: prometheus, tcp: [9093, reloaderPort] },
        { pods: grafana, tcp: [9093] },
        ...(lokiUrl !== undefined ? [{ pods: loki, tcp: [9093] }] : []),
        { pods: alertmanager, tcp: [9094], udp: [9094] },
      ],
      // Receiver URLs are secret, and may have any host and port.
      opens: undefined,
    },
    grafana: {
      pods: { ...grafana, ...ofRelease },
      accepts: [
        { pods: prometheus, tcp: [3000] },
        // An ingress controller or load balancer can have any address. Grafana requires a login.
        ...(settings.grafana.externalUrl !== undefined ? [{ tcp: [3000] }] : []),
      ],
      // The caller's data sources name Service ports, but policies apply to pod ports.
      opens:
        settings.grafana.dataSources.length > 0 || (longTerm && queryUrlOf(longTerm)) !== undefined
          ? undefined
          : onlyTo(
              // The sidecars read ConfigMaps. Port 443 covers downloads of dashboards from grafana.com.
              kubernetesApi,
              { pods: prometheus, tcp: [9090] },
              { pods: alertmanager, tcp: [9093] },
              ...(lokiUrl !== undefined ? [{ pods: loki, tcp: lokiPorts }] : []),
            ),
    },
    ...(blackboxExporter && {
      "blackbox-exporter": {
        pods: blackboxExporterLabels(settings),
        accepts: [{ pods: prometheus, tcp: [proberPort] }],
        // Probe URLs may have any host and port.
        opens: undefined,
      },
    }),
    "upgrade-jobs": {
      pods: upgradeJobLabels(releaseName),
      accepts: [],
      opens: onlyTo(kubernetesApi),
    },
    ...(clusterMonitoring && {
      "kube-state-metrics": {
        pods: { ...podsNamed("kube-state-metrics"), ...ofRelease },
        accepts: [{ pods: prometheus, tcp: [8080] }],
        opens: onlyTo(kubernetesApi),
      },
      operator: {
        pods: { ...ofRelease, "app.kubernetes.io/component": "prometheus-operator" },
        // The API server calls the webhooks, and does not have a pod's address.
        accepts: [{ tcp: [10250] }],
        opens: onlyTo(kubernetesApi),
      },
      "admission-jobs": {
        pods: { ...ofRelease, "app.kubernetes.io/component": "prometheus-operator-webhook" },
        accepts: [],
        opens: onlyTo(kubernetesApi),
      },
    }),
  };
}
