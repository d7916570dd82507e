import assert from "node:assert/strict";
import { setTimeout as pause } from "node:timers/promises";
import { type Call } from "../support/engine/callLog";
import { generatedPassword } from "../support/engine/doubles";
import { type Run, type StateResource, TestStack } from "../support/engine/stack";
import { toolPath } from "../../tools/paths.cjs";
import { projectDirectory } from "../support/stackConfig";

/** Recognizable secrets that must not appear in any file or output. */
const secrets = {
  "monitoring:datadogApiKey": "5eed0000000000000000000000a11ce5",
  "monitoring:datadogAppKey": "5eed0000000000000000000000000000000b0b00",
  // Required in prod, where it detects that alerting itself stopped.
  "monitoring:heartbeatUrl": "https://heartbeat.example.com/planted-5eed",
  "monitoring:slackWebhookUrl": [
    "https://hooks.slack.com/services",
    "T0PLANTED",
    "B0PLANTED",
    "plantedPlantedPlantedPla",
  ].join("/"),
};

const generated = {
  "the Grafana password": generatedPassword("prometheus-grafana-admin"),
  "the token of the Cluster Agent": generatedPassword("datadog-cluster-agent-token"),
};

const bucketResources = [
  "Bucket loki-bucket",
  "BucketLifecycleConfiguration loki-bucket-lifecycle",
  "BucketOwnershipControls loki-bucket-ownership",
  "BucketPolicy loki-bucket-policy",
  "BucketPublicAccessBlock loki-bucket-public-access",
  "BucketServerSideEncryptionConfiguration loki-bucket-encryption",
  "BucketVersioning loki-bucket-versioning",
];

function policies(environment: string) {
  return { policyPack: "policies", policyConfig: `policies/config.${environment}.json` };
}

before("find the Pulumi CLI", () => {
  toolPath("pulumi");
});

