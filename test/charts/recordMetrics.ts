/**
 * Writes `components/prometheus/chartMetrics.json`, after the version of kube-prometheus-stack
 * changed: the metrics that its rules and dashboards read, and its own metric relabelings.
 *
 *     npm run preview -- --stack prod --out out
 *     helm pull kube-prometheus-stack --repo <repository> --version <version> --untar --untardir charts
 *     helm template prometheus charts/kube-prometheus-stack -n monitoring -f out/values/prometheus.yaml > rendered.yaml
 *     node --require tsx/cjs test/charts/recordMetrics.ts charts/kube-prometheus-stack/values.yaml rendered.yaml
 */
import * as fs from "node:fs";
import * as path from "node:path";
import { parse } from "yaml";
import { expressionsIn, metricsReadByGrafana } from "../../components/dashboards/expressions";
import { at, listAt } from "../../policies/facts/plain";
import { scrapeTargets } from "../../policies/shared/scrapeTargets";
import { manifestsOf } from "./render";

const [valuesFile = "", renderedFile = ""] = process.argv.slice(2);
const values = parse(fs.readFileSync(valuesFile, "utf8"), { merge: true, maxAliasCount: -1 });
const expressions = manifestsOf(fs.readFileSync(renderedFile, "utf8")).flatMap((manifest) => {
  if (manifest["kind"] === "PrometheusRule") return expressionsIn(manifest["spec"]);
  const isDashboard = at(manifest, "metadata", "labels", "grafana_dashboard") !== undefined;
  if (manifest["kind"] !== "ConfigMap" || !isDashboard) return [];
  const files = Object.values(manifest["data"] as Record<string, string>);
  return expressionsIn(files.map((json) => JSON.parse(json) as unknown));
});
const chartMetrics = [...new Set(expressions.flatMap(metricsReadByGrafana))]
  .filter((metric) => !metric.includes(":"))
  .sort();
const chartRelabelings = Object.fromEntries(
  scrapeTargets
    .map(({ relabelings }) => [relabelings.join("."), listAt(values, ...relabelings)] as const)
    .filter(([, relabelings]) => relabelings.length > 0),
);
const target = path.join(__dirname, "../../components/prometheus/chartMetrics.json");
fs.writeFileSync(target, JSON.stringify({ chartMetrics, chartRelabelings }));
console.log(`${chartMetrics.length} metrics, ${Object.keys(chartRelabelings).length} targets`);
