import * as assert from "node:assert/strict";
import { check } from "../../../components/shared/problems";
import { labels } from "../../../components/shared/schemas";

function rules(map: Record<string, unknown>): string[] {
  const { problems = [] } = check(labels, map);
  return problems.map(({ path, rule }) => [...path, rule].join(" "));
}

describe("labels", () => {
  it("have the keys and values that Kubernetes accepts", () => {
    const valid = { team: "checkout", "example.com/cost-center": "A_1.b-2", empty: "", a: "9" };
    assert.deepEqual(rules(valid), []);
    for (const key of ["-team", "a b", "Example.com/a", "a/b/c", "/a", "", "a".repeat(64)]) {
      assert.match(rules({ [key]: "x" }).join(), /must have a key of at most 63/, key);
    }
    for (const value of ["a b", "-a", "a-", "é", "a/b", "a".repeat(64)]) {
      assert.match(rules({ team: value }).join(), /^team must be a label value/, value);
    }
    assert.match(rules({ team: 1 }).join(), /must be a string/);
  });

  it("leave the keys of Kubernetes and of the charts to these", () => {
    const reserved = [
      ...["app", "release", "chart", "heritage", "component", "jobLabel", "grafana_dashboard"],
      ...[
        "app.kubernetes.io/name",
        "app.kubernetes.io/part-of",
        "helm.sh/chart",
        "kubernetes.io/os",
      ],
      ...["topology.k8s.io/zone", "agent.datadoghq.com/component", "prometheus.io/service-monitor"],
    ];
    for (const key of reserved) {
      assert.deepEqual(rules({ [key]: "x" }), [
        `${key} is a label that Kubernetes or a chart sets`,
      ]);
    }
    assert.deepEqual(rules({ application: "x", "apps.example.com/app": "x", "my-app": "x" }), []);
  });

  it("are valid tags in AWS", () => {
    const long = `${"a".repeat(60)}.${"b".repeat(60)}.com/team`;
    assert.match(
      rules({ [long]: "x" }).join(),
      /at most 128 characters, the limit for a tag in AWS/,
    );
    assert.match(
      rules({ team: "a", Team: "b" }).join(),
      /^Team must not differ from team only in case/,
    );
    const many = Object.fromEntries(Array.from({ length: 46 }, (_, index) => [`l${index}`, "x"]));
    assert.match(rules(many).join(), /must have at most 45 labels/);
  });
});
