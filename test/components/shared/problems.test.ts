import * as assert from "node:assert/strict";
import * as pulumi from "@pulumi/pulumi";
import { z } from "zod";
import {
  Problem,
  check,
  example,
  formatArgumentProblems,
  formatValue,
  issue,
} from "../../../components/shared/problems";
import { formatPath } from "../../../policies/shared/path";

const schema = z.strictObject({
  retentionDays: z.int().min(1).max(90).default(15),
  ratio: z.number().gt(0).lt(1).optional(),
  mode: z.enum(["existing", "create"]).default("existing"),
  channel: example(z.string().startsWith("#", "must start with #"), "#alerts").optional(),
  services: z
    .array(z.strictObject({ name: example(z.string().min(1).max(8), "checkout") }))
    .max(2)
    .default([]),
  labels: z.record(z.string(), z.string()).default({}),
});

function problemsOf(input: unknown): Problem[] {
  return check(schema, input).problems ?? [];
}

/** The only problem of an input, without its fix: `retentionDays = 0 must be at least 1`. */
function ruleOf(input: unknown): string {
  const [problem, ...others] = problemsOf(input);
  assert.ok(problem, "there is a problem");
  assert.deepEqual(others, []);
  return `${formatPath(problem.path)}${formatValue(problem)} ${problem.rule}`;
}

function fixOf(input: unknown): Problem["fix"] | undefined {
  return problemsOf(input)[0]?.fix;
}

describe("check", () => {
  it("fills in the defaults", () => {
    assert.deepEqual(check(schema, {}), {
      settings: { retentionDays: 15, mode: "existing", services: [], labels: {} },
    });
  });

  it("reports every problem, not only the first", () => {
    const problems = problemsOf({ retentionDays: 0, mode: "none", labels: { a: 1 }, extra: true });
    assert.deepEqual(problems.map(({ path }) => formatPath(path)).sort(), [
      "extra",
      "labels.a",
      "mode",
      "retentionDays",
    ]);
  });

  it("suggests the value of an enum that a misspelled value resembles", () => {
    assert.deepEqual(fixOf({ mode: "craete" }), { kind: "set", example: "create" });
    assert.deepEqual(fixOf({ mode: "none" }), { kind: "set", example: "existing" });
  });

  it("words each rule as the end of a sentence", () => {
    assert.equal(ruleOf({ retentionDays: 0 }), "retentionDays = 0 must be at least 1");
    assert.equal(ruleOf({ retentionDays: 91 }), "retentionDays = 91 must be at most 90");
    assert.equal(ruleOf({ retentionDays: 1.5 }), "retentionDays = 1.5 must be a whole number");
    assert.equal(ruleOf({ retentionDays: "15" }), 'retentionDays = "15" must be a number');
    assert.equal(ruleOf({ retentionDays: NaN }), "retentionDays = NaN must be a number");
    assert.equal(ruleOf({ ratio: 0 }), "ratio = 0 must be more than 0");
    assert.equal(ruleOf({ ratio: 1 }), "ratio = 1 must be less than 1");
    assert.equal(ruleOf({ mode: "none" }), 'mode = "none" must be one of existing, create');
    assert.equal(ruleOf({ channel: "alerts" }), 'channel = "alerts" must start with #');
    assert.equal(ruleOf({ labels: [] }), "labels = [] must be a map");
    assert.equal(ruleOf({ services: {} }), "services = {} must be a list");
    assert.equal(ruleOf({ services: [{}] }), "services[0].name is required");
    assert.equal(ruleOf({ services: [{ name: "" }] }), 'services[0].name = "" must not be empty');
    assert.equal(
      ruleOf({ services: [{ name: "too long a" }] }),
      'services[0].name = "too long a" must have at most 8 characters',
    );
    assert.match(
      ruleOf({ services: [{ name: "a" }, { name: "b" }, { name: "c" }] }),
      / must have at most 2 items$/,
    );
  });

  it("suggests the example of the schema, its default, or the first allowed value", () => {
    assert.deepEqual(fixOf({ channel: "alerts" }), { kind: "set", example: "#alerts" });
    assert.deepEqual(fixOf({ services: [{ name: "" }] }), { kind: "set", example: "checkout" });
    assert.deepEqual(fixOf({ retentionDays: 0 }), { kind: "set", example: 15 });
    assert.deepEqual(fixOf({ mode: "none" }), { kind: "set", example: "existing" });
    assert.deepEqual(check(z.strictObject({ size: z.enum(["s", "m"]) }), {}).problems, [
      {
        path: ["size"],
        code: "required",
        rule: "must be one of s, m",
        fix: { kind: "set", example: "s" },
      },
    ]);
  });

  it("suggests a known key with a similar name for an unknown key", () => {
    assert.deepEqual(fixOf({ retentionDay: 15 }), { kind: "rename", to: "retentionDays" });
    assert.deepEqual(fixOf({ services: [{ name: "a", nmae: "a" }] }), { kind: "remove" });
    assert.deepEqual(fixOf({ somethingElse: 15 }), { kind: "remove" });
    assert.equal(
      ruleOf({ somethingElse: 15 }),
      "somethingElse = 15 is not a known key (known: channel, labels, mode, ratio, retentionDays, services)",
    );
  });

  it("hides values that may be secrets", () => {
    const problems = problemsOf({ apiKey: "hunter2", channel: "https://hooks.slack.com/x" });
    assert.deepEqual(
      problems.map(({ value }) => value),
      ["[hidden]", "[hidden]"],
    );
  });

  it("uses the fix and the path of a rule", () => {
    const ruled = z.strictObject({ a: z.number(), b: z.number() }).superRefine((_value, ctx) => {
      ctx.addIssue({
        code: "custom",
        path: ["b"],
        message: "must be more than a",
        params: { fix: { kind: "do", text: "raise b" } },
      });
    });
    assert.deepEqual(check(ruled, { a: 2, b: 1 }).problems, [
      {
        path: ["b"],
        value: 1,
        code: "invalid",
        rule: "must be more than a",
        fix: { kind: "do", text: "raise b" },
      },
    ]);
  });

  it("reports the fields of a map if a union allows a map", () => {
    const either = z.strictObject({
      volume: z.union([z.literal(""), z.strictObject({ gb: z.int().default(5) })]),
    });
    const [problem, ...others] = check(either, { volume: { gb: "5" } }).problems ?? [];
    assert.deepEqual(others, []);
    assert.deepEqual(problem, {
      path: ["volume", "gb"],
      value: "5",
      code: "invalid",
      rule: "must be a number",
      fix: { kind: "set", example: 5 },
    });
  });
});

