import * as assert from "node:assert/strict";
import { judgedByThePack } from "../completePack";
import { resource } from "../subjects";
import { readTemplate, readYaml } from "../../../policies/facts/yaml";
import { UNKNOWN, plain, setAt } from "../../../policies/facts/plain";
import { credentialIn, redact } from "../../../policies/shared/credentials";
import { matchesGlob } from "../../../policies/shared/glob";
import { anchoredPattern } from "../../../policies/shared/matcher";

const millisecondsOf = (run: () => unknown): number => {
  const start = performance.now();
  run();
  return performance.now() - start;
};

describe("input that people do not write", () => {
  for (const [name, text] of [
    ["the start of a token", "eyJ-"],
    ["a URL without a password", "https://a:"],
    ["base64", "aGVsbG8gd29ybGQhISEhISEh "],
    ["a key without a value", "aa= \t"],
  ] as const) {
    it(`does not slow down the search for credentials: ${name}, repeated`, () => {
      const long = `\n${text.repeat(400_000 / text.length)}`;
      assert.ok(millisecondsOf(() => credentialIn(long)) < 2000, "credentialIn");
      assert.ok(millisecondsOf(() => redact(long)) < 2000, "redact");
    }).timeout(10_000);
  }

  it("does not slow down a pattern with many `*`", () => {
    const pattern = `${"*a".repeat(30)}*b`;
    assert.ok(millisecondsOf(() => matchesGlob(pattern, "a".repeat(1000))) < 1000);
  });

  it("does not slow down a regular expression", () => {
    const value = `${"a".repeat(40)}b`;
    assert.ok(
      millisecondsOf(() => assert.equal(anchoredPattern("(a|aa)+")?.test(value), false)) < 1000,
    );
  });

  it("reads a chart whose name every object inherits", async () => {
    const props = { chart: "constructor", values: {} };
    const release = resource("kubernetes:helm.sh/v3:Release", "x", props);
    const messages = (await judgedByThePack([release])).map(({ message }) => message);
    assert.deepEqual(
      messages.filter((message) => message.startsWith("could not be evaluated")),
      [],
    );
  });

  it("judges an alert whose severity is not a text", async () => {
    const rule = { alert: "A", expr: "up == 0", labels: { severity: [{ toString: "x" }] } };
    const messages = (
      await judgedByThePack([
        resource("kubernetes:monitoring.coreos.com/v1:PrometheusRule", "x", {
          spec: { groups: [{ name: "x", rules: [rule] }] },
        }),
      ])
    ).map(({ message }) => message);
    assert.deepEqual(
      messages.filter((message) => message.startsWith("could not be evaluated")),
      [],
    );
  });

  it("keeps `__proto__` as a key like any other", () => {
    const props = JSON.parse('{"__proto__": {"chart": "loki"}, "a": 1}') as object;
    const copy = plain(props) as Record<string, unknown>;
    assert.deepEqual(Object.keys(copy), ["__proto__", "a"]);
    assert.equal(copy["chart"], undefined);
    setAt(copy, ["__proto__", "polluted"], true);
    setAt(copy, ["constructor", "polluted"], true);
    assert.equal(({} as Record<string, unknown>)["polluted"], undefined);
    assert.equal((Object as unknown as Record<string, unknown>)["polluted"], undefined);
  });
});

describe("a pattern with wildcards", () => {
  for (const [pattern, text, expected] of [
    ["s3:*", "s3:GetObject", true],
    ["s3:?etObject", "s3:GetObject", true],
    ["s3:Get", "s3:GetObject", false],
    ["s3.*", "s3:GetObject", false],
    ["*a*b", "xaxbxb", true],
    ["*", "", true],
    ["a**", "a", true],
    ["?", "", false],
  ] as const) {
    it(`${pattern} ${expected ? "matches" : "does not match"} "${text}"`, () =>
      assert.equal(matchesGlob(pattern, text), expected));
  }
});

describe("YAML as its readers read it", () => {
  for (const [name, text, expected] of [
    [
      "merge keys",
      "b: &b {a: 1, c: 2}\nd: {<<: *b, a: 3}",
      { b: { a: 1, c: 2 }, d: { a: 3, c: 2 } },
    ],
    ["the booleans of YAML 1.1", "a: yes\nb: off", { a: true, b: false }],
    ["the last of two equal keys", "a: 1\na: 2", { a: 2 }],
    ["the first document", "a: 1\n---\na: 2", { a: 1 }],
    ["dates and times as text", "a: 2026-01-02\nb: 22:00", { a: "2026-01-02", b: "22:00" }],
    ["an empty text", "", undefined],
  ] as const) {
    it(`has ${name}`, () => assert.deepEqual(readYaml(text), expected));
  }

  it("has hundreds of aliases", () => {
    const text = `a: &a x\nb: [${Array.from({ length: 200 }, () => "*a").join(", ")}]`;
    assert.deepEqual(readYaml(text), { a: "x", b: Array.from({ length: 200 }, () => "x") });
    assert.equal(readTemplate(text).length, 1);
  });

  for (const [name, text] of [
    ["a syntax error", "a: [1"],
    ["an alias without an anchor", "a: *b"],
    ["a list that contains itself", "a: &a [*a]"],
    ["a map that contains itself", "a: &a {b: *a}"],
    ["a large list that is repeated", `a: &a [${"1,".repeat(2000)}]\nb: [${"*a,".repeat(2000)}]`],
    [
      "exponential growth",
      `l0: &l0 x\n${Array.from({ length: 20 }, (_, n) => `l${n + 1}: &l${n + 1} [${`*l${n},`.repeat(9)}]`).join("\n")}`,
    ],
    ["deep nesting", "[".repeat(100_000)],
  ] as const) {
    it(`is unknown, not absent: ${name}`, () => {
      assert.ok(millisecondsOf(() => assert.equal(readYaml(text), UNKNOWN)) < 5000);
      assert.deepEqual(readTemplate(text), [UNKNOWN]);
    }).timeout(20_000);
  }
});
