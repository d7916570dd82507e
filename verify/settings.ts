import { workspaceArnParts } from "../components/alerting/workspaceArn";
import type { Checked } from "../components/shared/problems";
import { type StackFile, configuration } from "../preview/config/configuration";
import { ExpectedError } from "../preview/config/errors";
import { readProjectFile, readStackFiles } from "../preview/config/projectFiles";
import { formatConfigurationProblems } from "../stacks/config/formatProblems";
import { rawConfiguration } from "../stacks/config/rawConfiguration";
import {
  type Settings,
  type SettingsWithPrometheus,
  parseConfiguration,
} from "../stacks/config/parseConfiguration";

/**
 * Reads the settings of a stack from its file, without the Pulumi CLI. Placeholders replace the secrets,
 * because only their presence matters.
 */
export function stackSettings(directory: string, stack: string): Settings {
  const files = readStackFiles(directory, stack, undefined);
  const { settings, problems } = checkFiles(directory, files);
  if (problems !== undefined) {
    throw new ExpectedError(formatConfigurationProblems(stack, problems));
  }
  return settings;
}

/** Reads the settings of a stack that deploys its own Prometheus, Alertmanager and Grafana. */
export function settingsWithPrometheus(directory: string, stack: string): SettingsWithPrometheus {
  const { prometheus, ...settings } = stackSettings(directory, stack);
  if (prometheus === undefined) {
    const { namespace = "", ampWorkspaceArn } = settings.existingPrometheus ?? {};
    const [server, command] =
      ampWorkspaceArn === undefined
        ? [
            `the existing Prometheus in the namespace ${namespace}`,
            `kubectl get pods,prometheus,alertmanager -n ${namespace}`,
          ]
        : [
            `the workspace ${ampWorkspaceArn}`,
            `aws amp list-rule-groups-namespaces --workspace-id ${workspaceArnParts(ampWorkspaceArn).id}`,
          ];
    throw new ExpectedError(
      `the stack ${stack} uses ${server}, and this command needs a Prometheus that the stack deploys\n  fix: ${command}`,
    );
  }
  return { ...settings, prometheus };
}

/** Validates the configuration in stack files. */
export function checkFiles(directory: string, files: StackFile[]): Checked<Settings> {
  const { values } = configuration({ project: readProjectFile(directory), files, settings: [] });
  return parseConfiguration(rawConfiguration(values));
}
