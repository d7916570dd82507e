import * as assert from "node:assert/strict";
import { parse } from "yaml";
import { podLogLabels } from "../../components/logs/podLabels";
import { datadogLabels } from "../../components/datadog/workload";
import { containerEnvironment } from "../support/kubelet";
import { Recording } from "../support/mocks";
import { relabel } from "../support/relabel";
import { runProgram } from "../support/runProgram";

/** One workload, and what it has to be called wherever its telemetry arrives. */
const workload = { service: "inventory-service", version: "1.4.2", environment: "prod" };
const identity = {
  cluster: "ticketing-prod",
  env: "prod",
  namespace: "ticketing",
  service: "inventory-service",
  version: "1.4.2",
};
type Identity = Partial<typeof identity>;

/** Other words for the same, which would split a search in two. */
const otherWords = [
  "environment",
  "deployment_environment",
  "cluster_name",
  "kube_cluster_name",
  "kubernetes_namespace",
  "service_name",
  "app_version",
  "service_version",
];

const metaLabel = (label: string) =>
  `__meta_kubernetes_pod_label_${label.replace(/[^a-zA-Z0-9]/g, "_")}`;

/** What Kubernetes tells a collector of a pod with these labels. */
function discovered(labels: Record<string, string>): Record<string, string> {
  return {
    __meta_kubernetes_namespace: identity.namespace,
    __meta_kubernetes_pod_name: "inventory-service-6d4cf56db6-xk2p9",
    __meta_kubernetes_pod_container_name: "server",
    __meta_kubernetes_pod_uid: "0b5e3c1e",
    __meta_kubernetes_pod_controller_kind: "ReplicaSet",
    __meta_kubernetes_pod_controller_name: "inventory-service-6d4cf56db6",
    ...Object.fromEntries(Object.entries(labels).map(([name, value]) => [metaLabel(name), value])),
  };
}

function kept(labels: Record<string, string | undefined>): Identity {
  const words = Object.keys(identity).filter((word) => labels[word] !== undefined);
  return Object.fromEntries(words.map((word) => [word, labels[word]]));
}

