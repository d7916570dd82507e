import { stringify } from "yaml";
import {
  RuleDeclarations,
  namespaceDeclaration,
  withDeclarations,
} from "../../policies/shared/ruleDeclarations";
import { RuleGroup } from "./rules";
import { workspaceArnParts } from "./workspaceArn";

/** Rules for one Kubernetes namespace in an Amazon Managed Service for Prometheus workspace. */
export interface RuleNamespace {
  workspaceArn: string;
  /** Name in the workspace, with the same format as a PrometheusRule name. */
  name: string;
  /** Kubernetes namespace that the rules cover. */
  namespace: string;
  groups: RuleGroup[];
  /** Declarations for policies, which a PrometheusRule would carry as annotations. Default: none. */
  declarations?: RuleDeclarations;
  tags: Record<string, string>;
}

/**
 * The ruler's default. It evaluates half as often as this library's Prometheus, whose interval is 30
 * seconds.
 */
const interval = "60s";

/** Returns the arguments of the rule group namespace that holds the rules. */
export function ruleNamespaceArgs(rules: RuleNamespace) {
  const { workspaceArn, name, namespace, groups, declarations, tags } = rules;
  const { id, region } = workspaceArnParts(workspaceArn);
  const withInterval = groups.map((group) => ({ interval, ...group }));
  return {
    workspaceId: id,
    region,
    name,
    data: withDeclarations(stringify({ groups: withInterval }, { lineWidth: 0 }), {
      [namespaceDeclaration]: namespace,
      ...declarations,
    }),
    tags,
  };
}
