import { podNamePattern } from "../../alerting/promql";
import { AlertGroup } from "../../alerting/rules";
import { groupBy } from "../../shared/groupBy";
import { ServiceSettings } from "../settings/settings";
import { sortedNames } from "./thresholdVariants";

/**
 * Adds the `team` label to every alert on a service or pod that belongs to a team. The label is part of
 * the query, because with a template as its value, `ALERTS` would contain the template for services
 * without a team. `label_replace` reads only the results, so it costs nothing while no alert is active.
 */
export function withTeamLabels(groups: AlertGroup[], services: ServiceSettings[]): AlertGroup[] {
  const teams = groupBy(services, ({ team }) => team ?? "").filter(([team]) => team !== "");
  const addTeams = (expr: string, subjectLabel: "service" | "pod") =>
    teams.reduce((inner, [team, members]) => {
      const names = sortedNames(members);
      const pattern = subjectLabel === "pod" ? podNamePattern(names) : names.join("|");
      return `label_replace(\n${inner},\n"team", "${team}", "${subjectLabel}", "${pattern}"\n)`;
    }, expr);
  return groups.map((group) => {
    const { subjectLabel } = group;
    if (subjectLabel === undefined) return group;
    const rules = group.rules.map((rule) =>
      "alert" in rule ? { ...rule, expr: addTeams(rule.expr, subjectLabel) } : rule,
    );
    return { ...group, rules };
  });
}
