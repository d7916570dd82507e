import * as fs from "node:fs";
import * as path from "node:path";
import { parse } from "yaml";
import { RawConfiguration } from "../../stacks/config/parseConfiguration";
import { rawConfiguration } from "../../stacks/config/load";

export const projectDirectory = path.resolve(__dirname, "../..");

/** Required secrets of each shipped stack, as values of the right format without any access. */
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

/** The `config:` section of a shipped stack file. */
export function shippedConfig(stack: "dev" | "prod"): Values {
  const file = path.join(projectDirectory, `Pulumi.${stack}.yaml`);
  return (parse(fs.readFileSync(file, "utf8")) as { config: Values }).config;
}

/** Configuration as the engine passes it to a program: one string per key. */
export function asTexts(config: Values): Record<string, string> {
  return Object.fromEntries(
    Object.entries(config).map(([key, value]) => [
      key,
      typeof value === "string" ? value : JSON.stringify(value),
    ]),
  );
}

/**
 * Raw configuration of a shipped stack file with all secrets set and some keys replaced (`undefined`
 * removes a key).
 */
export function configuration(stack: "dev" | "prod", changes: Values = {}): RawConfiguration {
  return rawConfiguration(
    asTexts(withChanges({ ...shippedConfig(stack), ...secrets[stack] }, changes)),
  );
}

/** Replaces or removes keys of the namespace `monitoring`. */
export function withChanges(config: Values, changes: Values): Values {
  const changed: Values = { ...config };
  for (const [key, value] of Object.entries(changes)) {
    if (value === undefined) delete changed[`monitoring:${key}`];
    else changed[`monitoring:${key}`] = value;
  }
  return changed;
}