describe("one vocabulary for metrics, logs, traces and alerts", () => {
  let recording: Recording;
  before(async () => {
    recording = await runProgram("prod");
  });

  const inputsOf = (name: string, kind?: string): Record<string, any> => {
    const found = recording.resources.find(
      ({ name: own, type, inputs }) =>
        own === name && (kind === undefined ? type.endsWith(":Release") : inputs["kind"] === kind),
    );
    assert.ok(found, name);
    return found.inputs;
  };
  const externalLabels = () =>
    inputsOf("prometheus")["values"].prometheus.prometheusSpec.externalLabels;

  /** Labels of the workload's series, as remote storage and Alertmanager get them. */
  const ofMetrics = (podLabels: Record<string, string>) => {
    const monitor = inputsOf("services-inventory-service", "ServiceMonitor");
    const [endpoint] = monitor["spec"].endpoints;
    return kept({
      ...externalLabels(),
      // The operator's own, of what the endpoint belongs to.
      namespace: monitor["metadata"].namespace,
      ...relabel(endpoint.relabelings, discovered(podLabels)),
    });
  };

  /** Labels and structured metadata of the workload's lines in Loki. */
  const ofLogs = (podLabels: Record<string, string>) => {
    const config: string = inputsOf("loki-alloy-config", "ConfigMap")["data"]["config.alloy"];
    const external = /external_labels = \{([^}]*)\}/.exec(config)?.[1] ?? "";
    const pairs = [...external.matchAll(/(\w+)\s*= "([^"]*)"/g)];
    for (const { targetLabel } of podLogLabels) {
      assert.ok(config.includes(`"${targetLabel}"`), `${targetLabel} is in the configuration`);
    }
    return kept({
      ...Object.fromEntries(pairs.map(([, name = "", value = ""]) => [name, value])),
      ...relabel(podLogLabels, discovered(podLabels)),
    });
  };

  /** Tags of whatever the workload sends to the agent, or the agent collects of it. */
  const ofDatadog = () => {
    const { datadog } = inputsOf("datadog")["values"];
    const tags = (datadog.tags as string[]).map((tag) => tag.split(":"));
    const namespaceTags = Object.entries<string>(datadog.namespaceLabelsAsTags);
    const unified = Object.entries(datadogLabels(workload)).map(([label, value]) => [
      label.replace("tags.datadoghq.com/", ""),
      value,
    ]);
    return kept({
      ...Object.fromEntries(tags),
      ...Object.fromEntries(
        namespaceTags.map(([label, tag]) => [
          tag,
          label === "kubernetes.io/metadata.name" ? identity.namespace : "",
        ]),
      ),
      ...Object.fromEntries(unified),
    });
  };

  const datadogPod = () => ({ app: workload.service, ...datadogLabels(workload) });
  const kubernetesPod = {
    "app.kubernetes.io/name": workload.service,
    "app.kubernetes.io/version": workload.version,
  };

  it("metrics", () => {
    assert.deepEqual(ofMetrics(datadogPod()), identity);
    assert.deepEqual(ofMetrics(kubernetesPod), identity);
  });

  it("logs", () => {
    assert.deepEqual(ofLogs(datadogPod()), identity);
    assert.deepEqual(ofLogs(kubernetesPod), identity);
  });

  it("a pod without a version has none, rather than an empty one", () => {
    const { version: _version, ...rest } = identity;
    assert.deepEqual(ofMetrics({ app: workload.service }), rest);
    assert.deepEqual(ofLogs({ app: workload.service }), rest);
  });

  it("a pod that calls itself otherwise is found in logs by the name that its traces have", () => {
    const pod = { app: "inventory", ...datadogLabels(workload) };
    assert.equal(ofLogs(pod).service, identity.service);
  });

  it("metrics, logs and processes in Datadog", () => {
    assert.deepEqual(ofDatadog(), identity);
  });

  it("traces and profiles, by the environment of the process", () => {
    const environment = containerEnvironment(workload, { nodeAddress: "10.0.1.7", uid: "7c1f" });
    assert.deepEqual(
      {
        env: environment["DD_ENV"],
        service: environment["DD_SERVICE"],
        version: environment["DD_VERSION"],
      },
      { env: identity.env, service: identity.service, version: identity.version },
    );
    // The agent adds the rest to every trace that passes it.
    const { cluster, namespace } = ofDatadog();
    assert.deepEqual([cluster, namespace], [identity.cluster, identity.namespace]);
  });

  describe("alerts", () => {
    const rules = (): any[] =>
      recording.resources
        .filter(({ inputs }) => inputs["kind"] === "PrometheusRule")
        .flatMap(({ inputs }) => inputs["spec"].groups)
        .flatMap(({ rules }: any) => rules)
        .filter((rule: any) => "alert" in rule);

    it("carry cluster and env, which Prometheus adds to each", () => {
      const { cluster, env } = identity;
      assert.deepEqual(externalLabels(), { cluster, env });
      for (const { alert, labels } of rules()) {
        for (const word of ["cluster", "env"]) assert.ok(!(word in labels), `${alert} ${word}`);
      }
    });

    it("name the service or the pod, and never tell versions apart, or one fault would be two alerts during a deployment", () => {
      assert.ok(rules().length > 0);
      for (const { alert, expr, annotations } of rules()) {
        assert.doesNotMatch(expr, /by \([^)]*\bversion\b/, alert);
        // Aggregated by namespace itself, or read from a series that was recorded by it.
        if (expr.includes("ticketing")) {
          assert.match(expr, /by \([^)]*\bnamespace\b|\bnamespace_\w+:/, alert);
        }
        const { runbook_url: _link, ...texts } = annotations;
        const about = /\$labels\.(service|pod)/;
        if (expr.includes("ticketing")) assert.match(JSON.stringify(texts), about, alert);
      }
    });

    it("of Loki's rules carry cluster and env as well", () => {
      const { cluster, env } = identity;
      const { loki } = inputsOf("loki")["values"];
      assert.deepEqual(loki.rulerConfig.external_labels, { cluster, env });
    });

    it("are grouped in Slack by words of this vocabulary", () => {
      const secret = inputsOf("slack-config", "Secret");
      const { route } = parse(secret["stringData"]["alertmanager.yaml"]);
      for (const word of route.group_by) {
        assert.ok([...Object.keys(identity), "alertname", "severity"].includes(word), word);
      }
    });
  });

  it("no other word for the same in any label, tag or rule", () => {
    const places: Record<string, unknown> = {
      "external labels": Object.keys(externalLabels()),
      "service monitor": relabelingsOf(inputsOf("services-inventory-service", "ServiceMonitor")),
      collector: podLogLabels.map(({ targetLabel }) => targetLabel),
      "Datadog tags": inputsOf("datadog")["values"].datadog.tags.map(
        (tag: string) => tag.split(":")[0],
      ),
      rules: recording.resources
        .filter(({ inputs }) => inputs["kind"] === "PrometheusRule")
        .flatMap(({ inputs }) => JSON.stringify(inputs["spec"]).match(/\w+/g) ?? []),
    };
    for (const [place, words] of Object.entries(places)) {
      assert.deepEqual(
        otherWords.filter((word) => (words as string[]).includes(word)),
        [],
        place,
      );
    }
  });
});

function relabelingsOf(monitor: Record<string, any>): string[] {
  return monitor["spec"].endpoints.flatMap(({ relabelings }: any) =>
    relabelings.map(({ targetLabel }: any) => targetLabel),
  );
}
