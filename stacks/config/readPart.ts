import { z } from "zod";
import { datadogMonitorsSchema } from "../../components/datadog/monitors/settings";
import { datadogSchema } from "../../components/datadog/settings";
import { lokiSchema } from "../../components/loki/settings";
import { prometheusSchema } from "../../components/prometheus/settings";
import { hideSecrets } from "../../components/shared/hideSecrets";
import { Values } from "../../policies/shared/mergeValues";
import { Problem, unknownKey } from "../../components/shared/problems";
import { slackSchema } from "../../components/slack/settings";
import { isMap } from "../../policies/shared/isMap";
import { keyOfArgument } from "./argumentKeys";

/** Chart values, keyed by release. */
export interface ChartValues {
  prometheus?: Values;
  loki?: Values;
  collector?: Values;
  datadog?: Values;
}

/** Schemas of the parts that components check. They include arguments that the stack sets. */
export const partSchemas = {
  prometheus: prometheusSchema,
  alertmanager: prometheusSchema.shape.alertmanager.unwrap(),
  grafana: prometheusSchema.shape.grafana.unwrap(),
  loki: lokiSchema,
  datadog: datadogSchema,
  datadogMonitors: datadogMonitorsSchema,
  slack: slackSchema,
} satisfies Record<string, z.ZodObject>;

export type PartName = keyof typeof partSchemas;

/** Keys of a part that contain chart values, and the release that uses them. */
const chartValuesKeys: Partial<Record<PartName, Record<string, keyof ChartValues>>> = {
  prometheus: { values: "prometheus" },
  loki: { values: "loki", collectorValues: "collector" },
  datadog: { values: "datadog" },
};

/** Returns the keys that a part accepts in the configuration. */
export function keysOfPart(part: PartName): string[] {
  return [
    ...Object.keys(partSchemas[part].shape).filter((key) => keyOfArgument(part, key) === undefined),
    ...Object.keys(chartValuesKeys[part] ?? {}),
  ];
}

/** Splits a part of the configuration into arguments for its component and chart values. */
export function readPart(
  part: PartName,
  values: Record<string, unknown> = {},
): { args: Record<string, unknown>; chartValues: ChartValues; problems: Problem[] } {
  const args: Record<string, unknown> = {};
  const chartValues: ChartValues = {};
  const problems: Problem[] = [];
  const known = keysOfPart(part);
  for (const [key, value] of Object.entries(values)) {
    const path = [part, key];
    const release = chartValuesKeys[part]?.[key];
    const source = keyOfArgument(part, key);
    const invalid = { path, value: hideSecrets(path, value), fix: { kind: "remove" } as const };
    if (source !== undefined) {
      problems.push({ ...invalid, code: "reserved", rule: `is set by monitoring:${source}` });
    } else if (!known.includes(key)) {
      problems.push(unknownKey(path, value, known, Object.keys(values)));
    } else if (release === undefined) {
      args[key] = value;
    } else if (isMap(value)) {
      chartValues[release] = value;
    } else {
      problems.push({ ...invalid, code: "invalid", rule: "must be a map of chart values" });
    }
  }
  return { args, chartValues, problems };
}
