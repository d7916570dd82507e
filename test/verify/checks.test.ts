import * as assert from "node:assert/strict";
import { dashboardUids } from "../../components/alerting/dashboardLinks";
import { type Result, runChecks } from "../../verify/checks/check";
import { testAlertCheck } from "../../verify/checks/alerting";
import { checksOf } from "../../verify/checks/checks";
import { lokiChecks } from "../../verify/checks/loki";
import { settingsWithPrometheus, shippedConfig } from "../support/stackConfig";
import { FakeCluster, readyPod, revision } from "./fakeCluster";

const job = { name: "nightly-report", kind: "job" };
const native = { name: "native", metrics: { nativeHistograms: true } };
const probe = { name: "shop", kind: "probe", probe: "https://shop.example.com/" };
const settings = settingsWithPrometheus("prod", {
  services: [...(shippedConfig("prod")["monitoring:services"] as object[]), job, probe, native],
});
const monitoring = "/api/v1/namespaces/monitoring";
const notReady = {
  metadata: { name: "prometheus-0" },
  status: {
    phase: "Pending",
    containerStatuses: [
      { name: "p", ready: false, state: { waiting: { reason: "ErrImagePull" } } },
    ],
  },
};

interface Fault {
  check: string;
  when: string;
  break: (cluster: FakeCluster) => void;
  status?: "warn";
  evidence: RegExp;
  next?: RegExp;
}

const respond = (path: string, response: unknown) => (cluster: FakeCluster) => {
  cluster.responses[path] = response;
};
const measure = (key: string, ...series: [Record<string, string>, number][]) => {
  return (cluster: FakeCluster) => {
    cluster.series[key] = series;
  };
};

