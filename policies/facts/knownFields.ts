import { distance } from "fastest-levenshtein";
import recorded from "./recordedFields.json";
import { Plain, entriesAt } from "./plain";
import { own } from "../shared/own";
import { perText } from "../shared/perText";

/**
 * Known fields by place. A place is a level in kube-prometheus-stack's values, a kind or list of the
 * operator, or a section of Alertmanager's or Loki's configuration. Recorded from kube-prometheus-stack
 * 88.5.3 and its operator, Alertmanager 0.33 and Loki 3.6.
 */
const places: Record<string, string> = recorded;

const fieldsOf = perText((place) => new Set((own(places, place) ?? "").split(" ")));

/** An unknown field, and the known field that the author probably meant. */
export interface MistypedField {
  key: string;
  suggestion: string;
}

/**
 * Finds fields of a map that are misspelled or at the wrong level. Ignores fields that resemble no known
 * field, because a newer version may have added them.
 */
export function mistypedFields(place: string, map: Plain): MistypedField[] {
  const fields = fieldsOf(place);
  return entriesAt(map).flatMap(([key]) => {
    // A parent chart uses this key to decide whether to install the chart.
    if (fields.has(key) || (place === "values" && key === "enabled")) return [];
    const suggestion = nearest(key, fields) ?? otherLevel(place, key);
    return suggestion === undefined ? [] : [{ key, suggestion }];
  });
}

/** Returns the known field that differs only in case or separators, or in one or two letters. */
function nearest(key: string, fields: Set<string>): string | undefined {
  const most = key.length < 5 ? 0 : key.length < 9 ? 1 : 2;
  return [...fields].find(
    (field) =>
      letters(field) === letters(key) ||
      field === `${key}s` ||
      (Math.abs(field.length - key.length) <= most && distance(field, key) <= most),
  );
}

function letters(field: string): string {
  return field.toLowerCase().replace(/[^a-z0-9]/g, "");
}

/** Returns the path of the level above or below that has a key. */
function otherLevel(place: string, key: string): string | undefined {
  if (!place.startsWith("values")) return undefined;
  return Object.keys(places)
    .filter((other) => other.startsWith("values") && other !== "values.grafana")
    .filter((other) => other.startsWith(`${place}.`) || place.startsWith(`${other}.`))
    .filter((other) => fieldsOf(other).has(key))
    .map((other) => [...other.split(".").slice(1), key].join("."))
    .at(-1);
}
