import { Finding, checkValue, resourcePolicy } from "../engine/policy";
import {
  Path,
  Plain,
  UNKNOWN,
  at,
  entriesAt,
  formatPath,
  isPresent,
  listAt,
  textAt,
} from "../facts/plain";
import {
  PrometheusServer,
  canRunPrometheus,
  forwardsSamples,
  prometheusServer,
  remoteWrites,
} from "../facts/prometheus";
import { Resource } from "../facts/resource";
import { isLoopback, isPrivateHost, lacksPath } from "../facts/address";

export const externalLabels = resourcePolicy({
  name: "external-labels",
  description:
    "Each Prometheus with long-term storage can reach that storage, and has an external label that identifies its cluster.",
  why: "Without such a label, the series of two clusters have the same labels: the storage rejects or mixes their samples, and an alert does not show which cluster it is about. An address without the API's path receives nothing.",
  remediation:
    "set an external label, for example cluster, to a value that identifies this cluster",
  severity: "medium",
  enforcementLevel: "advisory",
  appliesTo: canRunPrometheus,
  check,
});

/** Labels that distinguish the replicas of a Prometheus. Long-term storage removes them. */
const replicaLabels = /^(prometheus|prometheus_replica|__replica__|replica)$/;

function check(resource: Resource): Finding[] {
  const server = prometheusServer(resource);
  if (server === undefined || !forwardsSamples(resource, server)) return [];
  return [
    ...checkCluster(resource, server),
    ...checkAddresses(resource, server),
    ...remoteWrites(resource, server).flatMap(({ write, path }) => checkCredentials(write, path)),
  ];
}

/** Kinds of credentials for a remote write. The operator accepts only one of them. */
const credentials = ["authorization", "basicAuth", "oauth2", "sigv4", "azureAd"];

function checkCredentials(write: Plain, path: Path): Finding[] {
  const kinds = credentials.filter((key) => isPresent(at(write, key)));
  if (kinds.length < 2) return [];
  return [
    {
      path,
      problem:
        "a remote write has two kinds of credentials, so Prometheus rejects its configuration",
      found: kinds.join(" and "),
      bound: "one of them",
      fix: `remove ${kinds[1]}`,
    },
  ];
}

function checkCluster(resource: Resource, server: PrometheusServer): Finding[] {
  const path: Path = server.operated
    ? [...server.spec, "externalLabels"]
    : [...server.spec, "global", "external_labels"];
  const writes = remoteWrites(resource, server).map(({ write }) => write);
  if (writes.length > 0 && writes.every(isLabeled)) return [];
  return checkValue(resource, path, (labels) =>
    entriesAt(labels).some(([label, value]) => !replicaLabels.test(label) && value !== "")
      ? undefined
      : {
          problem: "no external label distinguishes this cluster from others in the same storage",
          bound: "an external label such as cluster",
          fix: `set ${formatPath([...path, "cluster"])}: "<name of the cluster>"`,
        },
  );
}

/** Checks that each remote-write URL is reachable, includes the API's path and uses TLS. */
function checkAddresses(resource: Resource, { spec }: PrometheusServer): Finding[] {
  return remoteWrites(resource, { spec }).flatMap(({ write, path }) => {
    const url = textAt(write, "url") ?? "";
    const problem = addressProblem(url, hasSidecar(resource, spec));
    const tls = at(write, "tlsConfig") ?? at(write, "tls_config");
    const isUnverified = isTrue(at(tls, "insecureSkipVerify") ?? at(tls, "insecure_skip_verify"));
    return [
      ...(problem === undefined
        ? []
        : [
            {
              path: [...path, "url"],
              problem,
              bound: "a URL such as https://<host>/api/v1/push",
              fix: "write the URL that the storage documents for remote write",
            },
          ]),
      ...(isUnverified && /^https:\/\/[\w.-]+\.[a-z]+(?=[:/]|$)/i.test(url) && !isPrivateHost(url)
        ? [
            {
              path,
              problem:
                "any server can impersonate the storage, because its certificate is not verified",
              bound: "a verified certificate",
              fix: "remove insecureSkipVerify, or set the certificate authority",
            },
          ]
        : []),
    ];
  });
}

const isTrue = (value: Plain) => value === true || value === "true";

/** Whether a sidecar in the Prometheus pod may receive the samples. */
function hasSidecar({ props }: Resource, spec: Path): boolean {
  return ["containers", "sidecarContainers"].some((key) => {
    const value = at(props, ...spec, key);
    return value === UNKNOWN || [...listAt(value), ...entriesAt(value)].length > 0;
  });
}

function addressProblem(url: string, isLocal: boolean): string | undefined {
  if (url === "" || /[{$]/.test(url)) return undefined;
  if (!/^https?:\/\//.test(url)) return "the remote-write URL has no scheme";
  if (!isLocal && isLoopback(url)) {
    return "the remote-write URL points to Prometheus's own pod";
  }
  if (lacksPath(url)) {
    return "the remote-write URL has no path, so the storage rejects the samples";
  }
  return url.startsWith("http://") && !isPrivateHost(url) && !isLoopback(url)
    ? "remote write sends the samples over the internet without TLS"
    : undefined;
}

/** Whether a remote write adds an identifying label or writes to a tenant. */
function isLabeled(write: Plain): boolean {
  const steps = at(write, "writeRelabelConfigs") ?? at(write, "write_relabel_configs");
  const isTenant = ([header]: [string, Plain]) => /^x-scope-orgid$|^thanos-tenant$/i.test(header);
  return (
    steps === UNKNOWN ||
    entriesAt(write, "headers").some(isTenant) ||
    listAt(steps).some((step) => {
      const label = textAt(step, "targetLabel") ?? textAt(step, "target_label");
      return label !== undefined && !replicaLabels.test(label);
    })
  );
}
