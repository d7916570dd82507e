import { equal, throws } from "node:assert/strict";
import { type RecordingRule } from "../../../preview/backtest/rules";
import { inlineRecords } from "../../../preview/backtest/inlineRecords";

const seconds = 1000;

function rule(expr: string, { interval = 30, labels = {} } = {}): RecordingRule {
  return { expr, intervalMs: interval * seconds, labels };
}

/** The expression without whitespace next to parentheses, evaluated every 30 seconds. */
function inlined(expr: string, records: Record<string, RecordingRule | RecordingRule[]>): string {
  const text = inlineRecords(expr, 30 * seconds, {
    rulesOf: (metric) => {
      const rules = records[metric];
      return rules === undefined ? undefined : [rules].flat();
    },
    defaultStepMs: 60 * seconds,
  });
  return text.replace(/\s*([()])\s*/g, "$1").replace(/\s+/g, " ");
}

describe("a recorded series that the data does not contain", () => {
  it("is replaced by its definition", () => {
    equal(inlined("r > 1", { r: rule("a / b") }), "((a / b))> 1");
    equal(inlined("x > 1", { r: rule("a / b") }), "x > 1");
    equal(inlined("r + s", { r: rule("s * 2"), s: rule("a") }), "((((a))* 2))+((a))");
  });

  it("is a vector, even if its definition is a number", () => {
    equal(inlined("r > 1", { r: rule("time() - 1") }), "(vector(time()- 1))> 1");
  });

  it("is the union of its rules", () => {
    equal(inlined("r", { r: [rule("a"), rule("b")] }), "((a)or(b))");
  });

  it("has the labels of its rule", () => {
    equal(
      inlined("r", { r: rule("a", { labels: { team: "x$1" } }) }),
      '(label_replace((a), "team", "x$$1", "", ""))',
    );
  });

  it("only has the rules whose labels the matchers match", () => {
    const records = {
      r: [rule("a", { labels: { kind: "x" } }), rule("b", { labels: { kind: "y" } })],
    };
    equal(inlined('r{kind="y"}', records), '(label_replace((b), "kind", "y", "", ""))');
    equal(inlined('r{kind="z"}', records), "(vector(1)== 0)");
  });

  it("is narrowed by matchers of labels that its definition returns", () => {
    const marked = (pattern: string, operator: string) =>
      `(label_replace(label_replace(((a)), "backtest_match", "1", "service", "${pattern}")${operator} on(backtest_match)` +
      'label_replace(vector(1), "backtest_match", "1", "", ""), "backtest_match", "", "", ""))';
    equal(inlined('r{service="a.b"}', { r: rule("a") }), marked("a\\\\.b", "and"));
    equal(inlined('r{service!~"a|b"}', { r: rule("a") }), marked("a|b", "unless"));
  });

  it("keeps its range, its offset and @", () => {
    const records = { r: rule("a") };
    equal(inlined("rate(r[5m] offset 1h)", records), "rate(((a))[5m:30000ms] offset 1h)");
    equal(
      inlined("b - r offset 1h > 0", records),
      "b - last_over_time(((a))[30000ms:30000ms] offset 1h)> 0",
    );
    equal(inlined("r @ 1000", records), "last_over_time(((a))[30000ms:30000ms] @ 1000)");
  });

  it("has the value of the last evaluation if it is recorded more rarely than it is read", () => {
    equal(
      inlined("r", { r: rule("a", { interval: 120 }) }),
      "last_over_time(((a))[120000ms:120000ms])",
    );
    equal(
      inlined("max_over_time(r[1h:4m])", { r: rule("a", { interval: 120 }) }),
      "max_over_time(((a))[1h:4m])",
    );
  });

  it("disappears after five minutes if it is recorded more rarely", () => {
    equal(
      inlined("r", { r: rule("a", { interval: 600 }) }),
      "last_over_time(((a))[300000ms:600000ms])",
    );
  });
});

describe("an expression", () => {
  it("has the default step of subqueries of the stack", () => {
    equal(inlined("max_over_time((a > 1)[1h:])", {}), "max_over_time((a > 1)[1h:60000ms])");
  });

  it("is not judged if it cannot be evaluated from definitions", () => {
    const because = (expr: string, records: Record<string, RecordingRule | RecordingRule[]>) => {
      let message = "";
      throws(
        () => inlined(expr, records),
        (error: Error) => {
          message = error.message;
          return true;
        },
      );
      return message;
    };
    equal(
      because('ALERTS{alertname="A"}', {}),
      "it reads ALERTS, which depends on all other alerts",
    );
    equal(
      because("r", { r: rule("r or a") }),
      "the data does not contain r, which is recorded from itself",
    );
    equal(
      because("absent(r)", { r: rule("a") }),
      "the data does not contain r, whose absence it detects",
    );
    equal(
      because("r", { r: [rule("a"), rule("b", { interval: 60 })] }),
      "r is recorded at several intervals",
    );
    equal(because("a @ end()", {}), "the expression depends on the range of the query");
    equal(because("a >", {}), "the expression does not parse at character 4");
  });
});
