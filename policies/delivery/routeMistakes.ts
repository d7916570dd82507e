import { distance } from "fastest-levenshtein";
import { Plain, PlainMap, at, entriesAt, formatPath, isText, listAt, textAt } from "../facts/plain";
import { mistypedFields } from "../facts/knownFields";
import { Rejection, RouteNode } from "../facts/routes";
import { parseDuration } from "../shared/duration";
import { Matcher, isGlob, matchesValue } from "../shared/matcher";

/** A mistake in a configuration that Alertmanager accepts. */
export interface ConfigurationMistake {
  where: string;
  problem: string;
  fix: string;
}

/** Finds routes that no alert reaches, and patterns that match no alert. */
export function routeMistakes(
  root: RouteNode,
  severities: ReadonlySet<string>,
): ConfigurationMistake[] {
  return [
    ...unreachable(root, []),
    ...globs(root),
    ...wrongCases(root, severities),
    ...wrongLabels(root),
  ];
}

/** Finds routes for a severity that differs from every alert's severity only in case. */
function wrongCases(route: RouteNode, severities: ReadonlySet<string>): ConfigurationMistake[] {
  const mistakes = route.matchers
    .filter(({ label, operator }) => label === "severity" && operator === "=")
    .filter(({ value }) => !severities.has(value) && severities.has(value.toLowerCase()))
    .map(({ value }) => ({
      where: route.where,
      problem: `no alert has the severity ${value}, so no alert reaches the route`,
      fix: `write severity="${value.toLowerCase()}"`,
    }));
  return [...mistakes, ...route.routes.flatMap((child) => wrongCases(child, severities))];
}

/** Common alert labels whose names are long enough to detect misspellings. */
const commonLabels = ["severity", "alertname", "namespace"];

/** Finds routes for a label whose name is misspelled. */
function wrongLabels(route: RouteNode): ConfigurationMistake[] {
  const mistakes = route.matchers.flatMap(({ label }) => {
    const suggestion = commonLabels.find(
      (known) => known !== label && distance(known, label.toLowerCase()) <= 2,
    );
    if (suggestion === undefined || label.length < suggestion.length - 1) return [];
    return [
      {
        where: route.where,
        problem: `no alert has the label ${label}, so no alert reaches the route`,
        fix: `write ${suggestion}`,
      },
    ];
  });
  return [...mistakes, ...route.routes.flatMap(wrongLabels)];
}

function unreachable(route: RouteNode, inherited: Matcher[]): ConfigurationMistake[] {
  const matchers = [...inherited, ...route.matchers];
  return route.routes.flatMap((child, index): ConfigurationMistake[] => {
    const all = [...matchers, ...child.matchers];
    // A route that repeats an earlier one with the same receiver makes no difference.
    const earlier = route.routes
      .slice(0, index)
      .filter((other) => !other.continues && other.receiver !== child.receiver)
      .find((other) =>
        other.matchers.every((matcher) => isAlways(matcher) || isImplied(matcher, all)),
      );
    if (earlier !== undefined) {
      return [
        {
          where: child.where,
          problem: `no alert reaches the route, because ${earlier.where} matches all of its alerts first`,
          fix: `move ${child.where} before ${earlier.where}, or set continue: true in ${earlier.where}`,
        },
      ];
    }
    const usual = route.routes
      .slice(0, index)
      .filter((other) => !other.continues && other.routes.length === 0)
      .filter(({ receiver }) => receiver !== child.receiver)
      .find(
        ({ matchers: [matcher, ...others] }) =>
          matcher?.label === "namespace" && others.length === 0 && isAnyValue(matcher),
      );
    if (usual !== undefined && isForPages(child)) {
      return [
        {
          where: child.where,
          problem: `no alert with a namespace reaches the route, because ${usual.where} matches it first`,
          fix: `move ${child.where} before ${usual.where}, or set continue: true in ${usual.where}`,
        },
      ];
    }
    const contradiction = child.matchers.find(({ label, operator, value }) =>
      matchers.some(
        (other) =>
          other.label === label && operator === "=" && value !== "" && !matchesValue(other, value),
      ),
    );
    if (contradiction !== undefined) {
      return [
        {
          where: child.where,
          problem: `no alert reaches the route, because its parent matches no alert with this ${contradiction.label}`,
          fix: `move ${child.where} out of ${route.where}`,
        },
      ];
    }
    return unreachable(child, matchers);
  });
}

