import * as assert from "node:assert/strict";
import { slackTemplate } from "../../../components/alerting/slackTemplate";

// What it renders is in test/integration/slackTemplate.test.ts, with Alertmanager's own engine.
describe("slackTemplate", () => {
  const actions = [...slackTemplate.matchAll(/\{\{-?\s*(\w+|\$)/g)].map(([, word = ""]) => word);

  it("closes everything that it opens", () => {
    const opened = actions.filter((word) => ["define", "if", "range", "with"].includes(word));
    assert.equal(opened.length, actions.filter((word) => word === "end").length);
  });

  it("defines title, text and colour of a message, and nothing else", () => {
    const names = [...slackTemplate.matchAll(/define "([^"]*)"/g)].map(([, name]) => name);
    assert.deepEqual(names, [
      "observability.slack.title",
      "observability.slack.text",
      "observability.slack.color",
    ]);
  });

  it("says what the person at night needs: summary, description, runbook and graph", () => {
    for (const field of ["summary", "description", "runbook_url"]) {
      assert.ok(slackTemplate.includes(`.Annotations.${field}`), field);
    }
    assert.ok(slackTemplate.includes(".GeneratorURL"));
  });
});
