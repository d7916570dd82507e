import { LogCollector } from "../../components/logs/enums";
import type { Settings } from "../config/parseConfiguration";

/** Returns whether Loki and Datadog store the logs of the services, which make up most of the logs. */
export function storesOfServiceLogs({ loki, datadog, namespaces }: Settings): {
  loki: boolean;
  datadog: boolean;
} {
  const excluded = datadog && [...datadog.excludedNamespaces, ...datadog.excludedLogNamespaces];
  return {
    loki: loki !== undefined && loki.collector !== LogCollector.None,
    datadog: datadog?.logs === true && excluded?.includes(namespaces.application) === false,
  };
}
