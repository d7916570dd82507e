import { StackFinding, located } from "../engine/policy";
import { helmChart } from "../facts/helm";
import { at, entriesAt, hasUnknown, isMap, isSet, isText, listAt } from "../facts/plain";
import { Resource } from "../facts/resource";
import { readConfig } from "../facts/yaml";
import { matchesGlob } from "../shared/glob";

const folder = "/etc/config";

/** Rule files that the `prometheus` chart loads by default. */
const defaultFiles = ["recording_rules.yml", "alerting_rules.yml", "rules", "alerts"].map(
  (name) => `${folder}/${name}`,
);

/** Checks that the server of the `prometheus` chart loads every rule file that it mounts. */
export function checkRuleFiles(resource: Resource): StackFinding[] {
  const { chart, values } = helmChart(resource) ?? {};
  if (chart !== "prometheus" || !isMap(values)) return [];
  const server = at(values, "server");
  const isElsewhere = ["configMapOverrideName", "configFromSecret", "configPath"].some(
    (key) => isSet(at(server, key)) && at(server, key) !== `${folder}/prometheus.yml`,
  );
  const configured = at(values, "serverFiles", "prometheus.yml", "rule_files") ?? defaultFiles;
  if (isElsewhere || !Array.isArray(configured) || hasUnknown(configured)) return [];
  const patterns = configured.filter(isText);
  return ["serverFiles", "ruleFiles"].flatMap((key) =>
    entriesAt(values, key).flatMap(([name, file]): StackFinding[] => {
      const hasGroups = listAt(readConfig(file), "groups").length > 0;
      const path = `${folder}/${name}`;
      if (!hasGroups || patterns.some((pattern) => matchesGlob(pattern, path))) return [];
      return [
        {
          ...located(resource, ["values", key, name]),
          problem:
            "Prometheus does not load a file that contains rules, because rule_files does not include it",
          bound: `the files ${patterns.join(", ")}`,
          fix: `move the groups to values.serverFiles["alerting_rules.yml"], or add ${path} to values.serverFiles["prometheus.yml"].rule_files`,
        },
      ];
    }),
  );
}
