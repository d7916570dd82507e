import { PlainMap, UNKNOWN, at, entriesAt, hasUnknown, isMap, listAt, textAt } from "./plain";

/** Labels of an alert; a label that is absent counts as empty. */
export type Labels = Record<string, string>;

export interface Matcher {
  label: string;
  operator: "=" | "!=" | "=~" | "!~";
  value: string;
}

/** A route with what it inherits from the routes above it. */
export interface Route {
  /** `route.routes[0]`. */
  where: string;
  receiver: string;
  matchers: Matcher[];
  continues: boolean;
  /** Whether it is silent at some times of the day. */
  muted: boolean;
  groupBy: string[];
  groupWait: string;
  groupInterval: string;
  repeatInterval: string;
  routes: Route[];
}

export interface RouteTree {
  root?: Route;
  /** Why Alertmanager would refuse the configuration. */
  problems: { where: string; problem: string }[];
}

// What Alertmanager takes where nothing is set.
const defaults = {
  receiver: "",
  groupBy: [] as string[],
  groupWait: "30s",
  groupInterval: "5m",
  repeatInterval: "4h",
};
type Inherited = typeof defaults;

/** The route tree of a configuration, or UNKNOWN while any part of it is not known yet. */
export function readRoutes(config: PlainMap): RouteTree | typeof UNKNOWN {
  const route = at(config, "route");
  if (hasUnknown(route)) return UNKNOWN;
  const problems: RouteTree["problems"] = [];
  if (!isMap(route)) {
    return { problems: [{ where: "route", problem: "there is no route" }] };
  }
  const receivers = at(config, "receivers");
  const names = listAt(config, "receivers").map((receiver) => textAt(receiver, "name"));
  const known = (name: string): boolean => {
    return receivers === UNKNOWN || names.includes(name) || hasUnknown(receivers);
  };

  const read = (node: PlainMap, where: string, above: Inherited): Route => {
    const own: Inherited = {
      receiver: textAt(node, "receiver") || above.receiver,
      groupBy: Array.isArray(node["group_by"]) ? node["group_by"].map(String) : above.groupBy,
      groupWait: durationText(node["group_wait"]) ?? above.groupWait,
      groupInterval: durationText(node["group_interval"]) ?? above.groupInterval,
      repeatInterval: durationText(node["repeat_interval"]) ?? above.repeatInterval,
    };
    const { matchers, problem } = readMatchers(node);
    if (problem !== undefined) problems.push({ where, problem });
    if (!known(own.receiver)) {
      problems.push({ where, problem: `there is no receiver "${own.receiver}"` });
    }
    return {
      ...own,
      where,
      matchers,
      continues: node["continue"] === true,
      muted: [node["mute_time_intervals"], node["active_time_intervals"]].some(
        (intervals) => Array.isArray(intervals) && intervals.length > 0,
      ),
      routes: listAt(node, "routes").flatMap((child, index) =>
        isMap(child) ? [read(child, `${where}.routes[${index}]`, own)] : [],
      ),
    };
  };
  return { root: read(route, "route", defaults), problems };
}

function durationText(value: unknown): string | undefined {
  return typeof value === "string" || typeof value === "number" ? String(value) : undefined;
}

interface Matchers {
  matchers: Matcher[];
  problem?: string;
}

/** All matchers of a route or an inhibition rule, in the new form and in the two old ones. */
export function readMatchers(node: unknown, prefix = ""): Matchers {
  const matchers: Matcher[] = [];
  let problem: string | undefined;
  const add = (label: string, operator: Matcher["operator"], value: string): void => {
    if (operator.endsWith("~") && anchored(value) === undefined) {
      problem ??= "a matcher has no valid regular expression";
    }
    matchers.push({ label, operator, value });
  };
  for (const [label, value] of entriesAt(node, `${prefix}match`)) add(label, "=", String(value));
  for (const [label, value] of entriesAt(node, `${prefix}match_re`)) {
    add(label, "=~", String(value));
  }
  const list = at(node, `${prefix}matchers`);
  for (const item of typeof list === "string" ? [list] : listAt(list)) {
    const parsed = parseMatchers(item);
    if (parsed === undefined) problem ??= "a matcher cannot be read";
    for (const { label, operator, value } of parsed ?? []) add(label, operator, value);
  }
  return { matchers, ...(problem === undefined ? {} : { problem }) };
}

const matcherForm =
  /^\s*(?:"((?:[^"\\]|\\.)*)"|([^\s=!~"{},]+))\s*(=~|!~|!=|=)\s*(?:"((?:[^"\\]|\\.)*)"|([^",{}]*?))\s*(?:,|$)/;

/** `a="b"`, `{a=~"b|c", d!="e"}`, `a = b`. */
function parseMatchers(text: unknown): Matcher[] | undefined {
  if (typeof text !== "string") return undefined;
  let rest = text.trim().replace(/^\{(.*)\}$/s, "$1");
  const matchers: Matcher[] = [];
  while (rest.trim() !== "") {
    const match = matcherForm.exec(rest);
    if (match === null) return undefined;
    const [whole, quotedLabel, label, operator = "=", quoted, bare] = match;
    matchers.push({
      label: unescaped(quotedLabel) ?? label ?? "",
      operator: operator as Matcher["operator"],
      value: unescaped(quoted) ?? bare ?? "",
    });
    rest = rest.slice(whole.length);
  }
  return matchers;
}

function unescaped(text: string | undefined): string | undefined {
  return text?.replace(/\\(.)/gs, (_, character: string) => (character === "n" ? "\n" : character));
}

const expressions = new Map<string, RegExp | undefined>();

