import * as assert from "node:assert/strict";
import { templateMistakes } from "../../../policies/delivery/notificationTemplates";
import { PlainMap, UNKNOWN } from "../../../policies/facts/plain";

const found = (file: string, spec: PlainMap | undefined) =>
  templateMistakes(
    { templates: [file] },
    { where: "", urn: "", path: [], config: {}, ...(spec && { spec }) },
    new Set(),
  ).map(({ where }) => where);
const mount = (mountPath: string): PlainMap => ({ volumeMounts: [{ name: "shop", mountPath }] });

describe("files with templates of notifications", () => {
  for (const [file, spec] of [
    ["/etc/alertmanager/templates/*.tmpl", {}],
    ["/etc/alertmanager/*.tmpl", {}],
    ["/templates/shop.tmpl", { secrets: ["shop"] }],
    ["/etc/alertmanager/configmaps/shop/*.tmpl", { configMaps: ["other"] }],
    ["/etc/alertmanager/secrets/shop/*.tmpl", {}],
    ["/templates/*.tmpl", mount("/other")],
  ] as const) {
    it(`must be in a folder of Alertmanager: ${file}`, () =>
      assert.deepEqual(found(file, spec), ["templates[0]"]));
  }

  for (const [file, spec] of [
    ["/etc/alertmanager/config/*.tmpl", {}],
    ["/etc/alertmanager/configmaps/shop/*.tmpl", { configMaps: ["shop"] }],
    ["/etc/alertmanager/secrets/shop/*.tmpl", { secrets: ["shop"] }],
    ["/etc/alertmanager/templates/*.tmpl", mount("/etc/alertmanager/templates")],
    ["*.tmpl", {}],
    ["/templates/*.tmpl", { containers: [{ name: "alertmanager" }] }],
    ["/templates/*.tmpl", { volumeMounts: UNKNOWN }],
    // Another chart, or an Alertmanager of another stack.
    ["/etc/alertmanager/templates/*.tmpl", undefined],
  ] as const) {
    it(`may be ${file} with ${JSON.stringify(spec)}`, () =>
      assert.deepEqual(found(file, spec), []));
  }
});

describe("the data of notifications", () => {
  const mistakes = (text: string) =>
    templateMistakes(
      { receivers: [{ name: "chat", slack_configs: [{ text }] }] },
      { where: "", urn: "", path: [], config: {} },
      new Set(),
    ).map(({ problem }) => problem);

  for (const text of [
    "{{ .CommonLabel.severity }}",
    "{{ .GroupLabel.alertname }} fires",
    "{{ len .Alerts.Active }}",
    '{{ if eq .State "firing" }}down{{ end }}',
  ]) {
    it(`do not include ${text}`, () => assert.match(mistakes(text).join(), /which does not exist/));
  }

  for (const text of [
    '{{ .CommonLabels.severity }} {{ .GroupLabels.SortedPairs.Values | join " " }}',
    "{{ .Alerts.Firing | len }} of {{ len .Alerts }} {{ $.ExternalURL }}",
    "{{ range .Alerts }}{{ .Annotations.summary }} {{ .Status }} {{ .Foo }}{{ end }}",
    "{{ .Status | toUpper }} {{ .Receiver }}",
    "{{ with $first := index .Alerts 0 }}{{ $first.Labels.pod }}{{ end }}",
  ]) {
    it(`include ${text}`, () => assert.deepEqual(mistakes(text), []));
  }
});
