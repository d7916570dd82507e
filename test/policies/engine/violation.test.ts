import assert from "node:assert/strict";
import { type Place, type Setting, violationText } from "../../../policies/engine/violation";

const retention = { path: "prometheus.retentionDays", value: 15 };
const valuesFix = 'retention: "15d" in the values';

describe("the fix of a violation", () => {
  /** The last line of a violation of a resource with this part in its URN. */
  const fixOf = (types: string, place: Place = {}, setting: Setting = retention) => {
    const urn = `urn:pulumi:prod::monitoring::${types}::prometheus`;
    const violation = { problem: "p", where: "w", setting, fix: valuesFix };
    return violationText(violation, { urn, ...place }).split("  fix:   ")[1];
  };
  const release = "kubernetes:helm.sh/v3:Release";

  it("is a command of the Pulumi CLI in the program of this project", () => {
    assert.equal(
      fixOf(`monitoring:index:PrometheusStack$${release}`, { program: "monitoring" }),
      `pulumi config set --path 'monitoring:prometheus.retentionDays' 15, or ${valuesFix}`,
    );
    assert.equal(
      fixOf(
        "kubernetes:core/v1:Secret",
        { program: "monitoring" },
        { path: "slack.heartbeatUrl", isSecret: true },
      ),
      `pulumi config set --secret monitoring:heartbeatUrl, or ${valuesFix}`,
    );
  });

  it("is an argument of the component in any other program", () => {
    const component = `monitoring:index:PrometheusStack$${release}`;
    const expected = `set \`retentionDays\` of PrometheusStack to 15, or ${valuesFix}`;
    // Another project can have the same name; its pack does not name a program.
    assert.equal(fixOf(component), expected);
    assert.equal(fixOf(component, { program: "another" }), expected);
  });

  for (const [path, component, argument] of [
    ["alertmanager.replicas", "PrometheusStack", "`alertmanager.replicas` of PrometheusStack"],
    ["alerts.errorRatePercent", "MonitoredServices", "`alerts.errorRatePercent` of MonitoredSe"],
    ["alerts.runbookBaseUrl", "LokiStack", "`runbookBaseUrl` of LokiStack"],
    ["prometheus.retentionDays", "MonitoredServices", "`retentionDays` of PrometheusStack"],
  ] as const) {
    it(`names the argument for ${path} of a resource of ${component}`, () => {
      const fix = fixOf(`monitoring:index:${component}$${release}`, {}, { path, value: 1 });
      assert.ok(fix?.startsWith(`set ${argument}`), fix);
    });
  }

  it("is a change of the resource itself if no component registers it", () => {
    assert.equal(fixOf(release), valuesFix);
  });
});
