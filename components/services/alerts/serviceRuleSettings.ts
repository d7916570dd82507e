import { mapAlerts, withSettings } from "../../alerting/alertSettings";
import { Scope, labelMatcher } from "../../alerting/promql";
import { AlertGroup } from "../../alerting/rules";
import { groupBy } from "../../shared/groupBy";
import { configuredServices } from "./configuredServices";
import { inPodScope } from "./podScope";
import { MonitoredServicesSettings } from "../settings/settings";
import { sortedNames } from "./thresholdVariants";

/**
 * Applies `alerts.rules`, for all services and for individual services. Services that have the same
 * settings for an alert share its rules, so the number of rules does not depend on the number of
 * services.
 */
export function withServiceRuleSettings(
  groups: AlertGroup[],
  { namespace, services, alerts }: MonitoredServicesSettings,
): AlertGroup[] {
  return mapAlerts(groups, (rules, name, { subjectLabel }) => {
    const settings = alerts.rules[name];
    const overriding = services.filter((service) => service.alerts?.rules?.[name] !== undefined);
    const scoped = (scope: Scope, overrides = {}) =>
      withSettings(rules, { ...settings, ...overrides }).map((rule) => ({
        ...rule,
        expr: inScope(namespace, scope, rule.expr, subjectLabel),
      }));
    if (overriding.length === 0) return scoped({});
    const variants = groupBy(overriding, (service) =>
      JSON.stringify(service.alerts?.rules?.[name]),
    );
    return [
      ...scoped({ except: sortedNames(overriding) }),
      ...variants.flatMap(([, members]) =>
        scoped({ only: sortedNames(members) }, members[0]?.alerts?.rules?.[name]),
      ),
    ];
  });
}

/** Restricts an expression that returns one result per service or pod to the services in scope. */
function inScope(
  namespace: string,
  scope: Scope,
  expr: string,
  subjectLabel: AlertGroup["subjectLabel"],
): string {
  if (subjectLabel === "pod") return inPodScope(namespace, scope, expr);
  const { only, except = [] } = scope;
  const names = only ?? except;
  if (names.length === 0) return expr;
  const operator = only === undefined ? "unless" : "and";
  return `(\n${expr}\n)\n${operator} on (namespace, service)\n${configuredServices}{namespace="${namespace}", ${labelMatcher("service", names)}}`;
}
