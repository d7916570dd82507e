import * as assert from "node:assert/strict";
import { configurationsIn, effectiveConfigurations } from "../../../policies/facts/alertmanager";
import { integrationsOf } from "../../../policies/facts/integrations";
import { PlainMap, UNKNOWN, at } from "../../../policies/facts/plain";
import { configSecret, configText, goodConfig } from "../platformSubjects";
import { release, resource } from "../subjects";

const stack = (alertmanager: PlainMap) => release("kube-prometheus-stack", { alertmanager });
const receiverOf = (config: unknown) => at(config, "route", "receiver");

describe("Alertmanager configurations", () => {
  it("reads a Secret in plain text and in base64", () => {
    const [input] = configurationsIn(configSecret({}, "input"));
    const [engine] = configurationsIn(configSecret({}, "engine"));
    assert.deepEqual(input?.config, goodConfig);
    assert.deepEqual(engine?.config, goodConfig);
  });

  it("merges the values over the defaults of the chart, as Helm does", () => {
    const [found] = configurationsIn(stack({ config: { route: { receiver: "a" } } }));
    assert.equal(receiverOf(found?.config), "a");
    assert.deepEqual(at(found?.config, "route", "group_by"), ["namespace"]);
    const [text] = configurationsIn(stack({ stringConfig: "route: {receiver: b}" }));
    assert.deepEqual(text?.config, { route: { receiver: "b" } });
  });

  it("leaves out the key with which the community charts render the configuration", () => {
    for (const chart of ["alertmanager", "prometheus"]) {
      const values = (enabled: unknown) => ({ config: { enabled, route: { receiver: "a" } } });
      const read = (enabled: unknown) => {
        const own = values(enabled);
        return configurationsIn(
          release(chart, chart === "alertmanager" ? own : { alertmanager: own }),
        )[0];
      };
      assert.equal(receiverOf(read(true)?.config), "a");
      assert.equal(at(read(true)?.config, "enabled"), undefined);
      assert.equal(read(UNKNOWN)?.config, UNKNOWN);
      // An Alertmanager without a configuration from its chart loads another one.
      assert.equal(read(false)?.config, UNKNOWN);
      assert.match(read(false)?.because ?? "", /another object/);
    }
    // kube-prometheus-stack renders the key, and Alertmanager rejects it.
    const [found] = configurationsIn(stack({ config: { enabled: true } }));
    assert.equal(at(found?.config, "enabled"), true);
  });

  it("returns no configuration for invalid YAML or a value that is not a map", () => {
    for (const text of ["route: [", "a text", ""]) {
      assert.equal(configurationsIn(configText(text))[0]?.config, undefined);
    }
  });

  it("reads only the Secret that the chart names", () => {
    const named = stack({
      alertmanagerSpec: { useExistingSecret: true, configSecret: "alertmanager-config" },
    });
    const [used] = effectiveConfigurations([named, configSecret()]);
    assert.deepEqual(used?.config, goodConfig);
    const [missing] = effectiveConfigurations([named]);
    assert.equal(missing?.missingSecret, "alertmanager-config");
    const [own] = effectiveConfigurations([stack({}), configSecret()]);
    assert.equal(receiverOf(own?.config), "null");
    const [alone] = effectiveConfigurations([configSecret()]);
    assert.deepEqual(alone?.config, goodConfig);
  });

  it("is unknown while its Secret or its release is unknown", () => {
    const hidden = { ...configSecret(), props: UNKNOWN };
    const named = stack({ alertmanagerSpec: { useExistingSecret: true, configSecret: "a" } });
    assert.equal(effectiveConfigurations([named, hidden])[0]?.config, UNKNOWN);
    assert.equal(configurationsIn(release("kube-prometheus-stack", UNKNOWN))[0]?.config, UNKNOWN);
    // Without a provider nothing of a release is known: not even which chart it is.
    const silent = { ...stack({}), props: UNKNOWN };
    assert.equal(effectiveConfigurations([silent, configSecret()])[0]?.config, UNKNOWN);
  });

  it("converts an AlertmanagerConfig to the form of the file", () => {
    const type = "kubernetes:monitoring.coreos.com/v1alpha1:AlertmanagerConfig";
    const [found] = configurationsIn(
      resource(type, "o", {
        spec: {
          route: {
            receiver: "a",
            groupBy: ["alertname"],
            matchers: [{ name: "b", value: "c.*", regex: true }],
          },
          receivers: [{ name: "a", slackConfigs: [{ apiURL: { key: "k" }, sendResolved: true }] }],
        },
      }),
    );
    assert.deepEqual(at(found?.config, "route"), {
      receiver: "a",
      group_by: ["alertname"],
      matchers: ['"b"=~"c.*"'],
    });
    assert.deepEqual(integrationsOf(found?.config as PlainMap, "a"), [
      {
        kind: "slack",
        where: "receivers[0].slack_configs[0]",
        obstacle: undefined,
        toSlack: true,
        sendsResolved: true,
      },
    ]);
  });

  it("reports which integrations have an address, and whether they send resolved notifications by default", () => {
    const receivers = [
      {
        name: "a",
        webhook_configs: [{ url: "https://beat.acme-corp.io" }, { url: "" }],
        email_configs: [{ to: "a@acme-corp.io", from: "b@acme-corp.io", smarthost: "smtp:587" }],
        opsgenie_configs: [{}, { api_key_file: "/keys/opsgenie" }],
      },
    ];
    assert.deepEqual(
      integrationsOf({ receivers }, "a").map(({ kind, obstacle, sendsResolved }) => [
        kind,
        obstacle,
        sendsResolved,
      ]),
      [
        ["webhook", undefined, true],
        ["webhook", "it has no address", true],
        ["email", undefined, false],
        ["opsgenie", "it has no address", true],
        ["opsgenie", undefined, true],
      ],
    );
  });
});