/**
 * Whether a matcher matches every alert. Matching any alertname is enough, because every alert has a
 * name.
 */
function isAlways(matcher: Matcher): boolean {
  const { label, operator, value } = matcher;
  return (operator === "=~" && value === ".*") || (label === "alertname" && isAnyValue(matcher));
}

/** Whether a matcher matches every non-empty value. */
function isAnyValue({ operator, value }: Matcher): boolean {
  return (operator === "=~" && /^\.[+*]$/.test(value)) || (operator === "!=" && value === "");
}

/** Whether a route is for critical alerts in any namespace. */
function isForPages({ matchers }: RouteNode): boolean {
  return (
    matchers.length > 0 &&
    matchers.every(
      (matcher) =>
        matcher.label === "severity" &&
        ["critical", "page"].some((severity) => matchesValue(matcher, severity)) &&
        !matchesValue(matcher, "warning"),
    )
  );
}

/** Whether every alert that matches the matchers also matches this one. */
function isImplied(matcher: Matcher, matchers: Matcher[]): boolean {
  return matchers.some(
    ({ label, operator, value }) =>
      label === matcher.label &&
      ((operator === matcher.operator && value === matcher.value) ||
        (operator === "=" && matchesValue(matcher, value))),
  );
}

function globs(route: RouteNode): ConfigurationMistake[] {
  const mistakes = route.matchers
    .filter(({ operator, value }) => operator.endsWith("~") && isGlob(value))
    .map(({ label }) => ({
      where: route.where,
      problem: `the regular expression for ${label} is written like a file glob, in which * matches any text`,
      fix: "write .* for any text, such as prod-.* instead of prod-*",
    }));
  const alternatives = route.matchers
    .filter(({ operator, value }) => operator === "=" && /^[\w-]+(\|[\w-]+)+$|\.[*+]$/.test(value))
    .map(({ label }) => ({
      where: route.where,
      problem: `the matcher compares ${label} with a regular expression as literal text, so it matches no alert`,
      fix: `write ${label}=~"…" (match_re in the older syntax)`,
    }));
  return [...mistakes, ...alternatives, ...route.routes.flatMap(globs)];
}

/** Valid top-level fields of a configuration. Alertmanager rejects all others, such as `routes`. */
const fields = new Set([
  ...["global", "templates", "route", "receivers", "inhibit_rules", "tracing", "storage"],
  ...["time_intervals", "mute_time_intervals"],
]);

/** Finds fields for which Alertmanager rejects a configuration: unknown fields and duplicate names. */
export function rejectedFields(config: PlainMap): Rejection[] {
  const unknown = Object.keys(config).filter((key) => !fields.has(key));
  return [
    ...unknown.map((key) => ({ where: key, problem: `${key} is not a top-level field` })),
    ...misspelled(config),
    ...doubledSettings(config),
    ...["time_intervals", "mute_time_intervals"].flatMap((key) => wrongTimes(config, key)),
    ...wrongValues(config),
  ];
}

/** Finds values of a type that Alertmanager does not accept, and incomplete integrations. */
function wrongValues(config: PlainMap): Rejection[] {
  const timeout = at(config, "global", "resolve_timeout");
  const isDuration = !isText(timeout) || parseDuration(timeout) !== undefined;
  const receivers = listAt(config, "receivers").flatMap((receiver, index) => [
    ...listAt(receiver, "email_configs").flatMap((email, position) =>
      Array.isArray(at(email, "to"))
        ? [
            {
              where: `receivers[${index}].email_configs[${position}].to`,
              problem: "to is a list; write the addresses as one comma-separated string",
            },
          ]
        : [],
    ),
    ...listAt(receiver, "telegram_configs").flatMap((telegram, position) =>
      isText(at(telegram, "chat_id"))
        ? [
            {
              where: `receivers[${index}].telegram_configs[${position}].chat_id`,
              problem: "chat_id is a string; it must be the chat's numeric ID",
            },
          ]
        : [],
    ),
    ...listAt(receiver, "opsgenie_configs").flatMap((opsgenie, position) =>
      listAt(opsgenie, "responders")
        .filter((responder) => ["id", "name", "username"].every((key) => !at(responder, key)))
        .map(() => ({
          where: `receivers[${index}].opsgenie_configs[${position}].responders`,
          problem: "a responder has no name, id or username",
        })),
    ),
  ]);
  return [
    ...((typeof timeout === "number" && timeout !== 0) || !isDuration
      ? [
          {
            where: "global.resolve_timeout",
            problem: "resolve_timeout is not a duration such as 5m",
          },
        ]
      : []),
    ...(at(config, "route", "continue") === true
      ? [
          {
            where: "route.continue",
            problem: "the root route sets continue, which only child routes support",
          },
        ]
      : []),
    ...receivers,
  ];
}

