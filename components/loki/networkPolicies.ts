import { collectorPolicy } from "../logs/networkPolicy";
import { LogCollector } from "../logs/enums";
import { upgradeJobLabels } from "../shared/growVolumes";
import {
  Connections,
  NetworkPolicies,
  https,
  kubernetesApi,
  onlyTo,
  podsNamed,
} from "../shared/networkPolicies";
import { ports } from "../shared/ports";
import { AwsIdentity, LokiMode, usesBucket } from "./enums";
import { LokiSettings } from "./settings";
import { lokiName } from "./urls";

const grpcPort = 9095;
const memberlistPort = 7946;
const cachePort = 11211;
const cacheMetricsPort = 9150;
const gatewayMetricsPort = 4040;

const loki = podsNamed("loki");

/** Addresses of the EKS Pod Identity agent on each node. */
const podIdentityAgent: Connections = {
  cidrs: ["169.254.170.23/32", "fd00:ec2::23/128"],
  tcp: [80],
};

/** Returns the connections of Loki's and the collector's pods. */
export function lokiNetworkPolicies(settings: LokiSettings): NetworkPolicies {
  const { mode, collector, prometheusNamespace: namespace } = settings;
  const prometheus = { pods: podsNamed("prometheus"), namespace };
  const isDistributed = mode === LokiMode.Distributed;
  const ofRelease = { ...loki, "app.kubernetes.io/instance": lokiName };
  const entryPort = isDistributed ? ports.lokiGateway : ports.loki;
  const hasCollector = collector !== LogCollector.None;
  const clients: Connections[] = [
    { pods: podsNamed("grafana"), namespace, tcp: [entryPort] },
    ...(hasCollector ? [{ pods: podsNamed(collector), tcp: [entryPort] }] : []),
  ];
  const amongPods: Connections = {
    pods: loki,
    tcp: [grpcPort, memberlistPort, ...(isDistributed ? [ports.loki, cachePort] : [])],
  };
  return {
    pods: {
      pods: ofRelease,
      accepts: [
        amongPods,
        ...(settings.serviceMonitors
          ? [{ ...prometheus, tcp: [ports.loki, ...(isDistributed ? [cacheMetricsPort] : [])] }]
          : []),
        ...(isDistributed ? [] : clients),
      ],
      opens: onlyTo(
        amongPods,
        ...storage(settings),
        ...(settings.alertmanagerUrl !== undefined
          ? [{ pods: podsNamed("alertmanager"), namespace, tcp: [ports.alertmanager] }]
          : []),
        ...(settings.remoteWriteUrls.length > 0
          ? [{ ...prometheus, tcp: [ports.prometheus] }]
          : []),
      ),
    },
    ...(isDistributed && {
      gateway: {
        pods: { ...ofRelease, "app.kubernetes.io/component": "gateway" },
        accepts: [
          ...clients,
          ...(settings.serviceMonitors ? [{ ...prometheus, tcp: [gatewayMetricsPort] }] : []),
        ],
        opens: onlyTo(amongPods),
      },
    }),
    "upgrade-jobs": {
      pods: upgradeJobLabels(lokiName),
      accepts: [],
      opens: onlyTo(kubernetesApi),
    },
    ...(hasCollector && {
      collector: collectorPolicy(settings, { pods: loki, tcp: [entryPort] }),
    }),
  };
}

function storage(settings: LokiSettings): Connections[] {
  if (!usesBucket(settings)) return [];
  return settings.awsIdentity === AwsIdentity.PodIdentity ? [https, podIdentityAgent] : [https];
}
