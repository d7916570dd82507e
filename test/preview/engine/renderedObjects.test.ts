import * as assert from "node:assert/strict";
import * as kubernetes from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { fixedResults } from "../../../preview/engine/invokes";
import { record } from "../../../preview/engine/record";

const rule = (name: string) =>
  [
    "apiVersion: monitoring.coreos.com/v1",
    "kind: PrometheusRule",
    `metadata: {name: ${name}, namespace: shop}`,
    "spec: {groups: []}",
    "",
  ].join("\n");

async function registered(program: () => void): Promise<string[]> {
  const { resources } = await record(program, {
    project: "monitoring",
    stack: "dev",
    preview: true,
    config: {},
    secretConfig: [],
    invoke: fixedResults("us-east-1"),
  });
  return resources.map(({ type, name, parent }) =>
    [
      type.split(":").at(-1),
      name,
      ...(parent === undefined ? [] : [parent.split("::").at(-1)]),
    ].join(" "),
  );
}

describe("the objects of YAML texts in a preview", () => {
  it("are the children of a ConfigGroup", async () => {
    const found = await registered(() => {
      new kubernetes.yaml.ConfigGroup("rules", { yaml: [rule("a"), `${rule("b")}---\n`] });
    });
    assert.deepEqual(found, [
      "ConfigGroup rules",
      "PrometheusRule shop/a rules",
      "PrometheusRule shop/b rules",
    ]);
  });

  it("are the children of a ConfigGroup of version 2, also as objects and in lists", async () => {
    const found = await registered(() => {
      new kubernetes.yaml.v2.ConfigGroup("rules", {
        yaml: `apiVersion: v1\nkind: List\nitems:\n- ${rule("a").trim().replaceAll("\n", "\n  ")}\n`,
        objs: [{ apiVersion: "v1", kind: "ConfigMap", metadata: { name: "c" } }],
      });
    });
    assert.deepEqual(found, [
      "ConfigGroup rules",
      "PrometheusRule rules:shop/a rules",
      "ConfigMap rules:c rules",
    ]);
  });

  it("are absent as a whole if one is unknown, secret, unreadable or elsewhere", async () => {
    for (const args of [
      { yaml: pulumi.secret(rule("a")) },
      { yaml: `${rule("a")}---\na: [1` },
      { yaml: rule("a"), files: ["https://example.com/b.yaml"] },
      { yaml: rule("a"), files: ["missing/*.yaml"] },
    ]) {
      const found = await registered(() => {
        new kubernetes.yaml.v2.ConfigGroup("rules", args);
      });
      assert.deepEqual(found, ["ConfigGroup rules"]);
    }
  });

  it("fail the program if version 1 cannot read them, as the provider does", async () => {
    const program = () => {
      new kubernetes.yaml.ConfigGroup("rules", { yaml: "a: [1" });
    };
    await assert.rejects(registered(program), /cannot be parsed/);
  });

  it("are absent from charts and kustomizations, which the preview cannot render", async () => {
    const found = await registered(() => {
      new kubernetes.helm.v3.Chart("app", { chart: "app", version: "1.0.0" });
      new kubernetes.helm.v4.Chart("other", { chart: "app" });
      new kubernetes.kustomize.Directory("base", { directory: "base" });
    });
    assert.deepEqual(found.sort(), ["Chart app", "Chart other", "Directory base"]);
  });
});
