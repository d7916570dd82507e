import type { SettingsWithPrometheus } from "../../stacks/config/parseConfiguration";
import type { Check } from "./check";
import { alertmanagerCheck, deliveryCheck, heartbeatCheck, testAlertCheck } from "./alerting";
import { dashboardsCheck, dataSourceChecks } from "./grafana";
import { lokiChecks } from "./loki";
import { clockCheck, volumeCheck } from "./nodes";
import { releaseChecks } from "./releases";
import { rulesCheck } from "./rules";
import { secretChecks } from "./secrets";
import { podMetricsChecks, serviceChecks } from "./targets";
import { agentChecks, podCheck } from "./workloads";

/** Returns all checks of a stack, each after the checks that it depends on. */
export function checksOf(settings: SettingsWithPrometheus, { testAlert = false } = {}): Check[] {
  return [
    ...releaseChecks(settings),
    ...secretChecks(settings),
    podCheck(settings),
    ...agentChecks(settings),
    ...serviceChecks(settings),
    ...podMetricsChecks(settings),
    rulesCheck(settings),
    alertmanagerCheck(settings),
    deliveryCheck(settings),
    heartbeatCheck(settings),
    ...(testAlert ? [testAlertCheck(settings)] : []),
    ...dataSourceChecks(settings),
    dashboardsCheck(settings),
    ...lokiChecks(settings),
    clockCheck(settings),
    volumeCheck(settings),
  ];
}
