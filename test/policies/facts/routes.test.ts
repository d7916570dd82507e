import * as assert from "node:assert/strict";
import { PlainMap, UNKNOWN } from "../../../policies/facts/plain";
import {
  Labels,
  probeLabels,
  readMatchers,
  readRoutes,
  routesFor,
} from "../../../policies/facts/routes";

function tree(route: PlainMap, receivers = ["a", "b", "c"]) {
  const read = readRoutes({ route, receivers: receivers.map((name) => ({ name })) });
  assert.ok(read !== UNKNOWN && typeof read !== "symbol");
  return read;
}

function reached(route: PlainMap, labels: Labels): string[] {
  const { root } = tree(route);
  assert.ok(root);
  return routesFor(root, labels).map(({ receiver }) => receiver);
}

describe("Alertmanager routes", () => {
  it("stops at the first child that matches, unless it sets continue", () => {
    const route = {
      receiver: "a",
      routes: [
        { receiver: "b", matchers: ["x=1"], continue: true },
        { receiver: "c", matchers: ["y=1"] },
        { receiver: "b", matchers: ["y=1"] },
      ],
    };
    assert.deepEqual(reached(route, {}), ["a"]);
    assert.deepEqual(reached(route, { x: "1" }), ["b"]);
    assert.deepEqual(reached(route, { x: "1", y: "1" }), ["b", "c"]);
    assert.deepEqual(reached(route, { y: "1" }), ["c"]);
  });

  it("inherits the settings of the parent route", () => {
    const { root } = tree({
      receiver: "a",
      group_by: ["alertname"],
      repeat_interval: "12h",
      routes: [{ matchers: ["x=1"], group_wait: "10s", routes: [{ matchers: ["y=1"] }] }],
    });
    const grandchild = root?.routes[0]?.routes[0];
    assert.equal(grandchild?.receiver, "a");
    assert.equal(grandchild?.groupWait, "10s");
    assert.equal(grandchild?.groupInterval, "5m");
    assert.equal(grandchild?.repeatInterval, "12h");
    assert.deepEqual(grandchild?.groupBy, ["alertname"]);
  });

  for (const [matcher, labels, expected] of [
    ['a="b"', { a: "b" }, true],
    ["a = b", { a: "b" }, true],
    ["a!=b", {}, true],
    ['a=""', {}, true],
    ['a=~"b|c"', { a: "c" }, true],
    ['a=~"b"', { a: "bb" }, false],
    ['a!~"b.*"', { a: "bb" }, false],
    ['a=~"(?i)B"', { a: "b" }, true],
    ['{a="b",c!="d"}', { a: "b", c: "e" }, true],
    ['{a="b",c!="d"}', { a: "b", c: "d" }, false],
    ['a="with \\"quotes\\", and a comma"', { a: 'with "quotes", and a comma' }, true],
  ] as const) {
    it(`${expected ? "matches" : "does not match"} ${matcher} with ${JSON.stringify(labels)}`, () => {
      const route = { receiver: "a", routes: [{ receiver: "b", matchers: [matcher] }] };
      assert.deepEqual(reached(route, labels), [expected ? "b" : "a"]);
    });
  }

  it("reads match and match_re", () => {
    const { matchers } = readMatchers({ match: { a: "b" }, match_re: { c: "d.*" } });
    assert.deepEqual(
      matchers.map(({ label, operator, value }) => `${label}${operator}${value}`),
      ["a=b", "c=~d.*"],
    );
  });

  it("reports routes that Alertmanager rejects", () => {
    assert.match(
      tree({ receiver: "z" }).problems[0]?.problem ?? "",
      /the receiver "z" does not exist/,
    );
    assert.equal(tree({ receiver: "a", routes: [{ matchers: ["a=~("] }] }).problems.length, 1);
    assert.equal(tree({ receiver: "a", routes: [{ matchers: [7] }] }).problems.length, 1);
    assert.equal(tree(undefined as never).problems.length, 1);
  });

  it("returns UNKNOWN while a part is unknown", () => {
    assert.equal(readRoutes({ route: { receiver: UNKNOWN } }), UNKNOWN);
  });

  it("probes every path through the tree", () => {
    const { root } = tree({
      receiver: "a",
      routes: [
        { receiver: "b", matchers: ['team=~"(pay|shop)-[0-9]+"', "severity!=info"] },
        { receiver: "c", matchers: ["severity=info"] },
      ],
    });
    assert.ok(root);
    const ways = probeLabels(root, { severity: "critical" }).map((labels) =>
      routesFor(root, labels)
        .map(({ receiver }) => receiver)
        .join(),
    );
    assert.deepEqual([...new Set(ways)].sort(), ["a", "b"]);
  });
});
