import { Plain, PlainMap, at, entriesAt, formatPath, isText, listAt, textAt } from "../facts/plain";
import { RouteNode } from "../facts/routes";
import { Matcher, isGlob, matchesValue } from "../shared/matcher";

/** A mistake in a configuration that Alertmanager reads: what is wrong, where, and the correction. */
export interface RouteMistake {
  where: string;
  problem: string;
  fix: string;
}

/** Routes that no alert reaches, and patterns that match no alert. */
export function routeMistakes(root: RouteNode): RouteMistake[] {
  return [...unreachable(root, []), ...globs(root)];
}

function unreachable(route: RouteNode, inherited: Matcher[]): RouteMistake[] {
  const matchers = [...inherited, ...route.matchers];
  return route.routes.flatMap((child, index): RouteMistake[] => {
    const all = [...matchers, ...child.matchers];
    // A repeated route with the same receiver changes nothing.
    const earlier = route.routes
      .slice(0, index)
      .filter((other) => !other.continues && other.receiver !== child.receiver)
      .find((other) => other.matchers.every((matcher) => isImplied(matcher, all)));
    if (earlier !== undefined) {
      return [
        {
          where: child.where,
          problem: `no alert reaches the route, because ${earlier.where} matches each of its alerts first`,
          fix: `move ${child.where} before ${earlier.where}, or set continue: true in ${earlier.where}`,
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

/** Whether each alert that has all of the matchers also has this one. */
function isImplied(matcher: Matcher, matchers: Matcher[]): boolean {
  return matchers.some(
    ({ label, operator, value }) =>
      label === matcher.label &&
      ((operator === matcher.operator && value === matcher.value) ||
        (operator === "=" && matchesValue(matcher, value))),
  );
}

function globs(route: RouteNode): RouteMistake[] {
  const mistakes = route.matchers
    .filter(({ operator, value }) => operator.endsWith("~") && isGlob(value))
    .map(({ label }) => ({
      where: route.where,
      problem: `a regular expression for ${label} is written like the name of files, in which * is any text`,
      fix: "write .* for any text, such as prod-.* instead of prod-*",
    }));
  const alternatives = route.matchers
    .filter(({ operator, value }) => operator === "=" && /^[\w-]+(\|[\w-]+)+$|\.[*+]$/.test(value))
    .map(({ label }) => ({
      where: route.where,
      problem: `the matcher compares ${label} with the text of a regular expression, so it matches no alert`,
      fix: `write ${label}=~"…" (match_re in the older form)`,
    }));
  return [...mistakes, ...alternatives, ...route.routes.flatMap(globs)];
}

/** The fields of a configuration. Alertmanager rejects others, such as `routes`. */
const fields = new Set([
  ...["global", "templates", "route", "receivers", "inhibit_rules", "tracing", "storage"],
  ...["time_intervals", "mute_time_intervals"],
]);

/** Fields with which Alertmanager rejects a configuration: those that it does not have, and doubles. */
export function rejectedFields(config: PlainMap): { where: string; problem: string }[] {
  const unknown = Object.keys(config).filter((key) => !fields.has(key));
  const misspelled = listAt(config, "receivers").flatMap((receiver, index) =>
    entriesAt(receiver)
      .filter(([key]) => key.endsWith("_config"))
      .map(([key]) => ({
        where: `receivers[${index}]`,
        problem: `a receiver has no field ${key}`,
      })),
  );
  return [
    ...unknown.map((key) => ({ where: key, problem: `there is no field ${key} at the top level` })),
    ...misspelled,
    ...doubledSettings(config),
    ...["time_intervals", "mute_time_intervals"].flatMap((key) => backwardTimes(config, key)),
  ];
}

/** Ranges of time that end before they start, such as those over midnight. */
function backwardTimes(config: PlainMap, key: string) {
  return listAt(config, key).flatMap((interval, index) =>
    ["time_intervals", "timeIntervals"]
      .flatMap((field) => listAt(interval, field))
      .flatMap((part) => listAt(part, "times"))
      .map((range) =>
        ["start", "end"].map((end) => textAt(range, `${end}_time`) ?? textAt(range, `${end}Time`)),
      )
      .filter(([start = "", end = ""]) => start !== "" && end !== "" && start >= end)
      .map(([start, end]) => ({
        where: `${key}[${index}]`,
        problem: `the time from ${start} to ${end} ends before it starts; write two ranges around midnight`,
      })),
  );
}

/** Settings of which Alertmanager accepts either the value or the file, but not both. */
function doubledSettings(config: PlainMap): { where: string; problem: string }[] {
  const walk = (value: Plain, path: (string | number)[]): { where: string; problem: string }[] => {
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
