import { LogCollector } from "../../components/logs/options";
import type { Settings } from "../config/parseConfiguration";

/** Who stores the logs of the services, which are most of all logs. */
export function logsOfServicesIn({ loki, datadog, namespaces }: Settings): {
  loki: boolean;
  datadog: boolean;
} {
  const excluded = datadog && [...datadog.excludedNamespaces, ...datadog.excludedLogNamespaces];
  return {
    loki: loki !== undefined && loki.collector !== LogCollector.None,
    datadog: datadog?.logs === true && excluded?.includes(namespaces.application) === false,
  };
}
