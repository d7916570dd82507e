import { Plain, at, entriesAt, isMap, isSet, isText, listAt, textsAt } from "./plain";
import { Resource } from "./resource";
import { readYaml } from "./yaml";
import { Rejection } from "./routes";

/** Whether a resource contains rules that an Amazon Managed Service for Prometheus workspace evaluates. */
export function isRuleNamespace({ type }: { type: string }): boolean {
  return type === "aws:amp/ruleGroupNamespace:RuleGroupNamespace";
}

/** Whether a resource contains the configuration and templates of a workspace's alert manager. */
export function isAlertManagerDefinition({ type }: { type: string }): boolean {
  return type === "aws:amp/alertManagerDefinition:AlertManagerDefinition";
}

/**
 * Whether two resources belong, or may belong, to the same workspace. True if a workspace ID is unknown.
 */
export function areOfOneWorkspace(first: Resource, second: Resource): boolean {
  const [id, otherId] = [first, second].map(({ props }) => at(props, "workspaceId"));
  return !isText(id) || !isText(otherId) || id === otherId;
}

/** Returns the configuration in an alert manager definition, as text. */
export function definitionConfig({ props }: Pick<Resource, "props">): Plain {
  const definition = at(props, "definition");
  return isText(definition) ? at(readYaml(definition), "alertmanager_config") : definition;
}

/** Returns the templates in an alert manager definition, with their file names. */
export function definitionTemplates({
  props,
}: Pick<Resource, "props">): [name: string, text: string][] {
  const definition = at(props, "definition");
  return isText(definition) ? textsAt(readYaml(definition), "template_files") : [];
}

/** Integrations that a workspace's alert manager supports. */
const integrations = ["sns_configs", "pagerduty_configs"];

/** Returns the reasons why a workspace rejects a configuration that Alertmanager accepts. */
export function rejectedByWorkspace(config: Plain): Rejection[] {
  return listAt(config, "receivers").flatMap((receiver, index) =>
    entriesAt(receiver).flatMap(([key, list]) => {
      if (!key.endsWith("_configs")) return [];
      const where = `receivers[${index}].${key}`;
      if (!integrations.includes(key)) {
        return [{ where, problem: "a workspace notifies only through SNS and PagerDuty" }];
      }
      return listAt(list).flatMap((integration, position) =>
        problemsOf(key, integration).map((problem) => ({
          where: `${where}[${position}]`,
          problem,
        })),
      );
    }),
  );
}

function problemsOf(key: string, integration: Plain): string[] {
  if (key !== "sns_configs" || !isMap(integration)) return [];
  const forbidden = ["api_url", "http_config"].filter((field) => field in integration);
  const region = at(integration, "sigv4", "region");
  return [
    ...forbidden.map((field) => `a workspace does not allow ${field}`),
    ...(isSet(region) ? [] : ["sigv4 has no region"]),
  ];
}
