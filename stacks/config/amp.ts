import { isMap } from "../../policies/shared/isMap";
import { hideSecrets } from "../../components/shared/hideSecrets";
import { Problem } from "../../components/shared/problems";
import { secretsOf } from "../../components/shared/secrets";
import { RawConfiguration } from "./context";
import type { Configuration } from "./schema";

/** Whether the ruler of Amazon Managed Service for Prometheus evaluates the rules. */
export function usesAmp({ existingPrometheus }: Configuration): boolean {
  return existingPrometheus?.ampWorkspaceArn !== undefined;
}

const onlySns = "its alert manager notifies only through Amazon SNS";
const noUi = "its alert manager and ruler have no user interface";

/** Settings that have no effect with a workspace, and why. */
const unavailable: [part: string, key: string, because: string][] = [
  ["slack", "existingSecret", onlySns],
  ["slack", "existingSecretKeys", onlySns],
  ["slack", "updateMessages", onlySns],
  ["slack", "requireHeartbeat", onlySns],
  ["slack", "titleTemplate", "the template must render the JSON of Amazon Q Developer"],
  ["slack", "textTemplate", "the template must render the JSON of Amazon Q Developer"],
  ["slack", "quietHours", "AWS does not document the time intervals of its alert manager"],
  ["prometheus", "externalUrl", noUi],
  ["alertmanager", "externalUrl", noUi],
  ["loki", "logAlerts", "Loki cannot sign requests to its alert manager"],
];

/** The settings of a part without those that have no effect with a workspace. */
export function withoutUnavailable(part: string, settings: Record<string, unknown>) {
  const keys = new Set(unavailable.filter(([name]) => name === part).map(([, key]) => key));
  return Object.fromEntries(Object.entries(settings).filter(([key]) => !keys.has(key)));
}

/** The alert manager of a workspace treats a longer interval as five days. */
const maxRepeatMinutes = 5 * 24 * 60;

/** Problems of a configuration with a workspace: what would have no effect in it. */
export function ampProblems(
  configuration: Configuration,
  { secrets, values }: RawConfiguration,
): Problem[] {
  if (!usesAmp(configuration)) return [];
  const isSet = (part: string, key: string): boolean => {
    const settings = values[part];
    return isMap(settings) && settings[key] !== undefined && settings[key] !== false;
  };
  const problem = (path: (string | number)[], value: unknown, because: string): Problem => ({
    path,
    value: hideSecrets(path, value),
    code: "invalid",
    rule: `is not available with existingPrometheus.ampWorkspaceArn: ${because}`,
    fix: { kind: "remove" },
  });
  const { slack, receivers } = configuration;
  return [
    ...unavailable
      .filter(([part, key]) => isSet(part, key))
      .map(([part, key, because]) =>
        problem([part, key], (values[part] as Record<string, unknown>)[key], because),
      ),
    ...(receivers === undefined ? [] : [problem(["receivers"], receivers, onlySns)]),
    ...secretsOf("slack")
      .filter(({ key }) => secrets.includes(key))
      .map(({ key }) => problem([key], undefined, onlySns)),
    ...longRepeats(slack),
  ];
}

function longRepeats(slack: Record<string, unknown> | undefined): Problem[] {
  const minutes = slack?.["repeatMinutes"];
  if (!isMap(minutes)) return [];
  return Object.entries(minutes).flatMap(([severity, value]): Problem[] => {
    if (typeof value !== "number" || value <= maxRepeatMinutes) return [];
    return [
      {
        path: ["slack", "repeatMinutes", severity],
        value,
        code: "invalid",
        rule: `must be at most ${maxRepeatMinutes}, five days, with existingPrometheus.ampWorkspaceArn`,
        fix: { kind: "set", example: maxRepeatMinutes },
      },
    ];
  });
}
