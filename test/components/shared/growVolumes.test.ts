import * as assert from "node:assert/strict";
import { growVolumes } from "../../../components/shared/growVolumes";

const volumes = [
  {
    ...{ statefulSet: "loki", claimTemplate: "storage", setting: "volumeGb" },
    ...{ size: "{{ .Values.size }}", storageClass: "{{ .Values.storageClass }}" },
  },
  {
    ...{ statefulSet: "prometheus-p", claimTemplate: "prometheus-p-db", setting: "storageGb" },
    size: "{{ .Values.storage }}",
  },
];

/** The objects by kind. */
function objects(settings = {}) {
  const placement = {
    nodeSelector: {},
    tolerations: [],
    priorityClassName: undefined,
    ...settings,
  };
  const all = growVolumes(placement, "sidecar:1", volumes) as any[];
  return Object.fromEntries(all.map((object) => [object.kind, object])) as Record<string, any>;
}

describe("growVolumes", () => {
  it("exists only during an upgrade", () => {
    for (const { metadata } of Object.values(objects())) {
      assert.equal(metadata.annotations["helm.sh/hook"], "pre-upgrade");
      assert.match(metadata.annotations["helm.sh/hook-delete-policy"], /hook-succeeded/);
    }
  });

  it("may delete only the StatefulSets that Helm creates again", () => {
    const rules = objects()["Role"].rules as { verbs: string[]; resourceNames?: string[] }[];
    const of = (verb: string) => rules.find(({ verbs }) => verbs.includes(verb))?.resourceNames;
    assert.deepEqual(of("delete"), ["loki"]);
    assert.deepEqual(of("get"), ["loki", "prometheus-p"]);
  });

  it("runs on the nodes that the settings select", () => {
    const { spec } = objects({ nodeSelector: { pool: "monitoring" }, priorityClassName: "high" })[
      "Job"
    ].spec.template;
    assert.equal(spec.nodeSelector.pool, "monitoring");
    assert.equal(spec.priorityClassName, "high");
  });

  it("runs a program that Helm templates leave as it is", () => {
    const [container] = objects()["Job"].spec.template.spec.containers;
    assert.doesNotMatch(container.command.at(-1), /\{\{|\}\}/);
  });
});
