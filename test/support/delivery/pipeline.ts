import { spawnSync } from "node:child_process";
import * as fs from "node:fs";
import * as path from "node:path";
import { parse, stringify } from "yaml";
import { listAt } from "../../../policies/facts/plain";
import { scrapeTargets } from "../../../policies/shared/scrapeTargets";
import { isSecretKey } from "../../../components/secrets/secrets";
import { projectDirectory } from "../stackConfig";
import { podOf } from "./fakeServices";
import { type RunningTool, freePort, startTool } from "./processes";
import { scaledDocument, scaledDuration, timeScale } from "./scaledTime";

type Parsed = any;

/** Runs `npm run preview -- --out` for a stack with some keys changed; returns the output folder. */
export function previewInto(folder: string, stack: string, config: object = {}): string {
  const out = path.join(folder, "out");
  const configFile = path.join(folder, "config.yaml");
  // A file may not contain a secret in plain text.
  const isSecret = ([key]: [string, unknown]) => isSecretKey(key.replace(/^monitoring:/, ""));
  const entries = Object.entries(config);
  const plain = Object.fromEntries(entries.filter((entry) => !isSecret(entry)));
  fs.writeFileSync(configFile, stringify({ config: plain }));
  const secrets = entries.filter(isSecret).flatMap(([key, value]: [string, unknown]) => {
    const text = typeof value === "string" ? value : JSON.stringify(value);
    return ["--config", `${key.replace(/^monitoring:/, "")}=${text}`];
  });
  const args = ["run", "preview", "--silent", "--", "--stack", stack, "--out", out];
  const preview = spawnSync("npm", [...args, "--config-file", configFile, ...secrets], {
    cwd: projectDirectory,
    encoding: "utf8",
  });
  if (preview.status !== 0) throw new Error(preview.stdout + preview.stderr);
  return out;
}

export interface AlertmanagerOptions {
  /** Output folder of a preview. */
  out: string;
  /** Folder for the configuration and data of this instance. */
  folder: string;
  /** Content of each mounted secret file, by the key of the Secret. */
  secrets: Record<string, string>;
  /** Base URL of the fake APIs of Slack, PagerDuty and Opsgenie. */
  fakeApi: string;
  /** Further changes of the configuration, in place. Default: none. */
  adapt?: (config: Parsed) => void;
  /** Factor by which time passes faster. Default: `timeScale`. */
  scale?: number;
  /** Ports of the loopback interface for gossip: its own, and those of all replicas. Default: alone. */
  gossip?: { port: number; peers: number[] };
}

export interface PipelineOptions extends AlertmanagerOptions {
  /** Names of the fake services, and their address as `host:port`. */
  services: { address: string; names: string[] };
  /** Addresses of further targets by job, whose own labels take precedence. Default: none. */
  targets?: Record<string, string>;
  /** Address of a fake for all exporters of a cluster. Default: none. */
  cluster?: string;
}

/** A local Alertmanager with the configuration of the stack, in scaled time. */
export interface Alertmanager {
  url: string;
  stop: () => Promise<void>;
  /** Ends it without a shutdown, as the loss of its node does. */
  kill: () => Promise<void>;
  /** Starts it again with its previous storage. */
  start: () => Promise<void>;
  log: () => string;
}

/** Sends alerts to Alertmanager, as Prometheus does. */
export async function postAlerts(url: string, alerts: object[]): Promise<void> {
  const response = await fetch(`${url}/api/v2/alerts`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(alerts),
  });
  if (response.status !== 200) {
    throw new Error(`Alertmanager refused the alerts: ${await response.text()}`);
  }
}

