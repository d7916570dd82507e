import * as assert from "node:assert/strict";
import * as fs from "node:fs";
import * as path from "node:path";
import { parse } from "yaml";
import { isMap } from "../../policies/shared/isMap";
import {
  RawConfiguration,
  SettingsWithPrometheus,
  parseConfiguration,
} from "../../stacks/config/parseConfiguration";
import { formatConfigurationProblems } from "../../stacks/config/formatProblems";
import { rawConfiguration } from "../../stacks/config/rawConfiguration";

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

/** The configuration of a shipped stack: the defaults in `Pulumi.yaml`, and the stack's own file. */
export function shippedConfig(stack: "dev" | "prod"): Values {
  const defaults = configIn("Pulumi.yaml") as Record<string, { value: unknown }>;
  return {
    ...Object.fromEntries(Object.entries(defaults).map(([key, { value }]) => [key, value])),
    ...configIn(`Pulumi.${stack}.yaml`),
  };
}

/** The text of a shipped stack file. */
export function shippedText(stack: "dev" | "prod"): string {
  return textOf(`Pulumi.${stack}.yaml`);
}

function textOf(file: string): string {
  return fs.readFileSync(path.join(projectDirectory, file), "utf8");
}

function configIn(file: string): Values {
  return (parse(textOf(file)) as { config: Values }).config;
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

/** Settings of the stack file prod with some keys replaced, and the text of each problem with its fix. */
export function parsedProd(changes: Values = {}) {
  const { settings, problems = [] } = parseConfiguration(configuration("prod", changes));
  const [, ...lines] =
    problems.length === 0 ? [] : formatConfigurationProblems("prod", problems).split("\n");
  return { settings, text: lines.join("\n") };
}

/** Settings of a shipped stack file with some keys replaced. */
export function settingsWithPrometheus(
  stack: "dev" | "prod",
  changes: Values = {},
): SettingsWithPrometheus {
  const { settings, problems } = parseConfiguration(configuration(stack, changes));
  assert.ok(settings?.prometheus, JSON.stringify(problems));
  return { ...settings, prometheus: settings.prometheus };
}

/** Names that only the stack file decides. A change of a part keeps its name unless it replaces it. */
const requiredKeys: Record<string, string> = {
  loki: "bucket",
  slack: "channel",
  namespaces: "application",
};

/** Replaces or removes keys of the namespace `monitoring`. */
export function withChanges(config: Values, changes: Values): Values {
  const changed: Values = { ...config };
  for (const [name, value] of Object.entries(changes)) {
    const key = `monitoring:${name}`;
    const required = requiredKeys[name] ?? "";
    const before = config[key];
    if (value === undefined) delete changed[key];
    else if (isMap(value) && isMap(before) && required in before) {
      changed[key] = { [required]: before[required], ...value };
    } else changed[key] = value;
  }
  return changed;
}
