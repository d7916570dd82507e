import { Plain, at, isMap, textAt } from "../facts/plain";
import { Resource, stackOf } from "../facts/resource";
import { stringProperty } from "./properties";

/** Configuration of a policy that treats production differently. */
export interface EnvironmentConfig {
  environment?: string | undefined;
}

const byDefault =
  "Default: the environment in labels, tags or settings; otherwise the one in the stack's name; otherwise production.";

/**
 * Returns the property `environment` of a policy. `effect` describes how the policy treats production.
 */
export function environmentPropertyWith(effect: string) {
  return stringProperty(
    `Environment of the stack, such as \`prod\`, \`production\` or \`prod-eu\`. ${effect} ${byDefault}`,
  );
}

export const environmentProperty = environmentPropertyWith("Only production is evaluated.");

/**
 * Whether a resource belongs to production. The first conclusive source applies: the configuration, the
 * environment that the resource declares, the name of its stack, and the environments that other
 * resources declare. Default: true.
 */
export function isProd(
  resource: Pick<Resource, "urn"> & Partial<Resource>,
  { environment }: EnvironmentConfig,
  others: readonly Resource[] = [],
): boolean {
  if (environment !== undefined) return isProdName(environment) ?? true;
  const fromResource = statedProd(resource) ?? isProdName(stackOf(resource.urn));
  if (fromResource !== undefined) return fromResource;
  const stated = others.map(statedProd).filter((answer) => answer !== undefined);
  return stated.length === 0 || stated.includes(true);
}

/** The environment that the policies assume for a stack, and where it comes from. */
export interface JudgedEnvironment {
  /** `production`, `not production`, or both if the resources differ. */
  judged: string;
  source: string;
}

/**
 * Summarizes {@link isProd} for a report. `configured` contains the environments from the configuration.
 */
export function judgedEnvironment(
  resources: readonly Resource[],
  configured: readonly string[],
): JudgedEnvironment {
  const answers = new Map<string, { isProd: boolean; source: string; count: number }>();
  const add = (isProd: boolean, source: string): void => {
    const key = `${isProd} ${source}`;
    answers.set(key, { isProd, source, count: (answers.get(key)?.count ?? 0) + 1 });
  };
  const stated = resources.map(statedProd);
  for (const name of new Set(configured)) {
    add(isProdName(name) ?? true, `the policy configuration (${name})`);
  }
  if (answers.size === 0) {
    const byOthers = stated.filter((answer) => answer !== undefined);
    resources.forEach(({ urn }, index) => {
      const fromResource = stated[index];
      const byName = isProdName(stackOf(urn));
      if (fromResource !== undefined) add(fromResource, "labels, tags or settings");
      else if (byName !== undefined) add(byName, `the name of the stack (${stackOf(urn)})`);
      else if (byOthers.length > 0) add(byOthers.includes(true), "labels, tags or settings");
    });
  }
  if (answers.size === 0) add(true, "the default, because no environment is declared");
  const sorted = [...answers.values()].sort((a, b) => b.count - a.count);
  const judged = sorted.map(({ isProd }) => (isProd ? "production" : "not production"));
  return {
    judged: [...new Set(judged)].join(" and "),
    source: [...new Set(sorted.map(({ source }) => source))].join(" and "),
  };
}

const prodWords = new Set(["prod", "production", "prd", "live"]);
const otherWords = new Set(
  "dev devel develop development nonprod preprod staging stage stg test tests testing tst qa uat int integration e2e ci demo sandbox sbx preview local".split(
    " ",
  ),
);

/** Whether a name such as `prod-eu` or `dev2` refers to production; undefined if it is ambiguous. */
export function isProdName(name: string): boolean | undefined {
  const words = name
    .toLowerCase()
    .replace(/\b(non|not|pre)[-_. ]+(?=pro?d)/g, "$1")
    .split(/[^a-z0-9]+|(?<=[a-z])(?=\d+(?![a-z0-9]))/);
  const isIn = (set: Set<string>) => words.some((word) => set.has(word));
  if (isIn(prodWords)) return true;
  return isIn(otherWords) || words.some((word) => /^(non|not|pre)(prod|production|prd)$/.test(word))
    ? false
    : undefined;
}

/** Paths where objects, charts and AWS resources declare their environment. */
const places = [
  ["metadata", "labels"],
  ["spec", "externalLabels"],
  ["tags"],
  ["tagsAll"],
  ["values", "commonLabels"],
  ["values", "prometheus", "prometheusSpec", "externalLabels"],
  ["values", "server", "global", "external_labels"],
  ["values", "global", "labels"],
];
const keys = ["env", "environment", "Env", "Environment", "app.kubernetes.io/environment"];

/** Whether a resource declares a production environment; undefined if it declares none. */
function statedProd({ type = "", props }: Partial<Resource>): boolean | undefined {
  const stated: Plain[] = places.flatMap((path) => {
    const labels = at(props, ...path);
    return isMap(labels) ? keys.map((key) => at(labels, key)) : [];
  });
  // This library's components register their settings.
  if (type.startsWith("monitoring:index:")) stated.push(textAt(props, "environment"));
  return stated
    .map((name) => (typeof name === "string" ? isProdName(name) : undefined))
    .find((answer) => answer !== undefined);
}