const faults: Fault[] = [
  {
    check: "release monitoring/loki",
    when: "it is not installed",
    break: respond(`${monitoring}/secrets`, { items: [revision("prometheus", 1, "deployed")] }),
    evidence: /^is not installed: the stack was not deployed to this cluster, or not completely$/,
    next: /^helm history loki -n monitoring$/,
  },
  {
    check: "release monitoring/alloy",
    when: "an upgrade by hand failed",
    break: respond(`${monitoring}/secrets`, {
      items: [revision("alloy", 1, "superseded"), revision("alloy", 2, "failed")],
    }),
    evidence: /^revision 2 is failed$/,
    next: /^helm history alloy -n monitoring$/,
  },
  {
    check: "Secret monitoring/alertmanager-slack",
    when: "the Secret does not exist",
    break: respond(`${monitoring}/secrets/alertmanager-slack`, 404),
    evidence: /does not exist/,
    next: /^kubectl describe secret -n monitoring alertmanager-slack$/,
  },
  {
    check: "Secret ticketing/datadog-secret",
    when: "a key is empty",
    break: respond("/api/v1/namespaces/ticketing/secrets/datadog-secret", { data: {} }),
    evidence: /no value for api-key/,
  },
  {
    check: "pods in monitoring",
    when: "a pod is not ready",
    break: respond(`${monitoring}/pods`, { items: [readyPod("loki-0"), notReady] }),
    evidence: /1 of 2 are not ready: prometheus-0 \(ErrImagePull\)/,
    next: /kubectl describe pod -n monitoring prometheus-0/,
  },
  {
    check: "pods in monitoring",
    when: "there is no pod",
    break: respond(`${monitoring}/pods`, { items: [] }),
    evidence: /no pod exists/,
  },
  {
    check: "agent alloy",
    when: "a node has no agent",
    break: respond("/apis/apps/v1/namespaces/monitoring/daemonsets/alloy", {
      status: { desiredNumberScheduled: 3, numberReady: 2 },
    }),
    evidence: /2 of 3 nodes/,
  },
  {
    check: "agent datadog-agent",
    when: "the DaemonSet does not exist",
    break: respond("/apis/apps/v1/namespaces/ticketing/daemonsets/datadog-agent", 404),
    evidence: /does not exist/,
  },
  {
    check: "Datadog accepts the API key",
    when: "Datadog refuses it",
    break: respond(
      "/api/v1/namespaces/ticketing/pods/datadog-agent-x/log",
      "ERROR | API Key invalid, dropping transaction\n",
    ),
    evidence: /rejects data from datadog-agent-x/,
    next: /agent status$/,
  },
  {
    check: "service inventory-service",
    when: "it is not a target",
    break: measure("up{"),
    evidence: /no target/,
    next: /servicemonitor/,
  },
  {
    check: "service inventory-service",
    when: "a target is down",
    break: measure("up{", [{ pod: "a" }, 1], [{ pod: "b" }, 0]),
    evidence: /1 of 2 targets are down: b/,
    next: /^kubectl port-forward .*9090/,
  },
  {
    check: "service inventory-service",
    when: "it does not expose the metrics of its alerts",
    break: measure("count by (__name__)", [{ __name__: "http_requests_total" }, 1]),
    evidence: /http_request_duration_seconds_bucket or grpc_server_handling_seconds_bucket/,
  },
  {
    check: "service inventory-service",
    when: "its native histograms are scraped as classic ones",
    break: measure(
      "count by (__name__)",
      [{ __name__: "http_requests_total" }, 1],
      [{ __name__: "http_request_duration_seconds_count" }, 1],
    ),
    evidence: /have no buckets: if they are native, set nativeHistograms/,
  },
  {
    check: "service native",
    when: "its image exposes classic histograms",
    break: measure(
      "count by (__name__)",
      [{ __name__: "http_requests_total" }, 1],
      [{ __name__: "http_request_duration_seconds_bucket" }, 1],
      [{ __name__: "http_request_duration_seconds_count" }, 1],
    ),
    evidence:
      /read http_request_duration_seconds or grpc_server_handling_seconds, .*: remove nativeHistograms/,
  },
  {
    check: "job nightly-report",
    when: "the CronJob does not exist",
    break: measure("kube_cronjob_info"),
    evidence: /no series for a CronJob with this name/,
    next: /cronjob/,
  },
  {
    check: "probe shop",
    when: "the URL does not answer",
    break: measure("probe_success", [{ instance: "https://shop.example.com/" }, 0]),
    evidence: /https:\/\/shop.example.com\/ does not answer with a status of 2xx/,
    next: /^kubectl get probe -n ticketing shop$/,
  },
  {
    check: "probe shop",
    when: "the exporter is down",
    break: measure("probe_success"),
    evidence: /no result for this probe/,
  },
  {
    check: "metrics of the pods in ticketing",
    when: "kube-state-metrics is not scraped",
    break: measure("count by (__name__)", [{ __name__: "container_memory_working_set_bytes" }, 1]),
    evidence: /kube_pod_owner/,
  },
  {
    check: "rules",
    when: "a rule is not loaded",
    break: respond("/api/v1/rules", { data: { groups: [] } }),
    evidence: /are not loaded: namespace_service/,
  },
  {
    check: "rules",
    when: "a rule fails",
    break: (cluster) => {
      const { data } = cluster.responses["/api/v1/rules"] as any;
      Object.assign(data.groups[0].rules[0], { health: "err", lastError: "many-to-many" });
    },
    evidence: /1 of \d+ rules fail: .*many-to-many/,
  },
  {
    check: "rules",
    when: "a rule was not evaluated yet",
    break: (cluster) => {
      const { data } = cluster.responses["/api/v1/rules"] as any;
      data.groups[0].rules[0].health = "unknown";
    },
    status: "warn",
    evidence: /1 of \d+ rules were not evaluated yet/,
  },
  {
    check: "Alertmanager configuration",
    when: "it was rejected",
    break: respond("/metrics", "alertmanager_config_last_reload_successful 0\n"),
    evidence: /rejected/,
  },
  {
    check: "Alertmanager configuration",
    when: "a receiver is missing",
    break: respond("/api/v2/receivers", [{ name: "null" }]),
    evidence: /no receiver heartbeat, slack/,
  },
  {
    check: "notifications",
    when: "Slack refused one",
    break: measure('reason!="contextCanceled"', [{ integration: "slack" }, 3]),
    evidence: /failed in the last hour: slack/,
  },
  {
    check: "notifications",
    when: "Alertmanager is not scraped",
    break: measure("alertmanager_notifications_total"),
    evidence: /no Alertmanager metrics/,
  },
  {
    check: "notifications",
    when: "none was sent",
    break: measure("alertmanager_notifications_total", [{ integration: "slack" }, 0]),
    status: "warn",
    evidence: /none in the last hour/,
  },
  {
    check: "heartbeat",
    when: "Watchdog does not fire",
    break: respond("/api/v2/alerts", []),
    evidence: /does not fire/,
  },
  {
    check: "heartbeat",
    when: "Watchdog is routed elsewhere",
    break: respond("/api/v2/alerts", [{ receivers: [{ name: "null" }] }]),
    evidence: /routed to null/,
  },
  {
    check: "data source loki",
    when: "Grafana cannot reach it",
    break: respond("/api/datasources/uid/loki/health", { status: "ERROR", message: "refused" }),
    evidence: /ERROR: refused/,
  },
  {
    check: "data source prometheus",
    when: "it does not exist",
    break: respond("/api/datasources/uid/prometheus", 404),
    evidence: /does not exist/,
  },
  {
    check: "dashboards",
    when: "one is missing",
    break: respond("/api/search", []),
    evidence: /does not have services-overview, service-detail/,
  },
  {
    check: "dashboards",
    when: "a download failed",
    break: respond(
      "/api/search",
      dashboardUids.map((uid) => ({ uid, title: uid })),
    ),
    status: "warn",
    evidence: /0 of 3 community dashboards/,
  },
  {
    check: "Loki writes and reads",
    when: "it refuses the line",
    break: respond("/loki/api/v1/push", 500),
    evidence: /could not be checked: loki answered POST \/loki\/api\/v1\/push with 500/,
  },
  {
    check: "Loki writes and reads",
    when: "it does not return the line",
    break: (cluster) => {
      cluster.readsLines = false;
    },
    evidence: /did not return it/,
  },
  {
    check: "Loki stores chunks",
    when: "S3 refuses them",
    break: measure("loki_ingester_chunks_flush_failures_total", [{}, 2]),
    evidence: /2 writes to the bucket ticketing-loki-chunks failed/,
  },
  {
    check: "Loki stores chunks",
    when: "Loki is not scraped",
    break: measure("loki_ingester_chunks_flush_failures_total"),
    evidence: /no Loki ingester metrics/,
  },
  {
    check: "Loki stores chunks",
    when: "none was stored yet",
    break: measure("loki_ingester_chunks_flushed_total", [{}, 0]),
    status: "warn",
    evidence: /no chunk reached the bucket/,
  },
  {
    check: "IAM role of Loki",
    when: "a pod has no credentials",
    break: respond(`${monitoring}/pods`, { items: [readyPod("loki-0")] }),
    evidence: /loki-0 has no AWS_CONTAINER_CREDENTIALS_FULL_URI/,
    next: /^aws eks list-pod-identity-associations --cluster-name ticketing-prod/,
  },
  {
    check: "IAM role of Loki",
    when: "the service account does not exist",
    break: respond(`${monitoring}/serviceaccounts/loki`, 404),
    evidence: /service account loki does not exist/,
  },
  {
    check: "IAM role of Loki",
    when: "no pod is ready",
    break: respond(`${monitoring}/pods`, { items: [] }),
    evidence: /no Loki pod is ready/,
  },
  {
    check: "clocks",
    when: "Prometheus is in the past",
    break: measure("vector(time())", [{}, Date.now() / 1000 - 60]),
    evidence: /clock of Prometheus is -\d+\.\d s/,
  },
  {
    check: "clocks",
    when: "a node is off",
    break: measure("node_timex_offset_seconds", [{ instance: "node-1" }, 0.3]),
    status: "warn",
    evidence: /node-1 \(0.30 s\)/,
  },
  {
    check: "clocks",
    when: "node-exporter is not scraped",
    break: measure("node_timex_offset_seconds"),
    status: "warn",
    evidence: /no node_timex_offset_seconds/,
    next: /^kubectl port-forward /,
  },
  {
    check: "volumes",
    when: "the kubelet is not scraped",
    break: measure("kubelet_volume_stats"),
    evidence: /no volume metrics for monitoring/,
  },
  {
    check: "volumes",
    when: "one is nearly full",
    break: measure("kubelet_volume_stats", [{ persistentvolumeclaim: "data" }, 0.97]),
    evidence: /data \(97%\)/,
  },
  {
    check: "volumes",
    when: "one fills up",
    break: measure("kubelet_volume_stats", [{ persistentvolumeclaim: "data" }, 0.9]),
    status: "warn",
    evidence: /data \(90%\)/,
  },
];

