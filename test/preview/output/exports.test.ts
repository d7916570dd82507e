import * as assert from "node:assert/strict";
import * as kubernetes from "@pulumi/kubernetes";
import * as amp from "@pulumi/aws/amp";
import * as s3 from "@pulumi/aws/s3";
import * as pulumi from "@pulumi/pulumi";
import { parse, stringify } from "yaml";
import { exportFiles } from "../../../preview/output/exports";
import { redactor } from "../../../preview/output/redact";
import { recordProgram } from "../../support/mocks";

const WEBHOOK = "https://hooks.example.com/planted";

async function exported(program: () => void): Promise<Map<string, string>> {
  const { resources } = await recordProgram(program);
  return exportFiles({
    resources,
    policy: {
      passed: true,
      pack: { name: "p", version: "1" },
      policies: [],
      violations: [],
      environment: { judged: "production", source: "the policy configuration (prod)" },
      notEvaluated: [],
      exceptions: [],
      remediations: [],
    },
    redact: redactor([WEBHOOK]),
  });
}

function read(files: Map<string, string>, name: string) {
  const content = files.get(name);
  assert.ok(content !== undefined, `${name} is among ${[...files.keys()].join(", ")}`);
  return name.endsWith(".json") ? (JSON.parse(content) as unknown) : (parse(content) as unknown);
}

