import * as assert from "node:assert/strict";
import { credentialIn } from "../../policies/shared/credentials";
import {
  RecordedResource,
  Recording,
  SECRET,
  UNKNOWN,
  isSecret,
  isUnknown,
} from "../support/mocks";
import { runProgram } from "../support/runProgram";
import { secrets } from "../support/stackConfig";

const releaseType = "kubernetes:helm.sh/v3:Release";
const stackType = (component: string) => `monitoring:index:${component}`;

const listOf = ({ resources }: Recording) =>
  resources.map(({ type, name }) => `${type} ${name}`).sort();

const ofType = ({ resources }: Recording, type: string) =>
  resources.filter((resource) => resource.type === type);

function find(recording: Recording, type: string, name: string): RecordedResource {
  const match = recording.resources.find(
    (resource) => resource.type === type && resource.name === name,
  );
  assert.ok(match, `${type} ${name} is registered`);
  return match;
}

const valuesOf = (recording: Recording, release: string): Record<string, any> =>
  find(recording, releaseType, release).inputs["values"];

/** Whether a resource depends on another one, directly or transitively. */
function dependsOn(
  recording: Recording,
  resource: RecordedResource,
  other: RecordedResource,
): boolean {
  const byUrn = new Map(recording.resources.map((entry) => [entry.urn, entry]));
  const seen = new Set<string>();
  const queue = [resource.urn];
  for (let urn = queue.pop(); urn !== undefined; urn = queue.pop()) {
    if (urn === other.urn) return true;
    if (seen.has(urn)) continue;
    seen.add(urn);
    const { parent, options } = byUrn.get(urn) ?? {};
    const { dependencies = [], provider } = options ?? {};
    queue.push(...dependencies, ...[parent, provider].filter((urn) => urn !== undefined));
  }
  return false;
}

