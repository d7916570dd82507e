import * as http from "node:http";
import type { AddressInfo } from "node:net";
import { dashboardUids } from "../../components/alerting/dashboardLinks";
import { platformAlerts } from "../../components/prometheus/platformAlerts";
import { receivers } from "../../components/slack/receivers";
import { availableKeys } from "../../components/slack/credentialFiles";
import { serviceAlerts } from "../../components/services/alerts/serviceAlerts";
import type { SettingsWithPrometheus } from "../../stacks/config/parseConfiguration";
import { Api, sendTo } from "../../verify/cluster/api";
import type { Apis } from "../../verify/checks/check";

type Series = [labels: Record<string, string>, value: number];

/**
 * The APIs of a healthy prod stack on one loopback server. A test changes what it needs to see a
 * check fail.
 */
export class FakeCluster {
  /** Responses to GET, by path. A missing path is a 404, and a number is an empty status. */
  readonly responses: Record<string, unknown>;
  /** Results of queries: the first entry whose key is part of the expression. */
  readonly series: Record<string, Series[]> = {};
  readonly requests: { method: string; path: string; body: string }[] = [];
  /** Whether Loki returns the lines that it accepted. */
  readsLines = true;
  /** Counters that an alert adds to the metrics of Alertmanager. */
  onAlert = { sent: 1, failed: 0 };
  readonly listener: http.RequestListener = (request, response) =>
    void this.#serve(request, response);
  readonly #server = http.createServer(this.listener);
  #sent = 0;
  #failed = 0;

  constructor(readonly settings: SettingsWithPrometheus) {
    this.responses = healthyResponses(settings);
    Object.assign(this.series, healthySeries(settings));
  }

  async start(): Promise<Apis> {
    await new Promise<void>((resolve) => this.#server.listen(0, "127.0.0.1", resolve));
    const send = sendTo(`http://127.0.0.1:${this.port}`);
    const api = (name: string) => () => Promise.resolve(new Api(name, send));
    return {
      kubernetes: new Api("the Kubernetes API", send),
      prometheus: api("prometheus"),
      alertmanager: api("alertmanager"),
      grafana: api("grafana"),
      loki: api("loki"),
    };
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  stop(): Promise<void> {
    return new Promise((resolve) => {
      this.#server.close(() => resolve());
      this.#server.closeAllConnections();
    });
  }

  async #serve(request: http.IncomingMessage, response: http.ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const body = Buffer.concat(chunks).toString();
    const { pathname, searchParams } = new URL(request.url ?? "", "http://fake");
    this.requests.push({ method: request.method ?? "", path: pathname, body });
    const answer = this.#answer(pathname, searchParams, request.method);
    if (typeof answer === "number") return void response.writeHead(answer).end();
    const selected = selectedBy(searchParams.get("labelSelector") ?? "", answer);
    response.end(typeof answer === "string" ? answer : JSON.stringify(selected));
  }

  #answer(path: string, parameters: URLSearchParams, method: string | undefined): unknown {
    if (path in this.responses) return this.responses[path];
    if (path === "/api/v1/query") return this.#query(parameters.get("query") ?? "");
    if (path === "/loki/api/v1/push") return 204;
    if (path === "/loki/api/v1/query_range") {
      return { data: { result: this.readsLines ? [{ values: [] }] : [] } };
    }
    if (path === "/api/v2/alerts" && method === "POST") {
      this.#sent += this.onAlert.sent;
      this.#failed += this.onAlert.failed;
      return {};
    }
    if (path === "/metrics") {
      return [
        "alertmanager_config_last_reload_successful 1",
        `alertmanager_notification_requests_total{integration="slack",receiver_name="slack"} ${this.#sent}`,
        `alertmanager_notification_requests_failed_total{integration="slack"} ${this.#failed}`,
      ].join("\n");
    }
    return 404;
  }

  #query(expr: string): unknown {
    const [, series = []] = Object.entries(this.series).find(([key]) => expr.includes(key)) ?? [];
    const now = Date.now() / 1000;
    const result = series.map(([metric, value]) => ({
      metric,
      value: [now, String(value === Infinity ? now : value)],
    }));
    return { status: "success", data: { result } };
  }
}

/** The objects of a list that a selector such as `owner=helm,name=loki` selects, and those without labels. */
function selectedBy(selector: string, answer: any): unknown {
  if (selector === "" || answer.items === undefined) return answer;
  const required = selector.split(",").map((label) => label.split("="));
  const items = answer.items.filter(({ metadata }: any) =>
    required.every(([key = "", value]) => (metadata.labels?.[key] ?? value) === value),
  );
  return { items };
}

