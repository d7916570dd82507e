import { NetworkPolicies, kubernetesApi, onlyTo, podsNamed } from "../shared/networkPolicies";
import { ports } from "../shared/ports";
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

/**
 * Returns the connections of the chart's pods, except node-exporter, because policies do not apply to
 * pods on the host network.
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
        { pods: prometheus, tcp: [ports.prometheus, reloaderPort] },
        { pods: grafana, tcp: [ports.prometheus] },
        ...(remoteWriteReceiver ? [{ pods: loki, tcp: [ports.prometheus] }] : []),
      ],
      // Targets and the long-term store can be in any namespace or on a node, and can use any port.
      opens: undefined,
    },
    alertmanager: {
      pods: { ...alertmanager, alertmanager: names.alertmanager },
      accepts: [
        { pods: prometheus, tcp: [ports.alertmanager, reloaderPort] },
        { pods: grafana, tcp: [ports.alertmanager] },
        ...(lokiUrl !== undefined ? [{ pods: loki, tcp: [ports.alertmanager] }] : []),
        { pods: alertmanager, tcp: [9094], udp: [9094] },
      ],
      // Receiver URLs are secret, and can have any host and port.
      opens: undefined,
    },
    grafana: {
      pods: { ...grafana, ...ofRelease },
      accepts: [
        { pods: prometheus, tcp: [3000] },
        // An ingress controller or load balancer can have any address, and Grafana requires a login.
        ...(settings.grafana.externalUrl !== undefined ? [{ tcp: [3000] }] : []),
      ],
      // The caller's data sources name Service ports, but policies apply to pod ports.
      opens:
        settings.grafana.dataSources.length > 0 || (longTerm && queryUrlOf(longTerm)) !== undefined
          ? undefined
          : onlyTo(
              // The sidecars read ConfigMaps. Port 443 also covers dashboard downloads from
              // grafana.com.
              kubernetesApi,
              { pods: prometheus, tcp: [ports.prometheus] },
              { pods: alertmanager, tcp: [ports.alertmanager] },
              ...(lokiUrl !== undefined
                ? [{ pods: loki, tcp: [ports.loki, ports.lokiGateway] }]
                : []),
            ),
    },
    ...(blackboxExporter && {
      "blackbox-exporter": {
        pods: blackboxExporterLabels(settings),
        accepts: [{ pods: prometheus, tcp: [proberPort] }],
        // Probe URLs can have any host and port.
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
        // The API server calls the webhooks from an address that does not belong to a pod.
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
