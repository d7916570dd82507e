import * as fs from "node:fs";
import * as path from "node:path";
import { parse } from "yaml";
import { RawConfiguration } from "../../stacks/config/parseConfiguration";
import { rawConfiguration } from "../../stacks/config/load";

export const projectDirectory = path.resolve(__dirname, "../..");

/** The secrets that each shipped stack needs: values of their form, which open nothing. */
const dev = {
  "monitoring:datadogApiKey": "0123456789abcdef0123456789abcdef",
  "monitoring:datadogAppKey": "fedcba9876543210fedcba9876543210fedcba98",
  "monitoring:slackWebhookUrl": "https://hooks.slack.com/services/T00000000/B00000000/notARealOne",
};
export const secrets: Record<"dev" | "prod", Record<string, string>> = {
  dev,
  prod: { ...dev, "monitoring:heartbeatUrl": "https://heartbeat.example.com/notARealOne" },
};

type Values = Record<string, unknown>;

/** The `config:` of a stack file that this project ships. */
export function shippedConfig(stack: "dev" | "prod"): Values {
  const file = path.join(projectDirectory, `Pulumi.${stack}.yaml`);
  return (parse(fs.readFileSync(file, "utf8")) as { config: Values }).config;
}

/** Configuration the way the engine hands it over: one text for each key. */
export function asTexts(config: Values): Record<string, string> {
  return Object.fromEntries(
    Object.entries(config).map(([key, value]) => [
      key,
      typeof value === "string" ? value : JSON.stringify(value),
    ]),
  );
}

/**
 * What the loader reads of a shipped stack file, all secrets set, with some of its keys replaced
 * (`undefined` takes a key out).
 */
export function configuration(stack: "dev" | "prod", changes: Values = {}): RawConfiguration {
  return rawConfiguration(
    asTexts(withChanges({ ...shippedConfig(stack), ...secrets[stack] }, changes)),
  );
}

/** Configuration with some keys of the namespace `monitoring` replaced, or taken out. */
export function withChanges(config: Values, changes: Values): Values {
  const changed: Values = { ...config };
  for (const [key, value] of Object.entries(changes)) {
    if (value === undefined) delete changed[`monitoring:${key}`];
    else changed[`monitoring:${key}`] = value;
  }
  return changed;
}
