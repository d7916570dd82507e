import * as assert from "node:assert/strict";
import { stringify } from "yaml";
import { PlainMap } from "../../policies/facts/plain";
import { Resource } from "../../policies/facts/resource";
import { judgedByThePack } from "./completePack";
import {
  bucketName,
  configSecret,
  goodConfig,
  podTrust,
  policyDocument,
  stack,
} from "./platformSubjects";
import { RuleFixture, prometheusRule, release, resource, serviceMonitor } from "./subjects";

const ratio = (range = "5m") =>
  `sum by (service) (rate(http_requests_total{status=~"5.."}[${range}])) / sum by (service) (rate(http_requests_total[${range}]))`;
const records: RuleFixture = { record: "service:failures:ratio5m", expr: ratio() };
const alert = (expr: string, summary = "Requests fail"): RuleFixture => ({
  alert: "RequestsFail",
  expr,
  for: "5m",
  labels: { severity: "critical" },
  annotations: { summary, description: "d", runbook_url: "https://runbooks.shop.io/x" },
});

const kube = (type: string, name: string, spec: PlainMap, metadata: PlainMap = {}): Resource =>
  resource(
    `kubernetes:${type}`,
    name,
    { metadata: { name, namespace: "shop", ...metadata }, spec },
    "prod",
  );
const rulesOf = (apiVersion: string, kind: string, spec: PlainMap): Resource =>
  resource(`kubernetes:${apiVersion}:${kind}`, "rules", spec, "prod");

const everything = ["s3:*"];
const role = resource("aws:iam/role:Role", "observability", {
  name: "observability",
  assumeRolePolicy: policyDocument(podTrust),
});
const plainRole = resource("aws:iam/role:Role", "observability", {
  name: "observability",
  assumeRolePolicy: policyDocument({
    Effect: "Allow",
    Principal: { Service: "pods.eks.amazonaws.com" },
    Action: ["sts:AssumeRole", "sts:TagSession"],
  }),
});
const policy = (actions: string[]): Resource =>
  resource("aws:iam/policy:Policy", "storage", {
    name: "storage",
    arn: "arn:aws:iam::123456789012:policy/storage",
    policy: policyDocument({ Effect: "Allow", Action: actions, Resource: "*" }),
  });
const association = resource("aws:eks/podIdentityAssociation:PodIdentityAssociation", "logs", {
  serviceAccount: "loki",
  roleArn: "arn:aws:iam::123456789012:role/observability",
});
const attachment: Resource = {
  ...resource("aws:iam/rolePolicyAttachment:RolePolicyAttachment", "storage", {
    role: "observability",
  }),
  references: {},
};
const referring = (subject: Resource, property: string, target: Resource): Resource =>
  ({
    ...subject,
    propertyDependencies: { [property]: [target] },
  }) as Resource;

const externalSecret = (target: PlainMap): Resource =>
  kube("external-secrets.io/v1:ExternalSecret", "alerting", {
    secretStoreRef: { kind: "ClusterSecretStore", name: "aws" },
    target: { name: "alertmanager-config", ...target },
    dataFrom: [{ extract: { key: "prod/alertmanager" } }],
  });

