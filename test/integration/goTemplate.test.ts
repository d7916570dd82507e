import * as assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { templateProblem } from "../../components/slack/goTemplate";
import { slackTemplate } from "../../components/slack/template";
import { toolPath } from "../../tools/paths.cjs";
import { broken, sound } from "../support/templates";

/** Bodies of templates, judged by Alertmanager's own engine and by ours. */
describe("templateProblem, beside amtool", () => {
  let folder: string;
  before(() => {
    folder = fs.mkdtempSync(path.join(os.tmpdir(), "templates-"));
  });
  after(() => fs.rmSync(folder, { recursive: true }));

  /** Whether Alertmanager would start with it, and send it. */
  function isTaken(textTemplate: string): boolean {
    const file = path.join(folder, "slack.tmpl");
    fs.writeFileSync(file, slackTemplate({ textTemplate }));
    const data = JSON.stringify({
      receiver: "slack",
      status: "firing",
      alerts: [{ status: "firing", labels: { alertname: "A" }, annotations: { summary: "s" } }],
      groupLabels: {},
      commonLabels: { alertname: "A" },
      commonAnnotations: {},
      externalURL: "",
    });
    const dataFile = path.join(folder, "data.json");
    fs.writeFileSync(dataFile, data);
    const text = '{{ template "observability.slack.text" . }}';
    const args = ["--template.glob", file, "--template.text", text, "--template.data", dataFile];
    const { status, error } = spawnSync(toolPath("amtool"), ["template", "render", ...args]);
    if (error) throw error;
    return status === 0;
  }

  for (const text of sound) {
    it(`takes ${JSON.stringify(text)}`, () => {
      assert.ok(isTaken(text), "amtool refuses it");
      assert.equal(templateProblem(text), undefined);
    });
  }
  for (const [text] of broken) {
    it(`refuses ${JSON.stringify(text)}`, () => {
      assert.ok(!isTaken(text), "amtool takes it");
      assert.notEqual(templateProblem(text), undefined);
    });
  }
});
