import * as assert from "node:assert/strict";
import { PlainMap, UNKNOWN, at } from "../../../policies/facts/plain";
import { grouping } from "../../../policies/delivery/grouping";
import { limits } from "../../../policies/limits/limits";
import { violationText } from "../../../policies/engine/violation";
import { assertSilent, configSecret, remedied, routesFirst } from "../platformSubjects";
import { judge, problems, release } from "../subjects";

const route = (change: PlainMap) => configSecret({ route: change });
const inValues = (config: unknown) =>
  release("kube-prometheus-stack", { alertmanager: { config } });

describe("policy grouping", () => {
  for (const [field, value] of [
    ["group_wait", "10s"],
    ["group_wait", "1m"],
    ["group_interval", "60s"],
    ["group_interval", "15m"],
    ["repeat_interval", "1h"],
    ["repeat_interval", "1d"],
  ] as const) {
    it(`accepts ${field} ${value}`, () =>
      assert.deepEqual(problems(grouping, route({ [field]: value })), []));
  }
  for (const [field, value, problem] of [
    ["group_wait", "9s", /too short/],
    ["group_wait", "61s", /too long/],
    ["group_interval", "59s", /too short/],
    ["group_interval", "901s", /too long/],
    ["repeat_interval", "59m", /too short/],
    ["repeat_interval", "25h", /too long/],
    ["repeat_interval", 12, /not a duration/],
  ] as const) {
    it(`rejects ${field} ${value}`, () =>
      assert.match(problems(grouping, route({ [field]: value }))[0] ?? "", problem));
  }

  it("reports a value once, on the route that sets it", () => {
    assert.deepEqual(problems(grouping, route({ group_by: ["service"] })).length, 1);
    const child = routesFirst({ receiver: "slack", matchers: ["a=b"], group_by: ["..."] });
    const [violation, ...others] = judge(grouping, configSecret(child)).violations;
    assert.deepEqual(others, []);
    assert.match(violation?.where ?? "", /route\.routes\[0\]\.group_by$/);
  });

  it("accepts a short repeat_interval for the heartbeat", () => {
    const beat = {
      receiver: "heartbeat",
      match: { alertname: "Watchdog" },
      repeat_interval: "30s",
    };
    assert.deepEqual(problems(grouping, configSecret(routesFirst(beat))), []);
  });

  it("is configured by its bounds", () => {
    assert.deepEqual(problems(grouping, route({ group_wait: "2m" }), { maxWaitSeconds: 120 }), []);
    assert.equal(problems(grouping, route({}), { minIntervalSeconds: 600 }).length, 1);
    const { repeatSeconds } = limits.grouping;
    assert.equal(grouping.config["maxRepeatSeconds"]?.default, repeatSeconds.max);
  });

  it("reports unknown values as unknown", () => {
    for (const config of [UNKNOWN, { route: { group_wait: UNKNOWN } }]) {
      const verdict = judge(grouping, inValues(config));
      assert.deepEqual(verdict.violations, []);
      assert.ok(verdict.unknown);
    }
  });

  it("states the problem, place, value, bound and fix", () => {
    const [violation] = judge(grouping, route({ repeat_interval: "5m" })).violations;
    assert.ok(violation);
    assert.equal(
      violationText(violation),
      [
        "repeat_interval is too short",
        '  where: Secret "alertmanager-config", alertmanager.yaml, route.repeat_interval',
        "  found: 5m",
        "  bound: 1h to 24h",
        "  fix:   set repeat_interval: 1h in route",
      ].join("\n"),
    );
    assertSilent(grouping, (secret) => route({ group_by: [secret], group_wait: secret }));
  });

  it("remediates the routes in chart values", () => {
    const after = remedied(
      grouping,
      inValues({
        route: {
          receiver: "null",
          group_by: ["..."],
          group_wait: "0s",
          routes: [{ receiver: "null", matchers: ["a=b"], repeat_interval: "1m" }],
        },
      }),
    );
    assert.deepEqual(at(after, "values", "alertmanager", "config", "route"), {
      receiver: "null",
      group_by: ["alertname"],
      group_wait: "10s",
      group_interval: "5m",
      repeat_interval: "12h",
      routes: [{ receiver: "null", matchers: ["a=b"], repeat_interval: "1h" }],
    });
    assert.ok(remedied(grouping, inValues(undefined)));
    assert.equal(remedied(grouping, inValues(UNKNOWN)), undefined);
  });
});

describe("groups of notifications", () => {
  for (const label of ["pod", "pod_uid", "container_id"]) {
    it(`may not be one per ${label}`, () => {
      const group_by = ["alertname", "namespace", label];
      assert.match(problems(grouping, route({ group_by })).join(), /one message per pod/);
    });
  }

  for (const label of ["instance", "service", "pod_group"]) {
    it(`may be one per ${label}`, () =>
      assert.deepEqual(problems(grouping, route({ group_by: ["alertname", label] })), []));
  }
});
