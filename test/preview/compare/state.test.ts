import { deepEqual, doesNotMatch } from "node:assert/strict";
import { resourceChanges } from "../../../preview/compare/resources";
import { readState, stateFiles } from "../../../preview/compare/state";
import { resource } from "./states";

const metadata = (name: string) => ({ name, namespace: "monitoring" });

/** A state with the Secrets of Slack, whose values are hidden, as a preview writes them. */
function stateOf({ repeat = "1h", template = "a", keys = ["webhook-url"] }) {
  const secret = (name: string) =>
    resource("kubernetes:core/v1:Secret", name, {
      metadata: metadata(name),
      stringData: "[secret]",
    });
  const manifest = (name: string, dataKeys: string[]) => {
    const data = Object.fromEntries(dataKeys.map((key) => [key, "[secret]"]));
    return JSON.stringify({ kind: "Secret", metadata: metadata(name), data });
  };
  const config = { route: { receiver: "main", repeat_interval: repeat } };
  return readState(
    {
      resources: [
        secret("alertmanager-config"),
        secret("alertmanager-slack"),
        // Another object of the same name.
        resource("kubernetes:core/v1:ConfigMap", "alertmanager-slack", {
          metadata: metadata("alertmanager-slack"),
          data: { a: "b" },
        }),
      ],
    },
    new Map([
      ["alertmanager/alertmanager.yaml", JSON.stringify(config)],
      ["alertmanager/slack.tmpl", template],
      [
        "manifests/secret-alertmanager-config.yaml",
        manifest("alertmanager-config", ["alertmanager.yaml", "slack.tmpl"]),
      ],
      ["manifests/secret-alertmanager-slack.yaml", manifest("alertmanager-slack", keys)],
    ]),
  );
}

const changesOf = (before: Parameters<typeof stateOf>[0], after: Parameters<typeof stateOf>[0]) =>
  resourceChanges(stateOf(before), stateOf(after)).map(
    ({ resource, change }) => `${resource} ${change}`,
  );

describe("the state of a comparison", () => {
  it("has the configuration of Alertmanager in its Secret, as far as it is not secret", () => {
    deepEqual(changesOf({}, {}), []);
    deepEqual(changesOf({}, { repeat: "90m" }), [
      "alertmanager-config updated: stringData.alertmanager.yaml.route.repeat_interval",
    ]);
    deepEqual(changesOf({}, { template: "b" }), [
      "alertmanager-config updated: stringData.slack.tmpl",
    ]);
  });

  it("has the keys of other Secrets, and never a value", () => {
    deepEqual(changesOf({}, { keys: ["webhook-url", "bot-token"] }), [
      "alertmanager-slack updated: stringData.bot-token",
    ]);
    const { resources } = stateOf({});
    deepEqual(resources[1]?.inputs["stringData"], { "webhook-url": "[secret]" });
    deepEqual(resources[2]?.inputs["data"], { a: "b" });
    doesNotMatch(JSON.stringify(stateOf({ keys: [] })), /webhook/);
  });

  it("reads the files with Secrets and with the configuration of Alertmanager only", () => {
    const files = [
      "alertmanager/alertmanager.yaml",
      "alertmanager/slack.tmpl",
      "manifests/secret-datadog.yaml",
      "manifests/configmap-secret-a.yaml",
      "values/loki.yaml",
      "resources.json",
    ];
    deepEqual(
      files.filter((file) => stateFiles.test(file)),
      files.slice(0, 3),
    );
  });
});
