import * as assert from "node:assert/strict";
import { formatPath } from "../../../../policies/shared/path";
import { datadogMonitorsSettings } from "../../../../components/datadog/monitors/settings";

const identity = { cluster: "ticketing-prod", environment: "prod", namespace: "ticketing" };
const notify = ["@slack-alerts"];
const services = [{ name: "inventory-service", language: "go" }, { name: "auth-service" }];

function problems(args: object): string[] {
  const checked = datadogMonitorsSettings({ ...identity, notify, services, ...args });
  return (checked.problems ?? []).map(({ path, rule }) => `${formatPath(path)} ${rule}`);
}

describe("datadogMonitorsSettings", () => {
  it("accepts the services and thresholds of MonitoredServices, and the handles to notify", () => {
    const { settings } = datadogMonitorsSettings({ ...identity, notify, services });
    assert.deepEqual(settings?.notify, notify);
    assert.deepEqual(settings?.overrides, {});
    assert.equal(settings?.alerts.errorRatePercent, 5);
    assert.deepEqual(
      settings?.services.map(({ name, language }) => [name, language]),
      [
        ["inventory-service", "go"],
        ["auth-service", "other"],
      ],
    );
  });

  it("requires a handle to notify", () => {
    assert.deepEqual(problems({ notify: [] }), [
      "notify must name at least one handle, because a monitor without a handle sends no notifications",
    ]);
    assert.deepEqual(problems({ notify: ["#ticketing-alerts"] }), [
      "notify[0] must be a Datadog handle, like @slack-alerts",
    ]);
    assert.deepEqual(problems({ notify: ["@pagerduty-Ticketing", "@on.call@example.com"] }), []);
  });

  it("accepts overrides only of existing services", () => {
    const overrides = { "auth-servise": { team: "identity" } };
    const checked = datadogMonitorsSettings({
      ...identity,
      notify,
      services,
      overrides,
    });
    assert.deepEqual(checked.problems, [
      {
        path: ["overrides", "auth-servise"],
        value: { team: "identity" },
        code: "invalid",
        rule: "is not a service (services: inventory-service, auth-service)",
        fix: { kind: "rename", to: "auth-service" },
      },
    ]);
  });

  it("reports all problems at once, including problems of services", () => {
    assert.deepEqual(
      problems({
        notify: ["not-a-handle"],
        overrides: { "auth-service": { operation: "grpc server" } },
        services: [{ name: "Auth" }],
      }).map((problem) => problem.split(" ")[0]),
      ["services[0].name", "notify[0]", "overrides.auth-service.operation"],
    );
  });
});
