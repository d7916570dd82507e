import {
  MetricKey,
  MetricNames,
  defaultMetricNames,
  metricKeys,
  metricNamesAnnotation,
  micrometerNames,
  requestMetricNames,
} from "../shared/metricNames";
import { declarationOf } from "./declarations";
import { Plain, isText, listAt, textAt } from "./plain";
import { Resource } from "./resource";
import { readYaml } from "./yaml";

/** All possible names of each service metric and label. */
export type MetricVocabulary = Record<MetricKey, string[]>;

/**
 * Combines the names from all conventions with those declared in annotations of rule objects. A declared
 * name is added to the others instead of replacing them, so a declaration cannot hide a rule from the
 * policies.
 */
export function metricVocabulary(resources: Resource[]): MetricVocabulary {
  const declarations = resources.flatMap((resource) => {
    const text = declarationOf(resource, metricNamesAnnotation);
    return text === undefined ? [] : [readYaml(text)];
  });
  if (declarations.length === 0) return defaultVocabulary;
  return vocabularyWith(declarations);
}

/** Most resources share this object, so values derived from it are computed only once. */
const defaultVocabulary = vocabularyWith([]);

function vocabularyWith(declarations: Plain[]): MetricVocabulary {
  const known: Partial<MetricNames>[] = [
    defaultMetricNames,
    requestMetricNames.opentelemetry,
    micrometerNames,
  ];
  const names = (key: MetricKey) => [
    ...known.flatMap((convention) => convention[key] ?? []),
    ...declarations.flatMap(
      (declaration) => textAt(declaration, key) ?? listAt(declaration, key).filter(isText),
    ),
  ];
  return Object.fromEntries(metricKeys.map((key) => [key, names(key)])) as MetricVocabulary;
}
