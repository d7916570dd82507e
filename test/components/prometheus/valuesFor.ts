import * as assert from "node:assert/strict";
import { prometheusSettings } from "../../../components/prometheus/settings";
import { prometheusValues } from "../../../components/prometheus/values";
import { unknownKeys } from "../../charts/unknownKeys";

/** The values for these arguments, checked against the keys of the pinned chart. */
export function valuesFor(args: object = {}): Record<string, any> {
  const checked = prometheusSettings({ cluster: "ticketing-prod", environment: "prod", ...args });
  assert.ok(checked.problems === undefined, JSON.stringify(checked.problems));
  const values = prometheusValues(checked.settings);
  assert.deepEqual(unknownKeys("kube-prometheus-stack", values), []);
  return values;
}
