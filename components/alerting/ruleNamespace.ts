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
  tags: Record<string, string>;
}

/** The default of the ruler, which costs half as many samples as the 30 seconds of Prometheus here. */
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
