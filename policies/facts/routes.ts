import { Matcher, anchoredPattern, matchesValue } from "../shared/matcher";
import {
  Path,
  PlainMap,
  UNKNOWN,
  at,
  entriesAt,
  formatPath,
  hasUnknown,
  isMap,
  isPresent,
  isText,
  listAt,
  textAt,
} from "./plain";
import { own } from "../shared/own";

/** Labels of an alert. A missing label is equivalent to an empty one. */
export type Labels = Record<string, string>;

/** An Alertmanager route with all settings that it inherits from its parents. */
export interface RouteNode {
  /** Path of the route in the configuration: `["route", "routes", 0]`. */
  path: Path;
  /** `route.routes[0]`. */
  where: string;
  receiver: string;
  matchers: Matcher[];
  continues: boolean;
  /** Whether the route has mute or active time intervals, which mute it some of the time. */
  hasTimeIntervals: boolean;
  groupBy: string[];
  groupWait: string;
  groupInterval: string;
  repeatInterval: string;
  routes: RouteNode[];
}

/** A reason why Alertmanager rejects its configuration. */
export interface Rejection {
  where: string;
  problem: string;
}

export interface RouteTree {
  root?: RouteNode;
  problems: Rejection[];
}

/** Alertmanager's defaults, which the root route inherits. */
export const inheritedSettings = {
  receiver: "",
  groupBy: [] as string[],
  groupWait: "30s",
  groupInterval: "5m",
  repeatInterval: "4h",
};
type Inherited = typeof inheritedSettings;

/**
 * Valid fields of a route. Alertmanager rejects a configuration with any other field, such as `matcher`.
 */
const routeKeys = new Set([
  "receiver",
  "matchers",
  "match",
  "match_re",
  "continue",
  "routes",
  "group_by",
  "group_wait",
  "group_interval",
  "repeat_interval",
  "mute_time_intervals",
  "active_time_intervals",
]);

/** Names that routes may refer to; undefined if some of them are unknown. */
interface KnownNames {
  receivers: ReadonlySet<string | undefined> | undefined;
  intervals: ReadonlySet<string | undefined> | undefined;
}

/** Returns a configuration's route tree; UNKNOWN if any part of `route` is unknown. */
export function readRoutes(config: PlainMap): RouteTree | typeof UNKNOWN {
  const route = at(config, "route");
  if (hasUnknown(route)) return UNKNOWN;
  if (!isMap(route)) return { problems: [{ where: "route", problem: "there is no route" }] };
  const known = {
    receivers: namesIn(config, "receivers"),
    intervals: namesIn(config, "time_intervals", "mute_time_intervals"),
  };
  const problems = repeatedReceivers(config);
  const read = (node: PlainMap, path: Path, parent: Inherited): RouteNode => {
    const settings: Inherited = {
      receiver: textAt(node, "receiver") || parent.receiver,
      groupBy: Array.isArray(node["group_by"]) ? node["group_by"].map(String) : parent.groupBy,
      groupWait: durationText(node["group_wait"]) ?? parent.groupWait,
      groupInterval: durationText(node["group_interval"]) ?? parent.groupInterval,
      repeatInterval: durationText(node["repeat_interval"]) ?? parent.repeatInterval,
    };
    const where = formatPath(path);
    const isRoot = path.length === 1;
    for (const problem of problemsWith(node, settings.receiver, known, isRoot)) {
      problems.push({ where, problem });
    }
    return {
      ...settings,
      path,
      where,
      matchers: readMatchers(node).matchers,
      continues: node["continue"] === true,
      hasTimeIntervals: intervalsOf(node).length > 0,
      routes: listAt(node, "routes").flatMap((child, index) =>
        isMap(child) ? [read(child, [...path, "routes", index], settings)] : [],
      ),
    };
  };
  return { root: read(route, ["route"], inheritedSettings), problems };
}

function namesIn(config: PlainMap, ...keys: string[]): KnownNames["receivers"] {
  const lists = keys.map((key) => at(config, key));
  if (hasUnknown(lists)) return undefined;
  return new Set(lists.flatMap((list) => listAt(list)).map((each) => textAt(each, "name")));
}

function repeatedReceivers(config: PlainMap): Rejection[] {
  const names = listAt(config, "receivers").map((receiver) => textAt(receiver, "name"));
  return [...new Set(names.filter((name, index) => names.indexOf(name) !== index))].map((name) => ({
    where: "receivers",
    problem: `two receivers have the name "${name}"`,
  }));
}

