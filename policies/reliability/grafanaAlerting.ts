import { PlacedFinding, StackFinding, located } from "../engine/policy";
import { Grafana } from "../facts/dataSources";
import { Path, Plain, at, entriesAt, hasUnknown, isSet, listAt, textAt } from "../facts/plain";
import { readConfig } from "../facts/yaml";
import { parseDuration } from "../shared/duration";

/**
 * Checks the alert rules and notification policies in Grafana's values. Grafana does not start if it
 * rejects one of the files. `sourceUids` contains the UIDs of all data sources, provided that every data
 * source has one.
 */
export function checkAlerting(
  { resource, base, values }: Grafana,
  sourceUids: ReadonlySet<string> | undefined,
): StackFinding[] {
  const path: Path = [...base, "alerting"];
  const files = entriesAt(values, "alerting").map(([name, file]): [string, Plain] => [
    name,
    readConfig(file),
  ]);
  if (hasUnknown(files)) return [];
  return [
    ...missingContactPoints(files.map(([, file]) => file)).map((mistake) => ({ ...mistake, path })),
    ...files.flatMap(([name, file]) =>
      listAt(file, "groups").flatMap((group, index) =>
        checkGroup(group, [...path, name, "groups", index], sourceUids),
      ),
    ),
  ].map(({ path: place, ...mistake }) => ({
    ...located(resource, place),
    ...mistake,
  }));
}

/** Contact point that exists in Grafana without any provisioning. */
const defaultContactPoint = "grafana-default-email";

/** Finds contact points that notification policies refer to but no file defines. */
function missingContactPoints(files: Plain[]): Omit<PlacedFinding, "path">[] {
  const names = files
    .flatMap((file) => listAt(file, "contactPoints"))
    .map((point) => textAt(point, "name"));
  const named = (policy: Plain): string[] => [
    ...(textAt(policy, "receiver") === undefined ? [] : [textAt(policy, "receiver") ?? ""]),
    ...listAt(policy, "routes").flatMap(named),
  ];
  const missing = files
    .flatMap((file) => listAt(file, "policies"))
    .flatMap(named)
    // Another file may define all of the contact points.
    .filter((name) => names.length > 0 && !names.includes(name) && name !== defaultContactPoint);
  return [...new Set(missing)].map((name) => ({
    problem:
      "a notification policy names a contact point that does not exist, so Grafana does not start",
    found: name,
    bound: `a contact point: ${names.join(", ")}`,
    fix: "correct receiver, or add the contact point",
  }));
}

/** Valid states for a rule that has no data or whose query fails. */
const states: Record<string, string[]> = {
  noDataState: ["NoData", "Alerting", "OK", "KeepLast"],
  execErrState: ["Error", "Alerting", "OK", "KeepLast"],
};

function checkGroup(
  group: Plain,
  path: Path,
  sourceUids: ReadonlySet<string> | undefined,
): PlacedFinding[] {
  const missing = ["folder", "interval", "name"]
    .filter((key) => !isSet(at(group, key)))
    .map((key) => ({
      path,
      problem: `the rule group has no ${key}, so Grafana does not start`,
      bound: "a name, a folder and an interval",
      fix: `set ${key} on the group`,
    }));
  const interval = parseDuration(at(group, "interval"));
  const uneven = interval !== undefined && (interval < 10 || interval % 10 > 0);
  return [
    ...missing,
    ...(uneven
      ? [
          {
            path: [...path, "interval"],
            problem: "Grafana rejects evaluation intervals that are not multiples of 10 seconds",
            found: textAt(group, "interval") ?? "",
            bound: "a multiple of 10s",
            fix: "set interval: 1m",
          },
        ]
      : []),
    ...listAt(group, "rules").flatMap((rule, index) =>
      checkRule(rule, [...path, "rules", index], sourceUids),
    ),
  ];
}

function checkRule(
  rule: Plain,
  path: Path,
  sourceUids: ReadonlySet<string> | undefined,
): PlacedFinding[] {
  const queries = listAt(rule, "data");
  const ids = queries.map((query) => textAt(query, "refId"));
  const condition = textAt(rule, "condition");
  const wrongStates = Object.entries(states).flatMap(([key, known]) => {
    const state = textAt(rule, key);
    if (state === undefined || known.includes(state)) return [];
    return [
      {
        path: [...path, key],
        problem: "Grafana does not support this state, so it does not start",
        found: state,
        bound: known.join(", "),
        fix: `set ${key}: ${known[0]}`,
      },
    ];
  });
  const foreign = queries.flatMap((query, index) => {
    const uid = textAt(query, "datasourceUid");
    const isOfGrafana = uid === undefined || /^(__expr__|-100|grafana|)$|[{$]/.test(uid);
    if (sourceUids === undefined || isOfGrafana || sourceUids.has(uid)) return [];
    return [
      {
        path: [...path, "data", index, "datasourceUid"],
        problem: "the rule reads a data source that does not exist, so every evaluation fails",
        found: uid,
        bound: [...sourceUids].join(", "),
        fix: "use the uid of a data source",
      },
    ];
  });
  return [
    ...(condition !== undefined && queries.length > 0 && !ids.includes(condition)
      ? [
          {
            path: [...path, "condition"],
            problem:
              "the condition names a query that the rule does not have, so Grafana does not start",
            found: condition,
            bound: `one of ${ids.join(", ")}`,
            fix: "set condition to the refId of the query that compares",
          },
        ]
      : []),
    ...wrongStates,
    ...foreign,
  ];
}
