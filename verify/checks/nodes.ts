import type { Settings } from "../../stacks/config/parseConfiguration";
import { accessCommands } from "../../stacks/accessCommands";
import { type Check, listed, pass } from "./check";
import { query } from "./prometheusQuery";

/** Tolerated clock skew, in seconds. Above `fail`, samples and log lines are rejected. */
const skewSeconds = { warn: 0.05, fail: 5 };

/** Checks that node clocks agree with NTP, and that Prometheus's clock agrees with this machine's. */
export function clockCheck(settings: Settings): Check {
  return {
    name: "clocks",
    next: accessCommands(settings)["prometheus"] ?? "",
    run: async ({ prometheus: open }) => {
      const prometheus = await open();
      const asked = Date.now();
      const [now] = await query(prometheus, "vector(time())");
      const answered = Date.now();
      const skew = (now?.value ?? Number.NaN) - (asked + answered) / 2000;
      // A slow response must not count as clock skew.
      const tolerance = skewSeconds.fail + (answered - asked) / 1000;
      if (!(Math.abs(skew) <= tolerance)) {
        return {
          status: "fail",
          evidence: `the clock of Prometheus is ${skew.toFixed(1)} s ahead of this machine`,
        };
      }
      const nodes = await query(prometheus, "abs(node_timex_offset_seconds)");
      if (nodes.length === 0) {
        return {
          status: "warn",
          evidence: "Prometheus has no node_timex_offset_seconds for any node",
        };
      }
      const off = nodes.filter(({ value }) => value > skewSeconds.warn);
      if (off.length === 0) return pass(`${nodes.length} nodes are within ${skewSeconds.warn} s`);
      const names = off.map(({ labels, value }) => `${labels["instance"]} (${value.toFixed(2)} s)`);
      const status = off.some(({ value }) => value > skewSeconds.fail) ? "fail" : "warn";
      return { status, evidence: `off by more than ${skewSeconds.warn} s: ${listed(names)}` };
    },
  };
}

/** Ratios of used space on a volume. The alert VolumeNearlyFull fires at `fail`. */
const usedRatio = { warn: 0.85, fail: 0.95 };

/** Checks that the monitoring stack's volumes have free space. */
export function volumeCheck({ namespaces: { monitoring: namespace } }: Settings): Check {
  return {
    name: "volumes",
    next: `kubectl get pvc -n ${namespace}`,
    run: async ({ prometheus }) => {
      const volume = (metric: string) =>
        `max by (persistentvolumeclaim) (kubelet_volume_stats_${metric}_bytes{namespace="${namespace}"})`;
      const volumes = await query(
        await prometheus(),
        `1 - ${volume("available")} / (${volume("capacity")} > 0)`,
      );
      if (volumes.length === 0) {
        return { status: "fail", evidence: `Prometheus has no volume metrics for ${namespace}` };
      }
      const full = volumes.filter(({ value }) => value > usedRatio.warn);
      if (full.length === 0) {
        return pass(`${volumes.length} are less than ${usedRatio.warn * 100}% full`);
      }
      const names = full.map(
        ({ labels, value }) => `${labels["persistentvolumeclaim"]} (${(value * 100).toFixed(0)}%)`,
      );
      const status = full.some(({ value }) => value > usedRatio.fail) ? "fail" : "warn";
      return { status, evidence: `nearly full: ${listed(names)}` };
    },
  };
}
