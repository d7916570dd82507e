import { Finding, checkValue, resourcePolicy } from "../engine/policy";
import { Path, Plain, UNKNOWN, at, entriesAt, formatPath, listAt, textAt } from "../facts/plain";
import { canRunPrometheus, forwardsSamples, prometheusServer } from "../facts/prometheus";
import { Resource } from "../facts/resource";

export const externalLabels = resourcePolicy({
  name: "external-labels",
  description:
    "A Prometheus that sends its samples to long-term storage has an external label that tells its cluster apart.",
  why: "Without one, the series of two clusters have the same labels: the storage rejects or mixes their samples, and an alert does not say which cluster it is about.",
  remediation: "set externalLabels, for example cluster, to a value of this cluster",
  severity: "medium",
  enforcementLevel: "advisory",
  appliesTo: canRunPrometheus,
  check,
});

/** Labels that tell the replicas of one Prometheus apart, which the storage removes. */
const replicaLabels = /^(prometheus|prometheus_replica|__replica__|replica)$/;

function check(resource: Resource): Finding[] {
  const server = prometheusServer(resource);
  if (server === undefined || !forwardsSamples(resource, server)) return [];
  const path: Path = server.operated
    ? [...server.spec, "externalLabels"]
    : [...server.spec, "global", "external_labels"];
  const writes = at(resource.props, ...server.spec, "remoteWrite");
  if (listAt(writes).length > 0 && listAt(writes).every(isLabeled)) return [];
  return checkValue(resource, path, (labels) =>
    entriesAt(labels).some(([label, value]) => !replicaLabels.test(label) && value !== "")
      ? undefined
      : {
          problem: "no external label tells this cluster apart from others in the same storage",
          bound: "an external label such as cluster",
          fix: `set ${formatPath([...path, "cluster"])}: "<name of the cluster>"`,
        },
  );
}

/** Whether a remote write adds a label itself, or writes to a tenant. */
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
