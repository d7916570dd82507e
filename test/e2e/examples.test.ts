/** Previews and deploys each project of `examples/` on the real engine, with the packed package. */
import assert from "node:assert/strict";
import * as fs from "node:fs";
import * as path from "node:path";
import { type ConsumerProject, consumerProject } from "../support/consumerProject";
import { type Run, type StackOptions, TestStack } from "../support/engine/stack";
import { projectDirectory } from "../support/stackConfig";

const examples = path.join(projectDirectory, "examples");
const webhook = ["https://hooks.slack.com/services", "T0PLANTED", "B0PLANTED", "planted"].join("/");

/** The configuration that each README tells the reader to set, by the folder of the example. */
const projects: Record<string, Omit<StackOptions, "project" | "stack">> = {
  everything: {
    config: { "aws:region": "eu-central-1", cluster: "checkout", bucket: "checkout-logs" },
    secrets: { slackWebhookUrl: webhook },
  },
  logs: { config: { "aws:region": "eu-central-1", cluster: "checkout", bucket: "checkout-logs" } },
  policies: {},
  services: {},
  slack: { secrets: { slackWebhookUrl: webhook } },
};

/** Commands of a README, without the placeholders of names. */
function commandsOf(example: string): string {
  return fs.readFileSync(path.join(examples, example, "README.md"), "utf8");
}

const created = ({ calls }: Run, preview: boolean): string[] =>
  calls
    .filter((call) => call.operation === "create" && call.preview === preview)
    .map(({ type, name }) => `${type.split(":").at(-1)} ${name}`)
    .sort();

describe("the examples", function () {
  let consumer: ConsumerProject;
  const stacks: TestStack[] = [];

  before("install the packed package", async () => {
    consumer = await consumerProject();
    for (const name of ["@pulumi/aws", "@pulumi/policy", "typescript"]) consumer.link(name);
    fs.cpSync(examples, consumer.directory, { recursive: true });
    // The tests of the installed package check the types; here, each start would do it again.
    for (const example of Object.keys(projects)) {
      consumer.write(`${example}/tsconfig.json`, '{ "ts-node": { "transpileOnly": true } }');
    }
  });
  after(() => {
    for (const stack of stacks) stack.dispose();
    consumer?.remove();
  });

  async function stackOf(example: string): Promise<TestStack> {
    const project = path.join(consumer.directory, example);
    const stack = await TestStack.create({ project, stack: "dev", ...projects[example] });
    stacks.push(stack);
    return stack;
  }

  /** Previews and deploys an example twice; returns what it created. */
  async function deploy(example: string, options = {}): Promise<[TestStack, string[]]> {
    const stack = await stackOf(example);
    const preview = await stack.preview(options);
    assert.equal(preview.exitCode, 0, preview.text);
    const up = await stack.update(options);
    assert.equal(up.exitCode, 0, up.text);
    assert.doesNotMatch(up.text, /warning:/);
    assert.deepEqual(created(preview, true), created(up, false));
    const again = await stack.update({ ...options, args: ["--expect-no-changes"] });
    assert.equal(again.exitCode, 0, again.text);
    return [stack, created(up, false)];
  }

  it("are all deployed by these tests, with the settings of their READMEs", () => {
    const folders = fs
      .readdirSync(examples)
      .filter((entry) => fs.existsSync(path.join(examples, entry, "Pulumi.yaml")));
    assert.deepEqual(folders.sort(), Object.keys(projects));
    for (const [example, { config = {}, secrets = {} }] of Object.entries(projects)) {
      const set = [...commandsOf(example).matchAll(/pulumi config set (?:--secret )?(\S+)/g)];
      const keys = [...Object.keys(config), ...Object.keys(secrets)];
      assert.deepEqual(set.map(([, key]) => key).sort(), keys.sort(), example);
    }
  });

  it("logs: Loki alone, with its bucket and role", async () => {
    const [stack, resources] = await deploy("logs");
    assert.ok(resources.includes("Release loki"));
    assert.ok(resources.includes("Bucket loki-bucket"));
    assert.ok(!resources.includes("Release prometheus"));
    assert.deepEqual(await stack.outputs({ secrets: false }), {
      bucket: "checkout-logs",
      lokiUrl: "http://loki.logging.svc.cluster.local:3100",
    });
  });

  it("slack: the Secrets, and the values for the existing Prometheus", async () => {
    const [stack, resources] = await deploy("slack");
    assert.deepEqual(
      resources.map((resource) => resource.split(" ")[0]),
      ["Secret", "Secret"],
    );
    assert.deepEqual(await stack.outputs({ secrets: false }), {
      values: {
        alertmanager: {
          alertmanagerSpec: {
            useExistingSecret: true,
            configSecret: "alertmanager-config",
            secrets: ["alertmanager-slack"],
          },
        },
      },
    });
  });

  it("services: scraping and alerts, without anything else", async () => {
    const [, resources] = await deploy("services");
    assert.deepEqual(resources, [
      "PrometheusRule checkout-rules",
      "ServiceMonitor checkout-checkout-api",
      "ServiceMonitor checkout-checkout-worker",
    ]);
  });

  it("everything: the components wait for what their arguments name", async () => {
    const [stack, resources] = await deploy("everything");
    for (const expected of ["Release loki", "Release prometheus", "PrometheusRule checkout-rules"])
      assert.ok(resources.includes(expected), expected);
    const { grafanaUrl, lokiUrl } = await stack.outputs({ secrets: false });
    const values = JSON.stringify(
      (await stack.resources()).find(({ urn }) => urn.endsWith("v3:Release::prometheus"))?.inputs,
    );
    assert.ok(typeof lokiUrl === "string" && values.includes(lokiUrl), String(lokiUrl));
    assert.match(String(grafanaUrl), /^http:\/\/prometheus-grafana\./);
    assert.match(values, /"configSecret":"alertmanager-config"/);
  });

  describe("policies: the pack over a chart that no component installs", () => {
    it("passes", async () => {
      await deploy("policies", { policyPack: "pack" });
    });

    it("fails if the retention is out of bounds, and names the value to change", async () => {
      const stack = await stackOf("policies");
      await stack.set("retentionDays", "400");
      const { exitCode, text } = await stack.preview({ policyPack: "pack" });
      assert.notEqual(exitCode, 0, text);
      assert.match(text, /\[mandatory\].* prometheus-retention .*\n[^]*found: 400d/);
      assert.match(text, /fix: +set values\.prometheus\.prometheusSpec\.retention: "60d"/);
    });
  });
});
