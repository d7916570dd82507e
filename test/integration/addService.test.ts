import * as assert from "node:assert/strict";
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { parse } from "yaml";
import type { GrafanaModel } from "../components/dashboards/grafanaModels";
import { type FakeServices, podOf, startFakeServices } from "../support/delivery/fakeServices";
import {
  type FakeSlack,
  exampleSecrets,
  secretsAt,
  startFakeSlack,
} from "../support/delivery/fakeSlack";
import { dashboardsIn, queriesOf, seriesOf } from "../support/delivery/panels";
import { type Pipeline, previewInto, startPipeline } from "../support/delivery/pipeline";
import { until } from "../support/delivery/processes";
import { shippedConfig } from "../support/stackConfig";
import { startAlloy } from "./logs/support/alloy";
import { createLog } from "./logs/support/collector";
import { KubernetesApi } from "./logs/support/kubernetesApi";
import { Loki } from "./logs/support/loki";
import { Server } from "../support/server";

/** All that a team writes. */
const fiveLines = `
- name: payment-service
  namespace: payments
  language: go
  slo:
    availabilityPercent: 99.9
`;
const added = { namespace: "payments", service: "payment-service" };
const pod = {
  namespace: added.namespace,
  name: podOf(added.service),
  uid: "0b6ed0a5-3c8b-4f5e-9c46-0f4d5a9e1d11",
  node: os.hostname(),
  container: "app",
  replicaSet: podOf(added.service).replace(/-[^-]+$/, ""),
  labels: {},
};

describe("a fourth service, in a second namespace, in five lines", function () {
  this.timeout(240_000);
  let folder: string;
  let services: FakeServices;
  let slack: FakeSlack;
  let loki: Loki;
  let kubernetes: KubernetesApi;
  let collector: Server;
  let pipeline: Pipeline;
  let models: GrafanaModel[];
  let logFile: string;
  const startedAt = Date.now() / 1000;

  before("start the stack of prod with one more service", async () => {
    folder = fs.mkdtempSync(path.join(os.tmpdir(), "add-service-"));
    const configured = shippedConfig("prod")["monitoring:services"] as { name: string }[];
    const all = [...configured, ...(parse(fiveLines) as { name: string }[])];
    const names = all.map(({ name }) => name);
    assert.equal(names.length, 4);
    const out = previewInto(folder, "prod", {
      "monitoring:services": all,
      "monitoring:grafana": { externalUrl: "https://grafana.example.com" },
      ...exampleSecrets,
    });
    models = dashboardsIn(out);
    const podLogs = path.join(folder, "pods");
    logFile = createLog(podLogs, pod);
    [services, slack, loki, kubernetes] = await Promise.all([
      startFakeServices(names, { [added.service]: added.namespace }),
      startFakeSlack(),
      Loki.start({ recorded: "filesystem", folder: path.join(folder, "loki") }),
      KubernetesApi.start([pod]),
    ]);
    const manifest = fs.readFileSync(path.join(out, "manifests", "configmap-alloy-config.yaml"));
    const { data } = parse(String(manifest)) as { data: Record<string, string> };
    collector = await startAlloy(data["config.alloy"] ?? "", {
      folder,
      podLogs,
      node: pod.node,
      kubernetesUrl: kubernetes.url,
      pushUrl: `${loki.url}/loki/api/v1/push`,
    });
    pipeline = await startPipeline({
      out,
      folder,
      services: { address: services.address, names },
      secrets: secretsAt(slack.url),
      fakeApi: slack.url,
    });
  });

  after(async () => {
    await pipeline?.stop();
    await kubernetes?.stop();
    await Promise.all([services?.stop(), slack?.stop(), collector?.stop(), loki?.stop()]);
    fs.rmSync(folder, { recursive: true, force: true });
  });

  function series(type: string, expr: string, instant = true): Promise<Record<string, string>[]> {
    const sources = { prometheusUrl: pipeline.prometheusUrl, lokiUrl: loki.url, startedAt };
    return seriesOf({ type, expr, instant }, added, sources);
  }

  async function becomesTrue(description: string, expr: string): Promise<void> {
    await until(description, async () => (await series("prometheus", expr)).length > 0, 60);
  }

  it("is scraped", () =>
    becomesTrue("up", `up{namespace="payments", service="payment-service"} == 1`));

  it("has its objective, and a full error budget", async () => {
    const ofService = `{namespace="payments", service="payment-service"}`;
    await becomesTrue(
      "an error budget of 0.1%",
      `round(namespace_service:slo_availability_error_budget:ratio${ofService}, 0.0001) == 0.001`,
    );
    await becomesTrue(
      "no errors",
      `namespace_service:slo_availability_burn_rate:ratio_rate5m${ofService} == 0`,
    );
  });

  it("has its logs in Loki, with the labels of its alerts", async () => {
    fs.appendFileSync(logFile, `${new Date().toISOString()} stdout F level=error msg=declined\n`);
    const expr = `{namespace="payments", service="payment-service"} |= "declined"`;
    await until("the line", async () => (await series("loki", expr)).length === 1, 60);
  });

  it("has its own dashboard", async () => {
    const [detail] = models.filter(({ uid }) => uid === "service-detail");
    assert.ok(detail);
    const http = queriesOf([detail]).filter(({ expr }) => /http_request/.test(expr));
    assert.ok(http.length >= 3, String(http.length));
    for (const { place, type, expr, instant } of http) {
      await until(place, async () => (await series(type, expr, instant)).length > 0, 60);
    }
  });

  describe("when requests to it fail", () => {
    before(() => services.inject(added.service, "errors"));

    it("notifies Slack, with links to its own dashboard and logs", async () => {
      const isAbout = ({ title }: { title: string }) =>
        title === "[FIRING:1] HighErrorRate payment-service (critical) in ticketing-prod";
      await until("the message", () => slack.messages.some(isAbout), 60);
      const text = slack.messages.find(isAbout)?.text ?? "";
      assert.match(text, /namespace `payments`/);
      const links = Object.fromEntries(
        [...text.matchAll(/<([^|>]+)\|(\w+)>/g)].map(([, url, name]) => [name, String(url)]),
      );
      const dashboard = new URL(links["Dashboard"] ?? "");
      assert.match(dashboard.pathname, /^\/d\/service-detail/);
      assert.equal(dashboard.searchParams.get("var-namespace"), "payments");
      assert.equal(dashboard.searchParams.get("var-service"), "payment-service");
      assert.match(decodeURIComponent(links["Logs"] ?? ""), /namespace=\\*"payments\\*"/);
    });

    it("burns its budget, not that of other services", async () => {
      const burns = await series(
        "prometheus",
        "namespace_service:slo_availability_burn_rate:ratio_rate5m > 14.4",
      );
      assert.deepEqual(
        burns.map(({ namespace, service }) => ({ namespace, service })),
        [added],
      );
    });

    it("notifies about no other service", () => {
      const others = slack.messages.filter(({ title }) => !title.includes(added.service));
      assert.deepEqual(others, []);
    });

    it("is in each panel and variable of the dashboards about all services", async () => {
      const shared = models.filter(({ uid }) => /^services-|-objectives$/.test(uid));
      assert.equal(shared.length, 2);
      // The remaining budget needs samples from two scaled hours.
      for (const { place, type, expr, instant } of queriesOf(shared)) {
        const found = async () =>
          (await series(type, expr, instant)).some(({ service }) => service === added.service);
        await until(place, found, 150);
      }
    });
  });
});
