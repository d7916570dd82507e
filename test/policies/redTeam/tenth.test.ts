import { Resource } from "../../../policies/facts/resource";
import { accessStatements, podTrust, policyDocument } from "../platformSubjects";
import { resource } from "../subjects";
import { Mistakes, bucketParts, itJudges, loki, plain, rolePolicy, withRules } from "./subjects";

const alert = (expr: string) => withRules(plain("Checkout", expr, { for: "10m" }));
const memory = (divisor: string) =>
  `container_memory_working_set_bytes{container!=""} / ${divisor} > 0.9`;
const mean = (metric: string) => `rate(${metric}_sum[5m]) / rate(${metric}_count[5m])`;
const restarts = "increase(kube_pod_container_status_restarts_total[1h]) > 3";
const running = 'kube_pod_status_phase{phase="Running"} == 1';

const aws = (type: string, props: object): Resource =>
  resource(`aws:${type}`, "loki", { ...props }, "prod");
const association = (namespace: string) =>
  aws("eks/podIdentityAssociation:PodIdentityAssociation", {
    clusterName: "shop",
    namespace,
    serviceAccount: "loki",
    roleArn: "arn:aws:iam::123456789012:role/loki",
  });
const role = (...statements: object[]) => [
  aws("iam/role:Role", { name: "loki", assumeRolePolicy: policyDocument(podTrust) }),
  rolePolicy(...accessStatements, ...statements),
];
const identity = (namespace: string) => [
  loki({ serviceAccount: { name: "loki" } }),
  ...bucketParts({}),
  ...role(),
  association(namespace),
];
const key = "arn:aws:kms:us-east-1:123456789012:key/0a-1b";
const encrypted = (...statements: object[]) => [
  aws("kms/key:Key", { arn: key, enableKeyRotation: true }),
  loki(),
  ...bucketParts({
    bucketServerSideEncryptionConfiguration: {
      rules: [
        { applyServerSideEncryptionByDefault: { sseAlgorithm: "aws:kms", kmsMasterKeyId: key } },
      ],
    },
  }),
  ...role(...statements),
];

const mistakes: Mistakes = {
  "a percentage of memory compared with a ratio": [
    "promql-units",
    alert(
      'sum by (pod) (container_memory_working_set_bytes{container!=""}) * 100 / sum by (pod) (kube_pod_container_resource_limits{resource="memory"}) > 0.9',
    ),
  ],
  "a ratio of probes compared with a percentage": [
    "promql-units",
    alert('avg_over_time(probe_success{job="blackbox"}[15m]) < 95'),
  ],
  "a mean latency in seconds compared with milliseconds": [
    "promql-units",
    alert(`${mean("http_server_request_duration_seconds")} > 500`),
  ],
  "a quotient by limits that may be 0": [
    "promql-units",
    alert(memory('container_spec_memory_limit_bytes{container!=""}')),
  ],
  "a state of pods next to another metric": ["promql-valid", alert(`${restarts} and ${running}`)],
  "an association of Pod Identity in another namespace": [
    "loki-iam-least-privilege",
    identity("logging"),
  ],
  "a key of the bucket that the role does not allow": ["loki-iam-least-privilege", encrypted()],
};

const sound = {
  "a percentage of memory compared with a percentage": alert(
    'sum by (pod) (container_memory_working_set_bytes{container!=""}) * 100 / sum by (pod) (kube_pod_container_resource_limits{resource="memory"}) > 90',
  ),
  "a ratio of probes compared with a ratio": alert(
    'avg_over_time(probe_success{job="blackbox"}[15m]) < 0.95',
  ),
  "a mean latency in milliseconds": alert(
    `${mean("http_server_request_duration_milliseconds")} > 500`,
  ),
  "a quotient by limits above 0": alert(
    memory('(container_spec_memory_limit_bytes{container!=""} > 0)'),
  ),
  "a state of the same pods": alert(`${restarts} and on (namespace, pod) ${running}`),
  "an association of Pod Identity in the namespace of the release": identity("monitoring"),
  "a key of the bucket that the role allows": encrypted({
    Effect: "Allow",
    Action: ["kms:GenerateDataKey", "kms:Decrypt"],
    Resource: key,
  }),
};

describe("the tenth red team", () => {
  itJudges(mistakes, sound);
});
