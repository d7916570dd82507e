import * as assert from "node:assert/strict";
import { parse } from "yaml";
import { podLogLabels } from "../../components/logs/podLabels";
import { datadogLabels } from "../../components/datadog/workload";
import { containerEnvironment } from "../support/kubelet";
import { Recording } from "../support/mocks";
import { relabel } from "../support/relabel";
import { runProgram } from "../support/runProgram";

/** A workload, and the labels that identify it in all telemetry. */
const workload = { service: "inventory-service", version: "1.4.2", environment: "prod" };
const identity = {
  cluster: "ticketing-prod",
  env: "prod",
  namespace: "ticketing",
  service: "inventory-service",
  version: "1.4.2",
};
type Identity = Partial<typeof identity>;

/** Synonyms of these labels, which would split a search in two. */
const synonyms = [
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

/** Meta labels that Kubernetes service discovery provides for a pod with these labels. */
function metaLabels(labels: Record<string, string>): Record<string, string> {
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

/** The labels of `identity` among all labels. */
function identityIn(labels: Record<string, string | undefined>): Identity {
  const names = Object.keys(identity).filter((name) => labels[name] !== undefined);
  return Object.fromEntries(names.map((name) => [name, labels[name]]));
}

describe("labels of metrics, logs, traces and alerts", () => {
  let recording: Recording;
  before(async () => {
    recording = await runProgram("prod");
  });

  const inputsOf = (name: string, kind?: string): Record<string, any> => {
    const match = recording.resources.find(
      ({ name: resourceName, type, inputs }) =>
        resourceName === name &&
        (kind === undefined ? type.endsWith(":Release") : inputs["kind"] === kind),
    );
    assert.ok(match, name);
    return match.inputs;
  };
  const externalLabels = () =>
    inputsOf("prometheus")["values"].prometheus.prometheusSpec.externalLabels;

  /** Labels of the workload's series in remote storage and in Alertmanager. */
  const ofMetrics = (podLabels: Record<string, string>) => {
    const monitor = inputsOf("services-inventory-service", "ServiceMonitor");
    const [endpoint] = monitor["spec"].endpoints;
    return identityIn({
      ...externalLabels(),
      // The operator adds the namespace of the endpoint.
      namespace: monitor["metadata"].namespace,
      ...relabel(endpoint.relabelings, metaLabels(podLabels)),
    });
  };

  /** Labels and structured metadata of the workload's log lines in Loki. */
  const ofLogs = (podLabels: Record<string, string>) => {
    const config: string = inputsOf("loki-alloy-config", "ConfigMap")["data"]["config.alloy"];
    const external = /external_labels = \{([^}]*)\}/.exec(config)?.[1] ?? "";
    const pairs = [...external.matchAll(/(\w+)\s*= "([^"]*)"/g)];
    for (const { targetLabel } of podLogLabels) {
      assert.ok(config.includes(`"${targetLabel}"`), `${targetLabel} is in the configuration`);
    }
    return identityIn({
      ...Object.fromEntries(pairs.map(([, name = "", value = ""]) => [name, value])),
      ...relabel(podLogLabels, metaLabels(podLabels)),
    });
  };

  /** Tags of the data that the workload sends to the agent or that the agent collects. */
  const ofDatadog = () => {
    const { datadog } = inputsOf("datadog")["values"];
    const tags = (datadog.tags as string[]).map((tag) => tag.split(":"));
    const namespaceTags = Object.entries<string>(datadog.namespaceLabelsAsTags);
    const unified = Object.entries(datadogLabels(workload)).map(([label, value]) => [
      label.replace("tags.datadoghq.com/", ""),
      value,
    ]);
    return identityIn({
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

  it("identify the workload in metrics", () => {
    assert.deepEqual(ofMetrics(datadogPod()), identity);
    assert.deepEqual(ofMetrics(kubernetesPod), identity);
  });

  it("identify the workload in logs", () => {
    assert.deepEqual(ofLogs(datadogPod()), identity);
    assert.deepEqual(ofLogs(kubernetesPod), identity);
  });

  it("contain no version for a pod without one, not even an empty one", () => {
    const { version: _version, ...rest } = identity;
    assert.deepEqual(ofMetrics({ app: workload.service }), rest);
    assert.deepEqual(ofLogs({ app: workload.service }), rest);
  });

  it("use the service name of traces in logs, even if the pod has a different app label", () => {
    const pod = { app: "inventory", ...datadogLabels(workload) };
    assert.equal(ofLogs(pod).service, identity.service);
  });

  it("identify the workload in metrics, logs and processes in Datadog", () => {
    assert.deepEqual(ofDatadog(), identity);
  });

  it("identify the workload in traces and profiles through environment variables", () => {
    const environment = containerEnvironment(workload, { nodeAddress: "10.0.1.7", uid: "7c1f" });
    assert.deepEqual(
      {
        env: environment["DD_ENV"],
        service: environment["DD_SERVICE"],
        version: environment["DD_VERSION"],
      },
      { env: identity.env, service: identity.service, version: identity.version },
    );
    // The agent adds the other labels to each trace.
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

    it("have the labels cluster and env, which Prometheus adds", () => {
      const { cluster, env } = identity;
      assert.deepEqual(externalLabels(), { cluster, env });
      for (const { alert, labels } of rules()) {
        for (const name of ["cluster", "env"]) assert.ok(!(name in labels), `${alert} ${name}`);
      }
    });

    it("name the service or pod but never the version, so that one fault during a deployment is one alert", () => {
      assert.ok(rules().length > 0);
      for (const { alert, expr, annotations } of rules()) {
        assert.doesNotMatch(expr, /by \([^)]*\bversion\b/, alert);
        // The expression or its recording rule aggregates by namespace.
        if (expr.includes("ticketing")) {
          assert.match(expr, /by \([^)]*\bnamespace\b|\bnamespace_\w+:/, alert);
        }
        const { runbook_url: _link, ...texts } = annotations;
        const subject = /\$labels\.(service|pod)/;
        if (expr.includes("ticketing")) assert.match(JSON.stringify(texts), subject, alert);
      }
    });

    it("of Loki rules have the labels cluster and env", () => {
      const { cluster, env } = identity;
      const { loki } = inputsOf("loki")["values"];
      assert.deepEqual(loki.rulerConfig.external_labels, { cluster, env });
    });

    it("are grouped in Slack by these labels", () => {
      const secret = inputsOf("slack-config", "Secret");
      const { route } = parse(secret["stringData"]["alertmanager.yaml"]);
      for (const name of route.group_by) {
        assert.ok([...Object.keys(identity), "alertname", "severity"].includes(name), name);
      }
    });
  });

  it("have no synonyms in any label, tag or rule", () => {
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
    for (const [place, names] of Object.entries(places)) {
      assert.deepEqual(
        synonyms.filter((synonym) => (names as string[]).includes(synonym)),
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