/** Returns the reasons why Alertmanager rejects a route, not including its child routes. */
function problemsWith(
  node: PlainMap,
  receiver: string,
  { receivers, intervals }: KnownNames,
  isRoot: boolean,
): string[] {
  const { matchers, problem } = readMatchers(node);
  const muting = intervalsOf(node);
  return [
    ...(problem === undefined ? [] : [problem]),
    ...(receivers?.has(receiver) === false ? [`the receiver "${receiver}" does not exist`] : []),
    ...Object.keys(node)
      .filter((key) => !routeKeys.has(key))
      .map((key) => `${key} is not a field of a route`),
    ...(isPresent(node["group_by"]) && !Array.isArray(node["group_by"])
      ? ["group_by is not a list"]
      : []),
    ...muting
      .filter((name) => intervals?.has(name) === false)
      .map((name) => `the time interval "${name}" does not exist`),
    ...(isRoot && matchers.length + muting.length > 0
      ? ["the root route has matchers or time intervals"]
      : []),
  ];
}

/** Returns the names of a route's mute and active time intervals. */
function intervalsOf(node: PlainMap): string[] {
  return ["mute_time_intervals", "active_time_intervals"].flatMap((key) =>
    listAt(node, key).map(String),
  );
}

function durationText(value: unknown): string | undefined {
  return typeof value === "string" || typeof value === "number" ? String(value) : undefined;
}

/**
 * Parses all matchers of a route or an inhibition rule, in the current syntax and in both older ones.
 */
export function readMatchers(
  node: unknown,
  prefix = "",
): { matchers: Matcher[]; problem?: string | undefined } {
  const list = at(node, `${prefix}matchers`);
  const isList = Array.isArray(list) || !isPresent(list);
  const parsed = (isText(list) ? [list] : listAt(list)).map(parseMatchers);
  const old = (key: string, operator: "=" | "=~") =>
    entriesAt(node, `${prefix}${key}`).map(([label, value]): Matcher => ({
      label,
      operator,
      value: String(value),
    }));
  const matchers = [
    ...old("match", "="),
    ...old("match_re", "=~"),
    ...parsed.flatMap((each) => each ?? []),
  ];
  if (!isList) return { matchers, problem: "the matchers are not a list" };
  if (parsed.includes(undefined)) return { matchers, problem: "a matcher cannot be parsed" };
  const isInvalid = matchers.some(
    ({ operator, value }) => operator.endsWith("~") && anchoredPattern(value) === undefined,
  );
  const problem = isInvalid ? "a matcher has an invalid regular expression" : undefined;
  return { matchers, problem };
}

const matcherForm =
  /^\s*(?:"((?:[^"\\]|\\.)*)"|([^\s=!~"{},]+))\s*(=~|!~|!=|=)\s*(?:"((?:[^"\\]|\\.)*)"|([^",{}]*?))\s*(?:,|$)/;

/** Parses `a="b"`, `{a=~"b|c", d!="e"}` or `a = b`; undefined if the text is invalid. */
function parseMatchers(text: unknown): Matcher[] | undefined {
  if (typeof text !== "string") return undefined;
  let rest = text.trim().replace(/^\{(.*)\}$/s, "$1");
  const matchers: Matcher[] = [];
  while (rest.trim() !== "") {
    const match = matcherForm.exec(rest);
    if (match === null) return undefined;
    const [whole, quotedLabel, label, operator = "=", quoted, bare] = match;
    matchers.push({
      label: unescape(quotedLabel) ?? label ?? "",
      operator: operator as Matcher["operator"],
      value: unescape(quoted) ?? bare ?? "",
    });
    rest = rest.slice(whole.length);
  }
  return matchers;
}

function unescape(text: string | undefined): string | undefined {
  return text?.replace(/\\(.)/gs, (_, character: string) => (character === "n" ? "\n" : character));
}

/** Whether a matcher matches an alert's labels. */
export function matches(matcher: Matcher, labels: Labels): boolean {
  return matchesValue(matcher, own(labels, matcher.label) ?? "");
}

/** Returns the routes that handle an alert. Walks the tree the same way Alertmanager does. */
export function routesFor(route: RouteNode, labels: Labels): RouteNode[] {
  if (!route.matchers.every((matcher) => matches(matcher, labels))) return [];
  const reached: RouteNode[] = [];
  for (const child of route.routes) {
    const below = routesFor(child, labels);
    reached.push(...below);
    if (below.length > 0 && !child.continues) break;
  }
  return reached.length > 0 ? reached : [route];
}

