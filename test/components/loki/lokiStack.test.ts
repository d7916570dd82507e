import * as assert from "node:assert/strict";
import * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";
import { parse } from "yaml";
import { charts } from "../../../components/charts/charts";
import { LokiStack, LokiStackArgs } from "../../../components/loki/lokiStack";
import {
  RecordProgramOptions,
  RecordedResource,
  Recording,
  recordProgram,
  isUnknown,
} from "../../support/mocks";

const identity = {
  cluster: "ticketing-prod",
  environment: "prod",
  bucket: "ticketing-loki-chunks",
  region: "us-east-1",
};

async function recordLoki(
  args: Partial<LokiStackArgs> = {},
  options: RecordProgramOptions = {},
): Promise<Recording> {
  return recordProgram(() => {
    const loki = new LokiStack("loki", { ...identity, ...args });
    const { url, pushUrl, bucketName, roleArn, chartVersion, collectorChartVersion } = loki;
    return { url, pushUrl, bucketName, roleArn, chartVersion, collectorChartVersion };
  }, options);
}

function one(resources: RecordedResource[], type: string, name?: string): RecordedResource {
  const [found, ...others] = resources.filter(
    (each) => each.type.endsWith(`:${type}`) && (name === undefined || each.name === name),
  );
  assert.ok(found !== undefined && others.length === 0, `one ${type} ${name ?? ""}`);
  return found;
}

/** Releases by name of their Pulumi resource. */
function releases(resources: RecordedResource[]): string[] {
  return resources
    .filter(({ type }) => type.endsWith(":Release"))
    .map(({ inputs }) => `${inputs["name"]} in ${inputs["namespace"]}`);
}

/** Collects warnings instead of printing them. */
async function warningsOf(work: () => Promise<unknown>): Promise<string[]> {
  const warnings: string[] = [];
  const { warn } = pulumi.log;
  const log = pulumi.log as { warn: typeof warn };
  log.warn = (message) => {
    warnings.push(message);
    return Promise.resolve();
  };
  try {
    await work();
  } finally {
    log.warn = warn;
  }
  return warnings;
}

