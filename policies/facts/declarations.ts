import { declarationsIn, namespaceDeclaration } from "../shared/ruleDeclarations";
import { isRuleNamespace } from "./amp";
import { textAt } from "./plain";
import { Resource } from "./resource";

/** Reads a declaration from a rule object's annotation, or from a comment in a rule group namespace. */
export function declarationOf(resource: Resource, name: string): string | undefined {
  if (!isRuleNamespace(resource)) return textAt(resource.props, "metadata", "annotations", name);
  return declarationsIn(textAt(resource.props, "data") ?? "")[name];
}

/** Returns the namespace of the services that a resource's rules cover. */
export function namespaceOfRules(resource: Resource): string {
  const namespace = isRuleNamespace(resource)
    ? declarationOf(resource, namespaceDeclaration)
    : textAt(resource.props, "metadata", "namespace");
  return namespace ?? "default";
}