export async function startAlertmanager(options: AlertmanagerOptions): Promise<Alertmanager> {
  const file = writeAlertmanager(options);
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  const values = readYaml(path.join(options.out, "values", "prometheus.yaml"));
  const logs: string[] = [];
  let tool: RunningTool | undefined;
  const start = async (): Promise<void> => {
    tool = await startTool(
      "alertmanager",
      [
        `--config.file=${file}`,
        `--storage.path=${path.join(options.folder, "alertmanager-data")}`,
        `--web.listen-address=127.0.0.1:${port}`,
        ...externalUrl(values.alertmanager.alertmanagerSpec),
        ...gossipFlags(options),
      ],
      `${url}/-/ready`,
    );
  };
  await start();
  const end = async (signal: "SIGTERM" | "SIGKILL"): Promise<void> => {
    await tool?.stop(signal);
    logs.push(tool?.log() ?? "");
    tool = undefined;
  };
  return {
    url,
    start,
    stop: () => end("SIGTERM"),
    kill: () => end("SIGKILL"),
    log: () => [...logs, tool?.log() ?? ""].join(""),
  };
}

/** A local Prometheus and Alertmanager with the configuration of the stack. */
export interface Pipeline {
  alertmanager: Alertmanager;
  /** Stops Prometheus and starts it again with its previous storage. */
  restartPrometheus: () => Promise<void>;
  prometheusUrl: string;
  stop: () => Promise<void>;
  log: () => string;
}

export async function startPipeline(options: PipelineOptions): Promise<Pipeline> {
  const alertmanager = await startAlertmanager(options);
  try {
    const port = await freePort();
    const prometheusUrl = `http://127.0.0.1:${port}`;
    const values = readYaml(path.join(options.out, "values", "prometheus.yaml"));
    const spec = values.prometheus.prometheusSpec;
    const { rules } = spec.additionalConfig;
    const configFile = writePrometheus(options, new URL(prometheusUrl), new URL(alertmanager.url));
    const startPrometheus = () =>
      startTool(
        "prometheus",
        [
          `--config.file=${configFile}`,
          `--storage.tsdb.path=${path.join(options.folder, "prometheus-data")}`,
          `--web.listen-address=127.0.0.1:${port}`,
          "--web.enable-lifecycle",
          `--enable-feature=${spec.enableFeatures.join(",")}`,
          ...externalUrl(spec),
          `--rules.alert.for-grace-period=${scaledDuration(rules.alert.forGracePeriod, options.scale)}`,
          // Defaults of Prometheus, scaled like all other durations.
          `--rules.alert.resend-delay=${scaledDuration("1m", options.scale)}`,
          `--query.lookback-delta=${scaledDuration("5m", options.scale)}`,
          `--scrape.discovery-reload-interval=${scaledDuration("5s", options.scale)}`,
        ],
        `${prometheusUrl}/-/ready`,
      );
    let prometheus = await startPrometheus();
    const logs: string[] = [];
    return {
      alertmanager,
      prometheusUrl,
      restartPrometheus: async () => {
        await prometheus.stop();
        logs.push(prometheus.log());
        prometheus = await startPrometheus();
      },
      stop: async () => {
        await Promise.all([prometheus.stop(), alertmanager.stop()]);
      },
      log: () => [...logs, prometheus.log(), alertmanager.log()].join("\n"),
    };
  } catch (error) {
    await alertmanager.stop();
    throw error;
  }
}

/** Without peers, gossip would only open a port. The timeout is the default of Alertmanager. */
function gossipFlags({ gossip, scale = timeScale }: AlertmanagerOptions): string[] {
  if (gossip === undefined) return ["--cluster.listen-address="];
  return [
    `--cluster.listen-address=127.0.0.1:${gossip.port}`,
    ...gossip.peers.map((port) => `--cluster.peer=127.0.0.1:${port}`),
    `--cluster.peer-timeout=${scaledDuration("15s", scale)}`,
  ];
}

function externalUrl(spec: { externalUrl?: string }): string[] {
  return spec.externalUrl === undefined ? [] : [`--web.external-url=${spec.externalUrl}`];
}

