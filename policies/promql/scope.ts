import { Expr, Selector, allows, childrenOf, nodesOf, selectorsOf } from "./expr";

/** Services that `and` limits a part of an expression to, or that `unless` excludes from it. */
export interface ServiceScope {
  excluded: boolean;
  /** Selector that names the services in the label `service`, or in `workload` for their pods. */
  selector: Selector;
}

/**
 * Returns the scopes of a selector in an expression, such as those of `a` in `a unless
 * b{service="batch"}`.
 */
export function scopesOf(expr: Expr, part: Selector): ServiceScope[] {
  const inside = childrenOf(expr)
    .filter((child) => nodesOf(child).includes(part))
    .flatMap((child) => scopesOf(child, part));
  if (expr.kind !== "binary") return inside;
  const excluded = expr.operator === "unless";
  const applies = expr.operator === "and" || (excluded && nodesOf(expr.left).includes(part));
  if (!applies) return inside;
  // Matchers on a recorded series apply to every selector in its expression.
  const partMatchers = part.matchers.map((matcher) => JSON.stringify(matcher));
  const naming = selectorsOf(expr.right)
    // Inlining a recorded series can add a matcher for another service, so that no series matches.
    .filter((selector) => namedServices(selector).some((name) => allowsService(selector, name)))
    .map((selector) => ({
      ...selector,
      matchers: selector.matchers.filter(
        (matcher) => !partMatchers.includes(JSON.stringify(matcher)),
      ),
    }))
    .filter((selector) => namedServices(selector).length > 0);
  return [...naming.map((selector) => ({ excluded, selector })), ...inside];
}

/** Returns the services that a selector names. */
export function namedServices({ matchers }: Selector): string[] {
  return matchers
    .filter(({ label, operator }) => /^(service|workload)$/.test(label) && /^=~?$/.test(operator))
    .flatMap(({ value }) => value.split("|"))
    .filter((name) => /^[a-z0-9][-a-z0-9]*$/.test(name));
}

/** Returns the services to which scopes limit an expression; empty if no scope limits it. */
export function scopedServices(scopes: ServiceScope[]): string[] {
  return scopes.flatMap(({ excluded, selector }) => (excluded ? [] : namedServices(selector)));
}

/** Whether scopes include a service. */
export function includesService(scopes: ServiceScope[], service: string): boolean {
  return scopes.every(({ excluded, selector }) => {
    return allowsService(selector, service) !== excluded;
  });
}

/** Whether a selector can return series of a service, or of the workload with the same name. */
export function allowsService(selector: Selector, service: string): boolean {
  return ["service", "workload"].every((label) => allows(selector, label, service));
}
