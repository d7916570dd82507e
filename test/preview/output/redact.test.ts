import * as assert from "node:assert/strict";
import { redactor } from "../../../preview/output/redact";

describe("hiding secret values", () => {
  const redact = redactor(['pass"word1', "abc"]);

  it("replaces them in values and in keys", () => {
    assert.deepEqual(redact({ a: ['x pass"word1 y'], 'pass"word1': 1, n: null }), {
      a: ["x [secret] y"],
      "[secret]": 1,
      n: null,
    });
  });

  it("recognizes them in JSON, in base64 and in a URL", () => {
    const encoded = Buffer.from('pass"word1').toString("base64");
    assert.equal(redact(JSON.stringify({ k: 'pass"word1' })), '{"k":"[secret]"}');
    assert.equal(redact(`data: ${encoded}`), "data: [secret]");
    assert.equal(redact("?q=pass%22word1"), "?q=[secret]");
  });

  it("hides a short secret only where it is the whole value", () => {
    assert.deepEqual(redact(["abc", "abcdef"]), ["[secret]", "abcdef"]);
  });

  it("changes nothing without secrets", () => {
    const value = { a: 1 };
    assert.equal(redactor([])(value), value);
  });
});