/** Mistakes that no resource reveals alone, with the policy that finds them. */
const mistakes: [name: string, policy: string, resources: Resource[]][] = [
  [
    "a threshold on a ratio that another object records",
    "alert-thresholds",
    [
      prometheusRule([records], "records"),
      prometheusRule([alert("service:failures:ratio5m > 0.5")]),
    ],
  ],
  [
    "a threshold on a ratio that the chart records",
    "alert-thresholds",
    [
      stack({ additionalPrometheusRulesMap: { r: { groups: [{ name: "g", rules: [records] }] } } }),
      prometheusRule([alert("service:failures:ratio5m > 0.5")]),
    ],
  ],
  [
    "percent of a recorded ratio",
    "promql-units",
    [
      prometheusRule([{ record: "cart:failing", expr: ratio() }], "records"),
      prometheusRule([alert("cart:failing > 5")]),
    ],
  ],
  [
    "a label that the recording rule of another object drops",
    "promql-valid",
    [
      prometheusRule(
        [{ record: "cart:failing", expr: "sum by (service) (rate(x[5m]))" }],
        "records",
      ),
      prometheusRule([alert("cart:failing > 0.05", "{{ $labels.pod }} fails")]),
    ],
  ],
  [
    "a range of two scrapes of the monitor of the job",
    "rate-window",
    [
      serviceMonitor("cart", "shop", { endpoints: [{ port: "metrics", interval: "60s" }] }),
      prometheusRule([alert('sum(rate(cart_errors_total{job=~"cart|orders"}[2m])) > 1')]),
    ],
  ],
  [
    "a range of two scrapes of every service",
    "rate-window",
    [
      serviceMonitor("cart", "shop", { endpoints: [{ port: "metrics", interval: "60s" }] }),
      prometheusRule([alert(`${ratio("2m")} > 0.05`)]),
    ],
  ],
  [
    "a range of two scrapes of a job of the chart",
    "rate-window",
    [
      stack({
        prometheus: {
          prometheusSpec: {
            additionalScrapeConfigs: [{ job_name: "edge", scrape_interval: "1m" }],
          },
        },
      }),
      prometheusRule([alert('rate(edge_errors_total{job="edge"}[2m]) > 1')]),
    ],
  ],
  [
    "a range of two scrapes of a job in a text of the chart prometheus",
    "rate-window",
    [
      release("prometheus", { extraScrapeConfigs: "- {job_name: edge, scrape_interval: 1m}\n" }),
      prometheusRule([alert('rate(edge_errors_total{job="edge"}[2m]) > 1')]),
    ],
  ],
  [
    "a range of two scrapes of a job of the chart prometheus",
    "rate-window",
    [
      release("prometheus", { scrapeConfigs: { edge: { scrape_interval: "1m" } } }),
      prometheusRule([alert('rate(edge_errors_total{job="edge"}[2m]) > 1')]),
    ],
  ],
  [
    "a range of two scrapes of the monitor in the values of a chart",
    "rate-window",
    [
      release("cart", { metrics: { serviceMonitor: { enabled: true, interval: "60s" } } }),
      prometheusRule([alert('rate(cart_errors_total{job="cart"}[2m]) > 1')]),
    ],
  ],
  [
    "a range of two scrapes of a part of the chart",
    "rate-window",
    [
      stack({ "kube-state-metrics": { prometheus: { monitor: { interval: "2m" } } } }),
      prometheusRule([
        alert('increase(kube_pod_container_status_restarts_total{job=~"kube-state.*"}[5m]) > 1'),
      ]),
    ],
  ],
  [
    "a range of two scrapes of the API server",
    "rate-window",
    [
      stack({ kubeApiServer: { serviceMonitor: { interval: "60s" } } }),
      prometheusRule([alert('rate(apiserver_request_total{job="apiserver"}[2m]) > 1')]),
    ],
  ],
  [
    "a range of two scrapes of a ScrapeConfig",
    "rate-window",
    [
      kube("monitoring.coreos.com/v1alpha1:ScrapeConfig", "edge", { scrapeInterval: "1m" }),
      prometheusRule([alert('rate(edge_errors_total{job="edge"}[2m]) > 1')]),
    ],
  ],
  [
    "a policy without a name that is attached to the role of Loki",
    "loki-iam-least-privilege",
    [
      role,
      policy(everything),
      resource(attachment.type, "storage", {
        role: "observability",
        policyArn: "arn:aws:iam::123456789012:policy/storage",
      }),
    ],
  ],
  [
    "a policy that is attached by the outputs of the role and the policy",
    "loki-iam-least-privilege",
    [
      plainRole,
      policy(everything),
      referring(association, "roleArn", plainRole),
      {
        ...attachment,
        props: {},
        propertyDependencies: { role: [plainRole], policyArn: [policy(everything)] },
      } as Resource,
    ],
  ],
  [
    "an inline policy of a role that the service account of Loki names",
    "loki-iam-least-privilege",
    [
      release("loki", {
        serviceAccount: {
          annotations: {
            "eks.amazonaws.com/role-arn": "arn:aws:iam::123456789012:role/observability",
          },
        },
      }),
      plainRole,
      resource("aws:iam/rolePolicy:RolePolicy", "storage", {
        role: "observability",
        policy: policyDocument({
          Effect: "Allow",
          Action: "s3:*",
          Resource: `arn:aws:s3:::${bucketName.replace("loki", "logs")}/*`,
        }),
      }),
    ],
  ],
  [
    "a configuration in the template of an ExternalSecret",
    "severities-delivered",
    [
      stack(),
      externalSecret({
        template: {
          data: {
            "alertmanager.yaml": stringify({
              ...goodConfig,
              route: { ...goodConfig.route, receiver: "null", routes: [] },
            }),
          },
        },
      }),
    ],
  ],
  [
    "a rule of the operator of OpenShift in the manifests of a chart",
    "promql-valid",
    [
      release("shop", {
        extraObjects: [
          {
            apiVersion: "monitoring.rhobs/v1",
            kind: "PrometheusRule",
            metadata: { name: "rules" },
            spec: { groups: [{ name: "g", rules: [alert("sum(")] }] },
          },
        ],
      }),
    ],
  ],
  [
    "a rule in a list of lists",
    "promql-valid",
    [
      rulesOf("core/v1", "List", {
        items: [
          {
            apiVersion: "monitoring.coreos.com/v1",
            kind: "PrometheusRule",
            metadata: { name: "rules" },
            spec: { groups: [{ name: "g", rules: [alert("sum(")] }] },
          },
        ],
      }),
    ],
  ],
  [
    "a retention in a patch of a Prometheus",
    "prometheus-retention",
    [kube("monitoring.coreos.com/v1:PrometheusPatch", "k8s", { retention: "2y" })],
  ],
  [
    "a replica count in a patch of an Alertmanager",
    "prod-high-availability",
    [kube("monitoring.coreos.com/v1:AlertmanagerPatch", "main", { replicas: 1 })],
  ],
  [
    "a rule in a patch of a ConfigMap",
    "promql-valid",
    [
      resource("kubernetes:core/v1:ConfigMapPatch", "rules", {
        metadata: { name: "rules" },
        data: { "rules.yaml": stringify({ groups: [{ name: "g", rules: [alert("sum(")] }] }) },
      }),
    ],
  ],
  [
    "a rule among the values of a chart of Bitnami",
    "promql-valid",
    [release("redis", { metrics: { prometheusRule: { enabled: true, rules: [alert("sum(")] } } })],
  ],
  [
    "a rule among the values of a dependency",
    "alert-severity",
    [
      release("shop", {
        redis: {
          metrics: { prometheusRule: { rules: [{ alert: "Down", expr: "redis_up == 0" }] } },
        },
      }),
    ],
  ],
  [
    "a rule file as a text among the values",
    "promql-valid",
    [
      release("prometheus", {
        serverFiles: {
          "alerting_rules.yml": stringify({ groups: [{ name: "g", rules: [alert("sum(")] }] }),
        },
      }),
    ],
  ],
];

