import { stringify } from "yaml";
import {
  RuleDeclarations,
  namespaceDeclaration,
  withDeclarations,
} from "../../policies/shared/ruleDeclarations";
import { RuleGroup } from "./rules";
import { workspaceArnParts } from "./workspaceArn";

/** Rules about a Kubernetes namespace, in a workspace of Amazon Managed Service for Prometheus. */
export interface RuleNamespace {
  workspaceArn: string;
  /** Name in the workspace, as that of a PrometheusRule. */
  name: string;
  /** Namespace that the rules are about. */
  namespace: string;
  groups: RuleGroup[];
  /** What the annotations of a PrometheusRule would declare for policies. Default: nothing. */
  declarations?: RuleDeclarations;
  labels: Record<string, string>;
}

/** Arguments of the rule group namespace that holds the rules. */
export function ruleNamespaceArgs(rules: RuleNamespace) {
  const { workspaceArn, name, namespace, groups, declarations, labels } = rules;
  const { id, region } = workspaceArnParts(workspaceArn);
  return {
    workspaceId: id,
    region,
    name,
    data: withDeclarations(stringify({ groups }, { lineWidth: 0 }), {
      [namespaceDeclaration]: namespace,
      ...declarations,
    }),
    tags: labels,
  };
}