/** Finds misspelled fields in sections, receivers and integrations. */
function misspelled(config: PlainMap): Rejection[] {
  const placed = (list: Plain[], place: string, path: string): [string, Plain, string][] =>
    list.map((item, index) => [place, item, `${path}[${index}]`]);
  const receivers = placed(listAt(config, "receivers"), "receivers", "receivers");
  const integrations = receivers.flatMap(([, receiver, where]) =>
    entriesAt(receiver).flatMap(([kind, list]) => placed(listAt(list), kind, `${where}.${kind}`)),
  );
  const sections: [string, Plain, string][] = [
    ["global", at(config, "global"), "global"],
    ...placed(listAt(config, "inhibit_rules"), "inhibit_rules", "inhibit_rules"),
    ...receivers,
    ...integrations,
    ...integrations.map(([, integration, where]): [string, Plain, string] => [
      "http_config",
      at(integration, "http_config"),
      `${where}.http_config`,
    ]),
  ];
  return sections.flatMap(([place, value, where]) =>
    mistypedFields(place, value).map(({ key, suggestion }) => ({
      where,
      problem: `the field ${key} does not exist; did you mean ${suggestion}?`,
    })),
  );
}

const day = "(?:sun|mon|tues|wednes|thurs|fri|satur)day";
const weekdays = new RegExp(`^\\s*${day}\\s*(?::\\s*${day}\\s*)?$`, "i");

/** Finds invalid names of days and time zones, and time ranges that end before they start. */
function wrongTimes(config: PlainMap, key: string): Rejection[] {
  return listAt(config, key).flatMap((interval, index) => {
    const parts = ["time_intervals", "timeIntervals"].flatMap((field) => listAt(interval, field));
    const ranges = parts
      .flatMap((part) => listAt(part, "times"))
      .map((range) =>
        ["start", "end"].map((end) => textAt(range, `${end}_time`) ?? textAt(range, `${end}Time`)),
      )
      .filter(([start = "", end = ""]) => start !== "" && end !== "" && start >= end)
      .map(
        ([start, end]) =>
          `the time range from ${start} to ${end} ends before it starts; split it into two ranges at midnight`,
      );
    const days = parts
      .flatMap((part) => listAt(part, "weekdays"))
      .filter((name) => isText(name) && !weekdays.test(name))
      .map(() => "a weekday is neither a name such as monday nor a range such as monday:friday");
    const zones = parts
      .map((part) => textAt(part, "location") ?? "")
      .filter((zone) => !["", "Local"].includes(zone) && !isTimeZone(zone))
      .map(() => "the location is not a time zone such as Europe/Berlin");
    return [...ranges, ...days, ...zones].map((problem) => ({
      where: `${key}[${index}]`,
      problem,
    }));
  });
}

function isTimeZone(name: string): boolean {
  try {
    return Boolean(new Intl.DateTimeFormat("en", { timeZone: name }));
  } catch {
    return false;
  }
}

/** Finds settings with both a value and a file, because Alertmanager accepts only one of them. */
function doubledSettings(config: PlainMap): Rejection[] {
  const walk = (value: Plain, path: (string | number)[]): Rejection[] => {
    if (Array.isArray(value)) return value.flatMap((item, index) => walk(item, [...path, index]));
    return entriesAt(value).flatMap(([key, item]) => [
      ...(isText(item) && item !== "" && isText(at(value, `${key}_file`))
        ? [{ where: formatPath(path), problem: `both ${key} and ${key}_file are set` }]
        : []),
      ...walk(item, [...path, key]),
    ]);
  };
  return [
    ...walk(at(config, "global"), ["global"]),
    ...listAt(config, "receivers").flatMap((receiver, index) =>
      walk(receiver, ["receivers", index]),
    ),
  ];
}
