import * as assert from "node:assert/strict";
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { parse, stringify } from "yaml";
import { type Apis, type Finding, runChecks } from "../../verify/checks/check";
import { testAlertCheck } from "../../verify/checks/alerting";
import { checksOf } from "../../verify/checks/checks";
import { lokiChecks } from "../../verify/checks/loki";
import { Api, sendTo } from "../../verify/cluster/api";
import { type FakeServices, startFakeServices } from "../support/delivery/fakeServices";
import {
  type FakeSlack,
  exampleSecrets,
  secretsAt,
  startFakeSlack,
} from "../support/delivery/fakeSlack";
import { type Pipeline, previewInto, startPipeline } from "../support/delivery/pipeline";
import { servePage } from "../support/delivery/prometheus";
import { settingsWithPrometheus } from "../support/stackConfig";
import { Loki } from "./logs/support/loki";
import { eventually } from "../support/server";
import { PodIdentityAgent, S3 } from "./logs/support/s3";

const settings = settingsWithPrometheus("prod");
const names = settings.services[0].services.map(({ name }) => name);

/** Metrics of exporters without a double of their own, which a test changes. */
const exported: Record<string, number> = {
  'kube_pod_owner{namespace="ticketing",pod="a"}': 1,
  'node_timex_offset_seconds{instance="node-1"}': 0.001,
  'kubelet_volume_stats_available_bytes{namespace="monitoring",persistentvolumeclaim="data"}': 60,
  'kubelet_volume_stats_capacity_bytes{namespace="monitoring",persistentvolumeclaim="data"}': 100,
};

