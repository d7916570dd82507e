import * as assert from "node:assert/strict";
import * as pulumi from "@pulumi/pulumi";
import { mergeValues } from "../../../policies/shared/mergeValues";

describe("mergeValues", () => {
  it("merges maps, with the caller's values last", () => {
    const ours = { a: { b: 1, c: { d: 2 } }, e: 3 };
    const theirs = { a: { b: 10, c: { f: 4 } }, g: 5 };
    assert.deepEqual(mergeValues(ours, theirs), { a: { b: 10, c: { d: 2, f: 4 } }, e: 3, g: 5 });
  });

  it("replaces lists", () => {
    assert.deepEqual(mergeValues({ list: [1, 2], a: [{ b: 1 }] }, { list: [3], a: [] }), {
      list: [3],
      a: [],
    });
  });

  it("replaces values of another type", () => {
    assert.deepEqual(mergeValues({ a: { b: 1 }, c: [1], d: 1 }, { a: 1, c: { e: 1 }, d: [1] }), {
      a: 1,
      c: { e: 1 },
      d: [1],
    });
  });

  it("keeps null, which makes Helm remove the chart's default", () => {
    assert.deepEqual(mergeValues({ a: { b: 1 }, c: {} }, { a: { b: null }, c: null, d: null }), {
      a: { b: null },
      c: null,
      d: null,
    });
  });

  it("skips undefined", () => {
    const theirs = { grafana: undefined, prometheus: { replicas: undefined } };
    const ours = { grafana: { replicas: 1 }, prometheus: { replicas: 2 } };
    assert.deepEqual(mergeValues(ours, theirs), ours);
    assert.deepEqual(mergeValues(ours, undefined), ours);
  });

  it("keeps an Output unchanged", () => {
    const url = pulumi.output("https://example.com");
    assert.equal(mergeValues({ a: { url: "" } }, { a: { url } })["a"].url, url);
    assert.equal(mergeValues({ a: { url } }, { a: { b: 1 } })["a"].url, url);
  });

  it("treats __proto__ and constructor as ordinary keys", () => {
    const theirs: object = JSON.parse('{"__proto__": {"replicas": 2}, "constructor": 1}');
    const merged = mergeValues({ image: "a" }, theirs);
    assert.deepEqual(Object.keys(merged), ["image", "__proto__", "constructor"]);
    assert.equal(merged["replicas"], undefined);
  });

  it("mutates neither argument", () => {
    const ours = { a: { b: 1 }, c: { d: 1 } };
    const theirs = { a: { e: 2 }, f: { g: 3 } };
    const before = structuredClone([ours, theirs]);
    const merged = mergeValues(ours, theirs);
    merged["a"].b = "changed";
    merged["new"] = "changed";
    assert.deepEqual([ours, theirs], before);
  });
});
