import * as assert from "node:assert/strict";
import {
  alertNames,
  logAlertNames,
  monitoredServicesAlertNames,
  platformAlertNames,
} from "../../../components/alerting/alertNames";
import { linkedPanels } from "../../../components/alerting/dashboardLinks";
import { AlertGroup } from "../../../components/alerting/rules";
import { platformAlerts } from "../../../components/prometheus/platformAlerts";
import { serviceAlerts } from "../../../components/services/alerts/serviceAlerts";
import { servicesSettings } from "../../../components/services/settings/settings";

const namesIn = (groups: AlertGroup[]) =>
  [
    ...new Set(
      groups.flatMap(({ rules }) => rules.flatMap((rule) => ("alert" in rule ? [rule.alert] : []))),
    ),
  ].sort();

describe("the names of alerts", () => {
  it("are those of the rules on services", () => {
    const slo = { availabilityPercent: 99.9, latencyMs: 300, latencyPercent: 99 };
    const { settings } = servicesSettings({
      namespace: "shop",
      alerts: { redisPoolMaximum: 50 },
      services: [
        ...["a", "b", "c", "d", "e"].map((name) => ({ name, slo })),
        { name: "f", kind: "job" },
        { name: "g", kind: "probe", probe: "https://example.com/" },
      ],
    });
    assert.ok(settings);
    assert.deepEqual(
      namesIn(serviceAlerts(settings, "services")),
      [...monitoredServicesAlertNames].sort(),
    );
  });

  it("are those of the rules on the platform", () => {
    const options = { namespace: "a", loki: true, releaseName: "b", clusterMonitoring: true };
    assert.deepEqual(namesIn(platformAlerts(options)), [...platformAlertNames].sort());
  });

  it("are, together, all that a dashboard shows", () => {
    assert.deepEqual(
      Object.values(linkedPanels)
        .flatMap(({ alerts }) => alerts)
        .sort(),
      [
        ...monitoredServicesAlertNames,
        ...platformAlertNames,
        ...logAlertNames,
        alertNames.plannedMaintenance,
      ].sort(),
    );
  });
});
