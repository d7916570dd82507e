import * as assert from "node:assert/strict";
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { type GrafanaModel, servicesInAllLanguages } from "../components/dashboards/grafanaModels";
import { type FakeCluster, startFakeCluster } from "../support/delivery/fakeCluster";
import { type FakeServices, startFakeServices } from "../support/delivery/fakeServices";
import { type FakeSlack, startFakeSlack } from "../support/delivery/fakeSlack";
import { dashboardsIn, queriesOf, seriesOf } from "../support/delivery/panels";
import { type Pipeline, previewInto, startPipeline } from "../support/delivery/pipeline";
import { sleep } from "../support/delivery/processes";
import { documentedQueries } from "../docs/dashboardQueries";
import { Loki } from "./logs/support/loki";

const service = "inventory-service";
const { alerts, services: configured } = servicesInAllLanguages;
const isJob = ({ kind }: { kind?: string }) => kind === "job";
const names = configured.filter((each) => !isJob(each)).map(({ name }) => name);
const [job] = configured.filter(isJob);

for (const keep of ["all", "used"]) describePanels(keep);

function describePanels(keep: string): void {
  describe(`the data of each panel in the real Prometheus and Loki, with metrics.keep: ${keep}`, function () {
    this.timeout(300_000);
    let folder: string;
    let services: FakeServices;
    let cluster: FakeCluster;
    let slack: FakeSlack;
    let loki: Loki;
    let pipeline: Pipeline;
    let models: GrafanaModel[];
    const startedAt = Date.now() / 1000;

    before("start the stack with faults in one service", async () => {
      folder = fs.mkdtempSync(path.join(os.tmpdir(), "dashboards-"));
      const out = previewInto(folder, "prod", {
        "monitoring:prometheus": { metrics: { keep } },
        "monitoring:services": configured,
        "monitoring:alerts": alerts,
        "monitoring:slack": { channel: "#ticketing-alerts" },
        "monitoring:slackWebhookUrl": "https://hooks.example.com/default",
        "monitoring:heartbeatUrl": "https://heartbeat.example.com/beat",
      });
      models = dashboardsIn(out);
      [services, cluster, slack, loki] = await Promise.all([
        startFakeServices(names),
        startFakeCluster(service, job!.name),
        startFakeSlack(),
        Loki.start({
          recorded: "filesystem",
          folder: path.join(folder, "loki"),
          overlay: { compactor: { compaction_interval: "1s" } },
        }),
      ]);
      for (const fault of ["errors", "crashLoop"] as const) services.inject(service, fault);
      pipeline = await startPipeline({
        out,
        folder,
        services: { address: services.address, names },
        cluster: cluster.address,
        targets: { loki: new URL(loki.url).host },
        secrets: {
          "webhook-url": `${slack.url}/services/default`,
          "heartbeat-url": `${slack.url}/beat`,
        },
        fakeApi: slack.url,
      });
    });

    after(async () => {
      await pipeline?.stop();
      await Promise.all([services?.stop(), cluster?.stop(), slack?.stop(), loki?.stop()]);
      fs.rmSync(folder, { recursive: true, force: true });
    });

    async function isAnswered(type: string, expr: string, instant: boolean): Promise<boolean> {
      const sources = { prometheusUrl: pipeline.prometheusUrl, lokiUrl: loki.url, startedAt };
      const selected = { namespace: "ticketing", service };
      return (await seriesOf({ type, expr, instant }, selected, sources)).length > 0;
    }

    it("is present for each query of each panel, variable and annotation", async () => {
      assert.equal(models.length, 10);
      let missing = queriesOf(models);
      assert.ok(missing.length > 150, String(missing.length));
      // The budget of an objective needs samples from two scaled hours.
      const deadline = Date.now() + 200_000;
      while (missing.length > 0 && Date.now() < deadline) {
        const at = `${Date.now()}000000`;
        const lines = ["level=error msg=failed", "level=info msg=ok"];
        await loki.push(
          { namespace: "ticketing", service, app: service },
          lines.map((line) => [at, line]),
        );
        await loki.post("/flush");
        await sleep(5_000);
        const answered = await Promise.all(
          missing.map(({ type, expr, instant }) => isAnswered(type, expr, instant)),
        );
        missing = missing.filter((_query, index) => answered[index] === false);
      }
      assert.deepEqual(
        missing.map(({ place, expr }) => `${place}\n${expr}`),
        [],
      );
    });

    it("is present for each documented PromQL query", async () => {
      const queries = documentedQueries().filter(({ query }) => !query.startsWith("{"));
      assert.equal(queries.length, 8);
      for (const { query } of queries) {
        assert.ok(await isAnswered("prometheus", query, true), query);
      }
    });

    it(`${keep === "all" ? "includes" : "does not include"} metrics that nothing reads`, async () => {
      const unread = "prometheus_tsdb_head_max_time";
      assert.equal(await isAnswered("prometheus", unread, true), keep === "all");
    });

    it("is missing for a query of a metric that does not exist", async () => {
      assert.equal(await isAnswered("prometheus", "no_such_metric", true), false);
      assert.equal(await isAnswered("loki", '{service="none"}', false), false);
    });
  });
}
