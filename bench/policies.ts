import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { Analyzer } from "../preview/pack/analyzer";
import type { AnalyzedResource } from "../preview/pack/analyzerMessages";
import { startPack } from "../preview/pack/packProcess";
import type { PolicyConfigFile } from "../preview/pack/policyConfig";
import { noOptions } from "../preview/engine/recordedResource";
import type { WireObject } from "../preview/engine/values";
import { observabilityPolicies } from "../policies/catalog";
import { childrenOf } from "../test/support/childrenOf";
import { cpuMs, median } from "./measure";
import { type Report, formatCount } from "./report";

/**
 * Measures the startup time of the policy pack, and the CPU time of all policies per resource and per
 * rule. The SDK transfers each resource and passes it to every policy, so the cost of the checks is the
 * difference from a pack with the same number of policies that check nothing.
 */
export async function policies(report: Report): Promise<void> {
  report.section(
    "Policies",
    "The policy pack, compared with a pack that has the same number of policies but checks nothing. The" +
      " figures are CPU time, because the pack runs in a separate process.",
  );
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
    report.line(
      `startup in ${Math.round(ours)} ms, versus ${Math.round(empty)} ms for an empty pack: ${(ours / empty).toFixed(2)}x (target: at most 1.3)`,
    );
    await resourcesAndRules(pack, emptyFolder, report);
  } finally {
    fs.rmSync(emptyFolder, { recursive: true });
  }
}

async function resourcesAndRules(pack: string, emptyFolder: string, report: Report): Promise<void> {
  // These policies require parts of a stack that the resources do not include.
  const ours = measuredPack(pack, {
    "required-alerts": "disabled",
    "absent-coverage": "disabled",
    "watchdog-routed": "disabled",
    "severities-delivered": "disabled",
  });
  const empty = measuredPack(emptyFolder, {});
  try {
    // Warm up the code and the caches, as a large stack would.
    for (const measured of [ours, empty]) await measured.cpuMs(resources(2_000));
    for (const [count, rounds] of [
      [100, 20],
      [1_000, 5],
      [10_000, 1],
    ] as const) {
      const totals = { ours: 0, empty: 0 };
      for (let round = 0; round < rounds; round++) {
        totals.ours += await ours.cpuMs(resources(count));
        totals.empty += await empty.cpuMs(resources(count));
      }
      const each = (total: number) => total / rounds / count;
      report.line(
        `${formatCount(count)} resources: ${each(totals.ours - totals.empty).toFixed(2)} ms of CPU time per resource in the` +
          ` checks (target: at most 1), plus ${each(totals.empty).toFixed(2)} ms in the SDK, which calls each policy`,
      );
    }
    // Each round uses different rules, because the pack caches parsed expressions.
    const rounds = 5;
    let thousandMs = 0;
    for (let round = 0; round < rounds; round++) {
      thousandMs += (await ours.cpuMs(ruleObjects(1_000, round))) / rounds;
    }
    const tenThousandMs = await ours.cpuMs(ruleObjects(10_000, rounds));
    report.line(
      `10,000 rules: ${(tenThousandMs / 1000).toFixed(1)} s of CPU time,` +
        ` ${(tenThousandMs / thousandMs).toFixed(1)}x the time of 1,000 rules (target: at most 11)`,
    );
  } finally {
    ours.close();
    empty.close();
  }
}

/**
 * Starts a pack that evaluates resources. `cpuMs` returns the CPU time that its process needs to
 * evaluate a stack.
 */
function measuredPack(folder: string, config: PolicyConfigFile) {
  const before = new Set(childrenOf(process.pid));
  const analyzer = Analyzer.start(folder);
  const processId = childrenOf(process.pid).find((child) => !before.has(child)) ?? NaN;
  return {
    close: () => analyzer.close(),
    cpuMs: async (stack: AnalyzedResource[]) => {
      const used = cpuMs(processId);
      const { violations } = await analyzer.analyze(stack, {
        project: "bench",
        stack: "prod",
        config,
      });
      if (violations.length > 0) {
        throw new Error(
          `expected no violation, first of ${violations.length}: ${violations[0]?.message}`,
        );
      }
      return cpuMs(processId) - used;
    },
  };
}

async function startMs(pack: string): Promise<number> {
  const start = process.hrtime.bigint();
  const started = startPack(pack);
  started.hold();
  await started.port;
  started.close();
  return Number(process.hrtime.bigint() - start) / 1e6;
}

function resources(count: number): AnalyzedResource[] {
  return Array.from({ length: count }, (_, index) => resource(index));
}

/** Returns objects with 100 rules each. The rules differ in every round. */
function ruleObjects(rules: number, round: number): AnalyzedResource[] {
  return Array.from({ length: rules / 100 }, (_, index) => {
    const name = `round-${round}-${index}`;
    const names = Array.from({ length: 50 }, (_, service) => `${name}-${service}`);
    const groups = names.map((service) => ({
      name: service,
      rules: [rule(service, "critical"), rule(service, "warning")],
    }));
    const properties = { metadata: { name, namespace: "ticketing" }, spec: { groups } };
    return recorded("kubernetes:monitoring.coreos.com/v1:PrometheusRule", name, properties);
  });
}

/** Returns a resource. Successive indexes cycle through types that are common in large stacks. */
function resource(index: number): AnalyzedResource {
  const name = `service-${index}`;
  const metadata = { name, namespace: "ticketing", labels: { app: name, team: "bench" } };
  const [type, properties] = kinds(name, metadata)[index % 4] as [string, WireObject];
  return recorded(type, name, { ...properties, metadata });
}

function recorded(type: string, name: string, properties: WireObject): AnalyzedResource {
  return {
    type,
    name,
    urn: `urn:pulumi:prod::bench::${type}::${name}`,
    parent: undefined,
    custom: true,
    properties,
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
    alert: `QueueLong_${name.replaceAll("-", "_")}`,
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

/** Creates a pack with as many policies as this project's pack, none of which checks anything. */
function emptyPack(): string {
  const folder = fs.mkdtempSync(path.join(fs.realpathSync(os.tmpdir()), "bench-pack-"));
  fs.symlinkSync(path.resolve("node_modules"), path.join(folder, "node_modules"));
  fs.writeFileSync(
    path.join(folder, "package.json"),
    JSON.stringify({ name: "empty", version: "0.0.0" }),
  );
  const policies = observabilityPolicies().map((policy) => {
    const checks = ["validateResource", "validateStack"].filter((key) => key in policy);
    const functions = checks.map((check) => `${check}: () => undefined`);
    const { name, description, enforcementLevel } = policy;
    const fields = JSON.stringify({ name, description, enforcementLevel }).slice(1, -1);
    return `{ ${[fields, ...functions].join(", ")} }`;
  });
  fs.writeFileSync(
    path.join(folder, "pack.ts"),
    `import { PolicyPack } from "@pulumi/policy";\nnew PolicyPack("empty", { policies: [${policies.join(", ")}] });\n`,
  );
  return folder;
}
