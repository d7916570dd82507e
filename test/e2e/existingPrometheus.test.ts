/**
 * A stack with `existingPrometheus`, next to the Prometheus and Alertmanager of another team: the real
 * prometheus-operator selects its objects, and the real Prometheus and amtool accept what it makes of them.
 */
import * as assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { gunzipSync } from "node:zlib";
import { parse, parseAllDocuments, stringify } from "yaml";
import { toolPath } from "../../tools/paths.cjs";
import type { List } from "../../verify/cluster/objects";
import { Server, eventually } from "../support/server";
import { ControlPlane } from "../support/cluster/controlPlane";
import { documentedConfig } from "../support/documentedConfig";
import { freePort } from "../support/delivery/processes";
import { startPrometheus } from "../support/delivery/prometheus";
import { projectDirectory } from "../support/stackConfig";

interface Stored {
  data: Record<string, string>;
}

/** What a kube-prometheus-stack with the release `platform` has, with the Secrets of the stack. */
const release = { matchLabels: { release: "platform" } };
const identity = {
  apiVersion: "monitoring.coreos.com/v1",
  metadata: { name: "platform", namespace: "observability" },
};
const platform = [
  {
    ...identity,
    kind: "Prometheus",
    spec: {
      serviceAccountName: "default",
      ruleSelector: release,
      ruleNamespaceSelector: {},
      serviceMonitorSelector: release,
      serviceMonitorNamespaceSelector: {},
    },
  },
  {
    ...identity,
    kind: "Alertmanager",
    spec: {
      configSecret: "alertmanager-config",
      secrets: ["alertmanager-slack"],
    },
  },
];

