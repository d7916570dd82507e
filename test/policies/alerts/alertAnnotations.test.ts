import * as assert from "node:assert/strict";
import { alertAnnotations } from "../../../policies/alerts/alertAnnotations";
import { PlainMap, UNKNOWN, at } from "../../../policies/facts/plain";
import { violationText } from "../../../policies/engine/violation";
import { fake } from "../fakes";
import { judge, problems, prometheusRule, remedy } from "../subjects";

const complete = {
  summary: "s",
  description: "d",
  runbook_url: "https://runbooks.ticketing.io/A.md",
};
const annotated = (annotations: PlainMap) =>
  prometheusRule([{ alert: "A", expr: "x > 1", annotations: { ...complete, ...annotations } }]);
const inProd = { environment: "prod" };

describe("policy alert-annotations", () => {
  for (const annotations of [
    {},
    { runbook_url: "https://github.com/ticketing/runbooks/blob/main/A.md" },
  ]) {
    it(`accepts ${JSON.stringify(annotations)}`, () =>
      assert.deepEqual(problems(alertAnnotations, annotated(annotations), inProd), []));
  }

  it("accepts unknown values", () => {
    const unknown = { summary: UNKNOWN, description: UNKNOWN, runbook_url: UNKNOWN };
    assert.deepEqual(problems(alertAnnotations, annotated(unknown), inProd), []);
  });

  for (const [annotations, problem] of [
    [{ summary: undefined }, "the alert has no summary"],
    [{ summary: " " }, "the alert has no summary"],
    [{ description: "" }, "the alert has no description"],
    [{ runbook_url: undefined }, "the alert has no runbook_url"],
    [{ runbook_url: "http://runbooks.ticketing.io/a" }, "the runbook_url is not an https URL"],
    [{ runbook_url: "see the wiki" }, "the runbook_url is not an https URL"],
    ...[
      "https://example.com/runbooks/a",
      "https://runbooks.example.org/a",
      "https://wiki.example/a",
      "https://wiki/a",
      "https://localhost/a",
      "https://wiki.test/a",
      "https://github.com/your-org/runbooks/a",
      "https://wiki.ticketing.io/TODO",
      "https://wiki.ticketing.io/<alert>",
    ].map((url) => [{ runbook_url: url }, "the runbook_url is a placeholder"] as const),
  ] as const) {
    it(`rejects ${JSON.stringify(annotations)}`, () =>
      assert.deepEqual(problems(alertAnnotations, annotated(annotations), inProd), [problem]));
  }

  it("accepts a host that only starts like a placeholder", () => {
    const subject = annotated({ runbook_url: "https://example.com.ticketing.io/a" });
    assert.deepEqual(problems(alertAnnotations, subject, inProd), []);
  });

  it("judges production only, by the configuration or by the name of the stack", () => {
    assert.deepEqual(problems(alertAnnotations, annotated({ summary: "" })), []);
    const subject = annotated({ summary: "" });
    const prod = { ...subject, urn: subject.urn.replace(":dev:", ":prod:") };
    assert.equal(problems(alertAnnotations, prod).length, 1);
    assert.deepEqual(problems(alertAnnotations, prod, { environment: "dev" }), []);
  });

  it("skips recording rules", () =>
    assert.deepEqual(
      problems(alertAnnotations, prometheusRule([{ record: "a", expr: "x" }]), inProd),
      [],
    ));

  it("states the place and the fix", () => {
    const subject = annotated({ runbook_url: "https://example.com" });
    const [violation] = judge(alertAnnotations, subject, inProd).violations;
    assert.ok(violation);
    assert.equal(
      violationText(violation),
      [
        "the runbook_url is a placeholder",
        '  where: PrometheusRule "rules", group group, alert A, annotations.runbook_url',
        "  bound: the https URL of an existing page",
        "  fix:   annotations.runbook_url: https://…",
      ].join("\n"),
    );
  });

  it("never shows a secret", () => {
    for (const secret of [...Object.values(fake), "hunter2"]) {
      const subject = annotated({ summary: "", runbook_url: secret });
      const { violations } = judge(alertAnnotations, subject, inProd);
      assert.ok(violations.length > 0);
      assert.ok(
        !violations
          .map((violation) => violationText(violation))
          .join("")
          .includes(secret),
      );
    }
  });

  it("remediates the runbook URL where a base URL is configured", () => {
    const config = { ...inProd, runbookBaseUrl: "https://runbooks.ticketing.io/" };
    const subject = () => annotated({ runbook_url: "https://example.com" });
    const { resource, violations } = remedy(alertAnnotations, subject(), config);
    assert.deepEqual(violations, []);
    assert.equal(
      at(resource.props, "spec", "groups", 0, "rules", 0, "annotations", "runbook_url"),
      "https://runbooks.ticketing.io/A.md",
    );
    assert.equal(remedy(alertAnnotations, subject(), inProd).changed, false);
    assert.equal(
      remedy(alertAnnotations, subject(), { ...config, environment: "dev" }).changed,
      false,
    );
    const placeholder = { ...inProd, runbookBaseUrl: "https://example.com" };
    assert.equal(remedy(alertAnnotations, subject(), placeholder).changed, false);
    assert.equal(remedy(alertAnnotations, annotated({}), config).changed, false);
  });
});
