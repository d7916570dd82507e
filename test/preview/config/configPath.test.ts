import * as assert from "node:assert/strict";
import { type ConfigValues, parsePath, setConfigPath } from "../../../preview/config/configPath";
import { ExpectedError } from "../../../preview/config/errors";

const start: ConfigValues = {
  "monitoring:prometheus": { retentionDays: 15, storageGb: 100 },
  "monitoring:services": [{ name: "auth-service" }],
  "monitoring:environment": "prod",
};

describe("setting a configuration value by its path", () => {
  const cases: [setting: string, key: string, value: unknown][] = [
    // a whole key is text, as the CLI stores it
    ["environment=dev", "monitoring:environment", "dev"],
    ["replicas=2", "monitoring:replicas", "2"],
    ["aws:region=eu-west-1", "aws:region", "eu-west-1"],
    ["monitoring:environment=dev", "monitoring:environment", "dev"],
    ["monitoring:config:environment=dev", "monitoring:environment", "dev"],
    // inside of a map, true, false and whole numbers are typed
    [
      "prometheus.retentionDays=400",
      "monitoring:prometheus",
      { retentionDays: 400, storageGb: 100 },
    ],
    ["datadog.apm=false", "monitoring:datadog", { apm: false }],
    ["datadog.apm=true", "monitoring:datadog", { apm: true }],
    ["alerts.offset=-5", "monitoring:alerts", { offset: -5 }],
    [
      "services[0].slo.availabilityPercent=99.9",
      "monitoring:services",
      [{ name: "auth-service", slo: { availabilityPercent: "99.9" } }],
    ],
    ["labels.code=0123", "monitoring:labels", { code: "0123" }],
    ["labels.zero=0", "monitoring:labels", { zero: 0 }],
    ["slack.channel=#alerts", "monitoring:slack", { channel: "#alerts" }],
    ["slack.note=a=b", "monitoring:slack", { note: "a=b" }],
    ["slack.note=", "monitoring:slack", { note: "" }],
    // lists grow by one at their end
    [
      "services[1].name=api-gateway",
      "monitoring:services",
      [{ name: "auth-service" }, { name: "api-gateway" }],
    ],
    ["services[0].name=x", "monitoring:services", [{ name: "x" }]],
    ["namespaces.existing[0]=ticketing", "monitoring:namespaces", { existing: ["ticketing"] }],
    // quoted keys
    ['labels["app.kubernetes.io/name"]=x', "monitoring:labels", { "app.kubernetes.io/name": "x" }],
    ['labels["a=b"]=x', "monitoring:labels", { "a=b": "x" }],
    ['["odd.key"].a=1', "monitoring:odd.key", { a: 1 }],
    // lists and maps as JSON
    ['services=[{"name":"a"}]', "monitoring:services", [{ name: "a" }]],
    ['prometheus={"replicas":2}', "monitoring:prometheus", { replicas: 2 }],
    ['slack.groupBy=["alertname"]', "monitoring:slack", { groupBy: ["alertname"] }],
    // any other text stays text, as in the CLI
    ["slack.titleTemplate={{ .Status }}", "monitoring:slack", { titleTemplate: "{{ .Status }}" }],
    ["slack.textTemplate=[FIRING] x", "monitoring:slack", { textTemplate: "[FIRING] x" }],
    ["services=[1", "monitoring:services", "[1"],
    // a text directly under a key gives way to a map
    ["environment.name=x", "monitoring:environment", { name: "x" }],
  ];
  for (const [setting, key, value] of cases) {
    it(setting, () => {
      assert.deepEqual(setConfigPath(start, setting, "monitoring")[key], value);
    });
  }

  it("does not change its arguments", () => {
    const before = structuredClone(start);
    setConfigPath(start, "services[0].name=changed", "monitoring");
    assert.deepEqual(start, before);
  });

  const wrong: [setting: string, message: RegExp][] = [
    ["environment", /expected key=value/],
    ["=x", /must start with a name/],
    ["[0]=x", /must start with a name/],
    [".a=x", /must start with a name/],
    ["services[2].name=x", /services\[2\]: index out of range, the list has 1 item/],
    ["services.name=x", /services\.name: a list requires a number as its index/],
    ["prometheus[0]=x", /a map requires a name/],
    ["prometheus.retentionDays.max=1", /prometheus\.retentionDays: expected a map/],
    ["services[0=x", /invalid path at/],
    ['labels["a=x', /expected key=value/],
  ];
  for (const [setting, message] of wrong) {
    it(`rejects ${setting}`, () => {
      assert.throws(
        () => setConfigPath(start, setting, "monitoring"),
        (error: Error) => {
          assert.ok(error instanceof ExpectedError);
          assert.match(error.message, message);
          return true;
        },
      );
    });
  }
});

describe("a property path", () => {
  const cases: [string, (string | number)[]][] = [
    ["root", ["root"]],
    ["root.nested", ["root", "nested"]],
    ['root["nested"]', ["root", "nested"]],
    ["root.array[0][1].nested", ["root", "array", 0, 1, "nested"]],
    ['root["key with \\"escaped\\" quotes"]', ["root", 'key with "escaped" quotes']],
    ['["root key with a ."][100]', ["root key with a .", 100]],
  ];
  for (const [path, elements] of cases) {
    it(path, () => assert.deepEqual(parsePath(path), elements));
  }
});
