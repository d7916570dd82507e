import * as assert from "node:assert/strict";
import { alertSeverity } from "../../../policies/alerts/alertSeverity";
import { PlainMap, UNKNOWN, at } from "../../../policies/facts/plain";
import { violationText } from "../../../policies/engine/violation";
import { fake } from "../fakes";
import { judge, problems, prometheusRule, remedy, resource } from "../subjects";

const labelled = (labels?: PlainMap) =>
  prometheusRule([{ alert: "A", expr: "x > 1", ...(labels && { labels }) }]);

describe("policy alert-severity", () => {
  for (const severity of ["critical", "warning", "info", "none", UNKNOWN]) {
    it(`accepts ${String(severity)}`, () =>
      assert.deepEqual(problems(alertSeverity, labelled({ severity })), []));
  }

  for (const [labels, problem] of [
    [undefined, "the alert has no severity"],
    [{}, "the alert has no severity"],
    [{ severity: "page" }, "the alert has an unknown severity"],
    [{ severity: "Critical" }, "the alert has an unknown severity"],
    [{ severity: "" }, "the alert has an unknown severity"],
    [{ severity: 1 }, "the alert has an unknown severity"],
    [
      { severity: "info", value: "{{ $value }}" },
      "the label value contains the value of the alert",
    ],
    [{ severity: "info", v: "{{ .Value }}" }, "the label v contains the value of the alert"],
  ] as const) {
    it(`rejects ${JSON.stringify(labels)}`, () =>
      assert.deepEqual(problems(alertSeverity, labelled(labels)), [problem]));
  }

  it("skips recording rules", () =>
    assert.deepEqual(problems(alertSeverity, prometheusRule([{ record: "a", expr: "x" }])), []));

  it("reads the severity from the labels of the group", () => {
    const rules = [{ alert: "A", expr: "x > 1" }];
    const groups = [{ name: "g", labels: { severity: "info" }, rules }];
    const type = "kubernetes:monitoring.coreos.com/v1:PrometheusRule";
    assert.deepEqual(problems(alertSeverity, resource(type, "r", { spec: { groups } })), []);
  });

  it("reads the allowed severities from its configuration", () => {
    const config = { allowed: ["page", "ticket"] };
    assert.deepEqual(problems(alertSeverity, labelled({ severity: "page" }), config), []);
    assert.equal(problems(alertSeverity, labelled({ severity: "info" }), config).length, 1);
  });

  it("quotes the severity only where it is a known word", () => {
    const text = (severity: string) =>
      judge(alertSeverity, labelled({ severity }))
        .violations.map((violation) => violationText(violation))
        .join("");
    assert.equal(
      text("page"),
      [
        "the alert has an unknown severity",
        '  where: PrometheusRule "rules", group group, alert A',
        "  found: page",
        "  bound: critical, warning, info, none",
        "  fix:   labels.severity: critical",
      ].join("\n"),
    );
    for (const secret of [...Object.values(fake), "hunter2"]) {
      assert.ok(text(secret).length > 0 && !text(secret).includes(secret));
    }
  });

  it("remediates to the severity with the nearest meaning", () => {
    for (const [severity, expected] of [
      ["page", "critical"],
      ["Critical", "critical"],
      ["warn", "warning"],
      ["ticket", "warning"],
      ["Information", "info"],
      ["whatever", "warning"],
      [undefined, "warning"],
    ] as const) {
      const { resource: remedied, violations } = remedy(
        alertSeverity,
        labelled(severity === undefined ? undefined : { severity }),
      );
      const rule = at(remedied.props, "spec", "groups", 0, "rules", 0, "labels", "severity");
      assert.equal(rule, expected, String(severity));
      assert.deepEqual(violations, []);
    }
  });

  it("removes labels that contain the value, and changes nothing that complies", () => {
    const { resource: remedied, violations } = remedy(
      alertSeverity,
      labelled({ severity: "info", value: "{{ $value }}", team: "a" }),
    );
    assert.deepEqual(at(remedied.props, "spec", "groups", 0, "rules", 0, "labels"), {
      severity: "info",
      team: "a",
    });
    assert.deepEqual(violations, []);
    assert.equal(remedy(alertSeverity, labelled({ severity: "info" })).changed, false);
  });
});
