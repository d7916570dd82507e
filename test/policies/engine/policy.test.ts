import type { ResourceValidationPolicy, StackValidationPolicy } from "@pulumi/policy";
import * as assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import * as path from "node:path";
import { lokiRetention } from "../../../policies/retention/lokiRetention";
import { sdkPolicy } from "../../../policies/engine/sdkPolicy";
import { requiredAlerts } from "../../../policies/alerts/requiredAlerts";

async function reported(type: string, config: object, props: object = {}): Promise<string[]> {
  const messages: string[] = [];
  const policy = sdkPolicy(lokiRetention) as ResourceValidationPolicy;
  const validate = policy.validateResource as (args: unknown, report: unknown) => Promise<void>;
  const args = { type, name: "x", urn: "urn:pulumi:dev::p::t::x", props, getConfig: () => config };
  await validate(args, (message: string) => messages.push(message));
  return messages;
}

describe("a policy as the SDK runs it", () => {
  it("says once for a stack that a property of its configuration is misspelt", async () => {
    const misspelt = { maxDay: 30 };
    const [message, ...others] = await reported("pulumi:pulumi:Stack", misspelt);
    assert.deepEqual(others, []);
    assert.match(
      message ?? "",
      /loki-retention\.maxDay is not a property .*\n.*\n {2}fix: {3}rename maxDay to maxDays/,
    );
    assert.deepEqual(await reported("kubernetes:core/v1:Secret", misspelt), []);
    assert.deepEqual(await reported("pulumi:pulumi:Stack", { maxDays: 30 }), []);
  });

  it("says so in a stack policy too", async () => {
    const messages: string[] = [];
    const policy = sdkPolicy(requiredAlerts) as StackValidationPolicy;
    const args = { resources: [], getConfig: () => ({ signal: [] }) };
    await policy.validateStack(args as never, (message: string) => messages.push(message));
    assert.match(messages.join(), /required-alerts\.signal is not a property/);
  });

  it("takes a resource without any output for one that is not known yet", async () => {
    const messages: string[] = [];
    const policy = sdkPolicy(requiredAlerts) as StackValidationPolicy;
    const type = "kubernetes:monitoring.coreos.com/v1:ServiceMonitor";
    const validate = (props: object) =>
      policy.validateStack(
        {
          resources: [{ type, name: "x", urn: "urn:pulumi:dev::p::t::x", props }],
          getConfig: () => ({}),
        } as never,
        (message: string) => messages.push(message),
      );
    await validate({});
    assert.deepEqual(messages, []);
    await validate({ metadata: { name: "x" }, spec: {} });
    assert.equal(messages.length, 1);
  });

  it("fills in defaults where nothing else did", async () => {
    const compactor = { retention_enabled: true, delete_request_store: "s3" };
    const props = {
      chart: "loki",
      values: { loki: { limits_config: { retention_period: "2400h" }, compactor } },
    };
    assert.match(
      (await reported("kubernetes:helm.sh/v3:Release", {}, props)).join(),
      /longer than 90 days/,
    );
    assert.deepEqual(await reported("kubernetes:helm.sh/v3:Release", { maxDays: 100 }, props), []);
  });

  it("loads no provider's SDK, and no parser before there is something to parse", () => {
    const script = `
      require("./policies/index");
      const loaded = Object.keys(require.cache).filter((file) =>
        /node_modules\\/(@pulumi\\/(aws|kubernetes|eks)|@prometheus-io|@lezer|yaml|zod)\\//.test(file));
      console.log(JSON.stringify(loaded));`;
    const run = spawnSync(process.execPath, ["--require", "tsx/cjs", "-e", script], {
      cwd: path.resolve(__dirname, "../../.."),
      encoding: "utf8",
      timeout: 30_000,
    });
    assert.equal(run.stdout.trim(), "[]", run.stderr);
  });
});