describe("formatArgumentProblems", () => {
  it("returns a text with field, value, rule and fix of each problem", () => {
    const { problems = [] } = check(schema, {
      retentionDay: 15,
      retentionDays: 0,
      services: [{}],
      somethingElse: 1,
    });
    assert.equal(
      formatArgumentProblems('LokiStack "loki"', problems.slice(0, 2)),
      [
        'LokiStack "loki": 2 problems in its arguments',
        "  retentionDays = 0 must be at least 1",
        "    fix: retentionDays: 15",
        "  services[0].name is required",
        '    fix: services[0].name: "checkout"',
      ].join("\n"),
    );
    assert.match(formatArgumentProblems("A", problems.slice(0, 1)), /^A: 1 problem in/);
    assert.match(formatArgumentProblems("A", problems), /fix: remove somethingElse/);
  });

  it("reports arguments that are not a map", () => {
    assert.match(
      formatArgumentProblems("A", problemsOf([])),
      /^A: 1 problem in its arguments\n {2}args = \[\] must be a map/,
    );
  });
});

describe("formatValue", () => {
  const text = (value: unknown) =>
    formatValue({ path: [], code: "invalid", value, rule: "", fix: { kind: "remove" } });

  it("is empty for a missing field", () => assert.equal(text(undefined), ""));

  it("truncates long values", () => {
    assert.equal(text("x".repeat(78)), ` = "${"x".repeat(78)}"`);
    assert.equal(text("x".repeat(79)), ` = "${"x".repeat(76)}...`);
  });

  it("describes values that JSON cannot represent", () => {
    const circular: Record<string, unknown> = {};
    circular["self"] = circular;
    assert.equal(text(circular), " = an object");
    assert.equal(text(10n), " = a bigint");
    assert.equal(
      text(() => 1),
      " = a function",
    );
    assert.equal(text(Infinity), " = Infinity");
    assert.equal(text(pulumi.output("x")), " = an Output");
  });
});

describe("the code of a problem", () => {
  it("distinguishes unknown, missing, reserved and invalid fields", () => {
    const schema = z
      .strictObject({ a: z.number(), b: z.number(), c: z.number().optional() })
      .superRefine((_settings, ctx) => issue(ctx, ["c"], "is reserved", undefined, "reserved"));
    const { problems = [] } = check(schema, { b: "x", d: 1 });
    assert.deepEqual(problems.map(({ path, code }) => [...path, code]).sort(), [
      ["a", "required"],
      ["b", "invalid"],
      ["d", "unknownKey"],
    ]);
    const reserved = check(schema, { a: 1, b: 1 }).problems;
    assert.deepEqual(
      reserved?.map(({ code }) => code),
      ["reserved"],
    );
  });
});
