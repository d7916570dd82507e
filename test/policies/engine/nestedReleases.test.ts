import * as assert from "node:assert/strict";
import { subchartsOf } from "../../../policies/facts/helm";
import { PlainMap, UNKNOWN } from "../../../policies/facts/plain";
import { Resource } from "../../../policies/facts/resource";
import { policyDescriptions } from "../../../policies/index";
import { AnyPolicy } from "../../../policies/engine/policy";
import { judgedByThePack } from "../completePack";
import { changed, configSecret, remedied, stackValues } from "../platformSubjects";
import { judge, release, resource } from "../subjects";

const good = stackValues;
const short = changed(good, { prometheus: { prometheusSpec: { retention: "5d" } } });
const loki = {
  singleBinary: { replicas: 3, resources: { requests: { memory: "2Gi" } } },
  loki: {
    limits_config: { retention_period: "360h" },
    compactor: { retention_enabled: true, delete_request_store: "s3" },
    commonConfig: { replication_factor: 3 },
  },
};
const eternal = changed(loki, { loki: { compactor: { retention_enabled: false } } });
const open = {
  admin: { existingSecret: "a" },
  "grafana.ini": { "auth.anonymous": { enabled: true } },
};

const umbrella = (values: unknown, type = "v3:Release", more: PlainMap = {}): Resource =>
  resource(
    `kubernetes:helm.sh/${type}`,
    "platform",
    {
      chart: "platform",
      name: "platform",
      version: "1.0.0",
      repositoryOpts: { repo: "https://charts.acme.io" },
      values,
      ...more,
    },
    "prod",
  );
const asset = (text: string) => ({ __pulumiAsset: true, text });

const policy = (name: string): AnyPolicy => {
  const found = (policyDescriptions() as AnyPolicy[]).find((one) => one.name === name);
  assert.ok(found !== undefined);
  return found;
};
/** The violations of a release in production, except those of pinned-charts. */
const violated = async (...resources: Resource[]): Promise<string[]> => {
  const found = await judgedByThePack([...resources, configSecret()]);
  return [...new Set(found.map(({ policy: name }) => name))].filter(
    (name) => name !== "pinned-charts",
  );
};