/** Each check of `npm run verify` on the servers whose answers it reads. */
describe("npm run verify with a real Prometheus, Alertmanager and Loki", function () {
  this.timeout(120_000);
  let folder: string;
  let services: FakeServices;
  let exporter: Awaited<ReturnType<typeof servePage>>;
  let slack: FakeSlack;
  let pipeline: Pipeline;
  let s3: S3;
  let agent: PodIdentityAgent;
  let loki: Loki;
  let apis: Apis;

  before("start the servers", async () => {
    folder = fs.mkdtempSync(path.join(os.tmpdir(), "verify-"));
    services = await startFakeServices(names);
    slack = await startFakeSlack();
    exporter = await servePage(() =>
      Object.entries(exported)
        .map((entry) => entry.join(" "))
        .join("\n"),
    );
    s3 = await S3.start(folder, { bucket: "ticketing-loki-chunks", region: "us-east-1" });
    agent = await PodIdentityAgent.start(folder);
    loki = await Loki.start({
      recorded: "singleBinary",
      folder: path.join(folder, "loki"),
      overlay: s3.lokiOverlay,
      environment: agent.environment,
    });
    pipeline = await startPipeline({
      out: previewInto(folder, "prod", exampleSecrets),
      folder,
      services: { address: services.address, names },
      targets: {
        exporters: exporter.address,
        loki: new URL(loki.url).host,
      },
      secrets: secretsAt(slack.url),
      fakeApi: slack.url,
    });
    const api = (name: string, url: string) => () => Promise.resolve(new Api(name, sendTo(url)));
    const unused = () => Promise.reject(new Error("this test has no such server"));
    apis = {
      kubernetes: new Api("the Kubernetes API", unused),
      grafana: unused,
      prometheus: api("prometheus", pipeline.prometheusUrl),
      alertmanager: api("alertmanager", pipeline.alertmanager.url),
      loki: api("loki", loki.url),
    };
  });

  after(async () => {
    await Promise.all([pipeline?.stop(), services?.stop(), slack?.stop(), loki?.stop("SIGKILL")]);
    await s3?.stop();
    await agent?.stop();
    await exporter?.stop();
    fs.rmSync(folder, { recursive: true, force: true });
  });

  async function run(name: string, checks = checksOf(settings)): Promise<Finding> {
    const chosen = checks.filter((check) => check.name === name);
    const [result] = await runChecks(chosen, apis, settings);
    assert.ok(result !== undefined && chosen.length === 1, `one check is named ${name}`);
    return result;
  }

  /** Waits until a check has a status with this evidence. */
  async function expectFinding(name: string, status: Finding["status"], evidence: RegExp) {
    let last: Finding | undefined;
    try {
      await eventually(`${name}: ${status}`, async () => {
        last = await run(name);
        return last.status === status && evidence.test(last.evidence);
      });
    } catch (error) {
      throw new Error(`${String(error)}, last: ${JSON.stringify(last)}`, { cause: error });
    }
  }

  type Change = (config: any) => void;

  /** Changes a configuration file and reloads it; returns how to restore it. */
  function configurationOf(file: string, url: () => string) {
    return async (change: Change): Promise<() => Promise<void>> => {
      const target = path.join(folder, file);
      const original = fs.readFileSync(target, "utf8");
      const reload = async (text: string) => {
        fs.writeFileSync(target, text);
        await fetch(`${url()}/-/reload`, { method: "POST" });
      };
      const config = parse(original) as object;
      change(config);
      await reload(stringify(config));
      return () => reload(original);
    };
  }

  const prometheus = configurationOf("prometheus.yaml", () => pipeline.prometheusUrl);
  const alertmanager = configurationOf("alertmanager.yaml", () => pipeline.alertmanager.url);
  const scrapeOf = (config: any, job: string) =>
    config.scrape_configs.find(({ job_name: name }: any) => name.includes(job));
  const withoutScrape = (job: string) => (config: any) => {
    config.scrape_configs.splice(config.scrape_configs.indexOf(scrapeOf(config, job)), 1);
  };

  /** Sets exported metrics; returns how to restore them. */
  const metric = (part: string, value: number) => {
    const [name = "", before = 0] = Object.entries(exported).find(([key]) => key.includes(part))!;
    exported[name] = value;
    return () => Promise.resolve(void (exported[name] = before));
  };

  interface Fault {
    check: string;
    when: string;
    break: () => Promise<() => Promise<void>>;
    status?: "warn";
    evidence: RegExp;
  }

  const service = "service inventory-service";
  const faults: Fault[] = [
    {
      check: service,
      when: "it is not a target",
      break: () => prometheus(withoutScrape("inventory-service")),
      evidence: /no target/,
    },
    {
      check: service,
      when: "its target does not answer",
      break: () =>
        prometheus((config) => (scrapeOf(config, "inventory-service").metrics_path = "/none")),
      evidence: /1 of 1 targets are down: inventory-service-7d9f8b5c4-x2x4z/,
    },
    {
      check: service,
      when: "it does not expose the metrics of its alerts",
      break: () =>
        prometheus((config) => {
          scrapeOf(config, "inventory-service").metric_relabel_configs = [
            {
              source_labels: ["__name__"],
              regex: "(http_request|grpc_server_handling)_.*",
              action: "drop",
            },
          ];
        }),
      evidence: /read http_request_duration_seconds_bucket or grpc_\w+, which it does not expose/,
    },
    {
      check: "metrics of the pods in ticketing",
      when: "kube-state-metrics is not scraped",
      break: () => prometheus(withoutScrape("kube-state-metrics")),
      evidence: /no series of kube_pod_container_resource_requests/,
    },
    {
      check: "rules",
      when: "a file of rules is not loaded",
      break: () => prometheus((config) => (config.rule_files = [])),
      evidence: /(\d+) of \1 rules are not loaded/,
    },
    {
      check: "rules",
      when: "a rule cannot be evaluated",
      break: async () => {
        const file = path.join(folder, "rules", "broken.yaml");
        const rule = { record: "broken", expr: "{__name__=~'up|scrape_.+'} + on() up" };
        fs.writeFileSync(file, stringify({ groups: [{ name: "broken", rules: [rule] }] }));
        await prometheus(() => undefined);
        return async () => {
          fs.rmSync(file);
          await prometheus(() => undefined);
        };
      },
      evidence: /1 of \d+ rules fail: broken: .*many-to-many/,
    },
    {
      check: "Alertmanager configuration",
      when: "it was rejected",
      break: () => alertmanager((config) => (config.route.receiver = "missing")),
      evidence: /rejected its last configuration/,
    },
    {
      check: "Alertmanager configuration",
      when: "a receiver is missing",
      break: () =>
        alertmanager((config) => {
          const [first] = config.receivers;
          Object.assign(config, { receivers: [first], route: { receiver: first.name } });
          delete config.inhibit_rules;
        }),
      evidence: /has no receiver heartbeat, slack/,
    },
    {
      check: "heartbeat",
      when: "Prometheus does not know Alertmanager",
      break: () => prometheus((config) => delete config.alerting),
      evidence: /does not fire/,
    },
    {
      check: "heartbeat",
      when: "Watchdog is routed elsewhere",
      break: () =>
        alertmanager((config) => {
          config.route.routes = [];
        }),
      evidence: /routed to slack/,
    },
    {
      check: "notifications",
      when: "Alertmanager is not scraped",
      break: () => prometheus(withoutScrape("kube-prometheus-alertmanager")),
      evidence: /no Alertmanager metrics/,
    },
    {
      check: "clocks",
      when: "the clock of a node is off",
      break: () => Promise.resolve(metric("timex", 6)),
      evidence: /node-1 \(6\.00 s\)/,
    },
    {
      check: "clocks",
      when: "node-exporter is not scraped",
      break: () => prometheus(withoutScrape("exporters")),
      status: "warn",
      evidence: /no node_timex_offset_seconds/,
    },
    {
      check: "volumes",
      when: "a volume is nearly full",
      break: () => Promise.resolve(metric("available", 3)),
      evidence: /data \(97%\)/,
    },
    {
      check: "volumes",
      when: "the kubelet is not scraped",
      break: () => prometheus(withoutScrape("exporters")),
      evidence: /no volume metrics/,
    },
    {
      check: "Loki stores chunks",
      when: "Loki is not scraped",
      break: () => prometheus(withoutScrape("loki")),
      evidence: /no Loki ingester metrics/,
    },
  ];

  it("warns before Loki stores its first chunk, and passes after it", async () => {
    await expectFinding("Loki stores chunks", "warn", /no chunk reached the bucket/);
    assert.equal(await loki.push({ app: "a" }, [[`${Date.now()}000000`, "a"]]), 204);
    await loki.post("/flush");
    await expectFinding("Loki stores chunks", "pass", /1 chunks reached the bucket/);
  });

  for (const fault of faults) {
    it(`${fault.status ?? "fail"}s, ${fault.check}: ${fault.when}`, async () => {
      await expectFinding(fault.check, "pass", /./);
      const restore = await fault.break();
      try {
        await expectFinding(fault.check, fault.status ?? "fail", fault.evidence);
      } finally {
        await restore();
      }
      await expectFinding(fault.check, "pass", /./);
    });
  }

  describe("Loki writes and reads", () => {
    const roundTrip = () => run("Loki writes and reads", lokiChecks(settings, 3));

    it("fails while Loki is down, and passes after its start", async () => {
      assert.equal((await roundTrip()).status, "pass");
      await loki.stop();
      try {
        assert.match((await roundTrip()).evidence, /could not be checked: .*ECONNREFUSED/);
      } finally {
        await loki.restart();
      }
      const { status, evidence } = await roundTrip();
      assert.equal(status, "pass", evidence);
    });
  });

  const testAlert = () => run("test alert", [testAlertCheck(settings, 6)]);

  describe("--test-alert", () => {
    it("passes once Slack has the message", async () => {
      const { status, evidence } = await testAlert();
      assert.equal(status, "pass", evidence);
      assert.match(slack.messages.at(-1)?.title ?? "", /VerifyTestAlert/);
    });
  });

  // The counters of failures keep these checks failing for an hour: nothing follows.
  describe("after failures", () => {
    for (const behavior of ["hang", 500] as const) {
      it(`fails, test alert: Slack answers with ${behavior}`, async () => {
        slack.behave(behavior);
        const { status, evidence } = await testAlert();
        assert.equal(status, "fail", evidence);
      });
    }

    it("fails, notifications: Slack refused them", async () => {
      await expectFinding("notifications", "fail", /failed in the last hour: slack/);
    });

    it("fails, Loki stores chunks: S3 refuses them", async () => {
      s3.unavailable = true;
      assert.equal(await loki.push({ app: "b" }, [[`${Date.now()}000000`, "b"]]), 204);
      await loki.post("/flush");
      await expectFinding("Loki stores chunks", "fail", /writes to the bucket \S+ failed/);
    });
  });
});
