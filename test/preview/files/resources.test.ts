import * as assert from "node:assert/strict";
import { resourcesIn } from "../../../preview/files/resources";

const read = (text: string) => {
  const { resources, skipped } = resourcesIn({ path: "a/b.yaml", text }, "prod");
  return {
    objects: resources.map(({ urn, props }) => [urn.replace(/^.*?::files::/, ""), props]),
    skipped: skipped.map(({ path, because }) => `${path}: ${because}`),
  };
};
const rules = (expr: string): string => `groups: [{name: g, rules: [{alert: A, expr: '${expr}'}]}]`;

describe("the resources in a file", () => {
  it("are its Kubernetes objects, also in lists, named after the file and the object", () => {
    const { objects, skipped } = read(`apiVersion: v1
kind: List
items: [{apiVersion: v1, kind: ConfigMap, metadata: {name: one, namespace: shop}}]
---
# helm template separates documents, also empty ones
---
apiVersion: monitoring.coreos.com/v1
kind: Prometheus
metadata: {name: two}
spec: {paused: yes}
`);
    assert.deepEqual(
      objects.map(([urn]) => urn),
      [
        "kubernetes:core/v1:ConfigMap::a/b.yaml#shop/one",
        "kubernetes:monitoring.coreos.com/v1:Prometheus::a/b.yaml#two",
      ],
    );
    assert.deepEqual((objects[1]?.[1] as { spec: unknown }).spec, { paused: true });
    assert.deepEqual(skipped, []);
  });

  it("are a PrometheusRule for a rule file", () => {
    const { objects } = read(rules("up == 0"));
    assert.deepEqual(objects, [
      [
        "kubernetes:monitoring.coreos.com/v1:PrometheusRule::a/b.yaml",
        {
          apiVersion: "monitoring.coreos.com/v1",
          kind: "PrometheusRule",
          metadata: { name: "a/b.yaml" },
          spec: { groups: [{ name: "g", rules: [{ alert: "A", expr: "up == 0" }] }] },
        },
      ],
    ]);
  });

  it("are a Secret, and a ConfigMap that may have no credentials, for Alertmanager", () => {
    const { objects } = read("route: {receiver: a}\nreceivers: [{name: a}]");
    assert.deepEqual(
      objects.map(([urn]) => urn),
      ["kubernetes:core/v1:Secret::a/b.yaml", "kubernetes:core/v1:ConfigMap::a/b.yaml"],
    );
  });

  const skips: [what: string, text: string, skipped: string][] = [
    ["invalid YAML", "a: [", "a/b.yaml: it is not valid YAML"],
    ["a text", "hello", "a/b.yaml: it is not a map"],
    [
      "chart values",
      "replicas: 2",
      "a/b.yaml: it is not a Kubernetes object, a rule file or an Alertmanager configuration",
    ],
    [
      "rules for Loki",
      rules('sum(rate({app="x"} |= "error" [5m])) > 1'),
      "a/b.yaml: its rules are for Loki",
    ],
    [
      "one of several documents",
      "kind: ConfigMap\napiVersion: v1\n---\nreplicas: 2",
      "a/b.yaml, document 2: it is not a Kubernetes object, a rule file or an Alertmanager configuration",
    ],
    [
      "a kustomization",
      "apiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization",
      "a/b.yaml: kustomize has not rendered it",
    ],
  ];
  for (const [what, text, skipped] of skips) {
    it(`leave out ${what}, with the reason`, () => {
      assert.deepEqual(read(text).skipped, [skipped]);
    });
  }

  it("keep prototype keys as data, and turn what JSON lacks into null", () => {
    const { objects } = read("apiVersion: v1\nkind: X\n__proto__: {a: 1}\nspec: .inf");
    assert.equal(JSON.stringify(objects[0]?.[1]).includes('"__proto__":{"a":1}'), true);
    assert.equal((objects[0]?.[1] as { spec: unknown }).spec, null);
  });
});
