import { stringify } from "yaml";
import {
  RuleDeclarations,
  namespaceDeclaration,
  withDeclarations,
} from "../../policies/shared/ruleDeclarations";
import { RuleGroup } from "./rules";
import { workspaceArnParts } from "./workspaceArn";

/** Rules for one Kubernetes namespace, in an Amazon Managed Service for Prometheus workspace. */
export interface RuleNamespace {
  workspaceArn: string;
  /** Name in the workspace, in the same form as the name of a PrometheusRule. */
  name: string;
  /** Kubernetes namespace that the rules cover. */
  namespace: string;
  groups: RuleGroup[];
  /** Declarations for policies, which a PrometheusRule would have as annotations. Default: nothing. */
  declarations?: RuleDeclarations;
  tags: Record<string, string>;
}

/**
 * The ruler's default. It queries half as many samples as the 30-second interval of this library's
 * Prometheus.
 */
const interval = "60s";

/** Arguments of the rule group namespace that holds the rules. */
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
