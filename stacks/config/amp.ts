import { isMap } from "../../policies/shared/isMap";
import type { Path } from "../../policies/shared/path";
import { hideSecrets } from "../../components/shared/hideSecrets";
import { Problem } from "../../components/shared/problems";
import { secretsOf } from "../../components/secrets/secrets";
import { channel, channelOfKey } from "../../components/slack/settings";
import { RawConfiguration } from "./context";
import type { Configuration } from "./schema";

/** Whether the Amazon Managed Service for Prometheus ruler evaluates the rules. */
export function usesAmp({ existingPrometheus }: Configuration): boolean {
  return existingPrometheus?.ampWorkspaceArn !== undefined;
}

const onlySns = "its alert manager notifies only through Amazon SNS";
const noUi = "its alert manager and ruler have no user interface";

/** Settings that have no effect with a workspace, and the reason. */
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

/** Removes settings that have no effect with a workspace from a part's settings. */
export function withoutUnavailable(part: string, settings: Record<string, unknown>) {
  const keys = new Set(unavailable.filter(([name]) => name === part).map(([, key]) => key));
  return Object.fromEntries(Object.entries(settings).filter(([key]) => !keys.has(key)));
}

/** A workspace's alert manager treats a longer interval as five days. */
const maxRepeatMinutes = 5 * 24 * 60;

/** Reports settings that have no effect with a workspace. */
export function ampProblems(
  configuration: Configuration,
  { secrets, values }: RawConfiguration,
): Problem[] {
  if (!usesAmp(configuration)) return [];
  const isSet = (part: string, key: string): boolean => {
    const settings = values[part];
    return isMap(settings) && settings[key] !== undefined && settings[key] !== false;
  };
  const problem = (path: Path, value: unknown, because: string): Problem => ({
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
    ...(slack === undefined ? [] : unfitChannels(slack)),
  ];
}

/** Reports channel names that are not valid in an SNS topic name, which allows fewer characters. */
function unfitChannels({ channel: main, channels, routes }: Record<string, unknown>): Problem[] {
  const named: [path: Path, value: unknown][] = [
    [["channel"], main],
    ...entries(channels).map(([key, value]): [string[], unknown] => [["channels", key], value]),
    ...(Array.isArray(routes) ? routes : []).map((route: unknown, index): [Path, unknown] => [
      ["routes", index, "channel"],
      isMap(route) ? route["channel"] : undefined,
    ]),
  ];
  return named
    .filter(
      ([, value]) => channel.safeParse(value).success && !channelOfKey.safeParse(value).success,
    )
    .map(([path, value]) => ({
      path: ["slack", ...path],
      value,
      code: "invalid",
      rule: "must contain only a-z, 0-9, - and _ after the #, because the name of its SNS topic includes the channel",
      fix: { kind: "set", example: "#alerts" },
    }));
}

const entries = (map: unknown) => (isMap(map) ? Object.entries(map) : []);

function longRepeats(slack: Record<string, unknown> | undefined): Problem[] {
  return entries(slack?.["repeatMinutes"]).flatMap(([severity, value]): Problem[] => {
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
