import * as assert from "node:assert/strict";
import { validSettings } from "./validSettings";
import { lokiValues } from "../../../components/loki/values";
import { Values } from "../../../policies/shared/mergeValues";
import { unknownKeys } from "../../charts/unknownKeys";

function valuesOf(args: object = {}): Values {
  return lokiValues(validSettings(args));
}

const filesystem = { storage: "filesystem" };
const highAvailability = { mode: "highAvailability" };

describe("lokiValues", () => {
  it("runs one replica with a replication factor of 1", () => {
    const values = valuesOf();
    assert.equal(values["deploymentMode"], "Monolithic");
    assert.equal(values["singleBinary"].replicas, 1);
    assert.equal(values["loki"].commonConfig.replication_factor, 1);
    assert.equal(values["singleBinary"].podDisruptionBudget, undefined);
  });

  it("runs three replicas that keep three copies, on three nodes, one down at a time", () => {
    const { singleBinary, loki } = valuesOf(highAvailability);
    assert.equal(singleBinary.replicas, 3);
    assert.equal(loki.commonConfig.replication_factor, 3);
    const [term] =
      singleBinary.affinity.podAntiAffinity.requiredDuringSchedulingIgnoredDuringExecution;
    assert.equal(term.topologyKey, "kubernetes.io/hostname");
    assert.equal(
      singleBinary.topologySpreadConstraints[0].topologyKey,
      "topology.kubernetes.io/zone",
    );
    assert.deepEqual(singleBinary.podDisruptionBudget, { enabled: true, maxUnavailable: 1 });
  });

  it("disables the simple scalable mode, whose default of three replicas is an error", () => {
    const { write, read, backend } = valuesOf();
    assert.deepEqual([write, read, backend], [{ replicas: 0 }, { replicas: 0 }, { replicas: 0 }]);
  });

  it("sets everything that makes a retention of 15 days effective", () => {
    const { loki, singleBinary } = valuesOf();
    assert.equal(loki.limits_config.retention_period, "360h");
    assert.equal(loki.compactor.retention_enabled, true);
    assert.equal(loki.compactor.delete_request_store, "s3");
    assert.match(loki.compactor.working_directory, /^\/var\/loki\//, "on the volume");
    assert.equal(singleBinary.persistence.enabled, true);
    assert.equal(loki.schemaConfig.configs[0].index.period, "24h");
  });

  it("renders the retention in hours", () => {
    assert.equal(valuesOf({ retentionDays: 90 })["loki"].limits_config.retention_period, "2160h");
  });

  it("stores chunks, index and deletion requests in the bucket", () => {
    const { loki } = valuesOf({ bucket: "ticketing-logs", region: "eu-central-1" });
    assert.deepEqual(loki.storage, {
      type: "s3",
      bucketNames: { chunks: "ticketing-logs" },
      s3: { region: "eu-central-1" },
    });
    assert.equal(loki.schemaConfig.configs[0].object_store, "s3");
  });

  it("stores everything on the volume without S3, and has no bucket", () => {
    const { loki } = valuesOf(filesystem);
    assert.deepEqual(loki.storage, { type: "filesystem" });
    assert.equal(loki.schemaConfig.configs[0].object_store, "filesystem");
    assert.equal(loki.compactor.delete_request_store, "filesystem");
    assert.doesNotMatch(JSON.stringify(loki), /s3|bucket/);
  });

  it("has one schema period, whose date never moves", () => {
    const { configs } = valuesOf()["loki"].schemaConfig;
    assert.equal(configs.length, 1);
    assert.equal(configs[0].from, "2024-04-01");
    assert.equal(configs[0].store, "tsdb");
    assert.equal(configs[0].schema, "v13");
  });

  it("reads alerting rules from an optional ConfigMap, on S3 as on the filesystem", () => {
    for (const storage of [{}, filesystem]) {
      const { loki, singleBinary } = valuesOf(storage);
      assert.deepEqual(loki.rulerConfig.storage, { type: "local", local: { directory: "/rules" } });
      assert.deepEqual(singleBinary.extraVolumes, [
        { name: "rules", configMap: { name: "loki-rules", optional: true } },
      ]);
      assert.equal(singleBinary.extraVolumeMounts[0].mountPath, "/rules/fake");
    }
  });

  it("sends the alerts of the rules to Alertmanager, if its URL is configured", () => {
    const alertmanagerUrl = "http://alertmanager.monitoring.svc:9093";
    const { rulerConfig } = valuesOf({ alertmanagerUrl })["loki"];
    assert.equal(rulerConfig.alertmanager_url, alertmanagerUrl);
    assert.deepEqual(rulerConfig.external_labels, { cluster: "ticketing-prod", env: "prod" });
    assert.equal("alertmanager_url" in valuesOf()["loki"].rulerConfig, false);
  });

  it("writes the recorded series to each replica of Prometheus, if URLs are configured", () => {
    const remoteWriteUrls = ["http://p-0:9090/api/v1/write", "http://p-1:9090/api/v1/write"];
    assert.deepEqual(valuesOf({ remoteWriteUrls })["loki"].rulerConfig.remote_write, {
      enabled: true,
      clients: {
        "prometheus-0": { url: remoteWriteUrls[0] },
        "prometheus-1": { url: remoteWriteUrls[1] },
      },
    });
    assert.equal("remote_write" in valuesOf()["loki"].rulerConfig, false);
  });

  it("evaluates each rule once, however many replicas", () => {
    assert.equal(valuesOf()["loki"].rulerConfig.enable_sharding, false);
    assert.equal(valuesOf(highAvailability)["loki"].rulerConfig.enable_sharding, true);
  });

  it("uses the service account loki, which the chart does not create", () => {
    assert.deepEqual(valuesOf()["serviceAccount"], { create: false, name: "loki" });
  });

  it("denies Loki access to the Kubernetes API", () => {
    const values = valuesOf();
    assert.equal(values["defaults"].automountServiceAccountToken, false);
    assert.equal(values["rbac"].namespaced, true);
    assert.equal(values["sidecar"].rules.enabled, false);
  });

  it("has no tenants, gateway, caches, canary, test or usage reports", () => {
    const values = valuesOf(highAvailability);
    assert.equal(values["loki"].auth_enabled, false);
    assert.equal(values["loki"].analytics.reporting_enabled, false);
    for (const part of [
      "gateway",
      "chunksCache",
      "resultsCache",
      "memcached",
      "lokiCanary",
      "test",
    ]) {
      assert.deepEqual(values[part], { enabled: false }, part);
    }
  });

  it("is scraped by Prometheus, unless ServiceMonitors are disabled", () => {
    const enabled = (args: object): unknown =>
      valuesOf(args)["monitoring"].serviceMonitor.enabled as unknown;
    assert.equal(enabled({}), true);
    assert.equal(enabled({ serviceMonitors: false }), false);
  });

  it("requests a volume with the configured size and StorageClass", () => {
    const { persistence } = valuesOf({ volumeGb: 50, storageClassName: "io2" })["singleBinary"];
    assert.equal(persistence.size, "50Gi");
    assert.equal(persistence.storageClass, "io2");
    assert.equal(
      "storageClass" in valuesOf({ storageClassName: "" })["singleBinary"].persistence,
      false,
    );
  });

  it("retains the volumes in every environment, unless the caller permits to delete data", () => {
    const autoDelete = (args: object): unknown =>
      valuesOf(args)["singleBinary"].persistence.enableStatefulSetAutoDeletePVC as unknown;
    for (const environment of ["prod", "production", "dev"]) {
      assert.equal(autoDelete({ environment }), false, environment);
      assert.equal(autoDelete({ environment, protectData: false }), false, environment);
    }
    assert.equal(autoDelete({ protectData: false, deleteDataOnDestroy: true }), true);
  });

  it("sizes Loki by the preset", () => {
    const memory = (size: string): unknown =>
      valuesOf({ size })["singleBinary"].resources.limits.memory as unknown;
    assert.deepEqual(["small", "medium", "large"].map(memory), ["1Gi", "4Gi", "8Gi"]);
  });

  it("pulls every image from a mirror", () => {
    assert.deepEqual(valuesOf({ imageRegistry: "mirror.example.com" })["global"], {
      imageRegistry: "mirror.example.com",
    });
    assert.equal("global" in valuesOf(), false);
  });

  for (const [name, args] of Object.entries({
    "one replica": {},
    "high availability": highAvailability,
    filesystem,
    "a mirror and an Alertmanager": {
      imageRegistry: "mirror.example.com",
      alertmanagerUrl: "http://alertmanager:9093",
    },
  })) {
    it(`sets no key that the chart does not know: ${name}`, () => {
      assert.deepEqual(unknownKeys("loki", valuesOf(args)), []);
    });
  }
});
