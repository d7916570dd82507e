import * as assert from "node:assert/strict";
import * as fc from "fast-check";
import { judgedByThePack } from "./completePack";

/** Number of stacks. `FUZZ_RUNS=10000` takes about 20 seconds. */
const runs = Number(process.env["FUZZ_RUNS"] ?? 300);

const key = fc.oneof(
  fc.constantFrom("__proto__", "constructor", "toString"),
  fc.constantFrom("spec", "values", "groups", "rules", "expr", "alert", "for", "annotations"),
  fc.constantFrom("route", "routes", "receivers", "matchers", "alertmanager", "config"),
  fc.constantFrom("prometheus", "prometheusSpec", "loki", "retention", "Statement", "policy"),
  fc.constantFrom("metadata", "name", "labels", "data", "tags"),
  fc.string({ maxLength: 5 }),
);
const leaf = fc.oneof(
  fc.string({ unit: "binary", maxLength: 20 }),
  fc.double(),
  fc.constantFrom(null, true, 1e308, -1, "15d", "{{ $value }}", "a: &a [*a]", "[[["),
  fc.constantFrom("up == 0", 'up{job=~"(a+)+"}', "rate(x[5m]) > 1"),
);
const { value } = fc.letrec((tie) => ({
  value: fc.oneof(
    { maxDepth: 5 },
    leaf,
    fc.array(tie("value"), { maxLength: 4 }),
    fc.array(fc.tuple(key, tie("value")), { maxLength: 5 }).map(Object.fromEntries),
  ),
}));

const kubernetesTypes = [
  "helm.sh/v3:Release",
  "helm.sh/v4:Chart",
  "monitoring.coreos.com/v1:PrometheusRule",
  "monitoring.coreos.com/v1:ServiceMonitor",
  "monitoring.coreos.com/v1:Prometheus",
  "monitoring.coreos.com/v1:Alertmanager",
  "monitoring.coreos.com/v1alpha1:AlertmanagerConfig",
  "core/v1:Secret",
  "core/v1:ConfigMap",
  "core/v1:Service",
  "networking.k8s.io/v1:Ingress",
  "argoproj.io/v1alpha1:Application",
  "helm.cattle.io/v1:HelmChart",
].map((type) => `kubernetes:${type}`);
const otherTypes = [
  "aws:s3/bucket:Bucket",
  "aws:s3/bucketPolicy:BucketPolicy",
  "aws:iam/role:Role",
  "aws:iam/policy:Policy",
  "aws:cloudwatch/logGroup:LogGroup",
  "helm:index/release:Release",
];
const charts = ["kube-prometheus-stack", "loki", "grafana", "alertmanager", "prometheus"];

/** A resource of a type that policies read, with arbitrary values where they read. */
const resource = fc
  .tuple(
    fc.constantFrom(...kubernetesTypes, ...otherTypes),
    fc.constantFrom(...charts, "constructor", "__proto__"),
    value,
    value,
  )
  .map(([type, chart, a, b]) => ({
    type,
    name: "n",
    urn: `urn:pulumi:dev::monitoring::${type}::n`,
    props: {
      chart,
      name: "n",
      metadata: { name: "alertmanager-n", labels: a },
      spec: type.endsWith("PrometheusRule") ? rules(a, b) : b,
      values: valuesOf(chart, a, b),
      policy: a,
      assumeRolePolicy: b,
      tags: a,
      data: {
        "alertmanager.yaml": Buffer.from(JSON.stringify(a)).toString("base64"),
        rules: `groups:\n${JSON.stringify(b)}`,
      },
      stringData: a,
    },
  }));

function rules(a: unknown, b: unknown) {
  const rule = { alert: "A", expr: "x > 1", labels: a, annotations: b, for: a };
  return { groups: [{ name: "g", rules: [{ alert: a, expr: b }, rule] }] };
}

function valuesOf(chart: string, a: unknown, b: unknown): unknown {
  if (chart === "loki") return { loki: a, ...(b as object) };
  if (chart !== "kube-prometheus-stack") return b;
  return {
    prometheus: { prometheusSpec: a },
    alertmanager: { config: b },
    additionalPrometheusRulesMap: a,
  };
}

describe("all policies on arbitrary resources", () => {
  it("judge every stack without failing", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(resource, { minLength: 1, maxLength: 3 }), async (resources) => {
        const violations = await judgedByThePack(resources);
        const failures = violations.filter(({ message }) => /could not be judged/.test(message));
        assert.deepEqual(failures, []);
      }),
      { numRuns: runs },
    );
  });
});
