import * as pulumi from "@pulumi/pulumi";
import { Settings, parseConfiguration } from "./parseConfiguration";
import { formatConfigurationProblems } from "./formatProblems";
import { rawConfiguration } from "./rawConfiguration";
import { SecretKey } from "../../components/secrets/secrets";

/** Secrets in the configuration. A secret that is not set is undefined. */
export type Secrets = Partial<Record<SecretKey, pulumi.Output<string>>> & {
  /** Keys from the Datadog provider's configuration, by name. */
  datadogProvider?: Record<string, pulumi.Output<string>>;
};

/**
 * Reads and checks the configuration of the current stack.
 *
 * Throws one error that lists every problem with the command that fixes it.
 */
export function loadSettings(): { settings: Settings; secrets: Secrets } {
  const raw = rawConfiguration(pulumi.runtime.allConfig(), isConfigSecret);
  const checked = parseConfiguration(raw);
  if (checked.problems !== undefined) {
    throw new pulumi.RunError(formatConfigurationProblems(pulumi.getStack(), checked.problems));
  }
  const config = new pulumi.Config("monitoring");
  const secrets = Object.fromEntries(raw.secrets.map((key) => [key, config.requireSecret(key)]));
  const provider = new pulumi.Config("datadog");
  const datadogProvider = Object.fromEntries(
    (raw.datadogProviderKeys ?? []).map((key) => [key, provider.requireSecret(key)]),
  );
  return {
    settings: checked.settings,
    secrets: raw.datadogProviderKeys ? { ...secrets, datadogProvider } : secrets,
  };
}

/** Whether a value is a secret. The SDK has `isConfigSecret`, but does not declare it in its types. */
function isConfigSecret(fullKey: string): boolean {
  const { isConfigSecret: isSecret } = pulumi.runtime as {
    isConfigSecret?: (key: string) => boolean;
  };
  return isSecret?.(fullKey) ?? true;
}
