import * as assert from "node:assert/strict";
import * as pulumi from "@pulumi/pulumi";
import { LokiStack, PrometheusStack } from "../../../components";
import { replacedMaps, unknownKeys } from "../../../components/shared/unknownKeys";
import { formatKeys } from "../../charts/unknownKeys";
import { recordProgram } from "../../support/mocks";

const identity = { cluster: "c", environment: "prod" };

async function warnings(values: object, args: object = {}): Promise<string[]> {
  const stack = await recordProgram(
    () => void new PrometheusStack("metrics", { ...identity, values: values as never, ...args }),
  );
  return stack.warnings;
}

describe("unknownKeys", () => {
  const keys = formatKeys([
    ["grafana", "persistence", "enabled"],
    ["grafana", "grafana.ini", "**"],
    ["grafana", "grafana.ini", "users"],
    ["labels"],
    ["affinity", "podAntiAffinity", "x"],
  ]);

  it("reads a compact list of keys, in which free maps have nothing below them", () => {
    assert.equal(keys, "grafana{persistence{enabled},grafana.ini*{users}},labels,affinity");
  });

  it("finds each key that is not in the list, with the nearest one", () => {
    assert.deepEqual(unknownKeys(keys, { grafana: { persistance: {}, other: 1 }, label: 1 }), [
      { path: ["grafana", "persistance"], nearest: "persistence" },
      { path: ["grafana", "other"], nearest: undefined },
      { path: ["label"], nearest: "labels" },
    ]);
  });

  it("accepts everything in free maps, in open sections and below single values", () => {
    const values = {
      grafana: { "grafana.ini": { any: { key: 1 } }, persistence: { enabled: { odd: true } } },
      labels: { any: "x" },
      affinity: { nodeAffinity: {} },
    };
    assert.deepEqual(unknownKeys(keys, values), []);
    assert.deepEqual(replacedMaps(keys, values), []);
  });

  it("finds each map of keys that something else replaces, with its keys", () => {
    const values = { grafana: { persistence: false, "grafana.ini": "" }, labels: "", affinity: [] };
    const persistence = { path: ["grafana", "persistence"], keys: ["enabled"] };
    assert.deepEqual(replacedMaps(keys, values), [persistence]);
    assert.deepEqual(replacedMaps(keys, { grafana: null }), []);
  });
});

describe("chart values with an unknown key", () => {
  it("cause a warning with the nearest key", async () => {
    const expected =
      'PrometheusStack "metrics": values.grafana.persistance is not in the values of the chart kube-prometheus-stack 88.5.3; Helm ignores keys that the chart does not read\n' +
      "  fix: rename values.grafana.persistance to persistence";
    const values = { grafana: { persistance: { enabled: true } } };
    assert.deepEqual(await warnings(values), [expected]);
    assert.deepEqual(await warnings(pulumi.output(values)), [expected]);
  });

  it("cause a weaker warning with another version of the chart", async () => {
    const [warning] = await warnings({ grafana: { plugin: [] } }, { chartVersion: "99.0.0" });
    assert.match(
      warning ?? "",
      /values\.grafana\.plugin .* 88\.5\.3; it has an effect only if 99\.0\.0 added it/,
    );
  });

  it("cause no warning where any key is valid", async () => {
    const free = {
      commonLabels: { team: "sre" },
      grafana: {
        podAnnotations: { "example.com/a": "b" },
        "grafana.ini": { server: { domain: "x" } },
        dashboards: { own: { a: { gnetId: 1 } } },
        nodeSelector: { pool: "x" },
      },
      alertmanager: { config: { route: { receiver: "x" } } },
      prometheus: { prometheusSpec: { externalLabels: { a: "b" }, additionalArgs: [] } },
      global: { anything: true },
    };
    assert.deepEqual(await warnings(free), []);
  });

  it("name the argument of the collector", async () => {
    const { warnings: found } = await recordProgram(
      () =>
        void new LokiStack("logs", {
          ...identity,
          storage: "filesystem",
          collectorValues: { controler: {} },
        }),
    );
    assert.match(
      found.join(),
      /collectorValues\.controler .* alloy .*\n {2}fix: rename .* to controller/,
    );
  });
});
