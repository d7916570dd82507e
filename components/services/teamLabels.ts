import { ServiceSettings } from "./settings";
import { podNames } from "../alerting/podNames";
import { AlertGroup, AlertRule } from "../alerting/rules";

/**
 * Gives every alert the label `team` of the service that it is about, where that has a team. The
 * label is worked out when an alert fires, from its `service` or `pod`: no expression changes, and
 * what is evaluated stays as cheap. An alert of a service without a team has no such label, as an
 * empty one is none.
 */
export function withTeamLabels(groups: AlertGroup[], services: ServiceSettings[]): AlertGroup[] {
  const teams = new Map<string, string[]>();
  for (const { name, team } of services) {
    if (team !== undefined) teams.set(team, [...(teams.get(team) ?? []), name]);
  }
  if (teams.size === 0) return groups;
  const members = [...teams]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([team, names]) => ({ team, names: names.sort() }));
  const labelled = (rule: AlertRule): AlertRule => {
    const label = rule.about.includes("pod") ? "pod" : "service";
    return { ...rule, labels: { ...rule.labels, team: teamOf(members, label) } };
  };
  return groups.map((group) => ({
    ...group,
    rules: group.rules.map((rule) => ("alert" in rule ? labelled(rule) : rule)),
  }));
}

function teamOf(members: { team: string; names: string[] }[], label: "pod" | "service"): string {
  const cases = members.map(({ team, names }) => {
    const pattern = label === "pod" ? podNames(names) : names.join("|");
    return `if match "^(${pattern})$" $labels.${label} }}${team}{{ `;
  });
  return `{{ ${cases.join("else ")}end }}`;
}
