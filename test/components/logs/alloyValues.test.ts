import * as assert from "node:assert/strict";
import { validSettings } from "../loki/validSettings";
import { alloyEventsValues, alloyValues } from "../../../components/logs/alloyValues";
import { alloyConfig } from "../../../components/logs/alloyConfig";
import { Values } from "../../../policies/shared/mergeValues";
import { logPipeline } from "../../../components/logs/pipeline";
import { podLogLabels } from "../../../components/logs/podLabels";
import { promtailValues } from "../../../components/logs/promtailValues";
import { unknownKeys } from "../../charts/unknownKeys";

function valuesOf(args: object = {}): Values {
  return alloyValues(validSettings(args));
}

describe("alloyValues", () => {
  it("reads its configuration from a separate ConfigMap, because the chart would render its own", () => {
    assert.deepEqual(valuesOf()["alloy"].configMap, {
      create: false,
      name: "alloy-config",
      key: "config.alloy",
    });
  });

  it("stores its read positions on the node", () => {
    const { alloy, controller } = valuesOf();
    assert.equal(alloy.storagePath, "/var/lib/alloy");
    const [mount] = alloy.mounts.extra;
    const [volume] = controller.volumes.extra;
    assert.equal(mount.mountPath, alloy.storagePath);
    assert.equal(mount.name, volume.name);
    assert.deepEqual(volume.hostPath, { path: "/var/lib/alloy", type: "DirectoryOrCreate" });
  });

  it("runs as root to read log files, without any other privilege of root", () => {
    const { alloy, rbac, crds } = valuesOf();
    assert.equal(alloy.mounts.varlog, true);
    assert.equal(alloy.securityContext.allowPrivilegeEscalation, false);
    assert.equal(alloy.securityContext.readOnlyRootFilesystem, true);
    assert.deepEqual(alloy.securityContext.capabilities, { drop: ["ALL"] });
    assert.equal(rbac.create, false);
    assert.equal(crds.create, false);
  });

  it("runs on every node that can have a DaemonSet, whatever its taints", () => {
    const { controller } = valuesOf();
    assert.deepEqual(controller.tolerations, [{ operator: "Exists" }]);
    const [term] =
      controller.affinity.nodeAffinity.requiredDuringSchedulingIgnoredDuringExecution
        .nodeSelectorTerms;
    assert.deepEqual(term.matchExpressions, [
      { key: "eks.amazonaws.com/compute-type", operator: "NotIn", values: ["fargate"] },
    ]);
  });

  it("sends no usage reports, and is scraped by Prometheus", () => {
    assert.equal(valuesOf()["alloy"].enableReporting, false);
    assert.equal(valuesOf()["serviceMonitor"].enabled, true);
    assert.equal(valuesOf({ serviceMonitors: false })["serviceMonitor"].enabled, false);
  });

  it("sizes the collector by the preset", () => {
    const memory = (size: string): unknown =>
      valuesOf({ size })["alloy"].resources.limits.memory as unknown;
    assert.deepEqual(["small", "medium", "large"].map(memory), ["256Mi", "384Mi", "768Mi"]);
  });

  it("pulls every image from a mirror", () => {
    assert.deepEqual(valuesOf({ imageRegistry: "mirror.example.com" })["global"].image, {
      registry: "mirror.example.com",
    });
    assert.equal("image" in valuesOf()["global"], false);
  });

  it("sets no key that the chart does not know", () => {
    assert.deepEqual(unknownKeys("alloy", valuesOf({ imageRegistry: "mirror.example.com" })), []);
  });
});

describe("alloyEventsValues", () => {
  const values = alloyEventsValues(validSettings({ kubernetesEvents: true }));

  it("runs one pod without privileges, because two would store each event twice", () => {
    const { alloy, controller, rbac } = values;
    assert.equal(controller.type, "deployment");
    assert.equal(controller.replicas, undefined);
    assert.equal(alloy.mounts.varlog, undefined);
    assert.equal(alloy.securityContext.runAsNonRoot, true);
    assert.equal(alloy.securityContext.readOnlyRootFilesystem, true);
    assert.equal(rbac.create, false);
  });

  it("writes only to a volume of its own", () => {
    const { alloy, controller } = values;
    const [mount] = alloy.mounts.extra;
    const [volume] = controller.volumes.extra;
    assert.equal(mount.mountPath, alloy.storagePath);
    assert.equal(mount.name, volume.name);
    assert.deepEqual(Object.keys(volume), ["name", "emptyDir"]);
  });

  it("runs on the nodes of the other workloads", () => {
    const placed = validSettings({ nodeSelector: { pool: "monitoring" } });
    assert.equal(alloyEventsValues(placed)["controller"].nodeSelector.pool, "monitoring");
  });

  it("sets no key that the chart does not know", () => {
    assert.deepEqual(unknownKeys("alloy", values), []);
  });
});

