import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import {
  type GrafanaModel,
  servicesInAllLanguages,
} from "../../components/dashboards/grafanaModels";
import { Loki } from "../../integration/logs/support/loki";
import { startFakeCluster } from "./fakeCluster";
import { type Fault, applicationNamespace, startFakeServices } from "./fakeServices";
import { exampleSecrets, secretsAt, startFakeSlack } from "./fakeSlack";
import { type DataSources, dashboardsIn } from "./panels";
import { previewInto, startPipeline } from "./pipeline";

/** The service whose dashboard is shown, and in which faults are injected. */
export const shownService = "inventory-service";

/** The real Prometheus and Loki with the dashboards of `prod`, over fake services and exporters. */
export interface DashboardStack {
  /** The folder with the files of the servers. */
  folder: string;
  models: GrafanaModel[];
  sources: DataSources;
  inject: (...faults: Fault[]) => void;
  /** Stores lines of the shown service in Loki. */
  log: (...lines: string[]) => Promise<void>;
  stop: () => Promise<void>;
}

/** Starts the stack with a value of `prometheus.metrics.keep`, and with classic or native histograms. */
export async function startDashboardStack(
  keep: string,
  nativeHistograms = false,
): Promise<DashboardStack> {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), "dashboards-"));
  const { alerts, services: configured } = servicesInAllLanguages;
  const isJob = ({ kind }: { kind?: string }) => kind === "job";
  const names = configured.filter((each) => !isJob(each)).map(({ name }) => name);
  const job = configured.find(isJob)?.name ?? "";
  const out = previewInto(folder, "prod", {
    "monitoring:prometheus": { metrics: { keep } },
    "monitoring:services": configured,
    "monitoring:alerts": { ...alerts, metrics: { nativeHistograms } },
    "monitoring:slack": { channel: "#ticketing-alerts" },
    ...exampleSecrets,
  });
  const startedAt = Date.now() / 1000;
  const [services, cluster, slack, loki] = await Promise.all([
    startFakeServices(names),
    startFakeCluster(shownService, job),
    startFakeSlack(),
    Loki.start({
      recorded: "filesystem",
      folder: path.join(folder, "loki"),
      overlay: { compactor: { compaction_interval: "1s" } },
    }),
  ]);
  const stopAll = async () => {
    await Promise.all([services, cluster, slack, loki].map((part) => part.stop()));
    fs.rmSync(folder, { recursive: true, force: true });
  };
  try {
    const pipeline = await startPipeline({
      out,
      folder,
      services: { address: services.address, names },
      cluster: cluster.address,
      targets: { loki: new URL(loki.url).host },
      secrets: secretsAt(slack.url),
      fakeApi: slack.url,
    });
    return {
      folder,
      models: dashboardsIn(out),
      sources: { prometheusUrl: pipeline.prometheusUrl, lokiUrl: loki.url, startedAt },
      inject: (...faults) => {
        for (const fault of faults) services.inject(shownService, fault);
      },
      log: async (...lines) => {
        const stream = {
          namespace: applicationNamespace,
          service: shownService,
          app: shownService,
        };
        const at = `${Date.now()}000000`;
        await loki.push(
          stream,
          lines.map((line) => [at, line]),
        );
        await loki.post("/flush");
      },
      stop: async () => {
        await pipeline.stop();
        await stopAll();
      },
    };
  } catch (error) {
    await stopAll();
    throw error;
  }
}
