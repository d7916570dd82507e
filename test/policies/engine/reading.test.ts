import * as assert from "node:assert/strict";
import { UNKNOWN } from "../../../policies/facts/plain";
import {
  copyProperties,
  loadTexts,
  readProperties,
  readProperty,
} from "../../../policies/engine/reading";
import { UNKNOWN_ON_THE_WIRE } from "../../../preview/engine/values";

/** Properties as the SDK passes them to each policy: behind a proxy of their own. */
function proxied(target: object): object {
  return new Proxy(target, {
    get: (object, key) =>
      key === "__getSpecialProxyTarget"
        ? object
        : (object as Record<string | symbol, unknown>)[key],
  });
}

describe("the properties that policies read", () => {
  it("are plain data, with unknown values marked", () => {
    const props = { data: { a: "1", b: UNKNOWN_ON_THE_WIRE } };
    assert.deepEqual(readProperties(props), { data: { a: "1", b: UNKNOWN } });
    assert.equal(readProperty({ kind: "Secret" }, "kind"), "Secret");
    assert.equal(readProperty({}, "kind"), undefined);
  });

  it("are read once where policies receive the same object", () => {
    const target = { data: { a: "1" } };
    const first = readProperties(proxied(target));
    assert.equal(readProperties(proxied(target)), first);
    assert.equal(readProperty(proxied(target), "data"), first["data"]);
    assert.notEqual(readProperties(proxied({ data: { a: "1" } })), first);
  });

  it("include the texts of assets once these are loaded", async () => {
    const props = { file: { text: Promise.resolve("retention: 15d") } };
    await loadTexts(props);
    assert.deepEqual(readProperties(props), { file: { text: "retention: 15d" } });
    assert.equal(loadTexts(props), undefined);
  });

  it("are unknown where the text of an asset cannot be read", async () => {
    const props = { file: { text: Promise.reject(new Error("no such file")) } };
    await loadTexts(props);
    assert.deepEqual(readProperties(props), { file: { text: UNKNOWN } });
  });

  it("are read anew for a remediation, which changes them", async () => {
    const target = { data: { a: "1" } };
    const shared = readProperties(proxied(target));
    const copy = await copyProperties(proxied(target));
    assert.deepEqual(copy, shared);
    assert.notEqual(copy, shared);
  });
});