/** Resources of prod. */
const allResources = [
  "aws:eks/podIdentityAssociation:PodIdentityAssociation loki-pod-identity",
  "aws:iam/role:Role loki-role",
  "aws:iam/rolePolicy:RolePolicy loki-role-policy",
  "aws:s3/bucket:Bucket loki-bucket",
  "aws:s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration loki-bucket-lifecycle",
  "aws:s3/bucketOwnershipControls:BucketOwnershipControls loki-bucket-ownership",
  "aws:s3/bucketPolicy:BucketPolicy loki-bucket-policy",
  "aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock loki-bucket-public-access",
  "aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration loki-bucket-encryption",
  "aws:s3/bucketVersioning:BucketVersioning loki-bucket-versioning",
  "kubernetes:core/v1:ConfigMap dashboards-alert-delivery",
  "kubernetes:core/v1:ConfigMap dashboards-kubernetes-cluster",
  "kubernetes:core/v1:ConfigMap dashboards-kubernetes-nodes",
  "kubernetes:core/v1:ConfigMap dashboards-kubernetes-pods",
  "kubernetes:core/v1:ConfigMap dashboards-loki-health",
  "kubernetes:core/v1:ConfigMap dashboards-prometheus-health",
  "kubernetes:core/v1:ConfigMap dashboards-service-detail",
  "kubernetes:core/v1:ConfigMap dashboards-service-objectives",
  "kubernetes:core/v1:ConfigMap dashboards-services-overview",
  "kubernetes:core/v1:ConfigMap loki-alloy-config",
  "kubernetes:core/v1:Namespace monitoring",
  "kubernetes:core/v1:Namespace ticketing",
  "kubernetes:core/v1:Secret datadog-cluster-agent-token",
  "kubernetes:core/v1:Secret datadog-keys",
  "kubernetes:core/v1:Secret prometheus-grafana-admin",
  "kubernetes:core/v1:Secret slack-config",
  "kubernetes:core/v1:Secret slack-webhook",
  "kubernetes:core/v1:ServiceAccount loki-service-account",
  "kubernetes:helm.sh/v3:Release datadog",
  "kubernetes:helm.sh/v3:Release loki",
  "kubernetes:helm.sh/v3:Release loki-alloy",
  "kubernetes:helm.sh/v3:Release prometheus",
  "kubernetes:monitoring.coreos.com/v1:PrometheusRule prometheus-rules",
  "kubernetes:monitoring.coreos.com/v1:PrometheusRule services-rules",
  "kubernetes:monitoring.coreos.com/v1:ServiceMonitor services-api-gateway",
  "kubernetes:monitoring.coreos.com/v1:ServiceMonitor services-auth-service",
  "kubernetes:monitoring.coreos.com/v1:ServiceMonitor services-inventory-service",
  "kubernetes:networking.k8s.io/v1:NetworkPolicy datadog-agents-network-policy",
  "kubernetes:networking.k8s.io/v1:NetworkPolicy datadog-cluster-agent-network-policy",
  "kubernetes:networking.k8s.io/v1:NetworkPolicy loki-collector-network-policy",
  "kubernetes:networking.k8s.io/v1:NetworkPolicy loki-pods-network-policy",
  "kubernetes:networking.k8s.io/v1:NetworkPolicy loki-upgrade-jobs-network-policy",
  "kubernetes:networking.k8s.io/v1:NetworkPolicy prometheus-admission-jobs-network-policy",
  "kubernetes:networking.k8s.io/v1:NetworkPolicy prometheus-alertmanager-network-policy",
  "kubernetes:networking.k8s.io/v1:NetworkPolicy prometheus-grafana-network-policy",
  "kubernetes:networking.k8s.io/v1:NetworkPolicy prometheus-kube-state-metrics-network-policy",
  "kubernetes:networking.k8s.io/v1:NetworkPolicy prometheus-operator-network-policy",
  "kubernetes:networking.k8s.io/v1:NetworkPolicy prometheus-prometheus-network-policy",
  "kubernetes:networking.k8s.io/v1:NetworkPolicy prometheus-upgrade-jobs-network-policy",
  "kubernetes:rbac.authorization.k8s.io/v1:ClusterRole loki-alloy-role",
  "kubernetes:rbac.authorization.k8s.io/v1:ClusterRole prometheus-grafana-role",
  "kubernetes:rbac.authorization.k8s.io/v1:ClusterRoleBinding loki-alloy-role-binding",
  "kubernetes:rbac.authorization.k8s.io/v1:ClusterRoleBinding prometheus-grafana-role-binding",
  "monitoring:index:DatadogAgent datadog",
  "monitoring:index:GrafanaDashboards dashboards",
  "monitoring:index:LokiStack loki",
  "monitoring:index:MonitoredServices services",
  "monitoring:index:PrometheusStack prometheus",
  "monitoring:index:SlackAlerting slack",
  "pulumi:providers:kubernetes cluster",
  "random:index/randomPassword:RandomPassword datadog-cluster-agent-token",
  "random:index/randomPassword:RandomPassword prometheus-grafana-admin",
  "random:index/randomUuid:RandomUuid cluster",
  "random:index/randomUuid:RandomUuid loki-data-location",
  "random:index/randomUuid:RandomUuid prometheus-data-location",
];

/** Services in dev have no objectives, and so no dashboard of objectives, and pods no network policies. */
const devResources = allResources.filter(
  (line) => !line.endsWith(" dashboards-service-objectives") && !line.includes("NetworkPolicy"),
);

