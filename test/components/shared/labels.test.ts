import * as assert from "node:assert/strict";
import { objectLabels } from "../../../components/shared/labels";

describe("objectLabels", () => {
  it("names the component and the manager of an object", () => {
    assert.deepEqual(objectLabels("grafana"), {
      "app.kubernetes.io/component": "grafana",
      "app.kubernetes.io/part-of": "observability",
      "app.kubernetes.io/managed-by": "pulumi",
    });
  });

  it("adds the caller's labels and does not mutate them", () => {
    const callerLabels = { team: "sre" };
    assert.equal(objectLabels("grafana", callerLabels)["team"], "sre");
    assert.deepEqual(callerLabels, { team: "sre" });
  });
});
