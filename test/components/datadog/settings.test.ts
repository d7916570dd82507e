import * as assert from "node:assert/strict";
import * as pulumi from "@pulumi/pulumi";
import { charts } from "../../../components/charts/charts";
import { Problem } from "../../../components/shared/problems";
import { DatadogSettings, datadogSettings } from "../../../components/datadog/settings";

const identity = { cluster: "ticketing-prod", environment: "prod" };
const key = "0123456789abcdef0123456789abcdef";

function settingsOf(args: object): DatadogSettings {
  const checked = datadogSettings(args);
  assert.ok(checked.problems === undefined, JSON.stringify(checked.problems));
  return checked.settings;
}

function problemsOf(args: object): Problem[] {
  return datadogSettings(args).problems ?? [];
}

function described(problems: Problem[]): string[] {
  return problems.map(({ path, rule }) => `${path.join(".")} ${rule}`);
}

describe("datadogSettings", () => {
  it("fills in every default", () => {
    assert.deepEqual(settingsOf({ ...identity, apiKey: key }), {
      ...identity,
      apiKey: true,
      labels: {},
      namespace: "datadog",
      chartVersion: charts.datadog.version,
      repository: charts.datadog.repository,
      site: "datadoghq.com",
      apm: true,
      profiling: true,
      logs: true,
      processes: true,
      scrapePrometheusAnnotations: false,
      instrumentedNamespaces: [],
      excludedNamespaces: [],
      excludedLogNamespaces: [],
      excludedMetricNamespaces: [],
      customMetrics: true,
      disabledRedactions: [],
      redactionPatterns: [],
      networkPolicies: false,
      nodeOs: "amazonLinux",
      nodeSelector: {},
      tolerations: [],
      hostnameSource: "instanceMetadata",
      size: "small",
      clusterAgentReplicas: 1,
    });
  });

  it("records that a key is set, but not the key", () => {
    const settings = settingsOf({
      ...identity,
      apiKey: pulumi.secret(key),
      appKey: key,
    });
    assert.equal(settings.apiKey, true);
    assert.equal(settings.appKey, true);
    assert.ok(!JSON.stringify(settings).includes(key));
  });

  it("requires the API key or a Secret that holds it, in a single problem", () => {
    for (const missing of [undefined, null, ""]) {
      const [problem, ...others] = problemsOf({ ...identity, apiKey: missing });
      assert.deepEqual(others, []);
      assert.deepEqual(problem, {
        path: ["apiKey"],
        code: "required",
        rule: "is required, unless existingSecret names a Secret that contains the keys",
        fix: {
          kind: "do",
          text: 'set apiKey to a Pulumi secret, or existingSecret: "datadog-secret"',
        },
      });
    }
    assert.deepEqual(problemsOf({ ...identity, existingSecret: "datadog-secret" }), []);
  });

  it("refuses keys in addition to an existing Secret", () => {
    for (const keys of [{ apiKey: key }, { appKey: key }]) {
      assert.deepEqual(
        described(problemsOf({ ...identity, ...keys, existingSecret: "datadog-secret" })),
        [
          "existingSecret must not be set together with apiKey or appKey, because the Secret already contains the keys",
        ],
      );
    }
  });

  it("accepts the sites of Datadog only", () => {
    const [problem] = problemsOf({ ...identity, apiKey: key, site: "datadog.eu" });
    assert.deepEqual(problem?.path, ["site"]);
    assert.match(problem?.rule ?? "", /must be one of datadoghq\.com, .*datadoghq\.eu/);
    assert.equal(
      settingsOf({ ...identity, apiKey: key, site: "datadoghq.eu" }).site,
      "datadoghq.eu",
    );
  });

  it("refuses to instrument namespaces that the Cluster Agent skips", () => {
    const problems = problemsOf({
      ...identity,
      apiKey: key,
      instrumentedNamespaces: ["checkout", "datadog", "kube-system"],
    });
    assert.deepEqual(described(problems), [
      "instrumentedNamespaces.1 is never instrumented, because the Cluster Agent skips kube-system and its own namespace",
      "instrumentedNamespaces.2 is never instrumented, because the Cluster Agent skips kube-system and its own namespace",
    ]);
    assert.deepEqual(
      problemsOf({
        ...identity,
        apiKey: key,
        namespace: "agents",
        instrumentedNamespaces: ["datadog"],
      }),
      [],
    );
  });

  it("refuses to instrument without APM", () => {
    assert.deepEqual(
      described(
        problemsOf({
          ...identity,
          apiKey: key,
          apm: false,
          instrumentedNamespaces: ["checkout"],
        }),
      ),
      ["instrumentedNamespaces requires apm, because agents otherwise accept no traces"],
    );
  });

  it("reports all problems at once", () => {
    const problems = problemsOf({
      cluster: "Ticketing prod",
      environment: "prod",
      logs: "yes",
      instrumentedNamespaces: "ticketing",
      clusterAgentReplicas: 0,
      keyRevision: "{{ .Values }}",
    });
    assert.deepEqual(problems.map(({ path }) => path.join(".")).sort(), [
      "apiKey",
      "cluster",
      "clusterAgentReplicas",
      "instrumentedNamespaces",
      "keyRevision",
      "logs",
    ]);
  });

  it("shows no key, not even one with a misspelled name", () => {
    const problems = problemsOf({ ...identity, apikey: key, app_key: key });
    assert.deepEqual(
      described(problems)
        .map((text) => text.split(" ")[0])
        .sort(),
      ["apiKey", "apikey", "app_key"],
    );
    assert.ok(!JSON.stringify(problems).includes(key));
    const misspelt = problems.find(({ path }) => path[0] === "apikey");
    assert.deepEqual(misspelt?.fix, { kind: "rename", to: "apiKey" });
  });
});