for (const stack of ["dev", "prod"] as const) {
  describe(`the program in the first preview of ${stack}`, () => {
    let recording: Recording;
    before(async () => {
      recording = await runProgram(stack);
    });

    it("registers the resources of all parts", () =>
      assert.deepEqual(listOf(recording), stack === "dev" ? devResources : allResources));

    it("shows no secret in plain text in inputs or outputs", () => {
      for (const { redactedInputs, urn } of [...recording.resources, recording.stack]) {
        for (const secret of Object.values(secrets[stack])) {
          assert.ok(!JSON.stringify(redactedInputs).includes(secret), urn);
        }
        assert.equal(credentialIn(JSON.stringify(redactedInputs)), undefined, urn);
      }
      const outputs = JSON.stringify(recording.resources.map(({ outputs }) => outputs));
      for (const secret of Object.values(secrets[stack])) assert.ok(!outputs.includes(secret));
    });

    it("passes each secret only to the Kubernetes Secret that uses it", () => {
      const places = Object.entries(secrets[stack]).map(([key, secret]) => [
        key,
        recording.resources
          .filter(({ inputs }) => JSON.stringify(inputs).includes(secret))
          .map(({ name, inputs, redactedInputs }) => {
            assert.ok(JSON.stringify(redactedInputs).includes(SECRET), name);
            const entries = Object.entries(inputs["stringData"] as Record<string, string>);
            return [
              name,
              ...entries.filter(([, value]) => value === secret).map(([entry]) => entry),
            ];
          }),
      ]);
      assert.deepEqual(Object.fromEntries(places), {
        "monitoring:datadogApiKey": [["datadog-keys", "api-key"]],
        "monitoring:datadogAppKey": [["datadog-keys", "app-key"]],
        "monitoring:slackWebhookUrl": [["slack-webhook", "webhook-url"]],
        ...(stack === "prod" && {
          "monitoring:heartbeatUrl": [["slack-webhook", "heartbeat-url"]],
        }),
      });
    });

    it("has chart values without unknown or secret leaves, so that policies can check them", () => {
      const releases = ofType(recording, releaseType);
      assert.equal(releases.length, 4);
      for (const release of releases) {
        assert.ok(!isUnknown(release, "values") && !isSecret(release, "values"), release.name);
        assert.ok(Object.keys(release.inputs["values"] as object).length > 3, release.name);
      }
    });

    it("uses its own cluster provider for all objects, never the default provider", () => {
      const provider = find(recording, "pulumi:providers:kubernetes", "cluster");
      const objects = recording.resources.filter(({ type }) => type.startsWith("kubernetes:"));
      assert.equal(objects.length, stack === "dev" ? 30 : 43);
      for (const { urn, options } of objects) assert.equal(options.provider, provider.urn, urn);
    });

    it("creates every object in a namespace of the stack", () => {
      const namespaces = recording.resources
        .filter(({ type, custom }) => custom && type.startsWith("kubernetes:"))
        .filter(({ type }) => !/:(Namespace|ClusterRole|ClusterRoleBinding)$/.test(type))
        .map(({ inputs }) => (inputs["namespace"] ?? inputs["metadata"].namespace) as string);
      assert.deepEqual([...new Set(namespaces)].sort(), ["monitoring", "ticketing"]);
    });

    it("creates namespaces before the releases in them", () => {
      const namespace = {
        prometheus: "monitoring",
        loki: "monitoring",
        "loki-alloy": "monitoring",
        datadog: "ticketing",
      };
      for (const release of ofType(recording, releaseType)) {
        const expected = namespace[release.name as keyof typeof namespace];
        assert.equal(release.inputs["namespace"], expected);
        const home = find(recording, "kubernetes:core/v1:Namespace", expected);
        assert.ok(dependsOn(recording, release, home), release.name);
      }
    });

    it("creates the custom resource definitions before the custom resources", () => {
      const prometheus = find(recording, releaseType, "prometheus");
      const dependents = [
        ...ofType(recording, "kubernetes:monitoring.coreos.com/v1:PrometheusRule"),
        ...ofType(recording, "kubernetes:monitoring.coreos.com/v1:ServiceMonitor"),
        find(recording, releaseType, "loki"),
        find(recording, releaseType, "loki-alloy"),
      ];
      assert.equal(dependents.length, 7);
      for (const dependent of dependents) {
        assert.ok(dependsOn(recording, dependent, prometheus), dependent.name);
      }
    });

    it("creates the Secrets before the pods that mount them", () => {
      const prometheus = find(recording, releaseType, "prometheus");
      for (const name of ["slack-config", "slack-webhook", "prometheus-grafana-admin"]) {
        const secret = find(recording, "kubernetes:core/v1:Secret", name);
        assert.ok(dependsOn(recording, prometheus, secret), name);
      }
      const keys = find(recording, "kubernetes:core/v1:Secret", "datadog-keys");
      assert.ok(dependsOn(recording, find(recording, releaseType, "datadog"), keys));
    });

    it("does not make Datadog depend on Prometheus", () => {
      const [prometheus, datadog] = ["prometheus", "datadog"].map((name) =>
        find(recording, releaseType, name),
      ) as [RecordedResource, RecordedResource];
      assert.ok(!dependsOn(recording, datadog, prometheus));
    });

    it("connects Alertmanager to Slack through the names of the Secrets", () => {
      const { alertmanagerSpec } = valuesOf(recording, "prometheus")["alertmanager"];
      const nameOf = (secret: string) =>
        find(recording, "kubernetes:core/v1:Secret", secret).inputs["metadata"].name as string;
      assert.equal(alertmanagerSpec.configSecret, nameOf("slack-config"));
      assert.deepEqual(alertmanagerSpec.secrets, [nameOf("slack-webhook")]);
      const config = find(recording, "kubernetes:core/v1:Secret", "slack-config").inputs;
      assert.ok(
        String(config["stringData"]["alertmanager.yaml"]).includes(
          `/etc/alertmanager/secrets/${nameOf("slack-webhook")}/webhook-url`,
        ),
      );
    });

    it("connects Grafana and the collector to Loki, and the Loki ruler to Alertmanager", () => {
      const { urls } = recording.outputs as { urls: Record<string, string> };
      const [source] = valuesOf(recording, "prometheus")["grafana"].additionalDataSources;
      assert.equal(source.type, "loki");
      assert.equal(source.url, urls["loki"]);
      const { rulerConfig } = valuesOf(recording, "loki")["loki"];
      assert.equal(rulerConfig.alertmanager_url, urls["alertmanager"]);
      const collector = find(recording, "kubernetes:core/v1:ConfigMap", "loki-alloy-config");
      assert.ok(
        JSON.stringify(collector.inputs["data"]).includes(`${urls["loki"]}/loki/api/v1/push`),
      );
    });

    it("labels metrics, logs and traces with the same cluster and environment", () => {
      const cluster = `ticketing-${stack}`;
      const spec = valuesOf(recording, "prometheus")["prometheus"].prometheusSpec;
      assert.deepEqual(spec.externalLabels, { cluster, env: stack });
      const { tags } = valuesOf(recording, "datadog")["datadog"];
      assert.deepEqual(tags, [`env:${stack}`, `cluster:${cluster}`]);
      const { rulerConfig } = valuesOf(recording, "loki")["loki"];
      assert.deepEqual(rulerConfig.external_labels, { cluster, env: stack });
    });

    it("protects the bucket only in prod, and retains the namespaces", () => {
      const isProd = stack === "prod";
      assert.equal(find(recording, "aws:s3/bucket:Bucket", "loki-bucket").options.protect, isProd);
      for (const { options } of ofType(recording, "kubernetes:core/v1:Namespace")) {
        assert.equal(options.retainOnDelete, true);
      }
    });

    it("outputs how to access the user interfaces, and what is deployed", () => {
      const { access, chartVersions, lokiBucket, grafanaAdminPassword } = recording.outputs;
      const forward = "kubectl port-forward -n monitoring svc/prometheus";
      assert.deepEqual(access, {
        grafana: `${forward}-grafana 3000:80  # http://localhost:3000`,
        prometheus: `${forward}-kube-prometheus-prometheus 9090:9090  # http://localhost:9090`,
        alertmanager: `${forward}-kube-prometheus-alertmanager 9093:9093  # http://localhost:9093`,
        loki: "kubectl port-forward -n monitoring svc/loki 3100:3100  # http://localhost:3100",
        datadog: "https://app.datadoghq.com/",
      });
      assert.deepEqual(chartVersions, {
        "kube-prometheus-stack": "88.5.3",
        loki: "18.11.0",
        alloy: "1.11.1",
        datadog: "3.240.0",
      });
      assert.equal(lokiBucket, `ticketing-loki-chunks${stack === "dev" ? "-dev" : ""}`);
      assert.equal(grafanaAdminPassword, UNKNOWN);
    });
  });
}