describe("the checks of npm run verify", () => {
  let cluster: FakeCluster;

  afterEach(() => cluster.stop());

  async function results(
    faultyCluster: FakeCluster,
    checks = checksOf(settings),
  ): Promise<Result[]> {
    cluster = faultyCluster;
    return runChecks(checks, await cluster.start(), faultyCluster.settings);
  }

  function healthy(): FakeCluster {
    const fake = new FakeCluster(settings);
    fake.responses["/api/v2/alerts"] ??= [{ receivers: [{ name: "heartbeat" }] }];
    return fake;
  }

  it("pass on a healthy stack", async () => {
    const all = await results(healthy());
    assert.deepEqual(
      all.filter(({ status }) => status !== "pass"),
      [],
    );
    assert.ok(all.length >= 20);
  });

  it("write only one log line", async () => {
    await results(healthy());
    const writes = cluster.requests.filter(({ method }) => method !== "GET");
    assert.deepEqual(
      writes.map(({ path }) => path),
      ["/loki/api/v1/push"],
    );
  });

  for (const fault of faults) {
    const status = fault.status ?? "fail";
    it(`${status === "warn" ? "warn" : "fail"}, ${fault.check}: ${fault.when}`, async () => {
      const fake = healthy();
      fault.break(fake);
      const checks = [
        ...checksOf(settings).filter(({ name }) => !name.startsWith("Loki writes")),
        ...lokiChecks(settings, 1).slice(0, 1),
      ].filter(({ name }) => name === fault.check);
      const [result, ...others] = await results(fake, checks);
      assert.ok(result !== undefined && others.length === 0, `one check is named ${fault.check}`);
      assert.equal(result.status, status, result.evidence);
      assert.match(result.evidence, fault.evidence);
      assert.match(result.next ?? "", fault.next ?? /^(kubectl|aws|pulumi) /);
      // The default is 10 lines for each pod that a label selects.
      assert.doesNotMatch(result.next ?? "", /^kubectl logs (?!.* --tail=).*-l /);
    });
  }

  it("fail, IAM role of Loki with IRSA: the service account has no role", async () => {
    const irsa = settingsWithPrometheus("prod", { loki: { awsIdentity: "irsa" } });
    const checks = lokiChecks(irsa).filter(({ name }) => name === "IAM role of Loki");
    const [result] = await results(healthy(), checks);
    assert.equal(result?.status, "fail");
    assert.match(result.evidence, /no annotation with a role/);
    assert.match(result.next ?? "", /^kubectl describe serviceaccount/);
  });

  it("fail if they cannot run, each of them", async () => {
    const fake = healthy();
    const apis = await fake.start();
    await fake.stop();
    cluster = new FakeCluster(settings);
    await cluster.start();
    const all = await runChecks(checksOf(settings), apis, settings);
    for (const { name, status, evidence, next } of all) {
      assert.equal(status, "fail", name);
      assert.match(evidence, /^could not be checked: .*ECONNREFUSED/, name);
      assert.ok(next, name);
    }
  });

  it("cover only the parts that are enabled", async () => {
    const small = settingsWithPrometheus("prod", { loki: undefined, datadog: undefined });
    const names = checksOf(small).map(({ name }) => name);
    assert.ok(!names.some((name) => /loki|datadog|agent/i.test(name)), names.join());
    await results(healthy(), []);
  });

  it("cover the Secrets that the settings of Grafana name", async () => {
    const grafana = {
      ingress: { host: "grafana.example.com", className: "nginx", tlsSecretName: "wildcard-tls" },
      sso: {
        provider: "google",
        clientId: "grafana",
        clientSecret: { name: "grafana-sso", key: "client-secret" },
        allowedDomains: ["example.com"],
      },
      dataSources: [
        {
          name: "Tempo",
          type: "tempo",
          secrets: { basicAuthPassword: { name: "tempo-credentials", key: "password" } },
        },
      ],
    };
    const named = (name: string) => name.startsWith("Secret monitoring/");
    const names = (changes: object) =>
      checksOf(settingsWithPrometheus("prod", { ...changes })).flatMap(({ name }) =>
        named(name) ? [name.replace(/^.*\//, "")] : [],
      );
    const others = names({});
    const longTerm = {
      kind: "mimir",
      url: "https://mimir.example.com/api/v1/push",
      bearerToken: { name: "mimir-credentials", key: "token" },
    };
    const added = names({ grafana, prometheus: { longTerm } }).filter(
      (name) => !others.includes(name),
    );
    assert.deepEqual(added, [
      "mimir-credentials",
      "grafana-sso",
      "tempo-credentials",
      "wildcard-tls",
    ]);
    await results(healthy(), []);
  });

  describe("with --test-alert", () => {
    const checks = (seconds: number) => [testAlertCheck(settings, seconds)];

    it("pass if Slack accepts a notification", async () => {
      const fake = new FakeCluster(settings);
      const [result] = await results(fake, checks(3));
      assert.equal(result?.status, "pass", result?.evidence);
      const alert = fake.requests.find(({ method }) => method === "POST");
      assert.match(alert?.body ?? "", /"alertname":"VerifyTestAlert"/);
    });

    it("fail if the notification fails", async () => {
      const fake = new FakeCluster(settings);
      fake.onAlert = { sent: 1, failed: 1 };
      const [result] = await results(fake, checks(3));
      assert.equal(result?.status, "fail");
      assert.match(result?.evidence ?? "", /Slack notification failed/);
    });

    it("fail if nothing is sent", async () => {
      const fake = new FakeCluster(settings);
      fake.onAlert = { sent: 0, failed: 0 };
      const [result] = await results(fake, checks(1));
      assert.match(result?.evidence ?? "", /notified no receiver/);
    });
  });
});
