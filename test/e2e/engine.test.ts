import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import * as path from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { type Call } from "../support/engine/callLog";
import { generatedPassword } from "../support/engine/doubles";
import { type Run, type StateResource, TestStack } from "../support/engine/stack";
import { toolPath } from "../../tools/paths.cjs";

const project = path.resolve(__dirname, "../..");

/** Planted values: none of them may appear in a file or in what a command prints. */
const secrets = {
  "monitoring:datadogApiKey": "5eed0000000000000000000000a11ce5",
  "monitoring:datadogAppKey": "5eed0000000000000000000000000000000b0b00",
  // Prod asks for it: without it nobody notices that alerting itself stopped.
  "monitoring:heartbeatUrl": "https://heartbeat.example.com/planted-5eed",
  "monitoring:slackWebhookUrl": [
    "https://hooks.slack.com/services",
    "T0PLANTED",
    "B0PLANTED",
    "plantedPlantedPlantedPla",
  ].join("/"),
};

const generated = {
  "Grafana's password": generatedPassword("prometheus-grafana-admin"),
  "the cluster agent's token": generatedPassword("datadog-cluster-agent-token"),
};

const protectedInProd = [
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

before("the policy pack is compiled and the engine is built", () => {
  toolPath("pulumi");
  execFileSync("npm", ["run", "build:policies", "--silent"], { cwd: project, stdio: "inherit" });
});

for (const environment of ["dev", "prod"]) {
  describe(`${environment} on the real engine`, () => {
    let life: Life;

    before("preview, up, up again, destroy", async () => {
      life = await liveThrough(environment);
    });

    it("is previewed whole, and passes its policies", () => {
      assert.equal(life.preview.exitCode, 0, life.preview.text);
      assert.match(life.preview.text, passedPolicies);
      assert.deepEqual(
        resourcesOf(life.preview, "create", "preview"),
        resourcesOf(life.up, "create"),
      );
    });

    it("lets every policy judge the first preview, although much is not known yet", () => {
      assert.doesNotMatch(life.preview.text, /can't run policy/);
    });

    it("is deployed in one go, and passes its policies", () => {
      assert.equal(life.up.exitCode, 0, life.up.text);
      assert.match(life.up.text, passedPolicies);
      // The stacks of this project keep logs in two places, and are told so; nothing else is amiss.
      const complaints = life.up.text.match(/\b(warning|error): [\w ]+/g) ?? [];
      assert.deepEqual(
        [...new Set(complaints)],
        ["warning: Loki and Datadog both store every log line of ticketing"],
      );
      const custom = life.deployed.filter((resource) => resource.custom && !isProvider(resource));
      assert.deepEqual(resourcesOf(life.up, "create"), custom.map(nameOf).sort());
    });

    it("changes nothing when it is deployed again", () => {
      assert.equal(life.again.exitCode, 0, life.again.text);
      assert.deepEqual(changes(life.again), []);
      const diffs = life.again.calls.filter((call) => call.operation === "diff");
      assert.ok(diffs.length > 0);
      for (const diff of diffs) assert.deepEqual(diff.changed, [], diff.name);
    });

    it("tells its operator how to get in", () => {
      assert.deepEqual(Object.keys(life.outputs).sort(), [
        "access",
        "chartVersions",
        "grafanaAdminPassword",
        "lokiBucket",
        "retentionCost",
        "urls",
      ]);
      assert.match(JSON.stringify(life.outputs["access"]), /kubectl port-forward/);
    });

    it("shows Grafana's password only on request", () => {
      assert.equal(life.outputs["grafanaAdminPassword"], "[secret]");
      assert.equal(
        life.shown["grafanaAdminPassword"],
        generatedPassword("prometheus-grafana-admin"),
      );
    });

    it("keeps no secret in plain text in any file of the engine", () => {
      assert.ok(life.files.some(({ text }) => text.includes("PrometheusStack")));
      for (const { file, text } of life.files) assert.deepEqual(secretsIn(text), [], file);
    });

    it("prints no secret", () => {
      for (const run of life.runs) assert.deepEqual(secretsIn(run.text), []);
    });

    it("leaves no process behind", async () => {
      const pids = life.runs.flatMap((run) => run.calls.flatMap((call) => call.pid ?? []));
      assert.ok(pids.length > 0);
      for (let tries = 0; tries < 100 && pids.some(isRunning); tries += 1) await pause(100);
      assert.deepEqual(pids.filter(isRunning), []);
    });

    if (environment === "dev") {
      it("is gone after destroy", () => {
        assert.equal(life.destroy.exitCode, 0, life.destroy.text);
        assert.deepEqual(resourcesOf(life.destroy, "delete"), resourcesOf(life.up, "create"));
        assert.deepEqual(life.left, []);
      });
    } else {
      it("refuses to be destroyed: nothing at all is deleted", () => {
        assert.notEqual(life.destroy.exitCode, 0, life.destroy.text);
        assert.match(life.destroy.text, /cannot be deleted\s+because it is protected/);
        assert.deepEqual(changes(life.destroy), []);
        assert.deepEqual(life.left.map(nameOf).sort(), life.deployed.map(nameOf).sort());
      });

      it("protects the logs and everything that guards them", () => {
        const guarded = life.deployed.filter((resource) => resource.protect);
        assert.deepEqual(guarded.map(nameOf).sort(), protectedInProd);
      });

      it("keeps those and nothing else when the rest is destroyed", () => {
        assert.equal(life.destroyRest.exitCode, 0, life.destroyRest.text);
        const left = life.survivors.filter((resource) => resource.custom && !isProvider(resource));
        assert.deepEqual(left.map(nameOf).sort(), protectedInProd);
      });
    }
  });
}

describe("a change that breaks a policy", () => {
  let run: Run;
  let resources: StateResource[];

  before(async () => {
    const config = { "monitoring:prometheus.retentionDays": "400" };
    await withStack({ stack: "prod", secrets, config }, async (stack) => {
      run = await stack.up(policies("prod"));
      resources = await stack.resources();
    });
  });

  it("is stopped in the preview, with what is wrong", () => {
    assert.notEqual(run.exitCode, 0, run.text);
    assert.match(run.text, /\[mandatory\].* prometheus-retention .*\n[^]*found: 400d/);
  });

  it("deploys nothing", () => {
    assert.deepEqual(changes(run), []);
    assert.deepEqual(resources, []);
  });
});

describe("a required secret that is not set", () => {
  let run: Run;
  let resources: StateResource[];

  before(async () => {
    const { "monitoring:slackWebhookUrl": _unset, ...others } = secrets;
    await withStack({ stack: "prod", secrets: others }, async (stack) => {
      run = await stack.up(policies("prod"));
      resources = await stack.resources();
    });
  });

  it("is one readable error that names the key and the fix", () => {
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

describe("a stack that makes its own cluster", () => {
  let preview: Run;
  let up: Run;
  let again: Run;

  before(async () => {
    const config = { "monitoring:cluster.mode": "create" };
    await withStack({ stack: "dev", secrets, config }, async (stack) => {
      preview = await stack.preview(policies("dev"));
      up = await stack.up(policies("dev"));
      again = await stack.up({ ...policies("dev"), args: ["--expect-no-changes"] });
    });
  });

  it("is previewed whole while the cluster is not known yet", () => {
    assert.equal(preview.exitCode, 0, preview.text);
    assert.match(preview.text, passedPolicies);
  });

  it("is deployed in one go, the cluster first", () => {
    assert.equal(up.exitCode, 0, up.text);
    const created = changes(up).map(nameOf);
    assert.equal(created[0], "Cluster cluster-eksCluster");
    assert.ok(created.includes("Release prometheus"));
  });

  it("changes nothing when it is deployed again", () => {
    assert.equal(again.exitCode, 0, again.text);
    assert.deepEqual(changes(again), []);
  });
});

describe("a deployment that fails half-way", () => {
  it("names what failed, and is finished by the next one", async () => {
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

/** Everything that one stack went through, for tests that only look. */
interface Life {
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
  /** What is there after `destroy`. */
  left: StateResource[];
  /** What is there after `destroy --exclude-protected`. */
  survivors: StateResource[];
}

async function liveThrough(environment: string): Promise<Life> {
  return withStack({ stack: environment, secrets }, async (stack) => {
    const preview = await stack.preview(policies(environment));
    const up = await stack.up(policies(environment));
    const outputs = await stack.outputs({ secrets: false });
    const shown = await stack.outputs({ secrets: true });
    const deployed = await stack.resources();
    const again = await stack.up({ ...policies(environment), args: ["--expect-no-changes"] });
    const files = stack.files();
    const destroy = await stack.destroy();
    const left = await stack.resources();
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
      left,
      survivors,
    };
  });
}

async function withStack<T>(
  options: { stack: string; secrets: Record<string, string>; config?: Record<string, string> },
  use: (stack: TestStack) => Promise<T>,
): Promise<T> {
  const stack = await TestStack.create({ project, ...options });
  try {
    return await use(stack);
  } finally {
    stack.dispose();
  }
}

/** One pack, and no violation of any level. */
const passedPolicies = /Policies:\n\s+✅ [\w-]+@v[^\n]*\n(?!\s+- )/;

/** What really happened, previews left out. */
function changes(run: Run): Call[] {
  return run.calls.filter(
    (call) => !call.preview && ["create", "update", "delete"].includes(call.operation),
  );
}

/** `Release loki`, for every resource that the operation was called for. */
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

/** Names of the secrets that a text holds, as they are or in base64. */
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