describe("a stack with an existing Prometheus, on the real prometheus-operator", function () {
  this.timeout(300_000);
  let folder: string;
  let out: string;
  let controlPlane: ControlPlane;
  let operator: Server | undefined;

  before("create the objects of the stack and of the platform", async () => {
    folder = fs.mkdtempSync(path.join(os.tmpdir(), "existing-"));
    out = path.join(folder, "out");
    const config = path.join(folder, "stack.yaml");
    fs.writeFileSync(config, documentedConfig());
    const preview = path.join(projectDirectory, "preview/start.cjs");
    const args = ["--stack", "documented", "--config-file", config, "--out", out];
    args.push("--config", "services[0].metrics.nativeHistograms=true");
    execFileSync(process.execPath, [preview, ...args], { cwd: projectDirectory });

    controlPlane = await ControlPlane.start(path.join(folder, "cluster"));
    kubectl("create", "-f", toolPath("crds"));
    kubectl("wait", "--for=condition=Established", "crd", "--all");
    for (const namespace of ["observability", "monitoring", "ticketing"]) {
      kubectl("create", "namespace", namespace);
    }
    const objects = [...ofKinds("ServiceMonitor", "PrometheusRule"), ...secretObjects()];
    // Without the label, the operator does not select it.
    const [monitor] = ofKinds("ServiceMonitor");
    const unlabeled = {
      ...monitor,
      metadata: { ...monitor.metadata, name: "unlabeled", labels: {} },
    };
    const services = ["inventory-service", "auth-service", "unlabeled"].flatMap(serviceObjects);
    for (const object of [...services, ...objects, unlabeled, ...platform]) {
      const file = path.join(folder, "object.yaml");
      fs.writeFileSync(file, stringify(object));
      kubectl("create", "-f", file);
    }
    const port = await freePort();
    operator = Server.start(
      toolPath("prometheus-operator"),
      [`--web.listen-address=127.0.0.1:${port}`],
      path.join(folder, "operator.log"),
      { KUBECONFIG: controlPlane.kubeconfig },
    );
  });

  after(async () => {
    await operator?.stop();
    await controlPlane?.stop();
    fs.rmSync(folder, { recursive: true, force: true });
  });

  function kubectl(...args: string[]): void {
    const env = { ...process.env, KUBECONFIG: controlPlane.kubeconfig };
    execFileSync(toolPath("kubectl"), args, { env });
  }

  function ofKinds(...kinds: string[]): any[] {
    const manifests = path.join(out, "manifests");
    return fs
      .readdirSync(manifests)
      .map((name) => parse(fs.readFileSync(path.join(manifests, name), "utf8")))
      .filter(({ kind }) => kinds.includes(kind));
  }

  /** The Secrets of the stack, with the files that the preview writes without secrets. */
  function secretObjects(): any[] {
    const files = path.join(out, "alertmanager");
    const config = fs
      .readdirSync(files)
      .map((name) => [name, fs.readFileSync(path.join(files, name), "utf8")]);
    const data: Record<string, object> = {
      "alertmanager-config": Object.fromEntries(config) as object,
      "alertmanager-slack": { "webhook-url": "none", "heartbeat-url": "none" },
    };
    return ofKinds("Secret").map((secret) => {
      const { apiVersion, kind, metadata } = secret;
      return { apiVersion, kind, metadata, stringData: data[metadata.name] };
    });
  }

  const stored = async (kind: string, name: string) => {
    const all = `/api/v1/namespaces/observability/${kind}`;
    return eventually(`the operator writes ${name}`, async () => {
      assert.ok(operator?.running, operator?.log());
      return controlPlane.api.find<Stored>(`${all}/${name}`);
    });
  };
  const unzipped = ({ data }: Stored, key: string) =>
    gunzipSync(Buffer.from(data[key] ?? "", "base64")).toString();

  it("scrapes the services, and none without the labels of its selector", async () => {
    const secret = await eventually("Prometheus has a configuration with targets", async () => {
      const found = await stored("secrets", "prometheus-platform");
      return unzipped(found, "prometheus.yaml.gz").includes("job_name") && found;
    });
    const text = unzipped(secret, "prometheus.yaml.gz");
    const { scrape_configs: jobs } = parse(text) as { scrape_configs: any[] };
    assert.deepEqual(
      jobs
        .map((job) => [
          job.job_name,
          job.scrape_native_histograms,
          job.native_histogram_bucket_limit,
        ])
        .sort(),
      [
        ["serviceMonitor/ticketing/auth-service/0", undefined, undefined],
        ["serviceMonitor/ticketing/inventory-service/0", true, 160],
      ],
    );
    const file = path.join(folder, "prometheus.yaml");
    fs.writeFileSync(file, text);
    execFileSync(toolPath("promtool"), ["check", "config", "--syntax-only", file]);
  });

  it("evaluates every rule of the stack", async () => {
    const { data } = await stored("configmaps", "prometheus-platform-rulefiles-0");
    const expected = ofKinds("PrometheusRule").flatMap(({ spec }) => namesOf(spec.groups));
    const found = Object.values(data).flatMap((text) =>
      parseAllDocuments(text).flatMap((document) => namesOf(document.toJS().groups)),
    );
    assert.deepEqual(found.sort(), expected.sort());
    assert.ok(found.includes("monitoring.loki LokiPanics"));
    for (const [index, text] of Object.values(data).entries()) {
      const file = path.join(folder, `rules-${index}.yaml`);
      fs.writeFileSync(file, text);
      execFileSync(toolPath("promtool"), ["check", "rules", "--lint=none", file]);
    }
  });

  it("gives the real Prometheus the targets of the services, and the rules", async () => {
    const text = fs.readFileSync(path.join(folder, "prometheus.yaml"), "utf8");
    // As the config reloader of the pod does.
    const config = parse(text.replaceAll("$(SHARD)", "0").replace("$(POD_NAME)", "platform-0"));
    for (const { kubernetes_sd_configs: discoveries } of config.scrape_configs) {
      // In place of the service account of a pod.
      for (const discovery of discoveries) discovery.kubeconfig_file = controlPlane.kubeconfig;
    }
    config.rule_files = [path.join(folder, "rules-*.yaml")];
    const prometheus = await startPrometheus(path.join(folder, "running"), config);
    try {
      const answer = async (api: string) =>
        ((await (await fetch(`${prometheus.url}/api/v1/${api}`)).json()) as { data: any }).data;
      const targets = await eventually("Prometheus discovers the targets", async () => {
        const { activeTargets } = await answer("targets");
        return activeTargets.length === 2 && activeTargets;
      });
      assert.deepEqual(
        targets
          .map(({ labels, scrapeUrl }: any) => `${labels.namespace} ${labels.service} ${scrapeUrl}`)
          .sort(),
        [
          "ticketing auth-service http://10.1.0.2:9102/metrics",
          "ticketing inventory-service http://10.1.0.1:9102/metrics",
        ],
      );
      const { groups } = await answer("rules");
      const rules = groups.flatMap((group: any) => group.rules);
      assert.equal(rules.length, ofKinds("PrometheusRule").flatMap(rulesOf).length);
    } finally {
      await prometheus.stop();
    }
  });

  it("loads the routes, inhibit rules and templates into Alertmanager without a loss", async () => {
    const secret = await stored("secrets", "alertmanager-platform-generated");
    const text = unzipped(secret, "alertmanager.yaml.gz");
    const own = fs.readFileSync(path.join(out, "alertmanager/alertmanager.yaml"), "utf8");
    assert.deepEqual(parse(text), parse(own));
    // The operator mounts the keys of this Secret next to the configuration.
    const template = Buffer.from(secret.data["slack.tmpl"] ?? "", "base64").toString();
    assert.equal(template, fs.readFileSync(path.join(out, "alertmanager/slack.tmpl"), "utf8"));
    const file = path.join(folder, "alertmanager.yaml");
    fs.writeFileSync(
      file,
      text.replace("/etc/alertmanager/config", path.join(out, "alertmanager")),
    );
    execFileSync(toolPath("amtool"), ["check-config", file]);
  });

  it("mounts the credentials into the pods of Alertmanager", async () => {
    const sets = "/apis/apps/v1/namespaces/observability/statefulsets";
    const [alertmanager] = await eventually("the operator creates Alertmanager", async () => {
      const { items } = await controlPlane.api.json<List<any>>(sets);
      const found = items.filter(({ metadata: { name } }) => name === "alertmanager-platform");
      return found.length > 0 && found;
    });
    const mounts = alertmanager.spec.template.spec.containers.flatMap(
      ({ volumeMounts = [] }: any) => volumeMounts.map(({ mountPath }: any) => mountPath),
    );
    assert.ok(mounts.includes("/etc/alertmanager/secrets/alertmanager-slack"), String(mounts));
  });
});

/** A Service with the address of a pod that does not exist. */
function serviceObjects(name: string, index: number): object[] {
  const metadata = { name, namespace: "ticketing", labels: { app: name } };
  const ports = [{ name: "metrics", port: 9102 }];
  const addresses = [{ ip: `10.1.0.${index + 1}` }];
  return [
    { apiVersion: "v1", kind: "Service", metadata, spec: { ports } },
    { apiVersion: "v1", kind: "Endpoints", metadata, subsets: [{ addresses, ports }] },
  ];
}

function rulesOf({ spec }: any): unknown[] {
  return spec.groups.flatMap(({ rules }: any) => rules);
}

/** The alerts and records of groups: `monitoring.loki LokiPanics`. */
function namesOf(groups: { name: string; rules: { alert?: string; record?: string }[] }[]) {
  return groups.flatMap(({ name, rules }) =>
    rules.map(({ alert, record }) => `${name} ${alert ?? record}`),
  );
}
