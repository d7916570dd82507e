import * as assert from "node:assert/strict";
import { metricChanges } from "../../../preview/compare/metrics";
import { noState, type PreviewState } from "../../../preview/compare/state";

function stateWith(regex?: string): PreviewState {
  const list = { action: "keep", sourceLabels: ["__name__"], regex };
  const serviceMonitor = regex === undefined ? {} : { metricRelabelings: [list] };
  return {
    ...noState,
    resources: [
      {
        urn: "urn:pulumi:prod::monitoring::kubernetes:helm.sh/v3:Release::prometheus",
        type: "kubernetes:helm.sh/v3:Release",
        name: "prometheus",
        inputs: { chart: "kube-prometheus-stack", values: { coreDns: { serviceMonitor } } },
      },
    ],
  };
}

const cases: [what: string, before: string | undefined, after: string | undefined, string[]][] = [
  ["nothing for the same list", "a|b", "a|b", []],
  ["nothing without lists", undefined, undefined, []],
  ["a new list", undefined, "a|b", ["keeps only 2 metrics"]],
  ["a removed list", "a|b", undefined, ["keeps all metrics"]],
  ["added and removed metrics", "a|b", "b|c|d", ["keeps c, d", "drops a"]],
];

describe("the changes of the metrics that Prometheus keeps", () => {
  for (const [what, before, after, changes] of cases) {
    it(`are ${what}`, () => {
      assert.deepEqual(
        metricChanges(stateWith(before), stateWith(after)),
        changes.map((change) => ({ target: "CoreDNS", change })),
      );
    });
  }
});