for (const environment of ["dev", "prod"]) {
  describe(`${environment} on the real engine`, () => {
    let lifecycle: Lifecycle;

    before("preview, up, up again, destroy", async () => {
      lifecycle = await runLifecycle(environment);
    });

    it("previews all resources and passes its policies", () => {
      assert.equal(lifecycle.preview.exitCode, 0, lifecycle.preview.text);
      assert.match(lifecycle.preview.text, passedPolicies);
      assert.deepEqual(
        resourcesOf(lifecycle.preview, "create", "preview"),
        resourcesOf(lifecycle.up, "create"),
      );
    });

    it("runs every policy in the first preview, although many values are unknown", () => {
      assert.doesNotMatch(lifecycle.preview.text, /can't run policy/);
    });

    it("deploys all resources at once and passes its policies", () => {
      assert.equal(lifecycle.up.exitCode, 0, lifecycle.up.text);
      assert.match(lifecycle.up.text, passedPolicies);
      // The stacks of this project store logs twice, which causes the only warning.
      const diagnostics = lifecycle.up.text.match(/\b(warning|error): [\w ]+/g) ?? [];
      assert.deepEqual(
        [...new Set(diagnostics)],
        ["warning: Loki and Datadog both store every log line of ticketing"],
      );
      const custom = lifecycle.deployed.filter(
        (resource) => resource.custom && !isProvider(resource),
      );
      assert.deepEqual(resourcesOf(lifecycle.up, "create"), custom.map(nameOf).sort());
    });

    it("changes nothing if it is deployed again", () => {
      assert.equal(lifecycle.again.exitCode, 0, lifecycle.again.text);
      assert.deepEqual(changes(lifecycle.again), []);
      const diffs = lifecycle.again.calls.filter((call) => call.operation === "diff");
      assert.ok(diffs.length > 0);
      for (const diff of diffs) assert.deepEqual(diff.changed, [], diff.name);
    });

    it("outputs how to access the user interfaces", () => {
      assert.deepEqual(Object.keys(lifecycle.outputs).sort(), [
        "access",
        "chartVersions",
        "existingPrometheus",
        "grafanaAdminPassword",
        "lokiBucket",
        "retentionCost",
        "urls",
      ]);
      assert.match(JSON.stringify(lifecycle.outputs["access"]), /kubectl port-forward/);
    });

    it("shows the Grafana password only on request", () => {
      assert.equal(lifecycle.outputs["grafanaAdminPassword"], "[secret]");
      assert.equal(
        lifecycle.shown["grafanaAdminPassword"],
        generatedPassword("prometheus-grafana-admin"),
      );
    });

    it("stores no secret in plain text in any file of the engine", () => {
      assert.ok(lifecycle.files.some(({ text }) => text.includes("PrometheusStack")));
      for (const { file, text } of lifecycle.files) assert.deepEqual(secretsIn(text), [], file);
    });

    it("prints no secret", () => {
      for (const run of lifecycle.runs) assert.deepEqual(secretsIn(run.text), []);
    });

    it("leaves no process behind", async () => {
      const pids = lifecycle.runs.flatMap((run) => run.calls.flatMap((call) => call.pid ?? []));
      assert.ok(pids.length > 0);
      for (let tries = 0; tries < 100 && pids.some(isRunning); tries += 1) await pause(100);
      assert.deepEqual(pids.filter(isRunning), []);
    });

    if (environment === "dev") {
      it("deletes everything but the log bucket and the namespaces, whose volumes hold data", () => {
        assert.equal(lifecycle.destroy.exitCode, 0, lifecycle.destroy.text);
        assert.deepEqual(
          [
            ...resourcesOf(lifecycle.destroy, "delete"),
            ...bucketResources,
            "Namespace monitoring",
            "Namespace ticketing",
          ].sort(),
          resourcesOf(lifecycle.up, "create"),
        );
        assert.deepEqual(lifecycle.remaining, []);
      });
    } else {
      it("rejects destroy without deleting anything", () => {
        assert.notEqual(lifecycle.destroy.exitCode, 0, lifecycle.destroy.text);
        assert.match(lifecycle.destroy.text, /cannot be deleted\s+because it is protected/);
        assert.deepEqual(changes(lifecycle.destroy), []);
        assert.deepEqual(
          lifecycle.remaining.map(nameOf).sort(),
          lifecycle.deployed.map(nameOf).sort(),
        );
      });

      it("protects the log bucket and its settings", () => {
        const protectedResources = lifecycle.deployed.filter((resource) => resource.protect);
        assert.deepEqual(protectedResources.map(nameOf).sort(), bucketResources);
      });

      it("keeps only the protected resources with --exclude-protected", () => {
        assert.equal(lifecycle.destroyRest.exitCode, 0, lifecycle.destroyRest.text);
        const remaining = lifecycle.survivors.filter(
          (resource) => resource.custom && !isProvider(resource),
        );
        assert.deepEqual(remaining.map(nameOf).sort(), bucketResources);
      });
    }
  });
}

describe("a change that violates a policy", () => {
  let run: Run;
  let resources: StateResource[];

  before(async () => {
    const config = { "monitoring:prometheus.retentionDays": "400" };
    await withStack({ stack: "prod", secrets, config }, async (stack) => {
      run = await stack.up(policies("prod"));
      resources = await stack.resources();
    });
  });

  it("fails in the preview with the violation", () => {
    assert.notEqual(run.exitCode, 0, run.text);
    assert.match(run.text, /\[mandatory\].* prometheus-retention .*\n[^]*found: 400d/);
  });

  it("deploys nothing", () => {
    assert.deepEqual(changes(run), []);
    assert.deepEqual(resources, []);
  });
});

describe("a missing required secret", () => {
  let run: Run;
  let resources: StateResource[];

  before(async () => {
    const { "monitoring:slackWebhookUrl": _unset, ...others } = secrets;
    await withStack({ stack: "prod", secrets: others }, async (stack) => {
      run = await stack.up(policies("prod"));
      resources = await stack.resources();
    });
  });

  it("is reported in one error with the key and the fix", () => {
    assert.notEqual(run.exitCode, 0);
    const diagnostics = run.text.split("\nDiagnostics:\n")[1] ?? "";
    assert.equal(diagnostics.match(/error: /g)?.length, 1, run.text);
    assert.match(diagnostics, /monitoring:slackWebhookUrl is required/);
    assert.match(diagnostics, /fix: pulumi config set --secret monitoring:slackWebhookUrl/);
    assert.doesNotMatch(run.text, /^\s+at /m);
  });

  it("registers nothing", () => {
    assert.deepEqual(
      run.calls.filter((call) => call.package !== "nodejs"),
      [],
    );
    assert.deepEqual(resources, []);
  });
});

describe("a stack that creates its own cluster", () => {
  let preview: Run;
  let up: Run;
  let again: Run;
  let destroyed: Run;
  const replaced: Run[] = [];
  const deployed: Record<string, string> = {
    "monitoring:cluster.mode": "create",
    "monitoring:cluster.name": "ticketing-dev",
  };
  const replacements = {
    "monitoring:cluster.mode": "existing",
    "monitoring:cluster.name": "ticketing-other",
  };

  before(async () => {
    const config = { "monitoring:cluster.mode": "create" };
    await withStack({ stack: "dev", secrets, config }, async (stack) => {
      preview = await stack.preview(policies("dev"));
      up = await stack.update(policies("dev"));
      again = await stack.update({
        ...policies("dev"),
        args: ["--expect-no-changes"],
      });
      for (const [key, value] of Object.entries(replacements)) {
        await stack.must("config", "set", "--path", key, value);
        replaced.push(await stack.preview(), await stack.update());
        await stack.must("config", "set", "--path", key, deployed[key] ?? "");
      }
      destroyed = await stack.destroy();
    });
  });

  it("previews all resources while the cluster is unknown", () => {
    assert.equal(preview.exitCode, 0, preview.text);
    assert.match(preview.text, passedPolicies);
  });

  it("creates the cluster first, and the rest in the same deployment", () => {
    assert.equal(up.exitCode, 0, up.text);
    const created = changes(up).map(nameOf);
    assert.deepEqual(created.slice(0, 2), ["RandomUuid cluster", "Cluster cluster-eksCluster"]);
    assert.ok(created.includes("Release prometheus"));
  });

  it("changes nothing if it is deployed again", () => {
    assert.equal(again.exitCode, 0, again.text);
    assert.deepEqual(changes(again), []);
  });

  it("refuses settings that would delete or replace the cluster, and changes nothing", () => {
    assert.equal(replaced.length, 4);
    for (const run of replaced) {
      assert.notEqual(run.exitCode, 0, run.text);
      assert.match(run.text, /would delete the cluster ticketing-dev, which the stack created/);
      assert.match(run.text, /fix: restore the value .*run pulumi destroy first/);
      // Pulumi would prepend the name of each input that waits for the cluster.
      assert.match(run.text, /^ *error: monitoring:cluster = .* would delete the cluster/m);
      assert.deepEqual(changes(run), []);
    }
  });

  it("deletes the cluster with the stack", () => {
    assert.equal(destroyed.exitCode, 0, destroyed.text);
    assert.ok(resourcesOf(destroyed, "delete").includes("Cluster cluster-eksCluster"));
  });
});

describe("a deployment that fails halfway", () => {
  it("names the failed resource, and the next deployment creates the rest", async () => {
    await withStack({ stack: "dev", secrets }, async (stack) => {
      const failed = await stack.up({ failOn: ["kubernetes:helm.sh/v3:Release::loki:create"] });
      assert.notEqual(failed.exitCode, 0);
      assert.match(failed.text, /Release \(loki\):\s+error: the test made create of loki fail/);

      const resumed = await stack.up();
      assert.equal(resumed.exitCode, 0, resumed.text);
      const first = resourcesOf(failed, "create").filter((name) => name !== "Release loki");
      const second = resourcesOf(resumed, "create");
      assert.ok(second.includes("Release loki"));
      assert.deepEqual(
        second.filter((name) => first.includes(name)),
        [],
      );
      assert.deepEqual(resourcesOf(resumed, "update"), []);
    });
  });
});

/** Results of all commands in the life of one stack. */
interface Lifecycle {
  preview: Run;
  up: Run;
  again: Run;
  destroy: Run;
  destroyRest: Run;
  runs: Run[];
  outputs: Record<string, unknown>;
  shown: Record<string, unknown>;
  files: { file: string; text: string }[];
  deployed: StateResource[];
  /** Resources after `destroy`. */
  remaining: StateResource[];
  /** Resources after `destroy --exclude-protected`. */
  survivors: StateResource[];
}

async function runLifecycle(environment: string): Promise<Lifecycle> {
  return withStack({ stack: environment, secrets }, async (stack) => {
    const preview = await stack.preview(policies(environment));
    const up = await stack.update(policies(environment));
    const outputs = await stack.outputs({ secrets: false });
    const shown = await stack.outputs({ secrets: true });
    const deployed = await stack.resources();
    const again = await stack.update({
      ...policies(environment),
      args: ["--expect-no-changes"],
    });
    const files = stack.files();
    const destroy = await stack.destroy();
    const remaining = await stack.resources();
    const destroyRest = await stack.destroy({ args: ["--exclude-protected"] });
    const survivors = await stack.resources();
    const runs = [preview, up, again, destroy, destroyRest];
    return {
      preview,
      up,
      again,
      destroy,
      destroyRest,
      runs,
      outputs,
      shown,
      files,
      deployed,
      remaining,
      survivors,
    };
  });
}

async function withStack<T>(
  options: { stack: string; secrets: Record<string, string>; config?: Record<string, string> },
  use: (stack: TestStack) => Promise<T>,
): Promise<T> {
  const stack = await TestStack.create({ project: projectDirectory, ...options });
  try {
    return await use(stack);
  } finally {
    stack.dispose();
  }
}

/** Output for one pack without violations, except the reports about what the policies skip. */
const passedPolicies =
  /Policies:\n\s+(?!❌)\S+ [\w-]+@v[^\n]*\n(?![^]*- \[(?!advisory\][^\n]* (?:not-evaluated|exceptions)\b))/;

/** Changes that were deployed, without previews. */
function changes(run: Run): Call[] {
  return run.calls.filter(
    (call) => !call.preview && ["create", "update", "delete"].includes(call.operation),
  );
}

/** Resources of all calls of an operation, as `Release loki`. */
function resourcesOf(run: Run, operation: string, phase?: "preview"): string[] {
  return run.calls
    .filter((call) => call.operation === operation && call.preview === (phase === "preview"))
    .map(nameOf)
    .sort();
}

function nameOf(resource: { type: string; name?: string; urn?: string }): string {
  const kind = resource.type.split(":").at(-1) ?? "";
  return `${kind} ${resource.name ?? resource.urn?.split("::").at(-1)}`;
}

function isProvider(resource: StateResource): boolean {
  return resource.type.startsWith("pulumi:providers:");
}

function base64(text: string): string {
  return Buffer.from(text).toString("base64");
}

/** Names of the secrets that a text contains in plain text or base64. */
function secretsIn(text: string): string[] {
  return Object.entries({ ...secrets, ...generated })
    .filter(([, value]) => text.includes(value) || text.includes(base64(value)))
    .map(([name]) => name);
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
