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

  it("gives precedence to the caller's labels and does not mutate them", () => {
    const callerLabels = { team: "sre", "app.kubernetes.io/part-of": "ticketing" };
    const labels = objectLabels("grafana", callerLabels);
    assert.equal(labels["team"], "sre");
    assert.equal(labels["app.kubernetes.io/part-of"], "ticketing");
    assert.deepEqual(callerLabels, { team: "sre", "app.kubernetes.io/part-of": "ticketing" });
  });
});
