import { loadSettings } from "./stacks/config/load";
import { deployMonitoring } from "./stacks/monitoring";

const { settings, secrets } = loadSettings();
const outputs = deployMonitoring(settings, secrets);

/** Command that opens each user interface, and Loki's API. */
export const access = outputs.access;
/** URLs inside the cluster. */
export const urls = outputs.urls;
/** Password of Grafana's user `admin`: `pulumi stack output grafanaAdminPassword --show-secrets`. */
export const grafanaAdminPassword = outputs.grafanaAdminPassword;
/** Name of the log bucket. */
export const lokiBucket = outputs.lokiBucket;
/** Versions of the deployed charts. */
export const chartVersions = outputs.chartVersions;
/** Storage and cost under the retention settings, based on the assumptions in `monitoring:cost`. */
export const retentionCost = outputs.retentionCost;
/**
 * How an existing Prometheus discovers the stack's objects, and what its owner must configure. Empty if
 * the stack has its own Prometheus.
 */
export const existingPrometheus = outputs.existingPrometheus;
