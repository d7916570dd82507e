import type { ResourceValidationPolicy, StackValidationPolicy } from "@pulumi/policy";
import * as assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import * as path from "node:path";
import { lokiRetention } from "../../../policies/retention/lokiRetention";
import { requiredAlerts } from "../../../policies/alerts/requiredAlerts";
import { onlyPolicy } from "./onlyPolicy";

async function reported(type: string, config: object, props: object = {}): Promise<string[]> {
  const messages: string[] = [];
  const policy = onlyPolicy(lokiRetention) as ResourceValidationPolicy;
  const validate = policy.validateResource as (args: unknown, report: unknown) => Promise<void>;
  const args = { type, name: "x", urn: "urn:pulumi:dev::p::t::x", props, getConfig: () => config };
  await validate(args, (message: string) => messages.push(message));
  return messages;
}

describe("a policy as the SDK runs it", () => {
  it("reports a misspelled property once per stack", async () => {
    const misspelled = { maxDay: 30 };
    const [message, ...others] = await reported("pulumi:pulumi:Stack", misspelled);
    assert.deepEqual(others, []);
    assert.match(
      message ?? "",
      /loki-retention\.maxDay is not a property .*\n.*\n {2}fix: {3}rename maxDay to maxDays/,
    );
    assert.deepEqual(await reported("kubernetes:core/v1:Secret", misspelled), []);
    assert.deepEqual(await reported("pulumi:pulumi:Stack", { maxDays: 30 }), []);
  });

  it("reports it for a stack policy too", async () => {
    const messages: string[] = [];
    const policy = onlyPolicy(requiredAlerts) as StackValidationPolicy;
    const args = { resources: [], getConfig: () => ({ signal: [] }) };
    await policy.validateStack(args as never, (message: string) => messages.push(message));
    assert.match(messages.join(), /required-alerts\.signal is not a property/);
  });

  it("treats a resource without outputs as unknown", async () => {
    const messages: string[] = [];
    const policy = onlyPolicy(requiredAlerts) as StackValidationPolicy;
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

  it("fills in missing defaults", async () => {
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

  it("loads neither provider SDKs nor parsers at startup", () => {
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
