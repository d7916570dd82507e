import { ServiceLanguage } from "../services/settings/enums";
import { MonitoredServicesSettings } from "../services/settings/settings";
import { Panel, Query, graph, query } from "./model";
import { rate, sumRate } from "./queries";

interface RuntimeQueries {
  memory: Query[];
  garbageCollection: Query[];
  concurrency: Query[];
}

/** Returns panels for each pod's process and for the language runtimes that the services use. */
export function runtimePanels(all: MonitoredServicesSettings[], matchers: string): Panel[] {
  const languages = new Set(all.flatMap(({ services }) => services.map(({ language }) => language)));
  const used = Object.values(ServiceLanguage)
    .filter((language) => languages.has(language))
    .flatMap((language) => runtimes(matchers)[language] ?? []);
  const selector = `{${matchers}}`;
  const panel = (title: string, unit: string, queries: Query[]) =>
    queries.length === 0 ? [] : [graph(title, unit, queries)];
  return [
    ...panel("Memory of the runtime", "bytes", used.flatMap(({ memory }) => memory)),
    ...panel(
      "Time in garbage collection",
      "percentunit",
      used.flatMap(({ garbageCollection }) => garbageCollection),
    ),
    ...panel("Concurrency", "short", used.flatMap(({ concurrency }) => concurrency)),
    graph("CPU of the process", "cores", [
      query(rate(`process_cpu_seconds_total${selector}`), "{{pod}}"),
    ]),
    graph("Memory of the process", "bytes", [
      query(`process_resident_memory_bytes${selector}`, "{{pod}}"),
    ]),
    graph("Open file descriptors", "short", [query(`process_open_fds${selector}`, "{{pod}}")]),
  ];
}

/** Returns queries for the runtime metrics of each language's standard client library. */
function runtimes(matchers: string): Partial<Record<ServiceLanguage, RuntimeQueries>> {
  const series = (metric: string, extra = "") => `${metric}{${matchers}${extra}}`;
  const perPod = (metric: string, legend: string, extra = "") =>
    query(`sum by (pod) (${series(metric, extra)})`, `{{pod}} ${legend}`);
  const ratePerPod = (metric: string, legend: string) =>
    query(sumRate(series(metric), "pod"), `{{pod}} ${legend}`);
  return {
    go: {
      memory: [perPod("go_memstats_heap_inuse_bytes", "Go heap")],
      garbageCollection: [ratePerPod("go_gc_duration_seconds_sum", "Go")],
      concurrency: [perPod("go_goroutines", "goroutines"), perPod("go_threads", "Go threads")],
    },
    python: {
      // The Python client does not export the heap size, but the process panels show the memory.
      memory: [],
      garbageCollection: [],
      concurrency: [],
    },
    java: {
      memory: [perPod("jvm_memory_used_bytes", "Java heap", ', area="heap"')],
      // Micrometer and the Prometheus Java client use different names for these metrics.
      garbageCollection: [
        query(
          `${sumRate(series("jvm_gc_pause_seconds_sum"), "pod")} or ${sumRate(series("jvm_gc_collection_seconds_sum"), "pod")}`,
          "{{pod}} Java",
        ),
      ],
      concurrency: [
        query(
          `sum by (pod) (${series("jvm_threads_live_threads")} or ${series("jvm_threads_current")})`,
          "{{pod}} Java threads",
        ),
      ],
    },
    node: {
      memory: [perPod("nodejs_heap_size_used_bytes", "Node.js heap")],
      garbageCollection: [ratePerPod("nodejs_gc_duration_seconds_sum", "Node.js")],
      concurrency: [perPod("nodejs_active_handles_total", "Node.js handles")],
    },
  };
}
