import * as assert from "node:assert/strict";
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { settingsWithPrometheus, stackSettings } from "../../verify/settings";
import { workspaceArn } from "../support/amp";

describe("the settings of the commands for a live cluster", () => {
  let folder: string;
  before(() => {
    folder = fs.mkdtempSync(path.join(os.tmpdir(), "settings-"));
    fs.writeFileSync(path.join(folder, "Pulumi.yaml"), "name: monitoring\nruntime: nodejs\n");
    const stack = (name: string, more: string) =>
      fs.writeFileSync(
        path.join(folder, `Pulumi.${name}.yaml`),
        `config:\n  monitoring:environment: dev\n  monitoring:cluster: {name: c}\n${more}`,
      );
    stack("own", "");
    const existing = "namespace: observability, labels: {}";
    stack("existing", `  monitoring:existingPrometheus: {${existing}}\n`);
    stack(
      "workspace",
      `  monitoring:existingPrometheus: {${existing}, ampWorkspaceArn: "${workspaceArn}"}\n`,
    );
  });
  after(() => fs.rmSync(folder, { recursive: true }));

  it("include a Prometheus that the stack deploys", () => {
    assert.equal(settingsWithPrometheus(folder, "own").prometheus.replicas, 1);
  });

  it("refuse an existing Prometheus where a command needs one that the stack deploys", () => {
    assert.equal(stackSettings(folder, "existing").prometheus, undefined);
    assert.throws(
      () => settingsWithPrometheus(folder, "existing"),
      /the stack existing uses the existing Prometheus in the namespace observability, .*\n {2}fix: kubectl get pods,prometheus,alertmanager -n observability$/,
    );
    assert.throws(
      () => settingsWithPrometheus(folder, "workspace"),
      /the stack workspace uses the workspace arn:.*\n {2}fix: aws amp list-rule-groups-namespaces --workspace-id ws-1234abcd-[\w-]+$/,
    );
  });
});
