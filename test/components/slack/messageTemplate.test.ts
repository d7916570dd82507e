import * as assert from "node:assert/strict";
import { slackTemplate } from "../../../components/slack/messageTemplate";

// test/integration/slackTemplate.test.ts renders it with the template engine of Alertmanager.
describe("slackTemplate", () => {
  const urls = {
    grafanaUrl: "https://grafana.example.com",
    prometheusUrl: "https://prometheus.example.com",
    alertmanagerUrl: "https://alertmanager.example.com",
  };
  const variants = [slackTemplate(), slackTemplate(urls)];

  it("closes every block", () => {
    for (const template of variants) {
      const words = [...template.matchAll(/\{\{-?\s*(\w+|\$)/g)].map(([, word = ""]) => word);
      const blocks = words.filter((word) => ["define", "if", "range", "with"].includes(word));
      assert.equal(blocks.length, words.filter((word) => word === "end").length);
    }
  });

  it("defines every part of a message, with any options", () => {
    for (const template of variants) {
      const names = [...template.matchAll(/define "observability\.slack\.(\w+)"/g)];
      assert.deepEqual(
        names.map(([, name]) => name),
        ["title", "text", "color", "plain", "link", "logs", "silence"],
      );
    }
  });

  it("has no link without its URL", () => {
    assert.ok(!slackTemplate().includes("https://"));
    assert.ok(!slackTemplate().includes("GeneratorURL"));
    for (const [setting, url] of Object.entries(urls)) {
      const { [setting as keyof typeof urls]: _omitted, ...others } = urls;
      assert.ok(!slackTemplate(others).includes(url), setting);
    }
  });

  it("uses the title and the text of the caller unchanged", () => {
    const template = slackTemplate({ titleTemplate: "T {{ .Status }}", textTemplate: "plain" });
    assert.ok(
      template.includes('{{ define "observability.slack.title" }}T {{ .Status }}{{ end }}'),
    );
    assert.ok(template.includes('{{ define "observability.slack.text" }}plain{{ end }}'));
  });
});
