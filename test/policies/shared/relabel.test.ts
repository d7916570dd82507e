import * as assert from "node:assert/strict";
import { RelabelStep, relabel } from "../../../policies/shared/relabel";

const labels = { alertname: "Down", severity: "critical", replica: "a" };

describe("relabeling", () => {
  for (const [name, steps, expected] of [
    ["changes nothing without steps", [], labels],
    [
      "drops what matches",
      [{ action: "drop", source_labels: ["severity"], regex: "cri.*" }],
      undefined,
    ],
    [
      "anchors expressions",
      [{ action: "drop", source_labels: ["severity"], regex: "cri" }],
      labels,
    ],
    [
      "keeps only what matches",
      [{ action: "keep", source_labels: ["severity"], regex: "warning" }],
      undefined,
    ],
    [
      "joins source labels",
      [{ action: "drop", source_labels: ["alertname", "severity"], regex: "Down;critical" }],
      undefined,
    ],
    [
      "uses another separator",
      [
        {
          action: "drop",
          source_labels: ["alertname", "severity"],
          separator: "/",
          regex: "Down/critical",
        },
      ],
      undefined,
    ],
    [
      "treats a missing label as empty",
      [{ action: "drop", source_labels: ["team"], regex: "" }],
      undefined,
    ],
    ["removes labels", [{ action: "labeldrop", regex: "replica|severity" }], { alertname: "Down" }],
    ["keeps labels", [{ action: "labelkeep", regex: "alertname" }], { alertname: "Down" }],
    [
      "sets a label",
      [{ target_label: "severity", replacement: "info" }],
      { ...labels, severity: "info" },
    ],
    [
      "copies a label",
      [{ source_labels: ["replica"], target_label: "pod" }],
      { ...labels, pod: "a" },
    ],
    [
      "removes a label with an empty replacement",
      [{ target_label: "replica", replacement: "" }],
      { alertname: "Down", severity: "critical" },
    ],
    [
      "applies steps in order",
      [
        { target_label: "severity", replacement: "info" },
        { action: "drop", source_labels: ["severity"], regex: "critical" },
      ],
      { ...labels, severity: "info" },
    ],
    ["does not apply an invalid expression", [{ action: "drop", regex: "(" }], labels],
  ] as [string, RelabelStep[], object | undefined][]) {
    it(name, () => assert.deepEqual(relabel(steps, labels), expected));
  }
});