describe("alloyConfig", () => {
  const text = alloyConfig({
    pushUrl: "http://loki.monitoring.svc.cluster.local:3100/loki/api/v1/push",
    cluster: "ticketing-prod",
    environment: "prod",
  });

  /** The body of a block, found by its header. */
  function block(header: string): string {
    const start = text.indexOf(`${header} {`);
    assert.notEqual(start, -1, header);
    return text.slice(start, text.indexOf("\n}", start));
  }

  it("discovers only the pods of its node", () => {
    assert.match(
      block('discovery.kubernetes "pods"'),
      /field = "spec\.nodeName=" \+ sys\.env\("K8S_NODE_NAME"\)/,
    );
  });

  it("renders every relabeling rule of pods, in order", () => {
    const targets = [...block('discovery.relabel "pods"').matchAll(/target_label += "(\w+)"/g)].map(
      ([, label]) => label,
    );
    assert.deepEqual(
      targets,
      podLogLabels.map(({ targetLabel }) => targetLabel),
    );
  });

  it("reads files, parses the CRI format, and writes to Loki", () => {
    assert.match(
      block('local.file_match "pods"'),
      /path_targets = discovery\.relabel\.pods\.output/,
    );
    assert.match(block('loki.source.file "pods"'), /targets += local\.file_match\.pods\.targets/);
    assert.match(
      block('loki.source.file "pods"'),
      /forward_to = \[loki\.process\.pods\.receiver\]/,
    );
    assert.match(block('loki.process "pods"'), /forward_to = \[loki\.write\.loki\.receiver\]/);
    assert.match(block('loki.process "pods"'), /stage\.cri \{\}/);
    assert.match(
      block('loki.write "loki"'),
      /url = "http:\/\/loki\.monitoring\.svc\.cluster\.local:3100\/loki\/api\/v1\/push"/,
    );
  });

  it("drops the label with the file name and labels that become structured metadata", () => {
    assert.match(text, /stage\.label_drop \{\s+values = \["filename", "pod_uid", "version"\]/);
  });

  it("renders the stages of the pipeline in order", () => {
    assert.deepEqual(
      [...text.matchAll(/^ {2}stage\.(\w+) \{/gm)].map(([, name]) => name),
      logPipeline().map((stage) => stage.name),
    );
  });

  it("applies the configured redactions, as Promtail does", () => {
    const redaction = validSettings({
      disabledRedactions: ["cardNumber"],
      redactionPatterns: [{ name: "customer-number", expression: "\\bKD-(\\d{8})\\b" }],
    });
    const stages = logPipeline(redaction).filter(({ name }) => name === "replace");
    const config = alloyConfig({ pushUrl: "http://x", cluster: "c", environment: "e", redaction });
    assert.equal(config.split("stage.replace {").length - 1, stages.length);
    assert.ok(config.includes('replace    = "<redacted customer-number>"'));
    assert.ok(config.includes('"\\\\bKD-(\\\\d{8})\\\\b"'));
    const promtail = promtailValues(redaction, "http://loki:3100")["config"].snippets
      .scrapeConfigs as string;
    for (const stage of stages) {
      assert.ok(promtail.includes(stage.fields["expression"] as string));
    }
    // A built-in pattern less, an own one more.
    assert.equal(stages.length, logPipeline().filter(({ name }) => name === "replace").length - 1);
  });

  it("retries without a limit while Loki is unavailable", () => {
    const write = text.slice(text.indexOf('loki.write "loki"'));
    assert.match(write, /max_backoff_retries = 0/);
  });

  it("has no experimental settings, with which Alloy would not start by default", () => {
    assert.doesNotMatch(text, /queue_config|\bwal\b/);
  });

  it("labels every line with cluster and env", () => {
    assert.match(block('loki.write "loki"'), /cluster = "ticketing-prod",\s+env     = "prod",/);
  });

  it("escapes the arguments", () => {
    const odd = alloyConfig({ pushUrl: 'http://x/"\\', cluster: "c", environment: "e" });
    assert.match(odd, /url = "http:\/\/x\/\\"\\\\"/);
  });

  it("closes every block", () => {
    const code = text.replace(/"(?:[^"\\]|\\.)*"/g, "");
    assert.equal(code.split("{").length, code.split("}").length);
  });
});
