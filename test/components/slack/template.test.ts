import * as assert from "node:assert/strict";
import { slackTemplate } from "../../../components/slack/template";

// What it renders is in test/integration/slackTemplate.test.ts, with Alertmanager's own engine.
describe("slackTemplate", () => {
  const urls = {
    grafanaUrl: "https://grafana.example.com",
    prometheusUrl: "https://prometheus.example.com",
    alertmanagerUrl: "https://alertmanager.example.com",
  };
  const variants = [slackTemplate(), slackTemplate(urls)];

  it("closes everything that it opens", () => {
    for (const template of variants) {
      const words = [...template.matchAll(/\{\{-?\s*(\w+|\$)/g)].map(([, word = ""]) => word);
      const opened = words.filter((word) => ["define", "if", "range", "with"].includes(word));
      assert.equal(opened.length, words.filter((word) => word === "end").length);
    }
  });

  it("defines the parts of a message, whatever is configured", () => {
    for (const template of variants) {
      const names = [...template.matchAll(/define "observability\.slack\.(\w+)"/g)];
      assert.deepEqual(
        names.map(([, name]) => name),
        ["title", "text", "color", "plain", "link", "logs", "silence"],
      );
    }
  });

  it("names no place that is not configured", () => {
    assert.ok(!slackTemplate().includes("https://"));
    assert.ok(!slackTemplate().includes("GeneratorURL"));
    for (const [setting, url] of Object.entries(urls)) {
      const { [setting as keyof typeof urls]: _left, ...others } = urls;
      assert.ok(!slackTemplate(others).includes(url), setting);
    }
  });

  it("takes the title and the text of the caller as they are", () => {
    const template = slackTemplate({ titleTemplate: "T {{ .Status }}", textTemplate: "plain" });
    assert.ok(
      template.includes('{{ define "observability.slack.title" }}T {{ .Status }}{{ end }}'),
    );
    assert.ok(template.includes('{{ define "observability.slack.text" }}plain{{ end }}'));
  });
});