describe("the files of a preview", () => {
  it("include the rules, the routes and the templates in a workspace of AWS", async () => {
    const config = 'templates: ["own"]\nroute:\n  receiver: slack\n';
    const files = await exported(() => {
      const workspaceId = "ws-1";
      new amp.RuleGroupNamespace("rules", { workspaceId, name: "shop", data: "groups: []\n" });
      new amp.AlertManagerDefinition("alerts", {
        workspaceId,
        definition: stringify({
          template_files: { own: `{{ define "a" }}${WEBHOOK}{{ end }}` },
          alertmanager_config: config,
        }),
      });
    });
    assert.equal(files.get("rules/shop.yaml"), "groups: []\n");
    assert.equal(files.get("alertmanager/alertmanager.yaml"), config);
    const template = files.get("alertmanager/own") ?? "";
    assert.match(template, /^\{\{ define "a" \}\}.*\{\{ end \}\}$/);
    assert.ok(!template.includes(WEBHOOK));
  });

  it("include each release with its known values", async () => {
    const files = await exported(() => {
      const bucket = new s3.Bucket("logs", {});
      new kubernetes.helm.v3.Release("loki", {
        name: "loki",
        chart: "loki",
        version: "1.2.3",
        namespace: "monitoring",
        repositoryOpts: { repo: "https://charts.example.com" },
        values: { role: bucket.arn, replicas: 2, list: [1, bucket.arn], removed: null },
      });
    });
    assert.deepEqual(read(files, "releases.json"), [
      {
        name: "loki",
        chart: "loki",
        version: "1.2.3",
        repository: "https://charts.example.com",
        namespace: "monitoring",
      },
    ]);
    assert.deepEqual(read(files, "values/loki.yaml"), { replicas: 2, list: [1], removed: null });
  });

  it("include each Kubernetes object, and Secrets without their values", async () => {
    const files = await exported(() => {
      const bucket = new s3.Bucket("logs", {});
      new kubernetes.core.v1.Namespace("monitoring", { metadata: { name: "monitoring" } });
      new kubernetes.core.v1.Secret("plain", {
        metadata: { name: "plain" },
        stringData: { a: "1" },
        data: { b: "Mg==" },
      });
      new kubernetes.core.v1.Secret("late", {
        metadata: { name: "late" },
        stringData: { arn: bucket.arn },
      });
    });
    assert.deepEqual(read(files, "manifests/namespace-monitoring.yaml"), {
      apiVersion: "v1",
      kind: "Namespace",
      metadata: { name: "monitoring" },
    });
    assert.deepEqual(read(files, "manifests/secret-plain.yaml"), {
      apiVersion: "v1",
      kind: "Secret",
      metadata: { name: "plain" },
      data: { a: "[secret]", b: "[secret]" },
    });
    assert.deepEqual(read(files, "manifests/secret-late.yaml"), {
      apiVersion: "v1",
      kind: "Secret",
      metadata: { name: "late" },
      data: { unknown: "[unknown]" },
    });
    // The API server refuses values that are not base64, so the files cannot replace live Secrets.
    const base64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/;
    for (const name of ["plain", "late"]) {
      const { data } = read(files, `manifests/secret-${name}.yaml`) as { data: object };
      assert.ok(Object.values(data).every((value) => !base64.test(value)));
    }
  });

  it("include plain rule files and dashboards", async () => {
    const groups = [{ name: "g", rules: [{ alert: "Down", expr: "up == 0" }] }];
    const files = await exported(() => {
      for (const namespace of ["a", "b"]) {
        new kubernetes.apiextensions.CustomResource(`rules-${namespace}`, {
          apiVersion: "monitoring.coreos.com/v1",
          kind: "PrometheusRule",
          metadata: { name: "services", namespace },
          spec: { groups },
        });
      }
      new kubernetes.core.v1.ConfigMap("overview", {
        metadata: { name: "overview", labels: { grafana_dashboard: "1" } },
        data: { "overview.json": '{"title":"Overview"}' },
      });
      new kubernetes.core.v1.ConfigMap("existing", {
        metadata: { name: "existing", labels: { "label-of-another-grafana": "1" } },
        data: { "dashboard-loki-health.json": '{"title":"Loki"}' },
      });
      new kubernetes.core.v1.ConfigMap("other", {
        metadata: { name: "other" },
        data: { "other.json": "{}" },
      });
    });
    assert.deepEqual(read(files, "rules/services.yaml"), { groups });
    assert.deepEqual(read(files, "rules/services-2.yaml"), { groups });
    assert.deepEqual(read(files, "dashboards/overview.json"), { title: "Overview" });
    assert.deepEqual(read(files, "dashboards/dashboard-loki-health.json"), { title: "Loki" });
    assert.equal(files.has("dashboards/other.json"), false);
  });

  it("include the configuration and templates of Alertmanager without secrets", async () => {
    const files = await exported(() => {
      new kubernetes.core.v1.Secret("config", {
        metadata: { name: "alertmanager-config" },
        stringData: {
          "alertmanager.yaml": `global: {slack_api_url: '${WEBHOOK}'}`,
          "slack.tmpl": "{{ define }}",
          token: "hunter2",
        },
      });
    });
    assert.deepEqual(
      [...files.keys()].filter((name) => name.startsWith("alertmanager/")),
      ["alertmanager/alertmanager.yaml", "alertmanager/slack.tmpl"],
    );
    assert.deepEqual(read(files, "alertmanager/alertmanager.yaml"), {
      global: { slack_api_url: "[secret]" },
    });
  });

  it("do not contain a secret, whether or not it is marked as secret", async () => {
    const files = await exported(() => {
      new kubernetes.core.v1.ConfigMap("leak", { data: { url: `see ${WEBHOOK}` } });
      new kubernetes.core.v1.Secret("s", {
        stringData: { url: WEBHOOK },
        data: { k: "aHVudGVyMg==" },
      });
      new kubernetes.helm.v3.Release("r", {
        chart: "c",
        values: { a: pulumi.secret("hunter2"), b: { c: WEBHOOK } },
      });
    });
    const everything = [...files.values()].join("\n");
    for (const secret of [WEBHOOK, "hunter2", "aHVudGVyMg=="]) {
      assert.equal(everything.includes(secret), false, secret);
    }
  });

  it("list all resources in order, with placeholders for secrets and unknown values", async () => {
    const files = await exported(() => {
      const bucket = new s3.Bucket("logs", { bucket: "logs" }, { protect: true });
      new s3.BucketPolicy("access", { bucket: bucket.id, policy: pulumi.secret("{}") });
    });
    const urn = (type: string, name: string) => `urn:pulumi:test::monitoring::${type}::${name}`;
    const bucket = urn("aws:s3/bucket:Bucket", "logs");
    assert.deepEqual(read(files, "resources.json"), [
      {
        urn: bucket,
        type: "aws:s3/bucket:Bucket",
        name: "logs",
        protect: true,
        inputs: { bucket: "logs" },
      },
      {
        urn: urn("aws:s3/bucketPolicy:BucketPolicy", "access"),
        type: "aws:s3/bucketPolicy:BucketPolicy",
        name: "access",
        dependencies: [bucket],
        inputs: { bucket: "[unknown]", policy: "[secret]" },
      },
    ]);
  });
});
