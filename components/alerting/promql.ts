import { podNames } from "./podNames";

/** Helpers that write PromQL; everything else about an expression stands where it is used. */

/** A number as PromQL reads it, without the noise of floating point. */
export function num(value: number): string {
  return String(Number(value.toPrecision(12)));
}

/** Which services a rule is for: all but some, or only some. */
export interface Scope {
  only?: string[];
  except?: string[];
}

/** Matchers of the series of these services in one namespace, without braces. */
export function services(namespace: string, scope: Scope, further: string[] = []): string {
  return [`namespace="${namespace}"`, ...scoped("service", scope), ...further].join(", ");
}

/**
 * Matchers of the pods of these services, which are known by their names only: those of `api` start
 * with `api-`, unless there is a service `api-gateway` whose pods they are.
 */
export function pods(
  namespace: string,
  scope: Scope,
  allServices: string[],
  further: string[] = [],
): string {
  const podsOf = (names: string[]) => names.map((name) => `${name}-.+`);
  const longer = (names: string[]) =>
    allServices.filter(
      (other) => !names.includes(other) && names.some((name) => other.startsWith(`${name}-`)),
    );
  const { only, except } = scope;
  const matchers: string[] = [];
  if (only !== undefined) {
    const others = longer(only);
    matchers.push(`pod=~"${podsOf(only).join("|")}"`);
    if (others.length > 0) matchers.push(`pod!~"${podsOf(others).join("|")}"`);
  } else if (except !== undefined && except.length > 0) {
    matchers.push(`pod!~"${exceptPods(except, longer(except))}"`);
  }
  return [`namespace="${namespace}"`, ...matchers, ...further].join(", ");
}

/** Prometheus' patterns have no lookahead: what starts alike is told apart by how pods are named. */
function exceptPods(names: string[], longer: string[]): string {
  if (longer.length === 0) return names.map((name) => `${name}-.+`).join("|");
  return names
    .map((name) =>
      longer.some((other) => other.startsWith(`${name}-`)) ? podNames([name]) : `${name}-.+`,
    )
    .join("|");
}

function scoped(label: string, { only, except }: Scope): string[] {
  if (only !== undefined) return [oneOf(label, only, "=")];
  if (except !== undefined && except.length > 0) return [oneOf(label, except, "!")];
  return [];
}

/** Equality where one value is meant: it is the cheaper matcher. */
export function oneOf(label: string, values: string[], sign: "=" | "!"): string {
  const [first = ""] = values;
  if (values.length === 1) return `${label}${sign === "=" ? "=" : "!="}"${first}"`;
  return `${label}${sign}~"${values.join("|")}"`;
}

/**
 * How many targets the scrape pools of ServiceMonitors find, by namespace and a label that is read
 * from the pool's name. `up` vanishes with the last target; Prometheus keeps the pool and counts its
 * targets even then, so one expression sees any number that are gone, where `absent` would need a
 * rule for each.
 */
export function poolTargets(
  namespace: string,
  { label, monitors, prefix = "", further = [] }: PoolSelection,
): string {
  const pools = `serviceMonitor/${namespace}/${prefix}`;
  const matchers = [`scrape_job=~"${pools}${monitors}"`, ...further].join(", ");
  return [
    `max by (namespace, ${label}) (`,
    `  label_replace(`,
    `    label_replace(`,
    `      prometheus_target_scrape_pool_targets{${matchers}},`,
    `      "${label}", "$1", "scrape_job", "${pools}(.+)/[0-9]+"`,
    `    ),`,
    `    "namespace", "${namespace}", "", ""`,
    `  )`,
    `)`,
  ].join("\n");
}

interface PoolSelection {
  /** The label that becomes what the pool's name says. */
  label: string;
  /** Pattern of the pools' names after the prefix. */
  monitors: string;
  /** Pattern of what stands before that, which the label leaves out. */
  prefix?: string;
  further?: string[];
}
