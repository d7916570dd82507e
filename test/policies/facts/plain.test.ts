import * as assert from "node:assert/strict";
import { UNKNOWN, at, formatPath, hasUnknown, plain, setAt } from "../../../policies/facts/plain";

/** As the SDK wraps properties: reading what is unknown throws. */
function guarded(value: unknown, unknown: string): unknown {
  if (typeof value !== "object" || value === null) return value;
  return new Proxy(value, {
    get(target, key) {
      const found = (target as Record<string | symbol, unknown>)[key];
      if (found === unknown)
        throw Object.assign(new Error("unknown"), { unknownTypeSentinel: unknown });
      return guarded(found, unknown);
    },
  });
}

describe("policies/facts/plain", () => {
  const unknown = "04da6b54-80e4-46f7-96ec-b56ff0331ba9";

  it("converts properties from the engine and from mocks to the same form", () => {
    const expected = { a: UNKNOWN, b: [1, UNKNOWN, { c: "secret" }], d: null, e: undefined };
    const signature = "4dabf18193072939515e22adb298388d";
    const wrapped = { [signature]: "1b47061264138c4ac30d75fd1eb44270", value: "secret" };
    assert.deepEqual(
      plain(
        guarded({ a: unknown, b: [1, unknown, { c: "secret" }], d: null, e: undefined }, unknown),
      ),
      expected,
    );
    assert.deepEqual(
      plain({
        a: { __pulumiUnknown: true },
        b: [1, unknown, { c: wrapped }],
        d: null,
        e: undefined,
      }),
      expected,
    );
  });

  it("rethrows errors other than those of unknown values", () => {
    const broken = {
      get a(): never {
        throw new Error("broken");
      },
    };
    assert.throws(() => plain(broken), /broken/);
  });

  it("collects the promises of assets so that the caller can await them", async () => {
    const pending: Parameters<typeof plain>[1] = [];
    plain({ text: Promise.resolve("content") }, pending);
    assert.equal(await pending?.[0]?.text, "content");
  });

  it("distinguishes a value, an absent value and an unknown value", () => {
    const value = { a: { b: [1], c: UNKNOWN } };
    assert.equal(at(value, "a", "b", 0), 1);
    assert.equal(at(value, "a", "x", "y"), undefined);
    assert.equal(at(value, "a", "c", "d", "e"), UNKNOWN);
    assert.equal(at("text", "length"), undefined);
    assert.equal(at({}, "constructor"), undefined);
    assert.equal(hasUnknown(value), true);
    assert.equal(hasUnknown(value.a.b), false);
  });

  it("sets a value, unless a parent is not a map", () => {
    const props = { a: { text: "b", nothing: null } };
    assert.equal(setAt(props, ["a", "new", "map"], 1), true);
    assert.equal(setAt(props, ["a", "nothing", "map"], 2), true);
    assert.equal(setAt(props, ["a", "text", "map"], 3), false);
    assert.deepEqual(props, { a: { text: "b", nothing: { map: 2 }, new: { map: 1 } } });
  });

  it("formats a path", () => {
    assert.equal(formatPath(["values", "a-b", "c.d", 0, "e"]), 'values.a-b["c.d"][0].e');
  });
});