describe("a custom chart with known charts as dependencies", () => {
  it("passes when they comply", async () => {
    assert.deepEqual(await violated(umbrella({ "kube-prometheus-stack": good, loki })), []);
  });

  const stackKey = "kube-prometheus-stack";
  const hidden: [string, Resource, string][] = [
    ["under its name", umbrella({ [stackKey]: short }), "prometheus-retention"],
    ["left to its defaults by name", umbrella({ [stackKey]: {} }), "prometheus-retention"],
    ["under an alias", umbrella({ monitoring: short }), "prometheus-retention"],
    ["in a chart of a chart", umbrella({ base: { [stackKey]: short } }), "prometheus-retention"],
    ["under an alias in an alias", umbrella({ a: { b: short } }), "prometheus-retention"],
    ["next to another chart", umbrella({ [stackKey]: good, loki: eternal }), "loki-retention"],
    ["twice, once well", umbrella({ [stackKey]: good, second: short }), "prometheus-retention"],
    [
      "in a chart of version 4",
      umbrella({ [stackKey]: short }, "v4:Chart"),
      "prometheus-retention",
    ],
    [
      "in a chart that is rendered here",
      umbrella({ a: short }, "v3:Chart"),
      "prometheus-retention",
    ],
    ["as a fork under another name", umbrella(short), "prometheus-retention"],
    ["as a mirror of Loki", umbrella(eternal), "loki-retention"],
    ["Grafana by its name", umbrella({ grafana: { adminPassword: "x" } }), "grafana-exposure"],
    ["Grafana under an alias", umbrella({ dashboards: open }), "grafana-exposure"],
    [
      "Prometheus without an operator",
      umbrella({ prometheus: { server: { retention: "1d" } } }),
      "prometheus-retention",
    ],
    [
      "a rule among its values",
      umbrella({
        [stackKey]: changed(good, {
          additionalPrometheusRulesMap: {
            mine: { groups: [{ name: "g", rules: [{ alert: "A", expr: "sum(x", for: "5m" }] }] },
          },
        }),
      }),
      "promql-valid",
    ],
    [
      "an Alertmanager without a receiver",
      umbrella({
        [stackKey]: changed(good, {
          alertmanager: { alertmanagerSpec: { useExistingSecret: false } },
        }),
      }),
      "severities-delivered",
    ],
    [
      "one replica",
      umbrella({ x: changed(good, { prometheus: { prometheusSpec: { replicas: 1 } } }) }),
      "prod-high-availability",
    ],
    [
      "a scrape each second",
      umbrella({ x: changed(good, { prometheus: { prometheusSpec: { scrapeInterval: "1s" } } }) }),
      "scrape-cost",
    ],
    [
      "no volume",
      umbrella({
        x: changed(good, { prometheus: { prometheusSpec: { storageSpec: undefined } } }),
      }),
      "prometheus-storage",
    ],
    [
      "in a value file",
      umbrella({}, "v3:Release", { valueYamlFiles: [asset(JSON.stringify({ x: short }))] }),
      "prometheus-retention",
    ],
    [
      "in the second value file",
      umbrella({}, "v4:Chart", {
        valueYamlFiles: [asset("a: 1"), asset(JSON.stringify({ [stackKey]: short }))],
      }),
      "prometheus-retention",
    ],
  ];
  for (const [how, subject, expected] of hidden) {
    it(`hides nothing: ${how}`, async () => {
      const found = await violated(subject);
      assert.ok(found.includes(expected), found.join());
    });
  }

  it("judges the value file of a known chart", async () => {
    const anonymous = { grafana: { "grafana.ini": { "auth.anonymous": { enabled: true } } } };
    const { props, ...stack } = release(stackKey, good, "prod");
    const valueYamlFiles = [asset(JSON.stringify(anonymous))];
    const subject = { ...stack, props: { ...(props as PlainMap), valueYamlFiles } };
    assert.deepEqual(await violated(subject), ["grafana-exposure"]);
  });

  it("merges values over value files, as helm does", async () => {
    const files = { valueYamlFiles: [asset(JSON.stringify({ [stackKey]: short }))] };
    assert.deepEqual(await violated(umbrella({ [stackKey]: good }, "v3:Release", files)), []);
  });

  it("names the release and the place of each violation", () => {
    const [violation] = judge(
      policy("prometheus-retention"),
      umbrella({ base: { monitoring: short } }),
    ).violations;
    assert.equal(
      violation?.where,
      'release "platform" (kube-prometheus-stack), values.prometheus.prometheusSpec.retention, below values.base.monitoring',
    );
  });

  it("reports a violation of the stack at the release", () => {
    const subject = umbrella({ x: changed(good, { defaultRules: { create: false } }) });
    const { violations } = judge(policy("watchdog-routed"), [subject, configSecret()]);
    assert.deepEqual(
      violations.map(({ urn }) => urn),
      [subject.urn],
    );
  });

  it("reports unknown values and their place instead of violations", () => {
    const resourceVerdict = judge(
      policy("prometheus-retention"),
      umbrella({ [stackKey]: UNKNOWN }),
    );
    assert.deepEqual(resourceVerdict.violations, []);
    assert.deepEqual(resourceVerdict.unknown?.path.slice(0, 2), ["values", stackKey]);

    const subject = umbrella({
      [stackKey]: { prometheus: { prometheusSpec: { retention: UNKNOWN } } },
    });
    const rules = resource("kubernetes:monitoring.coreos.com/v1:PrometheusRule", "r", {
      spec: { groups: [{ name: "g", rules: [{ record: "x", expr: "avg_over_time(y[30d])" }] }] },
    });
    const stackVerdict = judge(policy("prometheus-retention-covers-rules"), [subject, rules]);
    assert.deepEqual(stackVerdict, {
      violations: [],
      unknown: {
        path: ["values", stackKey, "prometheus", "prometheusSpec", "retention"],
        urn: subject.urn,
      },
    });
  });

  it("remediates each chart in place", () => {
    const subject = umbrella({ base: { monitoring: short }, other: { loki: eternal } });
    const after = remedied(policy("prometheus-retention"), subject) as { values: PlainMap };
    assert.deepEqual(after.values, {
      base: {
        monitoring: changed(short, { prometheus: { prometheusSpec: { retention: "15d" } } }),
      },
      other: { loki: eternal },
    });
  });

  it("remediates over a value file", () => {
    const files = { valueYamlFiles: [asset(JSON.stringify({ [stackKey]: short }))] };
    const after = remedied(policy("prometheus-retention"), umbrella({}, "v3:Release", files));
    assert.deepEqual(after?.["values"], {
      [stackKey]: { prometheus: { prometheusSpec: { retention: "15d" } } },
    });
  });

  describe("skips", () => {
    for (const [what, values] of Object.entries({
      "a disabled dependency": { [stackKey]: { ...short, enabled: false } },
      "settings with similar names": {
        prometheus: { enabled: true },
        grafana: { dashboards: true },
        loki: { url: "http://loki" },
        alertmanager: "http://alertmanager",
      },
      "charts that are nested deeper": { a: { b: { c: short } } },
      "no values": undefined,
    })) {
      it(what, () => assert.deepEqual(subchartsOf(umbrella(values)), []));
    }

    it("the dependencies of a known chart", () => {
      assert.deepEqual(subchartsOf(release(stackKey, { grafana: open })), []);
    });
  });
});
