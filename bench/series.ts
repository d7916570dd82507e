import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { until } from "../test/support/delivery/processes";
import { servePage, startPrometheus } from "../test/support/delivery/prometheus";
import { type Report, formatCount } from "./report";

const counts = [20_000, 120_000] as const;

/** Resources that Prometheus used for a number of series. */
interface Usage {
  memoryBytes: number;
  cpuSeconds: number;
  samples: number;
}

/** Measures the cost of a series and of a sample in a real Prometheus. */
export async function series(report: Report): Promise<void> {
  report.section(
    "Series in Prometheus",
    "The real Prometheus scrapes series with nine labels, like those of kube-state-metrics, every 5" +
      ` seconds for a minute. The figures are the difference between runs with ${counts.map(formatCount).join(" and ")} series, which` +
      " excludes the base load of Prometheus itself.",
  );
  const [few, many] = [await usageOf(counts[0]), await usageOf(counts[1])];
  const bytes = (many.memoryBytes - few.memoryBytes) / (counts[1] - counts[0]);
  const seconds = (many.cpuSeconds - few.cpuSeconds) / (many.samples - few.samples);
  report.line(
    `A series takes ${(bytes / 1024).toFixed(1)} KiB of memory,` +
      ` so 1 GiB holds ${Math.round(2 ** 30 / bytes / 1000)} thousand series.`,
  );
  report.line(
    `A million samples take ${(seconds * 1e6).toFixed(1)} s of CPU time,` +
      ` so one core can ingest ${Math.round(30 / seconds / 1e6)} million series that are scraped every 30 s.`,
  );
}

async function usageOf(count: number): Promise<Usage> {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), "bench-series-"));
  const page = Array.from({ length: count }, (_, index) => line(index)).join("\n");
  const target = await servePage(() => page);
  try {
    const prometheus = await startPrometheus(folder, {
      global: { scrape_interval: "5s", scrape_timeout: "5s" },
      scrape_configs: [{ job_name: "all", static_configs: [{ targets: [target.address] }] }],
    });
    const { url } = prometheus;
    try {
      await until("all series", async () => (await metricsOf(url)).samples >= count);
      const start = await metricsOf(url);
      await sleep(60_000);
      const end = await metricsOf(url);
      return {
        memoryBytes: end.memoryBytes,
        cpuSeconds: end.cpuSeconds - start.cpuSeconds,
        samples: end.samples - start.samples,
      };
    } finally {
      await prometheus.stop();
    }
  } finally {
    await target.stop();
    fs.rmSync(folder, { recursive: true, force: true });
  }
}

function line(index: number): string {
  const pod = `service-${index % 500}-7d9f8b6c5d-${index.toString(36).padStart(5, "0")}`;
  const uid = `3f2b8c1e-0d4a-4b6f-9c7e-${index.toString(16).padStart(12, "0")}`;
  return `kube_pod_container_status_ready{namespace="namespace-${index % 50}",pod="${pod}",uid="${uid}",container="main",node="ip-10-0-${index % 200}-17.ec2.internal",workload="deployment"} ${index % 2}`;
}

async function metricsOf(url: string): Promise<Usage> {
  const text = await (await fetch(`${url}/metrics`)).text();
  const valueOf = (metric: string): number =>
    Number(new RegExp(`^${metric}(?:\\{type="float"\\})? (\\S+)$`, "m").exec(text)?.[1] ?? NaN);
  return {
    memoryBytes: valueOf("process_resident_memory_bytes"),
    cpuSeconds: valueOf("process_cpu_seconds_total"),
    samples: valueOf("prometheus_tsdb_head_samples_appended_total"),
  };
}
