import * as assert from "node:assert/strict";
import { keepListsOf, metricsIn } from "../../../policies/facts/keepLists";
import { release } from "../subjects";

const listsIn = (...metricRelabelings: object[]) =>
  keepListsOf(
    release("kube-prometheus-stack", { coreDns: { serviceMonitor: { metricRelabelings } } }),
  );

describe("the keep lists of a release", () => {
  it("are the relabelings that keep by the name alone", () => {
    const list = { action: "keep", sourceLabels: ["__name__"], regex: "a|b" };
    assert.deepEqual(listsIn(list), [{ target: "CoreDNS", regex: "a|b" }]);
    assert.deepEqual(listsIn({ ...list, action: "drop" }), []);
    assert.deepEqual(listsIn({ ...list, sourceLabels: ["__name__", "le"] }), []);
    assert.deepEqual(listsIn({ ...list, sourceLabels: ["job"] }), []);
  });

  it("contain the alternatives outside of parentheses", () => {
    assert.deepEqual(metricsIn({ target: "CoreDNS", regex: "a|b_(c|d)|(?:e|f)" }), [
      "a",
      "b_(c|d)",
      "(?:e|f)",
    ]);
  });
});