/** Writes the Alertmanager configuration with the paths of the pod replaced by local ones. */
function writeAlertmanager({
  out,
  folder,
  secrets,
  fakeApi,
  adapt,
  scale = timeScale,
}: AlertmanagerOptions): string {
  const previewed = fs.readFileSync(path.join(out, "alertmanager", "alertmanager.yaml"), "utf8");
  const mountFolder = path.join(folder, "secrets");
  for (const [, secret = "", key = ""] of previewed.matchAll(
    /\/etc\/alertmanager\/secrets\/([^/\s]+)\/(\S+)/g,
  )) {
    const content = secrets[key];
    if (content === undefined) throw new Error(`the test has no secret ${key}`);
    fs.mkdirSync(path.join(mountFolder, secret), { recursive: true });
    fs.writeFileSync(path.join(mountFolder, secret, key), content);
  }
  const config = parse(
    previewed
      .replaceAll("/etc/alertmanager/secrets", mountFolder)
      .replaceAll("/etc/alertmanager/config", path.join(out, "alertmanager")),
  );
  config.global = {
    ...config.global,
    pagerduty_url: `${fakeApi}/pagerduty`,
    opsgenie_api_url: `${fakeApi}/opsgenie`,
    // Alertmanager rejects this setting unless a bot token is configured.
    ...("slack_app_token_file" in config.global && {
      slack_app_url: `${fakeApi}/api/chat.postMessage`,
    }),
  };
  adapt?.(config);
  return writeYaml(folder, "alertmanager.yaml", scaledDocument(config, scale));
}

function writePrometheus(
  { out, folder, services, targets = {}, cluster, scale = timeScale }: PipelineOptions,
  prometheus: URL,
  alertmanager: URL,
): string {
  const values = readYaml(path.join(out, "values", "prometheus.yaml"));
  const { scrapeInterval, evaluationInterval, externalLabels, sampleLimit } =
    values.prometheus.prometheusSpec;
  const rules = path.join(folder, "rules");
  fs.mkdirSync(rules, { recursive: true });
  for (const file of fs.readdirSync(path.join(out, "rules"))) {
    writeYaml(rules, file, scaledDocument(readYaml(path.join(out, "rules", file)), scale));
  }
  // A rule of the chart, which the preview does not render.
  writeYaml(rules, "watchdog.yaml", {
    groups: [
      {
        name: "general.rules",
        rules: [{ alert: "Watchdog", expr: "vector(1)", labels: { severity: "none" } }],
      },
    ],
  });
  const monitors = services.names.map((name) =>
    readYaml(path.join(out, "manifests", `servicemonitor-${name}.yaml`)),
  );
  const platform = (job: string, target: string, name?: string): Parsed => ({
    job_name: job,
    static_configs: [{ targets: [target], labels: { namespace: "monitoring", service: job } }],
    metric_relabel_configs: metricRelabelings(values, name),
  });
  const exporter = (job: string, metricsPath: string, name: string): Parsed => ({
    metric_relabel_configs: metricRelabelings(values, name),
    job_name: `${job}${metricsPath}`,
    // As in the chart: these exporters report on pods other than their own.
    honor_labels: true,
    metrics_path: metricsPath,
    static_configs: [{ targets: [services.address], labels: { job, namespace: "monitoring" } }],
  });
  return writeYaml(folder, "prometheus.yaml", {
    global: {
      scrape_interval: scaledDuration(String(scrapeInterval), scale),
      scrape_timeout: scaledDuration(String(scrapeInterval), scale),
      evaluation_interval: scaledDuration(String(evaluationInterval), scale),
      external_labels: externalLabels,
      sample_limit: sampleLimit,
    },
    rule_files: [path.join(rules, "*.yaml")],
    alerting: {
      alertmanagers: [{ static_configs: [{ targets: [alertmanager.host] }] }],
    },
    scrape_configs: [
      ...monitors.map((monitor) => scrapeConfig(monitor, services.address)),
      exporter("kube-state-metrics", "/kube-state-metrics", "kube-state-metrics"),
      exporter("kubelet", "/cadvisor", "cAdvisor"),
      platform("prometheus-kube-prometheus-prometheus", prometheus.host, "Prometheus"),
      platform("prometheus-kube-prometheus-alertmanager", alertmanager.host, "Alertmanager"),
      ...(cluster === undefined ? [] : clusterScrapes(cluster, values)),
      ...Object.entries(targets).map(([job, target]) => ({
        ...platform(job, target),
        honor_labels: true,
      })),
    ],
  });
}

