import { parse, stringify } from "yaml";
import { Path, Plain, PlainMap, at, setAt, textAt } from "../../policies/facts/plain";
import { Resource } from "../../policies/facts/resource";
import { judgedRules } from "../../policies/facts/rules";
import { Violation } from "../../policies/engine/violation";

/** A change that the text of a fix names: a key, and the value to set. */
interface Change {
  key: Path;
  value: Plain;
  /** The place that the fix names: `route` in `group_by: […] in route`. */
  inside: Path;
}

/** The change that a fix starts with, such as `for: 15m` or `set spec.retention: "15d"`. */
export function changeIn(fix: string): Change | undefined {
  const [, text = "", inside = ""] = /^(.*?)(?: in ([\w.[\]]+))?(?:, or .*)?$/.exec(fix) ?? [];
  const form = /^(?:set )?([\w.[\]-]+): ("[^"]*"|\[.*\]|\{.*\}|[^\s,]+)$/;
  const [, key, value] = form.exec(text) ?? [];
  return key === undefined || value === undefined
    ? undefined
    : { key: pathOf(key), value: parse(filled(value)), inside: pathOf(inside) };
}

/** The value with what only the reader knows. */
function filled(value: string): string {
  return value
    .replace("https://…", "https://runbooks.shop.io/a")
    .replace("…", "Requests fail")
    .replace("<major>.<minor>.<patch>", "1.2.3")
    .replace("<size>", "40")
    .replace(/<name of the cluster>/, "shop");
}

/** The resources after the change. `where` in the violation determines what the key belongs to. */
export function withChange(
  subjects: Resource[],
  { urn, where }: Violation & { urn?: string },
  { key, value, inside }: Change,
): Resource[] {
  const index = Math.max(
    0,
    subjects.findLastIndex(({ name, urn: id }) => id === urn || where.endsWith(`, ${name}`)),
  );
  const changed = structuredClone(subjects);
  const subject = changed[index];
  if (subject === undefined) return changed;
  const props = subject.props as PlainMap;
  // Reading the copy would cache its rules before the change.
  const rule = judgedRules(subjects[index] as Resource).rules.find(({ where: place }) =>
    where.startsWith(place),
  );
  const [, inFile] = /, alertmanager\.yaml, (\S+)/.exec(where) ?? [];
  const place = pathOf(/, ([\w.[\]-]+)(?: \(.*\))?$/.exec(where)?.[1] ?? "");
  if (inside.length > 0) setInText(props, "alertmanager.yaml", [...inside, ...key], value);
  else if (inFile !== undefined)
    setInText(props, "alertmanager.yaml", placeOf(pathOf(inFile), key), value);
  else if (rule?.alert !== undefined) setAt(props, [...rule.path, ...key], value);
  else setAt(props, placeOf(place, key), value);
  return changed;
}

/** The path to set: the key itself, the place that ends in it, or a key next to the place. */
function placeOf(place: Path, key: Path): Path {
  if (key.length > 1 && key[0] === place[0]) return key;
  if (place.slice(-key.length).join() === key.join()) return place;
  return [...place.slice(0, -1), ...key];
}

function setInText(props: PlainMap, file: string, path: Path, value: Plain): void {
  const text = textAt(props, "stringData", file) ?? "";
  const document = parse(text) as PlainMap;
  if (at(document, ...path) === undefined) setAt(document, path, undefined);
  setAt(document, path, value);
  setAt(props, ["stringData", file], stringify(document));
}

function pathOf(text: string): Path {
  return text
    .split(/[.[\]]+/)
    .filter((key) => key !== "")
    .map((key) => (/^\d+$/.test(key) ? Number(key) : key));
}
