import {
  ServiceExceptions,
  SignalName,
  signalNames,
} from "../../policies/shared/serviceExceptions";
import { MonitoredServicesSettings, ServiceSettings } from "./settings";

type AlertOverrides = NonNullable<ServiceSettings["alerts"]>;

/** The base signals that an override of each threshold concerns. */
const signalsOfThreshold: { [K in keyof AlertOverrides]?: SignalName[] } = {
  errorRatePercent: ["errorRatio"],
  p99LatencyMs: ["p99Latency"],
  memoryPercent: ["memory"],
  cpuPercent: ["cpu"],
  dynamodbThrottlesPerSecond: ["dynamodbThrottling"],
  minimumRequestsPerSecond: ["errorRatio", "p99Latency"],
};

/** The services whose settings differ for a stated reason, for the policies on alerts. */
export function serviceExceptions({ services }: MonitoredServicesSettings): ServiceExceptions {
  return Object.fromEntries(
    services.flatMap(({ name, alerts }) => {
      if (alerts?.reason === undefined) return [];
      return [[name, { signals: signalsWithout(alerts), reason: alerts.reason }] as const];
    }),
  );
}

function signalsWithout({ enabled, expectsRequests, ...overrides }: AlertOverrides): SignalName[] {
  if (enabled === false) return [...signalNames];
  const overridden = Object.keys(overrides).flatMap(
    (key) => signalsOfThreshold[key as keyof AlertOverrides] ?? [],
  );
  const missing: SignalName[] = expectsRequests === false ? ["errorRatio", "p99Latency"] : [];
  return [...new Set([...missing, ...overridden])];
}
