import { Resource } from "../../../policies/facts/resource";
import { accessStatements, podTrust, policyDocument } from "../platformSubjects";
import { resource } from "../subjects";
import {
  Mistakes,
  base,
  bucketParts,
  chart,
  itJudges,
  loki,
  manifests,
  plain,
  rolePolicy,
  withRules,
  withValues,
} from "./subjects";

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

const templates = (folder: string) =>
  withValues(`
alertmanager:
  alertmanagerSpec: {useExistingSecret: false}
  config:
    templates: ['${folder}/*.tmpl']
    route: {receiver: slack, group_by: [alertname, namespace], group_wait: 30s, group_interval: 5m, repeat_interval: 4h, routes: [{matchers: ['alertname="Watchdog"'], receiver: snitch, repeat_interval: 5m}]}
    inhibit_rules: [{source_matchers: ['severity="critical"'], target_matchers: ['severity="warning"'], equal: [namespace, alertname]}]
    receivers:
      - {name: snitch, webhook_configs: [{url: 'https://nosnch.in/a1b2'}]}
      - {name: slack, slack_configs: [{channel: '#alerts', api_url_file: /etc/alertmanager/config/slack, send_resolved: true, title: '{{ template "shop.title" . }}'}]}
  templateFiles: {shop.tmpl: '{{ define "shop.title" }}{{ .CommonLabels.alertname }}{{ end }}'}
`);
const monitored = (object: string) => [...base(), ...manifests(object)];
const hosts = (target: string) =>
  monitored(`
apiVersion: monitoring.coreos.com/v1alpha1
kind: ScrapeConfig
metadata: {name: hosts, namespace: monitoring, labels: {release: prometheus}}
spec: {staticConfigs: [{targets: ['${target}']}]}
`);
const targetPort = (port: string) =>
  monitored(`
apiVersion: monitoring.coreos.com/v1
kind: ServiceMonitor
metadata: {name: cart, namespace: monitoring}
spec: {selector: {matchLabels: {app: cart}}, endpoints: [{targetPort: ${port}}]}
`);
const files = (name: string) => [
  chart("prometheus", {
    server: {
      retention: "15d",
      retentionSize: "40GB",
      persistentVolume: { size: "60Gi" },
      resources: { requests: { memory: "4Gi" } },
      alertmanagers: [{ static_configs: [{ targets: ["alertmanager.monitoring:9093"] }] }],
    },
    alertmanager: { enabled: false },
    serverFiles: { [name]: { groups: [{ name: "shop", rules: [plain("Checkout", "x > 1")] }] } },
  }),
];
const destination = (url: string) => [
  chart(
    "k8s-monitoring",
    { cluster: { name: "shop" }, destinations: [{ name: "logs", type: "loki", url }] },
    "https://grafana.github.io/helm-charts",
  ),
];
const vector = (labels: object) => [
  chart("vector", {
    role: "Agent",
    customConfig: {
      sources: { pods: { type: "kubernetes_logs" } },
      sinks: { logs: { type: "loki", inputs: ["pods"], endpoint: "http://loki:3100", labels } },
    },
  }),
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
  "templates in a folder that Alertmanager lacks": [
    "severities-delivered",
    templates("/etc/alertmanager/templates"),
  ],
  "a URL as a static target": ["rules-are-loaded", hosts("http://10.20.1.14:9100")],
  "a number in quotes as the port of pods": ["rules-are-loaded", targetPort('"8080"')],
  "a file of rules that nothing loads": ["rules-are-loaded", files("shop.yml")],
  "a destination without the path of Loki's API": [
    "loki-limits",
    destination("http://loki-gateway.loki.svc"),
  ],
  "a request ID as a label of Vector": ["loki-limits", vector({ request_id: "{{ request_id }}" })],
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
  "templates next to the configuration": templates("/etc/alertmanager/config"),
  "an address as a static target": hosts("10.20.1.14:9100"),
  "a file of rules that the chart loads": files("alerting_rules.yml"),
  "a destination with the path of Loki's API": destination(
    "http://loki-gateway.loki.svc/loki/api/v1/push",
  ),
  "labels of Vector with few values": vector({ namespace: "{{ kubernetes.pod_namespace }}" }),
  "a key of the bucket that the role allows": encrypted({
    Effect: "Allow",
    Action: ["kms:GenerateDataKey", "kms:Decrypt"],
    Resource: key,
  }),
};

describe("the tenth red team", () => {
  itJudges(mistakes, sound);
});
