import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { type AnalyzedResource, Analyzer } from "../preview/pack/analyzer";
import { startPack } from "../preview/pack/packProcess";
import { noOptions } from "../preview/engine/recordedResource";
import type { WireObject } from "../preview/engine/values";
import { childProcesses, cpuMs, median } from "./measure";

/** Measures the startup of the policy pack, and the time that all policies take per resource. */
export async function policies(): Promise<void> {
  console.log("\nPolicies");
  const pack = path.resolve("policies");
  const emptyFolder = emptyPack();
  try {
    // The first start of a pack builds its bundle.
    for (const folder of [pack, emptyFolder]) await startMs(folder);
    const starts = { pack: [] as number[], empty: [] as number[] };
    for (let round = 0; round < 7; round++) {
      starts.pack.push(await startMs(pack));
      starts.empty.push(await startMs(emptyFolder));
    }
    const [ours, empty] = [median(starts.pack), median(starts.empty)];
    console.log(
      `  startup ${Math.round(ours)} ms, an empty pack ${Math.round(empty)} ms: ${(ours / empty).toFixed(2)}x (bound: 1.3)`,
    );
  } finally {
    fs.rmSync(emptyFolder, { recursive: true });
  }
  const before = new Set(childProcesses());
  const analyzer = Analyzer.start(pack);
  const processId = childProcesses().find((child) => !before.has(child)) ?? NaN;
  try {
    // Warms up the code and caches, as a large stack does.
    await analyze(analyzer, 2_000);
    for (const count of [100, 1_000, 10_000]) {
      const used = cpuMs(processId);
      const start = process.hrtime.bigint();
      await analyze(analyzer, count);
      const wallMs = Number(process.hrtime.bigint() - start) / 1e6;
      console.log(
        `  ${count} resources: ${((cpuMs(processId) - used) / count).toFixed(2)} ms of CPU time each in the pack` +
          ` (bound: 1), ${(wallMs / count).toFixed(2)} ms of wall time each`,
      );
    }
  } finally {
    analyzer.close();
  }
}

async function startMs(pack: string): Promise<number> {
  const start = process.hrtime.bigint();
  const started = startPack(pack);
  started.hold();
  await started.port;
  started.close();
  return Number(process.hrtime.bigint() - start) / 1e6;
}

async function analyze(analyzer: Analyzer, count: number): Promise<void> {
  const resources = Array.from({ length: count }, (_, index) => resource(index));
  const { violations } = await analyzer.analyze(resources, {
    project: "bench",
    stack: "prod",
    config: {
      // Disables the policies about required parts of a stack, which these resources lack.
      ...Object.fromEntries(
        ["required-alerts", "absent-coverage", "watchdog-routed", "severities-delivered"].map(
          (name) => [name, "disabled"],
        ),
      ),
    },
  });
  if (violations.length > 0) {
    throw new Error(
      `expected no violation, first of ${violations.length}: ${violations[0]?.message}`,
    );
  }
}

/** A resource. Successive indexes cycle through the types that are frequent in large stacks. */
function resource(index: number): AnalyzedResource {
  const name = `service-${index}`;
  const metadata = { name, namespace: "ticketing", labels: { app: name, team: "bench" } };
  const [type, properties] = kinds(name, metadata)[index % 4] as [string, WireObject];
  return {
    type,
    name,
    urn: `urn:pulumi:prod::bench::${type}::${name}`,
    parent: undefined,
    custom: true,
    properties: { ...properties, metadata },
    registeredOutputs: undefined,
    options: noOptions(),
  };
}

function kinds(name: string, { labels }: { labels: WireObject }): [string, WireObject][] {
  const container = {
    name,
    image: `registry.example/${name}:1.0.0`,
    ports: [{ name: "http", containerPort: 8080 }],
    env: ["DD_ENV", "DD_SERVICE", "DD_VERSION"].map((key) => ({ name: key, value: name })),
    resources: { requests: { cpu: "100m", memory: "128Mi" }, limits: { memory: "256Mi" } },
  };
  return [
    [
      "kubernetes:apps/v1:Deployment",
      {
        spec: {
          replicas: 2,
          selector: { matchLabels: labels },
          template: { metadata: { labels }, spec: { containers: [container] } },
        },
      },
    ],
    [
      "kubernetes:monitoring.coreos.com/v1:ServiceMonitor",
      {
        spec: {
          selector: { matchLabels: labels },
          endpoints: [{ port: "http", path: "/metrics", interval: "30s", scrapeTimeout: "10s" }],
        },
      },
    ],
    [
      "kubernetes:monitoring.coreos.com/v1:PrometheusRule",
      { spec: { groups: [{ name, rules: [rule(name, "critical"), rule(name, "warning")] }] } },
    ],
    [
      "kubernetes:core/v1:ConfigMap",
      { data: { "settings.yaml": "level: info\nlisten: :8080\n".repeat(20) } },
    ],
  ];
}

function rule(name: string, severity: string): WireObject {
  return {
    alert: `QueueLong_${name.replace("-", "_")}`,
    expr: `sum by (namespace, service) (rate(queue_length_total{service="${name}"}[5m])) > ${severity === "critical" ? 100 : 50}`,
    for: "5m",
    labels: { severity },
    annotations: {
      summary: `Queue of ${name} is long`,
      description: "{{ $value }} entries a second",
      runbook_url: "https://wiki.ticketing.io/runbooks/queue-long",
    },
  };
}

/** Creates a pack without policies, which the preview bundles like ours. */
function emptyPack(): string {
  const folder = fs.mkdtempSync(path.join(fs.realpathSync(os.tmpdir()), "bench-pack-"));
  fs.symlinkSync(path.resolve("node_modules"), path.join(folder, "node_modules"));
  fs.writeFileSync(
    path.join(folder, "package.json"),
    JSON.stringify({ name: "empty", version: "0.0.0" }),
  );
  fs.writeFileSync(
    path.join(folder, "pack.ts"),
    'import { PolicyPack } from "@pulumi/policy";\nnew PolicyPack("empty", { policies: [] });\n',
  );
  return folder;
}
