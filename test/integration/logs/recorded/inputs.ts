import * as path from "node:path";
import { lokiSettings } from "../../../../components/loki/settings";
import { lokiPushUrl } from "../../../../components/loki/urls";
import { lokiValues } from "../../../../components/loki/values";
import { Values } from "../../../../policies/shared/mergeValues";
import { remoteWriteUrls } from "../../../../components/prometheus/urls";
import { promtailValues } from "../../../../components/logs/promtailValues";

/** Input from which a recorded configuration is rendered. */
export interface Input {
  /** Name of the recorded files in this folder. */
  name: string;
  chart: string;
  values: Values;
  /** Object and key in which the chart stores the configuration. */
  object: { kind: string; name: string; key: string };
}

export const alertmanagerUrl = "http://alertmanager.monitoring.svc.cluster.local:9093";

const loki = { kind: "ConfigMap", name: "loki", key: "config.yaml" };
const promtail = { kind: "Secret", name: "promtail", key: "promtail.yaml" };

export const inputs: Input[] = [
  { name: "singleBinary", chart: "loki", values: lokiValues(settings({})), object: loki },
  {
    name: "filesystem",
    chart: "loki",
    values: lokiValues(settings({ storage: "filesystem" })),
    object: loki,
  },
  {
    name: "highAvailability",
    chart: "loki",
    values: lokiValues(settings({ mode: "highAvailability" })),
    object: loki,
  },
  {
    name: "distributed",
    chart: "loki",
    values: lokiValues(
      settings({
        mode: "distributed",
        logMetricNamespaces: ["ticketing"],
        remoteWriteUrls: remoteWriteUrls({ releaseName: "prometheus", namespace: "monitoring" }, 2),
      }),
    ),
    object: loki,
  },
  {
    name: "promtail",
    chart: "promtail",
    values: promtailValues(settings({ collector: "promtail" }), lokiPushUrl("monitoring")),
    object: promtail,
  },
];

export function recordedFile(name: string, extension: "values.json" | "yaml"): string {
  return path.join(__dirname, `${name}.${extension}`);
}

function settings(args: object) {
  const checked = lokiSettings({
    cluster: "ticketing-prod",
    environment: "prod",
    bucket: "ticketing-loki-chunks",
    region: "us-east-1",
    alertmanagerUrl,
    ...args,
  });
  if (checked.problems !== undefined) throw new Error(JSON.stringify(checked.problems));
  return checked.settings;
}
