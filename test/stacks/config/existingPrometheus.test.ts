import * as assert from "node:assert/strict";
import { parsedProd } from "../../support/stackConfig";

const existing = { namespace: "observability", labels: { release: "platform" } };
const base = { existingPrometheus: existing, prometheus: undefined, grafana: undefined };

const parsed = (changes: object = {}) => parsedProd({ ...base, ...changes });

describe("monitoring:existingPrometheus", () => {
  it("replaces the settings of a Prometheus of the stack", () => {
    const { settings, text } = parsed();
    assert.equal(text, "");
    assert.equal(settings?.prometheus, undefined);
    assert.equal(settings?.existingPrometheus?.retentionDays, 10);
    assert.equal(settings?.slack?.namespace, "observability");
    assert.equal(settings?.protectData, true);
  });

  it("refuses the settings that configure a Prometheus of the stack, each with a fix", () => {
    const rule = "is not available with existingPrometheus, which the stack does not configure";
    const { text } = parsed({
      prometheus: { retentionDays: 30, externalUrl: "https://prometheus.example.com" },
      alertmanager: { replicas: 2 },
      grafana: { sso: { provider: "google", clientSecret: { name: "s", key: "k" } } },
      loki: { logMetricNamespaces: ["ticketing"] },
      cost: { samplesPerSecond: 1000, logGbPerDay: 5 },
    });
    const expected: [key: string, value: string][] = [
      ["prometheus.retentionDays", "30"],
      ["alertmanager.replicas", "2"],
      ["grafana.sso", '{"provider":"google","clientSecret":"[hidden]"}'],
      ["loki.logMetricNamespaces", '["ticketing"]'],
      ["cost.samplesPerSecond", "1000"],
    ];
    assert.equal(
      text,
      expected
        .map(([key, value]) =>
          [
            `  monitoring:${key} = ${value} ${rule}`,
            `    fix: pulumi config rm --path monitoring:${key}`,
          ].join("\n"),
        )
        .join("\n"),
    );
  });

  it("requires the namespace and the labels, and reports other problems at once", () => {
    const { text } = parsed({ existingPrometheus: {}, prometheus: { replicas: 2 } });
    assert.match(text, /monitoring:existingPrometheus\.namespace is required/);
    assert.match(text, /monitoring:existingPrometheus\.labels is required/);
    assert.match(text, /monitoring:prometheus\.replicas = 2 is not available/);
  });

  it("checks the URLs for people", () => {
    const { text } = parsed({
      prometheus: { externalUrl: "prometheus.example.com" },
      grafana: { externalUrl: 1 },
    });
    assert.match(text, /prometheus\.externalUrl = "prometheus\.example\.com" must be a URL/);
    assert.match(text, /grafana\.externalUrl = 1 must be/);
  });

  it("requires a blackbox exporter for services with a probe", () => {
    const services = [{ name: "shop", kind: "probe", probe: "https://shop.example.com/" }];
    assert.match(
      parsed({ services }).text,
      /^ {2}monitoring:existingPrometheus\.prober is required for services with a probe/m,
    );
    const existingPrometheus = { ...existing, prober: "blackbox.observability.svc:9115" };
    assert.equal(parsed({ services, existingPrometheus }).text, "");
  });

  it("limits the windows of objectives to the retention", () => {
    const services = [{ name: "api", slo: { availabilityPercent: 99.9, windowDays: 14 } }];
    assert.match(parsed({ services }).text, /windowDays = 14 must be at most 10/);
    const existingPrometheus = { ...existing, retentionDays: 14 };
    assert.equal(parsed({ services, existingPrometheus }).text, "");
  });

  it("accepts settings of the alerts that the stack has, and refuses those of others", () => {
    const rules = (name: string, setting: object = { enabled: false }) =>
      parsed({ alerts: { rules: { [name]: setting } } });
    const { settings, text } = rules("LokiPanics", { threshold: 3 });
    assert.equal(text, "");
    assert.equal(settings?.existingPrometheus?.alertRules["LokiPanics"]?.threshold, 3);
    assert.equal(rules("HighErrorRate").text, "");
    assert.match(rules("LokiPanics", { threshold: -1 }).text, /LokiPanics\.threshold = -1 must be/);
    for (const name of ["VolumeNearlyFull", "KubeNodeNotReady"]) {
      assert.match(rules(name).text, new RegExp(`${name} = .* is not the name of an alert`));
    }
  });
});