describe("LokiStack", () => {
  it("registers the release loki from the repository of the open-source chart", async () => {
    const { resources } = await recordLoki();
    const { inputs } = one(resources, "Release", "loki");
    assert.equal(inputs["name"], "loki");
    assert.equal(inputs["namespace"], "monitoring");
    assert.equal(inputs["chart"], "loki");
    assert.equal(inputs["version"], charts.loki.version);
    assert.deepEqual(inputs["repositoryOpts"], {
      repo: "https://grafana-community.github.io/helm-charts",
    });
  });

  it("has values that are known completely in a first preview", async () => {
    const { resources } = await recordLoki();
    for (const release of resources.filter(({ type }) => type.endsWith(":Release"))) {
      assert.equal(isUnknown(release, "values"), false, release.name);
    }
  });

  it("runs Loki as the service account loki, whose annotation names the role only with IRSA", async () => {
    const roleArn = "arn:aws:iam::123456789012:role/ticketing-prod-loki";
    const annotations = async (args: Partial<LokiStackArgs>): Promise<unknown> => {
      const { resources } = await recordLoki(args, {
        preview: false,
        computed: ({ type }) => (type.endsWith(":Role") ? { arn: roleArn } : {}),
      });
      const { metadata, automountServiceAccountToken } = one(resources, "ServiceAccount").inputs;
      assert.equal(metadata.name, "loki");
      assert.equal(metadata.namespace, "monitoring");
      assert.equal(automountServiceAccountToken, false);
      return metadata.annotations as unknown;
    };
    assert.deepEqual(await annotations({}), {});
    assert.deepEqual(
      await annotations({
        awsIdentity: "irsa",
        oidcProviderArn: "arn:aws:iam::123456789012:oidc-provider/oidc.example.com",
        oidcIssuerUrl: pulumi.output("https://oidc.example.com"),
      }),
      { "eks.amazonaws.com/role-arn": roleArn },
    );
  });

  it("starts Loki after its bucket, its role and its service account", async () => {
    const { resources } = await recordLoki();
    const { dependencies } = one(resources, "Release", "loki").options;
    for (const name of [
      "loki-bucket",
      "loki-bucket-policy",
      "loki-role-policy",
      "loki-pod-identity",
      "loki-service-account",
    ]) {
      const needed = resources.find((each) => each.name === name);
      assert.ok(needed !== undefined && dependencies.includes(needed.urn), name);
    }
  });

  it("creates the ConfigMap with the rules before Loki, and only if there are rules", async () => {
    const alertmanagerUrl = "http://alertmanager.monitoring.svc:9093";
    const logAlerts = [{ namespace: "ticketing", service: "order-service" }];
    const { resources } = await recordLoki({ alertmanagerUrl, logAlerts });
    const { metadata, data } = one(resources, "ConfigMap", "loki-rules").inputs;
    assert.equal(metadata.name, "loki-rules");
    assert.match(data["logs.yaml"] as string, /service="order-service"/);
    const without = (await recordLoki()).resources;
    assert.ok(without.every(({ name }) => name !== "loki-rules"));
  });

  it("records log metrics by the same ConfigMap", async () => {
    const { resources } = await recordLoki({
      logMetricNamespaces: ["ticketing"],
      remoteWriteUrls: ["http://prometheus.monitoring.svc:9090/api/v1/write"],
    });
    const { data } = one(resources, "ConfigMap", "loki-rules").inputs;
    assert.match(data["logs.yaml"] as string, /record: namespace_service:log_lines:rate5m/);
  });

  it("registers no AWS resources with the storage filesystem", async () => {
    const { resources, outputs } = await recordLoki({ storage: "filesystem" });
    assert.deepEqual(
      resources.filter(({ type }) => type.startsWith("aws:")),
      [],
    );
    assert.equal(outputs["bucketName"], "");
    assert.equal(outputs["roleArn"], "");
    assert.deepEqual(releases(resources), ["loki in monitoring", "alloy in monitoring"]);
  });

  it("collects Kubernetes events with one more pod, which may read only events", async () => {
    const { resources } = await recordLoki({
      kubernetesEvents: true,
      namespace: "logging",
      collectorChartVersion: "1.2.3",
    });
    assert.deepEqual(releases(resources), [
      "loki in logging",
      "alloy in logging",
      "alloy-events in logging",
    ]);
    const release = resources.find(({ inputs }) => inputs["name"] === "alloy-events");
    assert.equal(release?.inputs["version"], "1.2.3");
    const { controller, alloy } = release?.inputs["values"] as Record<string, any>;
    assert.equal(controller.type, "deployment");
    const configMap = resources.find(
      ({ inputs }) => inputs["metadata"]?.name === alloy.configMap.name,
    );
    assert.match(
      configMap?.inputs["data"][alloy.configMap.key],
      /^loki\.source\.kubernetes_events "events" \{/,
    );
    const role = resources.find(
      ({ inputs }) => inputs["metadata"]?.name === "logging-alloy-events",
    );
    assert.deepEqual(role?.inputs["rules"], [
      { apiGroups: [""], resources: ["events"], verbs: ["get", "list", "watch"] },
    ]);
    const subjects = resources.flatMap(({ inputs }) => inputs["subjects"] ?? []);
    assert.deepEqual(subjects.at(-1), {
      kind: "ServiceAccount",
      name: "alloy-events",
      namespace: "logging",
    });
  });

  it("returns its URLs, its bucket and its role", async () => {
    const roleArn = "arn:aws:iam::123456789012:role/ticketing-prod-loki";
    const { outputs, resources } = await recordLoki(
      { namespace: "logging" },
      {
        preview: false,
        computed: ({ type }) => (type.endsWith(":Role") ? { arn: roleArn } : {}),
      },
    );
    const expected = {
      url: "http://loki.logging.svc.cluster.local:3100",
      pushUrl: "http://loki.logging.svc.cluster.local:3100/loki/api/v1/push",
      bucketName: "ticketing-loki-chunks",
      roleArn,
      chartVersion: charts.loki.version,
      collectorChartVersion: charts.alloy.version,
    };
    assert.deepEqual(outputs, expected);
    assert.deepEqual(one(resources, "LokiStack").outputs, expected);
  });

  it("shows policies its settings with every default, and nothing else", async () => {
    const { resources } = await recordLoki({
      values: { loki: { auth_enabled: true } },
      collectorValues: { alloy: {} },
    });
    const { inputs } = one(resources, "LokiStack");
    assert.equal(inputs["retentionDays"], 15);
    assert.equal(inputs["collector"], "alloy");
    assert.equal("values" in inputs, false);
    assert.equal("collectorValues" in inputs, false);
  });

  describe("without a region", () => {
    const record = (args: object = {}, options = (): pulumi.ComponentResourceOptions => ({})) =>
      recordProgram(
        () => void new LokiStack("loki", { ...identity, region: undefined, ...args }, options()),
        {
          call: {
            "aws:index/getRegion:getRegion": (_inputs, provider) => ({
              region: provider.includes("::tokyo") ? "ap-northeast-1" : "eu-west-1",
            }),
          },
        },
      );

    it("uses the region of the default AWS provider everywhere", async () => {
      const { resources } = await record();
      assert.equal(one(resources, "Bucket").inputs["region"], "eu-west-1");
      const { values } = one(resources, "Release", "loki").inputs;
      assert.equal(values.loki.storage.s3.region, "eu-west-1");
      assert.doesNotMatch(JSON.stringify(resources.map(({ inputs }) => inputs)), /us-east-1/);
    });

    it("uses the region of the AWS provider that the caller passes", async () => {
      const tokyo = () => new aws.Provider("tokyo", { region: "ap-northeast-1" });
      for (const options of [
        () => ({ provider: tokyo() }),
        () => ({ providers: [tokyo()] }),
        () => ({
          parent: new pulumi.ComponentResource("a:b:C", "c", {}, { providers: { aws: tokyo() } }),
        }),
      ]) {
        const { resources } = await record({}, options);
        assert.equal(one(resources, "Bucket").inputs["region"], "ap-northeast-1");
      }
    });

    it("accepts a KMS key only in that region", async () => {
      const kmsKeyArn = "arn:aws:kms:us-east-1:123456789012:key/1234abcd-12ab";
      await assert.rejects(record({ kmsKeyArn }), /kmsKeyArn .* must be a key in eu-west-1/);
    });
  });

  describe("with an option of the caller that keeps the logs", () => {
    const bucketParts = async (
      opts: pulumi.ComponentResourceOptions,
      args: Partial<LokiStackArgs> = {},
    ): Promise<RecordedResource[]> => {
      const { resources } = await recordProgram(
        () => void new LokiStack("loki", { ...identity, protectData: false, ...args }, opts),
      );
      const parts = resources.filter(({ type }) => type.startsWith("aws:s3/"));
      assert.equal(parts.length, 7);
      return parts;
    };

    it("protects the bucket and its settings if the component is protected", async () => {
      for (const { name, options } of await bucketParts({ protect: true })) {
        assert.equal(options.protect, true, name);
      }
    });

    it("never overrides retainOnDelete, which the engine passes on to children", async () => {
      for (const { name, options } of await bucketParts({ retainOnDelete: true })) {
        assert.notEqual(options.retainOnDelete, false, name);
      }
    });

    it("never empties the bucket, whatever the settings allow", async () => {
      for (const opts of [{ protect: true }, { retainOnDelete: true }]) {
        const parts = await bucketParts(opts, { deleteDataOnDestroy: true });
        assert.notEqual(one(parts, "Bucket").inputs["forceDestroy"], true);
      }
    });
  });

  it("exposes its bucket and its role, as resources that others can wait for", async () => {
    const types = async (args: object) => {
      const { outputs } = await recordProgram(() => {
        const { bucket, role } = new LokiStack("loki", { ...identity, ...args });
        return {
          bucket: bucket?.urn ?? "",
          role: role?.urn ?? "",
          isBucket: aws.s3.Bucket.isInstance(bucket),
          isRole: aws.iam.Role.isInstance(role),
        };
      });
      return outputs;
    };
    const created = await types({});
    assert.match(String(created["bucket"]), /::loki-bucket$/);
    assert.match(String(created["role"]), /::loki-role$/);
    assert.ok(created["isBucket"] && created["isRole"]);
    const roleArn = "arn:aws:iam::123456789012:role/loki";
    const none = { bucket: "", role: "", isBucket: false, isRole: false };
    assert.deepEqual(await types({ createBucket: false, roleArn }), none);
    assert.deepEqual(await types({ storage: "filesystem" }), none);
  });

  it("never removes a bucket whose deployed options would delete its logs", async () => {
    const key = "observability.data/delete-on-destroy";
    const accountOf = async (args: Partial<LokiStackArgs>) =>
      one((await recordLoki(args)).resources, "ServiceAccount");
    const permitted = await accountOf({ protectData: false, deleteDataOnDestroy: true });
    assert.equal(permitted.inputs["metadata"].annotations[key], "true");
    for (const removal of [{ createBucket: false }, { storage: "filesystem" as const }]) {
      const [field = ""] = Object.keys(removal);
      const { options, inputs } = await accountOf(removal);
      assert.deepEqual(options.ignoreChanges, [`metadata.annotations["${key}"]`]);
      // The engine ignores the change, so that the annotation stays as it is deployed.
      const metadata = { ...(inputs["metadata"] as object), annotations: { [key]: "true" } };
      await assert.rejects(
        recordLoki(removal, {
          preview: false,
          computed: ({ type }) => (type.endsWith(":ServiceAccount") ? { metadata } : {}),
        }),
        new RegExp(`${field} would delete the bucket .*\n +fix: run pulumi up with deleteData`),
      );
    }
    assert.deepEqual((await accountOf({})).options.ignoreChanges, []);
  });

  it("registers all resources under one parent and labels them", async () => {
    const { resources } = await recordLoki({ labels: { team: "sre" } });
    const component = one(resources, "LokiStack");
    for (const resource of resources) {
      if (resource === component) continue;
      assert.equal(resource.parent, component.urn, resource.name);
      const labels = resource.inputs["metadata"]?.labels as Record<string, string> | undefined;
      if (labels !== undefined) assert.equal(labels["team"], "sre", resource.name);
    }
  });

  it("merges the caller's values last and does not mutate them", async () => {
    const values = { singleBinary: { extraArgs: ["-log.level=debug"] }, write: { replicas: 1 } };
    const before = structuredClone(values);
    const { resources } = await recordLoki({
      values,
      collectorValues: { controller: { tolerations: [] } },
    });
    const merged = one(resources, "Release", "loki").inputs["values"];
    assert.deepEqual(merged.singleBinary.extraArgs, ["-log.level=debug"]);
    assert.equal(merged.singleBinary.replicas, 1);
    assert.deepEqual(merged.write, { replicas: 1 });
    const collector = one(resources, "Release", "loki-alloy").inputs["values"];
    assert.deepEqual(collector.controller.tolerations, []);
    assert.deepEqual(values, before);
  });

  it("registers nothing and lists every problem if its arguments are invalid", async () => {
    let recorded: Recording | undefined;
    await assert.rejects(
      async () => {
        recorded = await recordLoki({
          mode: "highAvailability",
          storage: "filesystem",
          bucket: "Ticketing",
        });
      },
      (error: Error) => {
        assert.match(error.message, /LokiStack "loki": 2 problems/);
        assert.match(error.message, /storage = "filesystem" must be s3/);
        assert.match(error.message, /fix: storage: "s3"/);
        assert.match(error.message, /bucket = "Ticketing" must have 3 to 63/);
        return true;
      },
    );
    assert.equal(recorded, undefined);
  });

  for (const [key, change, rule, storage] of [
    ["createBucket", false, 'must stay "true": the bucket is protected', "s3"],
    ["storage", "filesystem", 'must stay "s3": Loki would start without its logs', "s3"],
    ["namespace", "logs", 'must stay "monitoring": Loki would start with an empty', "filesystem"],
  ] as const) {
    it(`keeps protected logs: an error explains how to change ${key}`, async () => {
      const keepers = { storage, createBucket: "true", namespace: "monitoring" };
      const deployed: string[] = [];
      const options = {
        preview: false,
        // The engine ignores the changes, so that the outputs stay as they are deployed.
        computed: ({ type }: RecordedResource) => {
          deployed.push(type);
          return type.endsWith(":RandomUuid") ? { keepers } : {};
        },
      };
      await assert.rejects(recordLoki({ storage, [key]: change }, options), (error: Error) => {
        assert.match(error.message, /LokiStack "loki": 1 problem in its arguments/);
        assert.ok(error.message.includes(`${key} = "${change}" ${rule}`), error.message);
        assert.match(
          error.message,
          new RegExp(`fix: keep ${key}, or run pulumi up with protectData: false, .* ${key}$`),
        );
        return true;
      });
      assert.deepEqual(
        deployed.filter((type) => !/^(pulumi|monitoring|random):/.test(type)),
        [],
      );
    });
  }

  describe("its collector", () => {
    it("is Alloy, which reads its configuration from a ConfigMap", async () => {
      const { resources } = await recordLoki({ namespace: "logging" });
      assert.deepEqual(releases(resources), ["loki in logging", "alloy in logging"]);
      const release = one(resources, "Release", "loki-alloy");
      assert.equal(release.inputs["version"], charts.alloy.version);
      assert.deepEqual(release.inputs["repositoryOpts"], { repo: charts.alloy.repository });
      const { metadata, data } = one(resources, "ConfigMap").inputs;
      const { name, key } = release.inputs["values"].alloy.configMap;
      assert.equal(metadata.name, name);
      assert.equal(metadata.namespace, "logging");
      assert.match(data[key], /url = "http:\/\/loki\.logging\.svc\.cluster\.local:3100/);
      assert.match(data[key], /cluster = "ticketing-prod"/);
    });

    it("logs no warning with Alloy", async () => {
      assert.deepEqual(await warningsOf(() => recordLoki()), []);
    });

    it("deploys Promtail on request, with a warning about its end of life", async () => {
      const warnings = await warningsOf(async () => {
        const { resources } = await recordLoki({ collector: "promtail" });
        assert.deepEqual(releases(resources), ["loki in monitoring", "promtail in monitoring"]);
        const { inputs } = one(resources, "Release", "loki-promtail");
        assert.equal(inputs["version"], charts.promtail.version);
        const [pods] = parse(inputs["values"].config.snippets.scrapeConfigs as string);
        assert.equal(pods.job_name, "pods");
        assert.equal(resources.filter(({ type }) => type.endsWith(":ConfigMap")).length, 0);
      });
      assert.equal(warnings.length, 1);
      assert.match(warnings[0] ?? "", /end of life on 2026-03-02/);
    });

    it("can be left to others", async () => {
      const { resources } = await recordLoki({ collector: "none" });
      assert.deepEqual(releases(resources), ["loki in monitoring"]);
      assert.deepEqual(
        resources.filter(({ type }) => type.includes("rbac") || type.endsWith(":ConfigMap")),
        [],
      );
    });

    for (const collector of ["alloy", "promtail"] as const) {
      it(`may see pods and nothing else: ${collector}`, async () => {
        let recording: Recording | undefined;
        await warningsOf(async () => {
          recording = await recordLoki({ collector, namespace: "logging" });
        });
        const resources = recording?.resources ?? [];
        const role = one(resources, "ClusterRole");
        assert.equal(role.inputs["metadata"].name, `logging-${collector}`);
        assert.deepEqual(role.inputs["rules"], [
          { apiGroups: [""], resources: ["pods"], verbs: ["get", "list", "watch"] },
        ]);
        const { roleRef, subjects } = one(resources, "ClusterRoleBinding").inputs;
        assert.equal(roleRef.name, `logging-${collector}`);
        assert.deepEqual(subjects, [
          { kind: "ServiceAccount", name: collector, namespace: "logging" },
        ]);
      });
    }

    it("starts after Loki, with its rights and its configuration", async () => {
      const { resources } = await recordLoki();
      const { dependencies } = one(resources, "Release", "loki-alloy").options;
      for (const [type, name] of [
        ["Release", "loki"],
        ["ConfigMap", undefined],
        ["ClusterRole", undefined],
        ["ClusterRoleBinding", undefined],
      ] as const) {
        assert.ok(dependencies.includes(one(resources, type, name).urn), type);
      }
    });

    it("has a separate version and repository", async () => {
      const { resources } = await recordLoki({
        chartVersion: "18.0.0",
        collectorChartVersion: "1.10.0",
        collectorRepository: "oci://registry.example.com/charts",
      });
      const { inputs } = one(resources, "Release", "loki-alloy");
      assert.equal(inputs["version"], "1.10.0");
      assert.equal(inputs["chart"], "oci://registry.example.com/charts/alloy");
      assert.equal(one(resources, "Release", "loki").inputs["version"], "18.0.0");
    });
  });
});
