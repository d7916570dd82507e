import * as assert from "node:assert/strict";
import { podLogLabels } from "../../../components/logs/podLabels";

type Labels = Record<string, string>;

/** Relabels as Prometheus does: anchored match on the joined sources, empty results remove. */
function relabel(labels: Labels): Labels {
  const result = { ...labels };
  for (const rule of podLogLabels) {
    const source = rule.sourceLabels.map((name) => result[name] ?? "").join(rule.separator ?? ";");
    const match = new RegExp(`^(?:${rule.regex ?? "(.*)"})$`).exec(source);
    if (match === null) continue;
    result[rule.targetLabel] = (rule.replacement ?? "$1").replace("$1", match[1] ?? "");
  }
  return result;
}

/** The labels that Loki gets: none that start with two underscores. */
function logLabels(pod: Labels): Labels {
  return Object.fromEntries(
    Object.entries(relabel({ ...checkout, ...pod })).filter(([name]) => !name.startsWith("__")),
  );
}

const meta = "__meta_kubernetes_pod_";
const checkout: Labels = {
  __meta_kubernetes_namespace: "ticketing",
  [`${meta}name`]: "inventory-service-6d4cf56db6-xk2p9",
  [`${meta}container_name`]: "server",
  [`${meta}uid`]: "0b5e3c1e-7a8e-4a1c-9f0d-2f1d7a3c4b5e",
  [`${meta}controller_kind`]: "ReplicaSet",
  [`${meta}controller_name`]: "inventory-service-6d4cf56db6",
};

describe("podLogLabels", () => {
  it("sets the labels that the documented queries use", () => {
    assert.deepEqual(logLabels({ [`${meta}label_app`]: "inventory-service" }), {
      namespace: "ticketing",
      app: "inventory-service",
      service: "inventory-service",
      pod: "inventory-service-6d4cf56db6-xk2p9",
      container: "server",
      pod_uid: "0b5e3c1e-7a8e-4a1c-9f0d-2f1d7a3c4b5e",
    });
  });

  for (const [what, pod, app] of [
    [
      "app.kubernetes.io/name before app",
      {
        [`${meta}label_app_kubernetes_io_name`]: "inventory",
        [`${meta}label_app`]: "inventory-service",
      },
      "inventory",
    ],
    ["the label app", { [`${meta}label_app`]: "api-gateway" }, "api-gateway"],
    ["the name of the Deployment", {}, "inventory-service"],
    [
      "the name of the StatefulSet",
      { [`${meta}controller_kind`]: "StatefulSet", [`${meta}controller_name`]: "redis-cluster" },
      "redis-cluster",
    ],
    [
      "the name of the CronJob",
      { [`${meta}controller_kind`]: "Job", [`${meta}controller_name`]: "settle-28934520" },
      "settle",
    ],
    [
      "the name of the Job",
      { [`${meta}controller_kind`]: "Job", [`${meta}controller_name`]: "migrate-schema" },
      "migrate-schema",
    ],
    [
      "the name of a pod that nothing controls",
      {
        [`${meta}name`]: "debug",
        [`${meta}controller_kind`]: "",
        [`${meta}controller_name`]: "",
      },
      "debug",
    ],
  ] as [string, Labels, string][]) {
    it(`derives app and service from ${what}`, () => {
      assert.equal(logLabels(pod)["app"], app);
      assert.equal(logLabels(pod)["service"], app);
    });
  }

  it("reads the files of the container", () => {
    assert.equal(
      relabel(checkout)["__path__"],
      "/var/log/pods/*0b5e3c1e-7a8e-4a1c-9f0d-2f1d7a3c4b5e/server/*.log",
    );
  });

  it("reads the files of a static pod, whose directory is named after another id", () => {
    assert.equal(
      relabel({
        ...checkout,
        [`${meta}annotationpresent_kubernetes_io_config_hash`]: "true",
        [`${meta}annotation_kubernetes_io_config_hash`]: "d41d8cd9",
      })["__path__"],
      "/var/log/pods/*d41d8cd9/server/*.log",
    );
  });
});
