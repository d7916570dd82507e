import { PlainMap } from "../../../policies/facts/plain";
import { changed, stackValues } from "../platformSubjects";
import {
  Mistakes,
  base,
  bucketParts,
  chart,
  community,
  itJudges,
  loki,
  manifests,
  pinned,
} from "../stacks/subjects";

const stack = (change: PlainMap) => [pinned(change), ...base().slice(1)];
const prometheus = (prometheusSpec: PlainMap) => stack({ prometheus: { prometheusSpec } });
const policy = "pod-security";

const mistakes: Mistakes = {
  "Prometheus as root": [policy, prometheus({ securityContext: { runAsUser: 0 } })],
  "Alertmanager that may be root": [
    policy,
    stack({ alertmanager: { alertmanagerSpec: { securityContext: { runAsNonRoot: false } } } }),
  ],
  "Prometheus in the network of the node": [policy, prometheus({ hostNetwork: true })],
  "a privileged Grafana": [
    policy,
    [
      chart(
        "grafana",
        {
          admin: { existingSecret: "grafana-admin" },
          containerSecurityContext: { privileged: true },
        },
        community,
      ),
    ],
  ],
  "Loki that can get more privileges": [
    policy,
    [loki({ loki: { containerSecurityContext: { allowPrivilegeEscalation: true } } })],
  ],
  "a sidecar with a capability of the node": [
    policy,
    prometheus({
      containers: [
        { name: "proxy", securityContext: { capabilities: { add: ["NET_ADMIN"], drop: ["ALL"] } } },
      ],
    }),
  ],
  "a Prometheus of the operator with the processes of the node": [
    policy,
    [
      ...base(),
      ...manifests(`
apiVersion: monitoring.coreos.com/v1
kind: ThanosRuler
metadata: {name: rules, namespace: monitoring}
spec: {hostPID: true, alertmanagersUrl: ['http://alertmanager:9093'], queryEndpoints: [q]}
`),
    ],
  ],
};

const sound = {
  "the defaults of the charts": [pinned(), ...base().slice(1)],
  "a user of its own": prometheus({
    securityContext: { runAsUser: 1000, runAsNonRoot: true, fsGroup: 2000 },
  }),
  "an exporter on each node": stack({
    "prometheus-node-exporter": {
      hostNetwork: true,
      hostPID: true,
      securityContext: { runAsUser: 0, runAsNonRoot: false },
    },
  }),
  "an initial container that prepares the volume": stack({
    grafana: { initChownData: { securityContext: { runAsUser: 0, runAsNonRoot: false } } },
  }),
  "dropped capabilities": prometheus({
    containers: [
      {
        name: "prometheus",
        securityContext: { allowPrivilegeEscalation: false, capabilities: { drop: ["ALL"] } },
      },
    ],
  }),
  "an agent that reads the files of the node": [
    chart("promtail", { containerSecurityContext: { privileged: true, runAsUser: 0 } }, community),
  ],
  "Loki with a read-only file system": [
    loki({
      loki: {
        podSecurityContext: { runAsUser: 10_001, runAsNonRoot: true, fsGroup: 10_001 },
        containerSecurityContext: {
          readOnlyRootFilesystem: true,
          allowPrivilegeEscalation: false,
          capabilities: { drop: ["ALL"] },
        },
      },
    }),
    ...bucketParts({}),
  ],
  "Grafana that listens on port 80": [
    chart(
      "grafana",
      {
        admin: { existingSecret: "grafana-admin" },
        containerSecurityContext: { capabilities: { drop: ["ALL"], add: ["NET_BIND_SERVICE"] } },
      },
      community,
    ),
  ],
  "an operator whose webhook the API server reaches through the node": stack({
    prometheusOperator: { hostNetwork: true },
  }),
  "a part without the network of the node": prometheus({ hostNetwork: false }),
  "values that are otherwise changed": stack(
    changed(stackValues, { prometheusOperator: { resources: { requests: { memory: "128Mi" } } } }),
  ),
};

describe("policy pod-security", () => {
  itJudges(mistakes, sound);
});
