import * as assert from "node:assert/strict";
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { charts } from "../../../components/charts/charts";
import {
  PrometheusStack,
  PrometheusStackArgs,
} from "../../../components/prometheus/prometheusStack";
import {
  RecordProgramOptions,
  RecordedResource,
  recordProgram,
  isSecret,
  isUnknown,
} from "../../support/mocks";

const drawn = "drawnByTheProvider";

async function recordStack(
  args: Partial<PrometheusStackArgs> = {},
  options: RecordProgramOptions = {},
): Promise<RecordedResource[]> {
  const { resources } = await recordProgram(() => {
    new PrometheusStack("prometheus", {
      cluster: "ticketing-prod",
      environment: "prod",
      ...args,
    });
  }, options);
  return resources;
}

function named(resources: RecordedResource[], type: string, name: string): RecordedResource {
  const match = resources.find(
    (resource) => resource.type.endsWith(type) && resource.name === name,
  );
  assert.ok(match, `${type} ${name} is registered`);
  return match;
}

describe("PrometheusStack", () => {
  let dashboardsFolder: string;

  before(() => {
    dashboardsFolder = fs.mkdtempSync(path.join(os.tmpdir(), "dashboards-"));
    fs.writeFileSync(path.join(dashboardsFolder, "latency.json"), '{"title":"Latency"}');
  });
  after(() => fs.rmSync(dashboardsFolder, { recursive: true }));

  it("registers the release prometheus in the namespace monitoring", async () => {
    const { inputs } = named(await recordStack(), ":Release", "prometheus");
    assert.equal(inputs["name"], "prometheus");
    assert.equal(inputs["namespace"], "monitoring");
    assert.equal(inputs["chart"], "kube-prometheus-stack");
    assert.equal(inputs["version"], "88.5.3");
    assert.deepEqual(inputs["repositoryOpts"], { repo: charts.kubePrometheusStack.repository });
  });

  it("generates Grafana's password once and stores it in the Secret that the chart reads", async () => {
    const resources = await recordStack(undefined, {
      preview: false,
      computed: ({ type }) => (type.endsWith(":RandomPassword") ? { result: drawn } : {}),
    });
    const password = named(resources, ":RandomPassword", "prometheus-grafana-admin");
    assert.ok(password.inputs["length"] >= 24);
    const secret = named(resources, ":Secret", "prometheus-grafana-admin");
    assert.deepEqual(secret.inputs["stringData"], {
      "admin-user": "admin",
      "admin-password": drawn,
    });
    assert.ok(isSecret(secret, "stringData", "admin-password"));
    const { admin } = named(resources, ":Release", "prometheus").inputs["values"].grafana;
    assert.equal(admin.existingSecret, secret.inputs["metadata"].name);
    assert.ok(admin.userKey in secret.inputs["stringData"]);
    assert.ok(admin.passwordKey in secret.inputs["stringData"]);
    assert.ok(!JSON.stringify(named(resources, ":Release", "prometheus").inputs).includes(drawn));
  });

  it("grants Grafana read access to ConfigMaps, and to no Secret", async () => {
    const resources = await recordStack({ releaseName: "metrics", namespace: "platform" });
    const role = named(resources, ":ClusterRole", "prometheus-grafana-role").inputs;
    assert.deepEqual(role["rules"], [
      { apiGroups: [""], resources: ["configmaps"], verbs: ["get", "list", "watch"] },
    ]);
    const binding = named(resources, ":ClusterRoleBinding", "prometheus-grafana-role-binding");
    const { roleRef, subjects } = binding.inputs;
    assert.equal(roleRef.name, role["metadata"].name);
    assert.equal(role["metadata"].name, "platform-metrics-grafana");
    const { grafana } = named(resources, ":Release", "prometheus").inputs["values"];
    assert.deepEqual(subjects, [
      { kind: "ServiceAccount", name: grafana.serviceAccount.name, namespace: "platform" },
    ]);
    assert.equal(grafana.serviceAccount.name, "metrics-grafana");
    // The chart would also watch Secrets, and create its own role.
    assert.deepEqual(grafana.rbac, { create: false });
    for (const kind of ["dashboards", "datasources"]) {
      assert.equal(grafana.sidecar[kind].resource, "configmap");
    }
  });

  it("leaves Secrets out of the metrics of kube-state-metrics, and so out of its role", async () => {
    const { values } = named(await recordStack(), ":Release", "prometheus").inputs;
    assert.deepEqual(values["kube-state-metrics"].collectorsExclude, ["secrets"]);
  });

  it("returns the password as a secret", async () => {
    const resources = await recordStack(undefined, {
      preview: false,
      computed: ({ type }) => (type.endsWith(":RandomPassword") ? { result: drawn } : {}),
    });
    const { outputs } = named(resources, ":PrometheusStack", "prometheus");
    assert.equal(outputs["grafanaAdminPassword"], drawn);
    const password = named(resources, ":RandomPassword", "prometheus-grafana-admin");
    assert.ok(password.options.additionalSecretOutputs.includes("result"));
  });

  it("installs the chart after the Secret", async () => {
    const resources = await recordStack();
    const { dependencies } = named(resources, ":Release", "prometheus").options;
    assert.ok(dependencies.includes(named(resources, ":Secret", "prometheus-grafana-admin").urn));
  });

  it("has values that are known completely in a first preview", async () => {
    const resources = await recordStack({ replicas: 2 });
    const release = named(resources, ":Release", "prometheus");
    assert.ok(!isUnknown(release, "values"));
    assert.ok(!isSecret(release, "values"));
    assert.equal(release.inputs["values"].prometheus.prometheusSpec.retention, "15d");
    const { inputs } = named(resources, ":PrometheusStack", "prometheus");
    assert.equal(inputs["retentionDays"], 15);
    assert.equal(inputs["alertmanager"].storageGb, 5);
  });

  it("merges the caller's values last and records them with the release only", async () => {
    const values = {
      grafana: { replicas: 2, admin: { userKey: null } },
      prometheus: { prometheusSpec: { tolerations: [{ operator: "Exists" }] } },
    };
    const before = structuredClone(values);
    const resources = await recordStack({ values });
    const merged = named(resources, ":Release", "prometheus").inputs["values"];
    assert.equal(merged.grafana.replicas, 2);
    assert.equal(merged.grafana.admin.userKey, null);
    assert.equal(merged.grafana.admin.existingSecret, "grafana-admin");
    assert.equal(merged.prometheus.prometheusSpec.tolerations.length, 1);
    assert.equal(merged.prometheus.prometheusSpec.retention, "15d");
    assert.ok(!("values" in named(resources, ":PrometheusStack", "prometheus").inputs));
    assert.deepEqual(values, before);
  });

  it("installs another version from another repository on request", async () => {
    const resources = await recordStack({
      chartVersion: "88.6.0",
      repository: "oci://registry.example.com/charts",
      namespace: "observe",
    });
    const { inputs } = named(resources, ":Release", "prometheus");
    assert.equal(inputs["version"], "88.6.0");
    assert.equal(inputs["chart"], "oci://registry.example.com/charts/kube-prometheus-stack");
    assert.equal(inputs["namespace"], "observe");
  });

  it("loads a folder of dashboards as ConfigMaps that Grafana's sidecar finds", async () => {
    const resources = await recordStack({ grafana: { dashboardsFolder } });
    const map = named(resources, ":ConfigMap", "prometheus-dashboard-latency");
    assert.equal(map.inputs["metadata"].labels.grafana_dashboard, "1");
    assert.equal(map.inputs["metadata"].annotations.grafana_folder, "Services");
    assert.equal(map.inputs["metadata"].namespace, "monitoring");
    const [[file, json] = ["", ""], ...others] = Object.entries<string>(map.inputs["data"]);
    assert.deepEqual(others, []);
    assert.equal(file, "dashboard-latency.json");
    assert.equal(JSON.parse(json).title, "Latency");
  });

  it("creates no ConfigMap without a folder", async () => {
    assert.ok(!(await recordStack()).some(({ type }) => type.endsWith(":ConfigMap")));
  });

  it("registers all resources under one parent, with the caller's labels", async () => {
    const resources = await recordStack({ grafana: { dashboardsFolder }, labels: { team: "sre" } });
    const component = named(resources, ":PrometheusStack", "prometheus");
    for (const resource of resources) {
      if (resource === component) continue;
      assert.equal(resource.parent, component.urn, resource.name);
      const labels = resource.inputs["metadata"]?.labels;
      if (labels !== undefined) assert.equal(labels.team, "sre", resource.name);
    }
  });

  it("deploys a blackbox exporter without privileges on request, which only Prometheus reaches", async () => {
    const ofExporter = ({ name }: RecordedResource) => name.includes("blackbox-exporter");
    assert.deepEqual((await recordStack({ networkPolicies: true })).filter(ofExporter), []);
    const resources = await recordStack({
      blackboxExporter: true,
      networkPolicies: true,
      namespace: "observe",
      imageRegistry: "mirror.example.com",
      tolerations: [{ key: "pool", operator: "Exists" }],
    });
    const of = (type: string) =>
      resources.find((resource) => ofExporter(resource) && resource.type.endsWith(type))?.inputs;
    const [deployment, service, policy] = [of(":Deployment"), of(":Service"), of(":NetworkPolicy")];
    const { labels } = deployment?.["spec"].template.metadata;
    const pod = deployment?.["spec"].template.spec;
    const [container, ...others] = pod.containers;
    assert.deepEqual(others, []);
    assert.match(container.image, /^mirror\.example\.com\/prometheus\/blackbox-exporter:v\d/);
    assert.deepEqual(pod.tolerations, [{ key: "pool", operator: "Exists" }]);
    assert.equal(pod.automountServiceAccountToken, false);
    assert.equal(pod.securityContext.runAsNonRoot, true);
    assert.equal(container.securityContext.readOnlyRootFilesystem, true);
    assert.deepEqual(container.securityContext.capabilities, { drop: ["ALL"] });
    for (const selector of [
      deployment?.["spec"].selector.matchLabels,
      service?.["spec"].selector,
      policy?.["spec"].podSelector.matchLabels,
    ]) {
      assert.deepEqual(selector, labels);
    }
    assert.deepEqual(policy?.["spec"].ingress, [
      {
        from: [{ podSelector: { matchLabels: { "app.kubernetes.io/name": "prometheus" } } }],
        ports: [{ port: 9115, protocol: "TCP" }],
      },
    ]);
    const { outputs } = named(resources, ":PrometheusStack", "prometheus");
    const { metadata, spec } = service ?? {};
    assert.equal(
      outputs["proberAddress"],
      `${metadata.name}.${metadata.namespace}.svc.cluster.local:${spec.ports[0].port}`,
    );
  });

  it("returns the URLs inside the cluster", async () => {
    const resources = await recordStack({ namespace: "observe" });
    const { outputs } = named(resources, ":PrometheusStack", "prometheus");
    for (const url of ["prometheusUrl", "alertmanagerUrl", "grafanaUrl"]) {
      assert.match(outputs[url], /^http:\/\/prometheus-[\w-]+\.observe\.svc\.cluster\.local/, url);
    }
    assert.equal(outputs["chartVersion"], "88.5.3");
  });

  it("registers nothing and lists every problem if its arguments are invalid", async () => {
    await assert.rejects(
      recordStack({
        retentionDays: 0,
        replicas: 1.5,
        grafana: { communityDashboards: [{ id: 1 }] },
      }),
      (error: Error) => {
        assert.match(error.message, /^PrometheusStack "prometheus": 3 problems/);
        for (const field of [
          "retentionDays",
          "replicas",
          "grafana.communityDashboards[0].revision",
        ]) {
          assert.ok(error.message.includes(`\n  ${field} `), field);
        }
        return true;
      },
    );
  });

  describe("in another namespace, or as another release", () => {
    const deployed = { namespace: "monitoring", releaseName: "prometheus" };
    const move = { namespace: "metrics", releaseName: "metrics" };
    const deletable = { protectData: false, deleteDataOnDestroy: true };

    for (const [what, args, rule, fix] of [
      ["keeps protected samples", {}, "would start with empty volumes", "set protectData: false"],
      [
        "keeps samples that may be deleted",
        deletable,
        "would delete the volumes with all samples",
        "run pulumi up with deleteDataOnDestroy: false; then change",
      ],
    ] as const) {
      it(`${what}: an error explains how to change both`, async () => {
        const registered: string[] = [];
        const options = {
          preview: false,
          // The engine ignores the changes, so that the outputs stay as they are deployed.
          computed: ({ type }: RecordedResource) => {
            registered.push(type);
            return type.endsWith(":RandomUuid") ? { keepers: deployed } : {};
          },
        };
        await assert.rejects(recordStack({ ...args, ...move }, options), (error: Error) => {
          assert.match(error.message, /PrometheusStack "prometheus": 2 problems/);
          for (const [key, value] of Object.entries(deployed)) {
            const moved = `\n  ${key} = "metrics" must stay "${value}": `;
            assert.ok(error.message.includes(moved), error.message);
          }
          assert.ok(error.message.includes(rule) && error.message.includes(fix), error.message);
          return true;
        });
        assert.deepEqual(
          registered.filter((type) => type.startsWith("kubernetes:")),
          [],
        );
        const memory = named(await recordStack(args), ":RandomUuid", "prometheus-data-location");
        assert.deepEqual(memory.options.ignoreChanges, ["keepers"]);
      });
    }

    it("leaves the samples behind if nothing keeps them", async () => {
      const resources = await recordStack({ ...move, protectData: false });
      const memory = named(resources, ":RandomUuid", "prometheus-data-location");
      assert.deepEqual(memory.options.ignoreChanges, []);
      assert.deepEqual(memory.inputs["keepers"], move);
    });
  });

  it("refuses data sources in the values that drop that of Loki", async () => {
    const values = { grafana: { additionalDataSources: [{ name: "Tempo", type: "tempo" }] } };
    await assert.rejects(recordStack({ lokiUrl: "http://loki:3100", values }), {
      message: /values\.grafana\.additionalDataSources would drop the data sources Loki/,
    });
  });

  it("warns about queries of dashboards in the folder that have no data", async () => {
    const folder = fs.mkdtempSync(path.join(os.tmpdir(), "dashboards-"));
    const panels = [{ title: "Cores", targets: [{ expr: "sum(node_cpu)" }] }];
    fs.mkdirSync(path.join(folder, "nodes"));
    fs.writeFileSync(
      path.join(folder, "nodes", "old.json"),
      JSON.stringify({ title: "Old", panels }),
    );
    const { warnings } = await recordProgram(() => {
      const grafana = { dashboardsFolder: folder };
      new PrometheusStack("prometheus", { cluster: "c", environment: "dev", grafana });
    });
    fs.rmSync(folder, { recursive: true });
    assert.deepEqual(warnings, [
      'PrometheusStack "prometheus": grafana.dashboardsFolder (nodes/old.json): the panel "Cores" reads node_cpu, which no exporter provides\n  fix: use node_cpu_seconds_total',
    ]);
  });

  it("registers nothing if the folder of dashboards does not exist", async () => {
    await assert.rejects(recordStack({ grafana: { dashboardsFolder: "no-such-folder" } }), {
      message: /no-such-folder must be a folder of dashboard files/,
    });
  });
});
