import { declarationsIn, namespaceDeclaration } from "../shared/ruleDeclarations";
import { isRuleNamespace } from "./amp";
import { textAt } from "./plain";
import { Resource } from "./resource";

/** What a rule object declares in an annotation, or a rule group namespace in a comment. */
export function declarationOf(resource: Resource, name: string): string | undefined {
  if (!isRuleNamespace(resource)) return textAt(resource.props, "metadata", "annotations", name);
  return declarationsIn(textAt(resource.props, "data") ?? "")[name];
}

/** The namespace of the services that the rules of a resource are about. */
export function namespaceOfRules(resource: Resource): string | undefined {
  return isRuleNamespace(resource)
    ? declarationOf(resource, namespaceDeclaration)
    : textAt(resource.props, "metadata", "namespace");
}
