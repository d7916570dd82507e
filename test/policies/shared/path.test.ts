import * as assert from "node:assert/strict";
import { formatPath } from "../../../policies/shared/path";

describe("formatPath", () => {
  it("quotes only keys that need it", () => {
    assert.equal(formatPath(["services", 0, "slo", "latencyMs"]), "services[0].slo.latencyMs");
    assert.equal(
      formatPath(["labels", "app.kubernetes.io/name"]),
      'labels["app.kubernetes.io/name"]',
    );
    assert.equal(formatPath([]), "");
  });
});
