/** The components on the real engine, connected by outputs alone: `programs/wiring.ts`. */
import assert from "node:assert/strict";
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { toolPath } from "../../tools/paths.cjs";
import {
  type Run,
  type StackOptions,
  type StateResource,
  TestStack,
} from "../support/engine/stack";
import { projectDirectory } from "../support/stackConfig";

const program = path.join(projectDirectory, "test/e2e/programs/wiring.ts");
const clusters = ["shop-a", "shop-b"];

const secrets = {
  "wiring:webhookUrl": "https://hooks.slack.com/services/T0/B0/main",
  "wiring:webhookUrls": '{"#critical":"https://hooks.slack.com/services/T0/B0/critical"}',
};
const config = { "wiring:apiKey": "0123456789abcdef0123456789abcdef" };

describe("components that are connected by outputs, on the real engine", () => {
  let project: string;

  before(() => {
    toolPath("pulumi");
    project = fs.mkdtempSync(path.join(os.tmpdir(), "observability-wiring-"));
    for (const entry of ["node_modules", "tsconfig.json"]) {
      fs.symlinkSync(path.join(projectDirectory, entry), path.join(project, entry));
    }
    fs.writeFileSync(path.join(project, "index.ts"), `require(${JSON.stringify(program)});\n`);
    fs.writeFileSync(path.join(project, "package.json"), '{ "main": "index.ts" }');
    fs.writeFileSync(path.join(project, "Pulumi.yaml"), "name: wiring\nruntime: nodejs\n");
  });
  after(() => fs.rmSync(project, { recursive: true, force: true }));

  async function withStack(
    options: Partial<StackOptions>,
    use: (stack: TestStack) => Promise<void>,
  ): Promise<void> {
    const stack = await TestStack.create({ project, stack: "test", config, ...options });
    try {
      // `set-all --path` would split the map of webhooks at the dots in its URLs.
      for (const [key, value] of Object.entries(secrets)) {
        await stack.must("config", "set", "--secret", key, value);
      }
      await use(stack);
    } finally {
      stack.dispose();
    }
  }

  it("deploy in two clusters, in the order of the outputs, and then stay unchanged", async () => {
    await withStack({}, async (stack) => {
      const up = await stack.up();
      assert.equal(up.exitCode, 0, up.text);
      const order = created(up);
      for (const cluster of clusters) {
        const before = (first: string, second: string) => {
          const [a, b] = [first, second].map((name) => order.indexOf(`${cluster}-${name}`));
          assert.ok(
            a !== undefined && b !== undefined && a >= 0 && a < b,
            `${first} before ${second}`,
          );
        };
        for (const child of [
          "slack-config",
          "slack-webhook",
          "prometheus-grafana-admin",
          "loki-service-account",
          "loki-alloy-config",
        ]) {
          before("monitoring", child);
        }
        before("slack-config", "prometheus");
        before("slack-webhook", "prometheus");
        before("storage", "prometheus");
        before("suffix", "loki-bucket");
        before("logs", "loki-bucket-encryption");
        before("access", "loki-bucket-access-log");
        before("loki-bucket", "marker");
        before("prometheus", "loki");
        before("loki", "client");
        before("team-logs", "team-loki");
        before("team-role", "team-loki");
        before("team-loki", "team-prometheus");
        before("team-slack-config", "team-prometheus");
        before("credentials", "datadog");
        before("shop", "services-checkout-api");
      }
      const resources = await stack.resources();
      const buckets = resources.filter(({ urn }) => urn.endsWith("-loki-bucket"));
      assert.equal(buckets.length, clusters.length);
      for (const { urn, inputs, dependencies = [] } of buckets) {
        // The bucket does not wait for the namespace: retaining it would retain the namespace.
        assert.deepEqual(
          dependencies.filter((other) => other.includes("kubernetes:")),
          [],
          urn,
        );
        assert.match(String(inputs?.["bucket"]), /^shop-[ab]-logs-[0-9a-f]+$/);
      }
      assert.doesNotMatch(JSON.stringify(resources), /pulumi-input/i);
      for (const cluster of clusters) {
        const component = (name: string) => rulesOf(resources, `${cluster}-${name}-rules`);
        const [services, team] = [component("services"), component("team")];
        assert.match(services, /component=\\"shop-.-services\\"/);
        // The rules differ only in the services that they record and in the component that they skip.
        assert.equal(
          team
            .replaceAll(`${cluster}-team`, `${cluster}-services`)
            .replaceAll("cart", "checkout-api"),
          services,
        );
      }

      const again = await stack.up();
      assert.equal(again.exitCode, 0, again.text);
      assert.deepEqual(changes(again), []);

      const destroyed = await stack.destroy();
      assert.equal(destroyed.exitCode, 0, destroyed.text);
    });
  });

  it("fail with the message of a plain argument if an output is invalid, and deploy nothing", async () => {
    await withStack({ config: { ...config, "wiring:bucket": "Not_a_bucket" } }, async (stack) => {
      for (const run of [await stack.preview(), await stack.up(), await stack.update()]) {
        assert.notEqual(run.exitCode, 0, run.text);
        assert.match(run.text, /LokiStack "shop-a-loki": 1 problem in its arguments/);
        assert.match(run.text, /bucket = "Not_a_bucket" must have 3 to 63 characters from a-z/);
        assert.match(run.text, /fix: bucket: "/);
        assert.doesNotMatch(run.text, /^\s+at /m);
        assert.deepEqual(
          created(run).filter((name) => /^shop-.-loki/.test(name)),
          [],
        );
      }
    });
  });
});

/** The rules in the PrometheusRule of a component, as JSON. */
function rulesOf(resources: StateResource[], name: string): string {
  const object = resources.find(({ urn }) => urn.endsWith(`::${name}`));
  return JSON.stringify(object?.inputs?.["spec"]);
}

/** Names of the resources that a run created, in order. */
function created({ calls }: Run): string[] {
  return calls
    .filter(({ operation, preview }) => operation === "create" && !preview)
    .map(({ name }) => name);
}

function changes({ calls }: Run): string[] {
  return calls
    .filter(({ operation, preview }) => /create|update|delete/.test(operation) && !preview)
    .map(({ operation, name }) => `${operation} ${name}`);
}