/** A regular expression as Alertmanager applies it: to the whole value. */
function anchored(pattern: string): RegExp | undefined {
  if (!expressions.has(pattern)) {
    const flags = /^\(\?([ims]+)\)/.exec(pattern);
    const source = flags === null ? pattern : pattern.slice(flags[0].length);
    let expression: RegExp | undefined;
    try {
      expression = new RegExp(`^(?:${source})$`, `s${flags?.[1]?.includes("i") ? "i" : ""}`);
    } catch {
      expression = undefined;
    }
    expressions.set(pattern, expression);
  }
  return expressions.get(pattern);
}

export function matches({ label, operator, value }: Matcher, labels: Labels): boolean {
  const found = labels[label] ?? "";
  switch (operator) {
    case "=":
      return found === value;
    case "!=":
      return found !== value;
    case "=~":
      return anchored(value)?.test(found) ?? false;
    case "!~":
      return !(anchored(value)?.test(found) ?? false);
  }
}

/** The routes that an alert ends in, as Alertmanager walks its tree. */
export function routesFor(route: Route, labels: Labels): Route[] {
  if (!route.matchers.every((matcher) => matches(matcher, labels))) return [];
  const reached: Route[] = [];
  for (const child of route.routes) {
    const below = routesFor(child, labels);
    reached.push(...below);
    if (below.length > 0 && !child.continues) break;
  }
  return reached.length > 0 ? reached : [route];
}

/**
 * Alerts that together take every way through a tree which an alert with the given labels can take:
 * for each route, labels that satisfy the matchers down to it, and, for every matcher beside that
 * way, labels that satisfy it too.
 */
export function probes(root: Route, fixed: Labels, known: Labels[] = []): Labels[] {
  const candidates = candidateValues(root, known);
  const bases = new Map<string, Labels>([["", fixed]]);
  for (const labels of known) {
    // Labels of which no route speaks make no difference.
    const spoken = Object.entries(labels).filter(([label]) => candidates.has(label));
    bases.set(JSON.stringify(spoken.sort()), { ...Object.fromEntries(spoken), ...fixed });
  }
  const found = new Map<string, Labels>();
  const walk = (route: Route, above: Matcher[]): void => {
    const way = [...above, ...route.matchers];
    const changes = changesFor(way, fixed, candidates);
    for (const base of bases.values()) {
      const labels = witness(base, changes);
      if (labels !== undefined) found.set(JSON.stringify(Object.entries(labels).sort()), labels);
    }
    for (const child of route.routes) walk(child, way);
  };
  walk(root, []);
  return [...found.values()];
}

/** What a way through the tree asks of one label, and a value that satisfies it where there is one. */
interface Change {
  label: string;
  fits: (value: string) => boolean;
  value: string | undefined;
}

function changesFor(
  matchers: Matcher[],
  fixed: Labels,
  candidates: Map<string, string[]>,
): Change[] {
  return [...new Set(matchers.map(({ label }) => label))].map((label) => {
    const own = matchers.filter((matcher) => matcher.label === label);
    const fits = (value: string): boolean =>
      own.every((matcher) => matches(matcher, { [label]: value }));
    const value = fixed[label] === undefined ? candidates.get(label)?.find(fits) : undefined;
    return { label, fits, value };
  });
}

/** Labels that satisfy all of it, made by changing as few of the given ones as possible. */
function witness(base: Labels, changes: Change[]): Labels | undefined {
  const labels = { ...base };
  for (const { label, fits, value } of changes) {
    if (fits(labels[label] ?? "")) continue;
    if (value === undefined) return undefined;
    labels[label] = value;
  }
  return labels;
}

function candidateValues(root: Route, known: Labels[]): Map<string, string[]> {
  const values = new Map<string, Set<string>>();
  const add = (label: string, value: string): void => {
    const set = values.get(label) ?? new Set(["other"]);
    values.set(label, set.add(value));
  };
  const walk = (route: Route): void => {
    for (const { label, operator, value } of route.matchers) {
      add(label, value);
      if (operator.endsWith("~")) for (const sample of samples(value)) add(label, sample);
    }
    route.routes.forEach(walk);
  };
  walk(root);
  for (const labels of known) {
    for (const [label, value] of Object.entries(labels)) {
      if (values.has(label)) add(label, value);
    }
  }
  return new Map([...values].map(([label, set]) => [label, [...set]]));
}

/** Some texts that a simple regular expression matches; whoever uses them tries them. */
function samples(pattern: string): string[] {
  const alternatives = pattern
    .replace(/^\(\?[ims]+\)|[$^]/g, "")
    .replace(/\(\?:/g, "(")
    .split("|");
  const nested = [...pattern.matchAll(/\(([^()]*)\)/g)].flatMap(([group, inner = ""]) =>
    inner.split("|").map((alternative) => pattern.replace(group, () => alternative)),
  );
  return [...alternatives, ...nested].flatMap((text) => {
    const one = text
      .replace(/\\[dD]/g, "5")
      .replace(/\\[wW]/g, "w")
      .replace(/\[\^[^\]]*\]/g, "z")
      .replace(/\[(.)[^\]]*\]/g, "$1")
      .replace(/(?<!\\)\./g, "x")
      .replace(/\\(.)/g, "$1")
      .replace(/[()]/g, "");
    return [
      one.replace(/[*+?]/g, ""),
      one.replace(/.[*?]/g, "").replace(/\+/g, ""),
      one.replace(/(.)\{(\d+)[^}]*\}/g, (_, character: string, count: string) =>
        character.repeat(Math.min(Number(count), 50)),
      ),
    ];
  });
}