/**
 * Returns label sets that together cover every path through the tree that an alert with the fixed labels
 * can take. Each is a known label set with the minimal changes needed to satisfy all matchers from the
 * root down to one of the routes.
 */
export function probeLabels(root: RouteNode, fixed: Labels, known: Labels[] = []): Labels[] {
  const candidates = candidateValues(root, known);
  const bases = new Map<string, Labels>([["", fixed]]);
  for (const labels of known) {
    // Labels that appear in no matcher have no effect.
    const relevant = Object.entries(labels).filter(([label]) => candidates.has(label));
    bases.set(JSON.stringify(relevant.sort()), { ...Object.fromEntries(relevant), ...fixed });
  }
  const probes = new Map<string, Labels>();
  const walk = (route: RouteNode, inherited: Matcher[]): void => {
    const matchers = [...inherited, ...route.matchers];
    const conditions = [...new Set(matchers.map(({ label }) => label))].map((label): Condition => {
      const applicable = matchers.filter((matcher) => matcher.label === label);
      const accepts = (value: string) =>
        applicable.every((matcher) => matchesValue(matcher, value));
      const values = own(fixed, label) === undefined ? candidates.get(label) : undefined;
      return { label, accepts, acceptedValue: values && [...values].find(accepts) };
    });
    for (const base of bases.values()) {
      const labels = satisfy(base, conditions);
      if (labels !== undefined) probes.set(JSON.stringify(Object.entries(labels).sort()), labels);
    }
    for (const child of route.routes) walk(child, matchers);
  };
  walk(root, []);
  return [...probes.values()];
}

/** The condition that a path through the tree imposes on a label. */
interface Condition {
  label: string;
  accepts: (value: string) => boolean;
  /** A value that satisfies the condition; undefined if none was found or the label is fixed. */
  acceptedValue: string | undefined;
}

/** Changes labels to satisfy every condition. Returns undefined if that is impossible. */
function satisfy(base: Labels, conditions: Condition[]): Labels | undefined {
  const labels = { ...base };
  for (const { label, accepts, acceptedValue } of conditions) {
    if (accepts(own(labels, label) ?? "")) continue;
    if (acceptedValue === undefined) return undefined;
    labels[label] = acceptedValue;
  }
  return labels;
}

/**
 * Returns the values to try for each label in a matcher: those in matchers and known alerts, plus
 * `other`.
 */
function candidateValues(root: RouteNode, known: Labels[]): Map<string, Set<string>> {
  const values = new Map<string, Set<string>>();
  const walk = (route: RouteNode): void => {
    for (const { label, operator, value } of route.matchers) {
      const examples = operator.endsWith("~") ? examplesOf(value) : [];
      values.set(label, new Set([...(values.get(label) ?? ["other"]), value, ...examples]));
    }
    route.routes.forEach(walk);
  };
  walk(root);
  for (const labels of known) {
    for (const [label, value] of Object.entries(labels)) values.get(label)?.add(value);
  }
  return values;
}

/** Generates strings that a simple regular expression may match. Callers must check that they do. */
function examplesOf(pattern: string): string[] {
  const alternatives = pattern
    .replace(/^\(\?[ims]+\)|[$^]/g, "")
    .replace(/\(\?:/g, "(")
    .split("|");
  const nested = [...pattern.matchAll(/\(([^()]*)\)/g)].flatMap(([group, inner = ""]) =>
    inner.split("|").map((alternative) => pattern.replace(group, () => alternative)),
  );
  return [...alternatives, ...nested].flatMap((text) => {
    const example = text
      .replace(/\\[dD]/g, "5")
      .replace(/\\[wW]/g, "w")
      .replace(/\[\^[^\]]*\]/g, "z")
      .replace(/\[(.)[^\]]*\]/g, "$1")
      .replace(/(?<!\\)\./g, "x")
      .replace(/\\(.)/g, "$1")
      .replace(/[()]/g, "");
    return [
      example.replace(/[*+?]/g, ""),
      example.replace(/.[*?]/g, "").replace(/\+/g, ""),
      example.replace(/(.)\{(\d+)[^}]*\}/g, (_, character: string, count: string) =>
        character.repeat(Math.min(Number(count), 50)),
      ),
    ];
  });
}
