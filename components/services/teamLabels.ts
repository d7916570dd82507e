import { podNamePattern } from "../alerting/promql";
import { AlertGroup } from "../alerting/rules";
import { groupBy } from "../shared/groupBy";
import { ServiceSettings } from "./settings";
import { sortedNames } from "./thresholdVariants";

/**
 * Adds the label `team` to every alert. A template derives the team from the `service` or `pod` of
 * the firing alert, so no expression changes or becomes more expensive to evaluate. For a service
 * without a team, the template renders an empty value, and Prometheus drops the label.
 */
export function withTeamLabels(groups: AlertGroup[], services: ServiceSettings[]): AlertGroup[] {
  const teams = groupBy(services, ({ team }) => team ?? "").filter(([team]) => team !== "");
  if (teams.length === 0) return groups;
  const teamTemplate = (subjectLabel = "service") => {
    const cases = teams.map(([team, members]) => {
      const names = sortedNames(members);
      const pattern = subjectLabel === "pod" ? podNamePattern(names) : names.join("|");
      return `if match "^(${pattern})$" $labels.${subjectLabel} }}${team}{{ `;
    });
    return `{{ ${cases.join("else ")}end }}`;
  };
  return groups.map((group) => ({ ...group, labels: { team: teamTemplate(group.subjectLabel) } }));
}
