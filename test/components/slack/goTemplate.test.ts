import * as assert from "node:assert/strict";
import { templateProblem } from "../../../components/slack/goTemplate";
import { slackTemplate } from "../../../components/slack/template";
import { broken, sound } from "../../support/templates";

// That Alertmanager judges alike is in test/integration/goTemplate.test.ts.
describe("templateProblem", () => {
  for (const text of sound) {
    it(`finds nothing wrong with ${JSON.stringify(text)}`, () => {
      assert.equal(templateProblem(text), undefined);
    });
  }
  for (const [text, problem] of broken) {
    it(`says what is wrong with ${JSON.stringify(text)}`, () => {
      assert.match(templateProblem(text) ?? "", problem);
    });
  }

  it("takes the bodies of our own templates", () => {
    const text = slackTemplate({
      grafanaUrl: "https://grafana.example.com",
      prometheusUrl: "https://prometheus.example.com",
      alertmanagerUrl: "https://alertmanager.example.com",
    });
    const bodies = text.split(/\{\{ define "[^"]+" \}\}/).slice(1);
    assert.equal(bodies.length, 7);
    for (const body of bodies) {
      assert.equal(templateProblem(body.trimEnd().replace(/\{\{ end \}\}$/, "")), undefined);
    }
  });
});
