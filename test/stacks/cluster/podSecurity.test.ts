import * as assert from "node:assert/strict";
import { podSecurityLabels } from "../../../stacks/cluster/podSecurity";

const label = (name: string) => `pod-security.kubernetes.io/${name}`;

describe("podSecurityLabels", () => {
  it("admits agents that read their node", () => {
    assert.equal(podSecurityLabels(true)[label("enforce")], "privileged");
  });

  it("refuses privileged pods anywhere else", () => {
    assert.equal(podSecurityLabels(false)[label("enforce")], "baseline");
  });

  it("audits the strictest standard, and warns where workloads can meet it", () => {
    assert.equal(podSecurityLabels(false)[label("warn")], "restricted");
    for (const agents of [true, false]) {
      assert.equal(podSecurityLabels(agents)[label("audit")], "restricted");
    }
  });
});