/** A revision of a Helm release. */
export const revision = (name: string, version: number, status: string) => ({
  metadata: { labels: { owner: "helm", name, version: String(version), status } },
});

const encoded = (keys: string[]) => ({
  data: Object.fromEntries(
    keys.map((key) => [key, Buffer.from(`value of ${key}`).toString("base64")]),
  ),
});

export function readyPod(name: string, env: string[] = []): any {
  return {
    metadata: { name },
    spec: { containers: [{ name: "main", env: env.map((variable) => ({ name: variable })) }] },
    status: { phase: "Running", conditions: [{ type: "Ready", status: "True" }] },
  };
}

function healthyResponses(settings: SettingsWithPrometheus): Record<string, unknown> {
  const { slack, services, prometheus } = settings;
  if (slack === undefined) throw new Error("the stack has no Slack");
  const monitoring = "/api/v1/namespaces/monitoring";
  const groups = [
    ...serviceAlerts(services[0], "services"),
    ...platformAlerts({ ...prometheus, namespace: "monitoring", loki: true }),
  ];
  const rules = groups
    .flatMap((group) => group.rules)
    .map((rule) => ({ name: "alert" in rule ? rule.alert : rule.record, health: "ok" }));
  const daemonSet = { status: { desiredNumberScheduled: 3, numberReady: 3 } };
  return {
    [`${monitoring}/secrets`]: {
      items: ["prometheus", "loki", "alloy"].map((name) => revision(name, 1, "deployed")),
    },
    "/api/v1/namespaces/ticketing/secrets": { items: [revision("datadog-agent", 1, "deployed")] },
    [`${monitoring}/secrets/grafana-admin`]: encoded(["admin-user", "admin-password"]),
    [`${monitoring}/secrets/alertmanager-config`]: encoded(["alertmanager.yaml"]),
    [`${monitoring}/secrets/alertmanager-slack`]: encoded(availableKeys(slack)),
    "/api/v1/namespaces/ticketing/secrets/datadog-secret": encoded(["api-key"]),
    [`${monitoring}/pods`]: {
      items: [readyPod("loki-0", ["AWS_CONTAINER_CREDENTIALS_FULL_URI"])],
    },
    [`${monitoring}/serviceaccounts/loki`]: { metadata: { name: "loki" } },
    "/apis/apps/v1/namespaces/monitoring/daemonsets/alloy": daemonSet,
    "/apis/apps/v1/namespaces/ticketing/daemonsets/datadog-agent": daemonSet,
    "/api/v1/namespaces/ticketing/pods": { items: [readyPod("datadog-agent-x")] },
    "/api/v1/namespaces/ticketing/pods/datadog-agent-x/log": "INFO | Agent started\n",
    "/api/v1/rules": { data: { groups: [{ rules }] } },
    "/api/v2/receivers": receivers(slack).map(({ name }) => ({ name })),
    "/api/datasources/uid/prometheus": {},
    "/api/datasources/uid/prometheus/health": { status: "OK", message: "queried" },
    "/api/datasources/uid/loki": {},
    "/api/datasources/uid/loki/health": { status: "OK", message: "connected" },
    "/api/search": [
      ...dashboardUids.map((uid) => ({ uid, title: uid })),
      ...["a", "b", "c"].map((title) => ({ title, folderTitle: "Community" })),
    ],
  };
}

function healthySeries({ services }: SettingsWithPrometheus): Record<string, Series[]> {
  const names = [
    "http_requests_total",
    "http_request_duration_seconds_bucket",
    "http_request_duration_seconds",
    "container_memory_working_set_bytes",
    "container_cpu_usage_seconds_total",
    "kube_pod_container_resource_requests",
    "kube_pod_owner",
    "kube_pod_container_status_restarts_total",
  ];
  return {
    kube_cronjob_info: [[{ cronjob: "nightly-report" }, 1]],
    probe_success: [[{ instance: "https://shop.example.com/" }, 1]],
    "up{": [[{ pod: `${services[0].services[0]?.name}-1` }, 1]],
    "count by (__name__)": names.map((name) => [{ __name__: name }, 1]),
    'reason!="contextCanceled"': [[{ integration: "slack" }, 0]],
    // One that a reload canceled.
    alertmanager_notifications_failed_total: [[{ integration: "slack" }, 1]],
    alertmanager_notifications_total: [[{ integration: "slack" }, 12]],
    loki_ingester_chunks_flush_failures_total: [[{}, 0]],
    loki_ingester_chunks_flushed_total: [[{}, 40]],
    "vector(time())": [[{}, Infinity]],
    node_timex_offset_seconds: [[{ instance: "node-1" }, 0.001]],
    kubelet_volume_stats: [[{ persistentvolumeclaim: "storage-loki-0" }, 0.4]],
  };
}
