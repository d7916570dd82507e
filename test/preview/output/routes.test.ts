import * as assert from "node:assert/strict";
import { destinationsOf } from "../../../preview/output/routes";

const config = {
  route: {
    receiver: "team",
    routes: [
      { matchers: ['alertname="Watchdog"'], receiver: "null" },
      {
        matchers: ['severity="critical"'],
        receiver: "team",
        continue: true,
        routes: [{ matchers: ['team="db"'], receiver: "database" }],
      },
      { matchers: ['severity=~"critical|page"'], receiver: "pager" },
      { matchers: ['severity!~"critical|warning"', "env != prod"], receiver: "null" },
    ],
  },
  receivers: [
    { name: "null" },
    { name: "team", slack_configs: [{ channel: "#team" }] },
    { name: "database", slack_configs: [{ channel: "#db" }] },
    { name: "pager", pagerduty_configs: [{}] },
  ],
};

describe("the destinations of an alert", () => {
  const cases: [labels: Record<string, string>, destinations: string[]][] = [
    [{ severity: "warning" }, ["#team"]],
    [{ severity: "critical" }, ["#team", "pager (pagerduty)"]],
    [{ severity: "critical", team: "db" }, ["#db", "pager (pagerduty)"]],
    [{ severity: "info" }, ["no notification"]],
    [{ severity: "info", env: "prod" }, ["#team"]],
    [{ alertname: "Watchdog", severity: "critical" }, ["no notification"]],
    [{}, ["no notification"]],
  ];
  for (const [labels, destinations] of cases) {
    it(`${JSON.stringify(labels)} to ${destinations.join(" and ")}`, () => {
      assert.deepEqual(destinationsOf(config, labels), destinations);
    });
  }

  it("names a receiver that does not exist", () => {
    assert.deepEqual(destinationsOf({ route: { receiver: "x" } }, {}), ["an unknown receiver"]);
  });
});