describe("the deployed program", () => {
  it("outputs the Grafana password as a secret, and all other outputs in plain text", async () => {
    const secretSignature = {
      "4dabf18193072939515e22adb298388d": "1b47061264138c4ac30d75fd1eb44270",
    };
    // The engine marks the outputs that the SDK lists.
    const computed = ({ options }: RecordedResource) =>
      Object.fromEntries(
        options.additionalSecretOutputs.map((name) => [
          name,
          { ...secretSignature, value: "generated" },
        ]),
      );
    const { stack, outputs } = await runProgram("dev", {}, { computed });
    assert.equal(outputs["grafanaAdminPassword"], "generated");
    const marked = Object.entries(stack.registeredOutputs ?? {})
      .filter(([, value]) => JSON.stringify(value).includes(Object.keys(secretSignature)[0] ?? ""))
      .map(([name]) => name);
    assert.deepEqual(marked, ["grafanaAdminPassword"]);
  });
});

describe("the program", () => {
  const without = (pattern: RegExp, resources = allResources) =>
    resources.filter((line) => !pattern.test(line));
  const kubeconfig = { name: "kind", mode: "kubeconfig", context: "kind-monitoring" };

  it("has no bucket, no collector and no data source without Loki", async () => {
    const recording = await runProgram("prod", { loki: undefined });
    assert.deepEqual(listOf(recording), without(/ loki\b|loki-health|^aws:/));
    assert.ok(!("additionalDataSources" in valuesOf(recording, "prometheus")["grafana"]));
    assert.equal(recording.outputs["lokiBucket"], "");
    assert.ok(!("loki" in recording.outputs["chartVersions"]));
    assert.ok(!("loki" in recording.outputs["urls"]));
  });

  it("needs no keys without Datadog", async () => {
    const recording = await runProgram("prod", {
      datadog: undefined,
      datadogApiKey: undefined,
      datadogAppKey: undefined,
    });
    assert.deepEqual(listOf(recording), without(/ datadog\b/));
    assert.ok(!("datadog" in recording.outputs["access"]));
  });

  it("uses the Alertmanager configuration of the chart without Slack", async () => {
    const recording = await runProgram("prod", { slack: undefined, slackWebhookUrl: undefined });
    assert.deepEqual(listOf(recording), without(/ slack\b/));
    const { alertmanagerSpec } = valuesOf(recording, "prometheus")["alertmanager"];
    for (const key of ["useExistingSecret", "configSecret", "secrets"]) {
      assert.ok(!(key in alertmanagerSpec), key);
    }
  });

  it("uses existing Secrets instead of creating them", async () => {
    const recording = await runProgram("prod", {
      slack: { existingSecret: "our-webhook" },
      datadog: { existingSecret: "our-keys" },
      slackWebhookUrl: undefined,
      heartbeatUrl: undefined,
      datadogApiKey: undefined,
      datadogAppKey: undefined,
    });
    assert.deepEqual(listOf(recording), without(/Secret (slack-webhook|datadog-keys)$/));
    const { alertmanagerSpec } = valuesOf(recording, "prometheus")["alertmanager"];
    assert.deepEqual(alertmanagerSpec.secrets, ["our-webhook"]);
    assert.equal(valuesOf(recording, "datadog")["datadog"].apiKeyExistingSecret, "our-keys");
  });

  it("does not call AWS with a kubeconfig and logs on a volume", async () => {
    const recording = await runProgram(
      "dev",
      { cluster: kubeconfig, loki: { storage: "filesystem" } },
      { withAws: false },
    );
    assert.deepEqual(listOf(recording), without(/^aws:/, devResources));
    assert.equal(recording.outputs["lokiBucket"], "");
    const volumes = JSON.stringify(ofType(recording, releaseType).map(({ inputs }) => inputs));
    assert.ok(
      !/gp3|"storageClass(Name)?":/.test(volumes),
      "the default storage class of the cluster is used",
    );
  });

  it("binds the role of Loki through the OIDC provider of the cluster for IRSA", async () => {
    const recording = await runProgram("dev", { loki: { awsIdentity: "irsa" } });
    assert.deepEqual(listOf(recording), without(/PodIdentityAssociation/, devResources));
    const trust = String(
      find(recording, "aws:iam/role:Role", "loki-role").inputs["assumeRolePolicy"],
    );
    assert.ok(trust.includes("oidc-provider/oidc.eks.us-east-1.amazonaws.com/id/PREVIEW"));
    assert.ok(trust.includes("system:serviceaccount:monitoring:loki"));
  });

  it("collects logs with Promtail if it is configured", async () => {
    const recording = await runProgram("dev", { loki: { collector: "promtail" } });
    assert.ok(!listOf(recording).some((line) => /alloy/.test(line)));
    assert.equal(find(recording, releaseType, "loki-promtail").inputs["chart"], "promtail");
  });

  it("uses existing namespaces instead of creating them", async () => {
    const namespaces = { existing: ["monitoring", "ticketing"] };
    const recording = await runProgram("prod", { namespaces });
    assert.deepEqual(listOf(recording), without(/:Namespace /));
  });

  it("monitors the services of each namespace with its own component", async () => {
    const recording = await runProgram("prod", {
      services: [{ name: "auth-service" }, { name: "billing", namespace: "payments" }],
    });
    const namespaces = (type: string) =>
      ofType(recording, `kubernetes:monitoring.coreos.com/v1:${type}`).map(
        ({ inputs }) => `${inputs["metadata"].namespace}/${inputs["metadata"].name}`,
      );
    assert.deepEqual(namespaces("ServiceMonitor").sort(), [
      "payments/billing",
      "ticketing/auth-service",
    ]);
    assert.deepEqual(namespaces("PrometheusRule").sort(), [
      "monitoring/monitoring-platform",
      "payments/payments-services-payments",
      "ticketing/ticketing-services",
    ]);
    const created = ofType(recording, "kubernetes:core/v1:Namespace").map(({ name }) => name);
    assert.deepEqual(created.sort(), ["monitoring", "ticketing"]);
  });

  it("keeps services apart whose names and namespaces are the same when joined", async () => {
    const services = [
      { name: "payments-api" },
      { name: "api", namespace: "payments" },
      { name: "b-c", namespace: "a" },
      { name: "c", namespace: "a-b" },
    ];
    const recording = await runProgram("prod", { services });
    const monitors = ofType(recording, "kubernetes:monitoring.coreos.com/v1:ServiceMonitor");
    assert.equal(new Set(monitors.map(({ name }) => name)).size, services.length);
  });

  it("instruments the services if the Datadog Agent has its own namespace", async () => {
    const recording = await runProgram("dev", { namespaces: { datadog: "datadog" } });
    assert.equal(find(recording, releaseType, "datadog").inputs["namespace"], "datadog");
    const { instrumentation } = valuesOf(recording, "datadog")["datadog"].apm;
    assert.equal(instrumentation.enabled, true);
    assert.deepEqual(instrumentation.enabledNamespaces, ["ticketing"]);
  });

  it("pulls every image from the mirror", async () => {
    const imageRegistry = "registry.example.com/mirror";
    const recording = await runProgram("prod", { imageRegistry });
    const registries = ofType(recording, releaseType).map(({ name, inputs }) => [
      name,
      (inputs["values"].global?.imageRegistry ??
        inputs["values"].global?.image?.registry ??
        inputs["values"].registry) as string,
    ]);
    assert.deepEqual(Object.fromEntries(registries), {
      datadog: imageRegistry,
      loki: imageRegistry,
      "loki-alloy": imageRegistry,
      prometheus: imageRegistry,
    });
  });

  it("creates the storage class before the volumes that use it", async () => {
    const recording = await runProgram("prod", { storage: { create: true } });
    const storage = find(recording, "kubernetes:storage.k8s.io/v1:StorageClass", "storage");
    const { metadata, provisioner, parameters, reclaimPolicy, ...rest } = storage.inputs;
    assert.equal(metadata.name, "gp3");
    assert.equal(provisioner, "ebs.csi.aws.com");
    assert.deepEqual(parameters, { type: "gp3", encrypted: "true" });
    assert.equal(reclaimPolicy, "Retain");
    assert.equal(rest["volumeBindingMode"], "WaitForFirstConsumer");
    assert.equal(rest["allowVolumeExpansion"], true);
    for (const release of ofType(recording, releaseType)) {
      assert.ok(dependsOn(recording, release, storage), release.name);
    }
    const dev = await runProgram("dev", { storage: { create: true } });
    const devStorage = find(dev, "kubernetes:storage.k8s.io/v1:StorageClass", "storage");
    assert.equal(devStorage.inputs["reclaimPolicy"], "Delete");
  });

  it("creates a cluster and all its resources in one deployment, with known chart values", async () => {
    const cluster = { name: "ticketing-new", mode: "create" };
    const recording = await runProgram("prod", { cluster }, { withAws: false });
    const added = [
      "eks:index:Cluster cluster",
      "kubernetes:storage.k8s.io/v1:StorageClass storage",
    ];
    assert.deepEqual(listOf(recording), [...allResources, ...added].sort());
    for (const release of ofType(recording, releaseType)) {
      assert.ok(!isUnknown(release, "values"), release.name);
    }
    const trust = find(recording, "aws:iam/role:Role", "loki-role");
    assert.ok(!isUnknown(trust, "assumeRolePolicy"));
    const eks = find(recording, "eks:index:Cluster", "cluster");
    const association = find(
      recording,
      "aws:eks/podIdentityAssociation:PodIdentityAssociation",
      "loki-pod-identity",
    );
    assert.ok(
      dependsOn(recording, association, eks),
      "the association is created after the cluster",
    );
  });

  it("merges the chart values of the user last", async () => {
    const recording = await runProgram("dev", {
      prometheus: { values: { prometheus: { prometheusSpec: { replicas: 5 } } } },
      loki: {
        values: { gateway: { enabled: true } },
        collectorValues: { alloy: { extraArgs: ["-x"] } },
      },
      datadog: { values: { datadog: { site: "other.example.com" } } },
    });
    const { replicas, retention } = valuesOf(recording, "prometheus")["prometheus"].prometheusSpec;
    assert.deepEqual([replicas, retention], [5, "15d"]);
    assert.equal(valuesOf(recording, "loki")["gateway"].enabled, true);
    assert.deepEqual(valuesOf(recording, "loki-alloy")["alloy"].extraArgs, ["-x"]);
    assert.equal(valuesOf(recording, "datadog")["datadog"].site, "other.example.com");
  });

  it("registers nothing if the configuration has problems, and reports them in one error", async () => {
    await assert.rejects(
      runProgram("prod", { slack: { channel: "alerts" }, loki: { bucket: "No" } }),
      /^Error: 2 problems in the configuration of stack prod; nothing was deployed/,
    );
  });

  it("uses the same component and resource names in all environments", async () => {
    const [dev, prod] = await Promise.all([
      runProgram("dev").then(listOf),
      Promise.resolve(devResources),
    ]);
    assert.deepEqual(dev, prod);
    assert.ok(dev.includes(`${stackType("PrometheusStack")} prometheus`));
  });
});
