import * as assert from "node:assert/strict";
import { datadogSettings } from "../../../components/datadog/settings";
import { datadogValues } from "../../../components/datadog/values";
import { lokiSettings } from "../../../components/loki/settings";
import { redactions } from "../../../components/logs/redactions";
import { nodeAgentPlacement } from "../../../components/shared/placement";
import { unknownKeys } from "../../charts/unknownKeys";

/** The values for these arguments, checked against the keys of the pinned chart. */
function valuesFor(args: object = {}): Record<string, any> {
  const checked = datadogSettings({
    cluster: "ticketing-prod",
    environment: "prod",
    apiKey: "given",
    ...args,
  });
  assert.ok(checked.problems === undefined, JSON.stringify(checked.problems));
  const values = datadogValues(checked.settings);
  assert.deepEqual(unknownKeys("datadog", values), []);
  return values;
}

describe("datadogValues", () => {
  it("refers to the Secret with the keys and holds none", () => {
    assert.equal(valuesFor().datadog.apiKeyExistingSecret, "datadog-secret");
    const { datadog } = valuesFor({ apiKey: undefined, existingSecret: "team-keys" });
    assert.equal(datadog.apiKeyExistingSecret, "team-keys");
    assert.ok(!("apiKey" in datadog) && !("appKey" in datadog));
  });

  it("reads the application key only if it is set, because the pod would wait for it", () => {
    assert.ok(!("appKeyExistingSecret" in valuesFor().datadog));
    assert.equal(valuesFor({ appKey: "given" }).datadog.appKeyExistingSecret, "datadog-secret");
  });

  it("tags everything with env and cluster", () => {
    const { datadog } = valuesFor({ site: "datadoghq.eu" });
    assert.deepEqual(datadog.tags, ["env:prod", "cluster:ticketing-prod"]);
    assert.equal(datadog.clusterName, "ticketing-prod");
    assert.deepEqual(datadog.namespaceLabelsAsTags, { "kubernetes.io/metadata.name": "namespace" });
    assert.equal(datadog.site, "datadoghq.eu");
  });

  it("accepts traces on port 8126 of the node and on a socket only if APM is enabled", () => {
    const on = valuesFor().datadog.apm;
    assert.deepEqual([on.portEnabled, on.socketEnabled], [true, true]);
    const off = valuesFor({ apm: false }).datadog.apm;
    assert.deepEqual([off.portEnabled, off.socketEnabled], [false, false]);
  });

  it("accepts DogStatsD from pods of the node on port 8125, with origin detection", () => {
    assert.deepEqual(valuesFor().datadog.dogstatsd, {
      port: 8125,
      useHostPort: true,
      nonLocalTraffic: true,
      originDetection: true,
      useSocketVolume: true,
    });
  });

  it("opens neither port nor socket if custom metrics are disabled", () => {
    const { port, ...open } = valuesFor({ customMetrics: false }).datadog.dogstatsd;
    assert.equal(port, 8125);
    assert.deepEqual([...new Set(Object.values(open))], [false]);
  });

  describe("redacts logs on the node", () => {
    const rulesOf = (args: object = {}) => {
      const { envDict } = valuesFor(args).agents.containers.agent;
      return JSON.parse(envDict["DD_LOGS_CONFIG_PROCESSING_RULES"] as string) as {
        type: string;
        name: string;
        pattern: string;
        replace_placeholder: string;
      }[];
    };
    /** As the agent does: all that a rule matches is replaced, rule after rule. */
    const redact = (line: string, args: object = {}) =>
      rulesOf(args).reduce((text, { pattern, replace_placeholder: mark }) => {
        const flags = pattern.startsWith("(?i)") ? "gi" : "g";
        return text.replace(new RegExp(pattern.replace(/^\(\?i\)/, ""), flags), () => mark);
      }, line);

    it("with the patterns of Loki's collectors, in the same order", () => {
      const { settings } = lokiSettings({ cluster: "c", environment: "e", bucket: "logs" });
      assert.ok(settings);
      assert.deepEqual(
        rulesOf().map(({ pattern }) => pattern),
        redactions(settings).map(({ expression }) => expression),
      );
      assert.deepEqual([...new Set(rulesOf().map(({ type }) => type))], ["mask_sequences"]);
    });

    it("together with the text before the secret, which the agent cannot preserve", () => {
      assert.equal(redact("user=a password=hunter22 ok"), "user=a <redacted> ok");
      assert.equal(redact("paid with 4111 1111 1111 1111."), "paid with<redacted>.");
      assert.equal(redact("order 12 shipped"), "order 12 shipped");
    });

    it("with custom patterns, and without disabled patterns", () => {
      const redaction = {
        disabledRedactions: ["cardNumber"],
        redactionPatterns: [{ name: "customer-number", expression: "\\bKD-(\\d{8})\\b" }],
      };
      assert.equal(
        redact("KD-12345678 paid with 4111 1111 1111 1111", redaction),
        "<redacted customer-number> paid with 4111 1111 1111 1111",
      );
    });

    it("only if it collects logs", () => {
      assert.ok(!("envDict" in valuesFor({ logs: false }).agents.containers.agent));
    });
  });

  it("instruments only the configured namespaces, and none by default", () => {
    const none = valuesFor().datadog;
    assert.equal(none.apm.instrumentation.enabled, false);
    assert.ok(!("profiling" in none));
    const instrumented = valuesFor({ instrumentedNamespaces: ["checkout"] }).datadog;
    assert.equal(instrumented.apm.instrumentation.enabled, true);
    assert.deepEqual(instrumented.apm.instrumentation.enabledNamespaces, ["checkout"]);
    assert.deepEqual(instrumented.profiling, { enabled: "auto" });
    assert.ok(
      !(
        "profiling" in valuesFor({ instrumentedNamespaces: ["checkout"], profiling: false }).datadog
      ),
    );
  });

  it("collects the logs of all containers unless logs are disabled", () => {
    assert.deepEqual(valuesFor().datadog.logs, { enabled: true, containerCollectAll: true });
    assert.deepEqual(valuesFor({ logs: false }).datadog.logs, {
      enabled: false,
      containerCollectAll: false,
    });
  });

  it("collects processes without their arguments", () => {
    assert.deepEqual(valuesFor().datadog.processAgent, {
      processCollection: true,
      stripProcessArguments: true,
    });
    assert.equal(valuesFor({ processes: false }).datadog.processAgent.processCollection, false);
  });

  it("scrapes pods with prometheus.io annotations only if configured, because Prometheus already does", () => {
    assert.equal(valuesFor().datadog.prometheusScrape.enabled, false);
    assert.equal(
      valuesFor({ scrapePrometheusAnnotations: true }).datadog.prometheusScrape.enabled,
      true,
    );
  });

  const filters = {
    excludedNamespaces: "containerExclude",
    excludedLogNamespaces: "containerExcludeLogs",
    excludedMetricNamespaces: "containerExcludeMetrics",
  };
  for (const [setting, filter] of Object.entries(filters)) {
    it(`renders ${setting} as one container filter of the agent`, () => {
      const { datadog } = valuesFor({ [setting]: ["kube-system", "sandbox"] });
      assert.equal(datadog[filter], "kube_namespace:^kube-system$ kube_namespace:^sandbox$");
      const others = Object.values(filters).filter((name) => name !== filter);
      for (const other of others) assert.ok(!(other in datadog));
    });
  }

  it("excludes no namespace by default", () => {
    for (const filter of Object.values(filters)) assert.ok(!(filter in valuesFor().datadog));
  });

  describe("on Bottlerocket", () => {
    const bottlerocket = (args: object = {}) => valuesFor({ nodeOs: "bottlerocket", ...args });

    it("mounts the socket of containerd, its only runtime", () => {
      assert.equal(bottlerocket().datadog.criSocketPath, "/run/containerd/containerd.sock");
      assert.ok(!("criSocketPath" in valuesFor().datadog));
    });

    it("mounts no kernel sources from the read-only /usr, even if system-probe is enabled", () => {
      assert.deepEqual(bottlerocket().datadog.systemProbe, {
        enableDefaultKernelHeadersPaths: false,
      });
    });
  });

  describe("if pods cannot reach the instance metadata", () => {
    const blocked = (args: object = {}) => valuesFor({ hostnameSource: "nodeFile", ...args });

    it("reads the instance id from the file of cloud-init", () => {
      assert.deepEqual(blocked().providers, { eks: { ec2: { useHostnameFromFile: true } } });
      assert.ok(!("providers" in valuesFor()));
    });

    it("reads it from the firmware on Bottlerocket, which has no cloud-init", () => {
      const { datadog, providers } = blocked({ nodeOs: "bottlerocket" });
      assert.equal(providers, undefined);
      assert.deepEqual(datadog.envDict, { DD_HOSTNAME_FILE: "/sys/class/dmi/id/board_asset_tag" });
      assert.ok(!("envDict" in valuesFor({ nodeOs: "bottlerocket" }).datadog));
    });
  });

  it("does not restart pods at each update, with a fixed token and without random telemetry", () => {
    const values = valuesFor();
    assert.equal(values.clusterAgent.tokenExistingSecret, "datadog-cluster-agent-token");
    assert.equal(values.datadog.apm.instrumentation.skipKPITelemetry, true);
    assert.deepEqual(values, valuesFor());
  });

  it("restarts agents and Cluster Agent when the revision of the keys changes", () => {
    const { agents, clusterAgent } = valuesFor({ keyRevision: "2026-09" });
    for (const { podAnnotations } of [agents, clusterAgent]) {
      assert.deepEqual(podAnnotations, { "observability/key-revision": "2026-09" });
    }
    assert.deepEqual(valuesFor().agents.podAnnotations, {});
  });

  it("deploys no operator and no system probe, and may not read Secrets", () => {
    const { datadog, clusterAgent } = valuesFor();
    assert.equal(datadog.operator.enabled, false);
    assert.equal(datadog.discovery.enabled, false);
    assert.equal(datadog.kubeStateMetricsCore.collectSecretMetrics, false);
    assert.equal(clusterAgent.rbac.flareAdditionalPermissions, false);
  });

  it("runs on every node, whatever its taints and however full", () => {
    const { agents } = valuesFor();
    for (const [key, value] of Object.entries(
      nodeAgentPlacement({ nodeSelector: {}, tolerations: [] }),
    ))
      assert.deepEqual(agents[key], value, key);
  });

  it("injects the node's address into pods, which requires no hostPath volume", () => {
    assert.equal(valuesFor().clusterAgent.admissionController.configMode, "hostip");
  });

  it("sizes every container by the preset", () => {
    const memory = (size: string): number[] => {
      const { agents, clusterAgent } = valuesFor({ size });
      return [
        ...Object.values<any>(agents.containers),
        clusterAgent,
        clusterAgent.containers.initContainers,
      ].map(({ resources }) => mebibytes(resources.limits.memory));
    };
    const [small, medium, large] = ["small", "medium", "large"].map(memory);
    assert.deepEqual(Object.keys(valuesFor().agents.containers), [
      "agent",
      "traceAgent",
      "processAgent",
      "initContainers",
    ]);
    small?.forEach((amount, index) => assert.ok(amount <= (medium?.[index] ?? 0)));
    medium?.forEach((amount, index) => assert.ok(amount <= (large?.[index] ?? 0)));
    assert.notDeepEqual(small, medium);
    assert.notDeepEqual(medium, large);
  });

  it("protects several replicas of the Cluster Agent with a disruption budget", () => {
    assert.deepEqual(valuesFor().clusterAgent.pdb, { create: false });
    const { clusterAgent } = valuesFor({ clusterAgentReplicas: 2 });
    assert.equal(clusterAgent.replicas, 2);
    assert.deepEqual(clusterAgent.pdb, { create: true });
  });

  it("pulls images from a mirror and labels every object", () => {
    assert.ok(!("registry" in valuesFor()));
    const values = valuesFor({ imageRegistry: "mirror.example.com/dd", labels: { team: "sre" } });
    assert.equal(values.registry, "mirror.example.com/dd");
    assert.deepEqual(values.commonLabels, { team: "sre" });
  });
});

function mebibytes(quantity: string): number {
  return Number.parseInt(quantity, 10) * (quantity.endsWith("Gi") ? 1024 : 1);
}
