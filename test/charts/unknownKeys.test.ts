import * as assert from "node:assert/strict";
import * as fs from "node:fs";
import * as path from "node:path";
import { charts } from "../../components/charts/charts";
import { keyPaths, keysOf } from "./keyPaths";
import { chartKeysModule, readLines, unknownKeys } from "./unknownKeys";
import { chartKeysFile } from "./writeChartKeys";

const kps = "kube-prometheus-stack";

describe("unknownKeys", () => {
  it("accepts keys that the chart's values file has", () => {
    assert.deepEqual(
      unknownKeys(kps, { prometheus: { prometheusSpec: { retention: "15d", replicas: 2 } } }),
      [],
    );
  });

  it("finds a misspelled key and returns its whole path", () => {
    assert.deepEqual(
      unknownKeys(kps, { prometheus: { prometheusSpec: { retentionn: "15d", replicas: 2 } } }),
      ["prometheus.prometheusSpec.retentionn"],
    );
  });

  it("finds every misspelled key, at any depth and with any value", () => {
    assert.deepEqual(
      unknownKeys("datadog", {
        datadog: { log: { enabled: true }, apm: { portEnable: true } },
        agent: null,
      }),
      ["datadog.log", "datadog.apm.portEnable", "agent"],
    );
  });

  it("knows the keys of subcharts under the subcharts' names", () => {
    assert.deepEqual(
      unknownKeys(kps, {
        grafana: { admin: { existingSecret: "grafana-admin" }, fullname: "grafana" },
        "kube-state-metrics": { metricLabelsAllowlist: [], enabledd: true },
        "prometheus-node-exporter": { hostRootFsMount: { enabled: false } },
      }),
      ["grafana.fullname", "kube-state-metrics.enabledd"],
    );
  });

  it("allows any key below empty defaults of the chart, and inside lists", () => {
    assert.deepEqual(
      unknownKeys(kps, {
        prometheus: {
          prometheusSpec: {
            externalLabels: { cluster: "ticketing-prod" },
            tolerations: [{ operator: "Exists", anything: { goes: true } }],
            storageSpec: { volumeClaimTemplate: { spec: { storageClassName: "gp3" } } },
          },
        },
      }),
      [],
    );
  });

  it("allows any field in objects of Kubernetes, whatever the chart's default contains", () => {
    assert.deepEqual(
      unknownKeys("alloy", { configReloader: { resources: { limits: { memory: "64Mi" } } } }),
      [],
    );
  });

  it("allows keys that the values file only mentions in a comment", () => {
    assert.deepEqual(
      unknownKeys(kps, { alertmanager: { alertmanagerSpec: { configSecret: "mine" } } }),
      [],
    );
  });

  it("allows any key in a section that the chart passes to the program that it configures", () => {
    assert.deepEqual(
      unknownKeys("loki", { loki: { limits_config: { retention_period: "360h" } } }),
      [],
    );
    assert.deepEqual(
      unknownKeys(kps, { grafana: { "grafana.ini": { users: { theme: "dark" } } } }),
      [],
    );
  });

  it("distinguishes a dot in a key from a level", () => {
    assert.deepEqual(unknownKeys(kps, { grafana: { grafana: { ini: {} } } }), ["grafana.grafana"]);
  });

  it("refuses other charts", () => {
    assert.throws(() => unknownKeys("nginx", {}), /no keys are recorded for the chart nginx/);
  });
});

describe("keyPaths", () => {
  it("ends a path at an empty map, a list or a single value", () => {
    const values = {
      b: { list: [{ x: 1 }], none: null, map: {}, text: "t" },
      a: 0,
      "c.d": { e: 1 },
    };
    assert.deepEqual(keyPaths(values), ["a", "b.list", "b.map", "b.none", "b.text", "c\\.d.e"]);
    assert.deepEqual(keysOf("c\\.d.e"), ["c.d", "e"]);
  });
});

describe("recorded keys", () => {
  it("are those that the library ships", () => {
    assert.equal(
      fs.readFileSync(chartKeysFile, "utf8"),
      chartKeysModule(),
      "run: node --require tsx/cjs test/charts/writeChartKeys.ts",
    );
  });

  for (const chart of Object.values(charts)) {
    it(`of ${chart.name} are the keys of the pinned version`, () => {
      const file = path.join(__dirname, "keys", `${chart.name}.txt`);
      const [recorded] = fs.readFileSync(file, "utf8").split(/[,\n]/);
      assert.equal(
        recorded,
        `# ${chart.name} ${chart.version}`,
        "run test/charts/recordKeys.ts with the values.yaml of the pinned version",
      );
    });

    it(`of ${chart.name} are complemented only by keys that its values file does not contain`, () => {
      const recorded = readLines(`${chart.name}.txt`);
      const showsBelow = (section: string): boolean =>
        recorded.some((key) => key.startsWith(`${section}.`));
      for (const line of readLines(`${chart.name}.commented.txt`)) {
        if (line.endsWith(".**")) {
          assert.ok(
            showsBelow(line.slice(0, -3)),
            `${line} opens nothing that is closed: remove it`,
          );
        } else {
          assert.ok(!recorded.includes(line) && !showsBelow(line), `${line} is shown: remove it`);
        }
      }
    });
  }
});
