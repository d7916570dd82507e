import { type YAMLMap, type YAMLSeq, isMap, isScalar, isSeq, parseDocument, stringify } from "yaml";
import { isDeepStrictEqual } from "node:util";
import { ExpectedError } from "../preview/config/errors";
import { fullKey } from "../preview/config/configuration";

/** A service, as an item of `services` in the configuration. */
export type ServiceItem = { name: string } & Record<string, unknown>;

/**
 * Adds a service to a stack file's text. The rest of the text stays unchanged.
 *
 * @param project Name of the project, which is the namespace of keys without one.
 */
export function addService(text: string, project: string, service: ServiceItem): string {
  const document = parseDocument(text);
  const config: unknown = document.get("config");
  const added = isMap(config) && !config.flow ? insert(text, config, project, service) : undefined;
  if (added === undefined || !hasAppended(text, added, project, service)) {
    throw new ExpectedError(
      `the file declares services in a form that this command cannot extend\n  fix: add these lines to ${project}:services\n\n${stringify([service])}`,
    );
  }
  return added;
}

function insert(
  text: string,
  config: YAMLMap,
  project: string,
  service: ServiceItem,
): string | undefined {
  const [start = 0, end = 0] = config.range ?? [];
  const indent = columnOf(text, start);
  const pair = config.items.find(({ key }) => isScalar(key) && isServices(key.value, project));
  if (pair === undefined) {
    const key = `${" ".repeat(indent)}${project}:services:\n`;
    return insertLines(text, end, `${key}${lines(service, indent + 2)}`);
  }
  const list = pair.value;
  if (isSeq(list) && list.items.length > 0) return append(text, list, service);
  // The list is empty if it is `[]` or the key has no value.
  const isEmpty = isSeq(list) || (isScalar(list) && list.value === null);
  const [from = 0, to = 0] = isEmpty ? (list.range ?? []) : [];
  if (to === 0) return undefined;
  const key = text.slice(0, from);
  const rest = `${to > from ? key.trimEnd() : key}${text.slice(to)}`;
  const endOfLine = rest.indexOf("\n", key.trimEnd().length);
  const next = endOfLine === -1 ? rest.length : endOfLine + 1;
  return insertLines(rest, next, lines(service, indent + 2));
}

function append(text: string, list: YAMLSeq, service: ServiceItem): string {
  const [start = 0, end = 0] = list.range ?? [];
  if (!list.flow) return insertLines(text, end, lines(service, columnOf(text, start)));
  const item = stringify(service, { collectionStyle: "flow", lineWidth: 0 }).trim();
  const last = (list.items.at(-1) as YAMLMap).range?.[1] ?? end - 1;
  return `${text.slice(0, last)}, ${item}${text.slice(last)}`;
}

function lines(service: ServiceItem, indent: number): string {
  return stringify([service], { lineWidth: 0 }).replace(/^(?=.)/gm, " ".repeat(indent));
}

/** Inserts lines at the start of a line or the end of a text. */
function insertLines(text: string, position: number, added: string): string {
  const before = text.slice(0, position);
  const separator = before === "" || before.endsWith("\n") ? "" : "\n";
  return `${before}${separator}${added}${text.slice(position)}`;
}

function columnOf(text: string, position: number): number {
  return position - (text.lastIndexOf("\n", position - 1) + 1);
}

/** Whether the parsed texts differ only in one additional service at the end. */
function hasAppended(before: string, after: string, project: string, service: ServiceItem) {
  const [old, current] = [split(before, project), split(after, project)];
  const services: unknown[] = Array.isArray(old.services) ? old.services : [];
  return isDeepStrictEqual(current, { ...old, services: [...services, service] });
}

/** Returns the services in a stack file, and everything else in it. */
function split(text: string, project: string): { services: unknown; rest: unknown } {
  const document = parseDocument(text);
  if (document.errors.length > 0) return { services: undefined, rest: document.errors };
  const { config, ...rest } = document.toJS() as { config?: Record<string, unknown> };
  const entries = Object.entries(config ?? {});
  return {
    services: entries.find(([key]) => isServices(key, project))?.[1],
    rest: [rest, entries.filter(([key]) => !isServices(key, project))],
  };
}

function isServices(key: unknown, project: string): boolean {
  return fullKey(String(key), project) === `${project}:services`;
}
