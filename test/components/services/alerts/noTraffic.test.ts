import * as assert from "node:assert/strict";
import { noTrafficRules } from "../../../../components/services/alerts/noTraffic";
import { servicesSettings } from "../../../../components/services/settings/settings";

/** The expression of NoTraffic if Prometheus retains samples for some days. */
function exprOf(retentionDays: number): string {
  const { settings } = servicesSettings({
    namespace: "shop",
    services: [{ name: "checkout" }],
    retentionDays,
  });
  assert.ok(settings);
  return noTrafficRules(settings).at(-1)?.expr ?? "";
}

describe("the alert on traffic that stopped", () => {
  it("compares with two days and two weeks ago", () => {
    assert.match(exprOf(15), /offset 23h.*offset 47h.*offset 167h.*offset 335h/s);
  });

  it("reads only samples that Prometheus retains", () => {
    assert.match(exprOf(14), /offset 23h.*offset 47h/s);
    assert.doesNotMatch(exprOf(14), /167h/);
    assert.doesNotMatch(exprOf(2), /unless/);
  });
});
