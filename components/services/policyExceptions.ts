import {
  ServiceExceptions,
  SignalName,
  signalNames,
} from "../../policies/shared/serviceExceptions";
import { ServiceAlertName, alertNames } from "../alerting/alertNames";
import { defined } from "../shared/defined";
import { MonitoredServicesSettings, ServiceSettings } from "./settings/settings";

type AlertOverrides = NonNullable<ServiceSettings["alerts"]>;

/** Base signals that an override of each threshold affects. */
const signalsOfThreshold: { [K in keyof AlertOverrides]?: SignalName[] } = {
  errorRatePercent: ["errorRatio"],
  p99LatencyMs: ["p99Latency"],
  memoryPercent: ["memory"],
  cpuPercent: ["cpu"],
  dynamodbThrottlesPerSecond: ["dynamodbThrottling"],
  minimumRequestsPerSecond: ["errorRatio", "p99Latency"],
};

/** Base signals that each alert covers. */
const signalsOfAlert: Partial<Record<ServiceAlertName, SignalName[]>> = {
  [alertNames.highErrorRate]: ["errorRatio"],
  [alertNames.mostRequestsFailing]: ["errorRatio"],
  [alertNames.highLatencyP99]: ["p99Latency"],
  [alertNames.podCrashLooping]: ["crashLoop"],
  HighMemory: ["memory"],
  HighCPU: ["cpu"],
  DynamoDBThrottling: ["dynamodbThrottling"],
};

/** Returns the services whose settings differ for a stated reason, for the alert policies. */
export function serviceExceptions({ services }: MonitoredServicesSettings): ServiceExceptions {
  return Object.fromEntries(
    services.flatMap(({ name, alerts }) => {
      if (alerts?.reason === undefined) return [];
      const rules = Object.keys(alerts.rules ?? {});
      return [
        [
          name,
          defined({
            signals: signalsWithout(alerts),
            alerts: rules.length > 0 ? rules : undefined,
            reason: alerts.reason,
          }),
        ] as const,
      ];
    }),
  );
}

function signalsWithout({
  enabled,
  expectsRequests,
  rules = {},
  ...overrides
}: AlertOverrides): SignalName[] {
  if (enabled === false) return [...signalNames];
  const ofRules = Object.keys(rules).flatMap(
    (alert) => signalsOfAlert[alert as ServiceAlertName] ?? [],
  );
  const overridden = Object.keys(overrides).flatMap(
    (key) => signalsOfThreshold[key as keyof AlertOverrides] ?? [],
  );
  const missing: SignalName[] = expectsRequests === false ? ["errorRatio", "p99Latency"] : [];
  return [...new Set([...missing, ...overridden, ...ofRules])];
}