/** The metric relabelings of a target of the chart in the values of its release. */
function metricRelabelings(values: Parsed, name: string | undefined): Parsed[] {
  const target = scrapeTargets.find((each) => each.name === name);
  return target === undefined
    ? []
    : listAt(values, ...target.relabelings).map((rule) => snakeCase(rule as object));
}

/** One scrape for each exporter in the fake, and one for the metrics of its services. */
function clusterScrapes(address: string, values: Parsed): Parsed[] {
  const prefixes = {
    "kube-state-metrics": "kube",
    kubelet: "kubelet",
    cAdvisor: "container",
    "node-exporter": "node",
  };
  const scrape = (job: string, action: "keep" | "drop", prefix: string): Parsed => ({
    job_name: job,
    honor_labels: true,
    static_configs: [{ targets: [address], labels: { namespace: "monitoring", service: job } }],
    metric_relabel_configs: [
      { action, source_labels: ["__name__"], regex: `(${prefix})_.+` },
      ...metricRelabelings(values, job),
    ],
  });
  return [
    ...Object.entries(prefixes).map(([job, prefix]) => scrape(job, "keep", prefix)),
    scrape("cluster", "drop", Object.values(prefixes).join("|")),
  ];
}

/** A relabeling of a ServiceMonitor in the syntax of Prometheus. */
function snakeCase(rule: object): Parsed {
  return Object.fromEntries(
    Object.entries(rule).map(([key, value]) => [
      key.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`),
      value,
    ]),
  );
}

/** The scrape configuration that the operator generates from a ServiceMonitor, with the pod as a static target. */
function scrapeConfig({ metadata, spec }: Parsed, address: string): Parsed {
  const name = String(metadata.name);
  const namespace = String(metadata.namespace);
  const [endpoint] = spec.endpoints;
  const discovered = {
    __meta_kubernetes_namespace: namespace,
    __meta_kubernetes_service_name: name,
    __meta_kubernetes_pod_name: podOf(name),
    __meta_kubernetes_pod_container_name: "app",
    __meta_kubernetes_endpoint_port_name: endpoint.port,
  };
  const copy = (from: string, to: string): Parsed => ({
    source_labels: [`__meta_kubernetes_${from}`],
    target_label: to,
  });
  return {
    job_name: `serviceMonitor/${namespace}/${name}/0`,
    metrics_path: `/services/${name}${endpoint.path}`,
    static_configs: [{ targets: [address], labels: discovered }],
    relabel_configs: [
      copy("namespace", "namespace"),
      copy("service_name", "service"),
      copy("pod_name", "pod"),
      copy("pod_container_name", "container"),
      copy("service_name", "job"),
      copy("endpoint_port_name", "endpoint"),
      ...(endpoint.relabelings ?? []).map(snakeCase),
    ],
    metric_relabel_configs: (endpoint.metricRelabelings ?? []).map(snakeCase),
    ...(spec.sampleLimit !== undefined && { sample_limit: spec.sampleLimit }),
    ...(spec.scrapeNativeHistograms === true && {
      scrape_native_histograms: true,
      native_histogram_bucket_limit: spec.nativeHistogramBucketLimit,
    }),
  };
}

function readYaml(file: string): Parsed {
  return parse(fs.readFileSync(file, "utf8"));
}

function writeYaml(folder: string, name: string, content: unknown): string {
  const file = path.join(folder, name);
  fs.writeFileSync(file, stringify(content, { lineWidth: 0 }));
  return file;
}