/** The same forms without a mistake, with a policy that must not refuse them. */
const sound: [name: string, policy: string, resources: Resource[]][] = [
  [
    "a strict threshold on a ratio that another object records",
    "alert-thresholds",
    [
      prometheusRule([records], "records"),
      prometheusRule([alert("service:failures:ratio5m > 0.05")]),
    ],
  ],
  [
    "a label of a series that another object records",
    "promql-valid",
    [
      prometheusRule([records], "records"),
      prometheusRule([alert("service:failures:ratio5m > 0.05", "{{ $labels.service }} fails")]),
    ],
  ],
  [
    "a strict threshold on a ratio that its own object records, and another object divided by 100",
    "alert-thresholds",
    [
      prometheusRule([records, alert("service:failures:ratio5m > 0.05 and cart:traffic > 0")]),
      prometheusRule(
        [
          { ...records, expr: `(${String(records.expr)}) / 100` },
          { record: "cart:traffic", expr: "sum by (namespace, service) (rate(y[5m]))" },
        ],
        "records",
      ),
    ],
  ],
  [
    "a range of four scrapes of the monitor of the job",
    "rate-window",
    [
      serviceMonitor("cart", "shop", { endpoints: [{ port: "metrics", interval: "60s" }] }),
      prometheusRule([alert('sum(rate(cart_errors_total{job="cart"}[4m])) > 1')]),
    ],
  ],
  [
    "a range of two minutes for another service",
    "rate-window",
    [
      serviceMonitor("cart", "shop", { endpoints: [{ port: "metrics", interval: "60s" }] }),
      serviceMonitor("orders", "shop", { endpoints: [{ port: "metrics", interval: "30s" }] }),
      prometheusRule([alert('sum(rate(cart_errors_total{job="orders"}[2m])) > 1')]),
    ],
  ],
  [
    "a range of two minutes for an exporter of the chart",
    "rate-window",
    [
      serviceMonitor("cart", "shop", { endpoints: [{ port: "metrics", interval: "60s" }] }),
      prometheusRule([alert("rate(node_disk_errors_total[2m]) > 1")]),
    ],
  ],
  [
    "a range of two minutes for a service next to slow parts of the chart",
    "rate-window",
    [
      stack({ kubeApiServer: { serviceMonitor: { interval: "60s" } } }),
      prometheusRule([alert(`${ratio("2m")} > 0.05`)]),
    ],
  ],
  [
    "a range of two minutes for a part whose monitor is disabled",
    "rate-window",
    [
      stack({ grafana: { serviceMonitor: { enabled: false, interval: "60s" } } }),
      prometheusRule([alert('rate(grafana_http_request_total{job="grafana"}[2m]) > 1')]),
    ],
  ],
  ["another role with a broad policy", "loki-iam-least-privilege", [plainRole, policy(everything)]],
  [
    "a configuration that an ExternalSecret creates in the cluster",
    "severities-delivered",
    [stack(), externalSecret({})],
  ],
  [
    "a configuration in a SealedSecret",
    "severities-delivered",
    [
      stack(),
      kube("bitnami.com/v1alpha1:SealedSecret", "alertmanager-config", {
        encryptedData: { "alertmanager.yaml": "AgBy3i4OJSWK" },
      }),
    ],
  ],
  ["a configuration in a Secret", "severities-delivered", [stack(), configSecret()]],
  [
    "a patch of one field of a Prometheus",
    "prometheus-storage",
    [kube("monitoring.coreos.com/v1:PrometheusPatch", "k8s", { retention: "30d" })],
  ],
  [
    "a patch of the retention of a Prometheus",
    "rules-are-loaded",
    [
      kube("monitoring.coreos.com/v1:PrometheusPatch", "k8s", { retention: "30d" }),
      prometheusRule([alert("x > 1")]),
    ],
  ],
  [
    "rules of a disabled part of a chart",
    "promql-valid",
    [release("redis", { metrics: { prometheusRule: { enabled: false, rules: [alert("sum(")] } } })],
  ],
  [
    "rules of Loki among the values of its chart",
    "promql-valid",
    [
      release("loki", {
        ruler: {
          directories: {
            fake: {
              "rules.txt": stringify({
                groups: [{ name: "g", rules: [alert('sum(rate({app="x"} |= "error" [5m])) > 1')] }],
              }),
            },
          },
        },
      }),
    ],
  ],
];

describe("what depends on other resources", () => {
  for (const [name, expected, resources] of mistakes) {
    it(`is judged with them: ${name}`, async () => {
      const policies = (await judgedByThePack(resources)).map((found) => found.policy);
      assert.ok(policies.includes(expected), policies.join(", "));
    });
  }

  for (const [name, absent, resources] of sound) {
    it(`is left alone: ${name}`, async () => {
      const found = (await judgedByThePack(resources)).filter((each) => each.policy === absent);
      assert.deepEqual(found, []);
    });
  }
});
