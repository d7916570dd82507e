import * as assert from "node:assert/strict";
import * as fs from "node:fs";
import * as fc from "fast-check";
import type { PlainMap } from "../../policies/facts/plain";
import type { Resource } from "../../policies/facts/resource";
import { judgedByThePack } from "./completePack";

/** Number of stacks in each test. `FUZZ_RUNS=10000` takes a few minutes. */
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
  // The wire format of an unknown value.
  fc.constant("04da6b54-80e4-46f7-96ec-b56ff0331ba9"),
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

/** The releases and objects of the stack `prod`, as its preview recorded them. */
const recorded = (
  JSON.parse(fs.readFileSync("test/golden/prod/resources.json", "utf8")) as {
    urn: string;
    type: string;
    name: string;
    inputs: PlainMap;
  }[]
).map(({ inputs, ...subject }) => ({ ...subject, props: inputs }));

/** A mistake at a place, which `pick` selects among all places of a resource. */
const mutation = fc.record({
  pick: fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
  kind: fc.constantFrom("drop", "swap", "duplicate", "nest"),
  value,
});

function mutate(
  props: PlainMap,
  { pick, kind, value }: { pick: number; kind: string; value: unknown },
): void {
  const places = placesIn(props);
  const place = places[Math.floor(pick * places.length)];
  if (place === undefined) return;
  const { container, key } = place;
  const current = container[key];
  if (kind === "drop") delete container[key];
  else if (kind === "swap") container[key] = value;
  else if (kind === "nest")
    container[key] = Array.isArray(current) ? { items: current } : [current];
  else if (Array.isArray(container)) container.push(structuredClone(current));
  else container[`${key}2`] = structuredClone(current);
}

/** Every key of a map and every index of a list, at any depth. */
function placesIn(container: unknown): { container: PlainMap; key: string }[] {
  if (typeof container !== "object" || container === null) return [];
  return Object.entries(container).flatMap(([key, inner]) => [
    { container: container as PlainMap, key },
    ...placesIn(inner),
  ]);
}

async function failuresIn(resources: Resource[]) {
  const violations = await judgedByThePack(resources);
  return violations.filter(({ message }) => /could not be evaluated/.test(message));
}

describe("all policies on arbitrary resources", function () {
  this.timeout(60_000 + runs * 60);

  it("judge every stack without failing", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(resource, { minLength: 1, maxLength: 3 }), async (resources) => {
        assert.deepEqual(await failuresIn(resources), []);
      }),
      { numRuns: runs },
    );
  });

  it("judge the values and objects of a real stack without failing, however mutated", async () => {
    const mutated = fc
      .tuple(fc.constantFrom(...recorded), fc.array(mutation, { minLength: 1, maxLength: 5 }))
      .map(([{ props, ...subject }, mutations]) => {
        const copy = structuredClone(props);
        for (const each of mutations) mutate(copy, each);
        return { ...subject, props: copy };
      });
    await fc.assert(
      fc.asyncProperty(fc.array(mutated, { minLength: 1, maxLength: 3 }), async (resources) => {
        assert.deepEqual(await failuresIn(resources), []);
      }),
      { numRuns: runs },
    );
  });
});
