import { isPlainMap } from "../../policies/shared/mergeValues";

/**
 * Arguments that are unknown while a component is constructed: Outputs and promises. Settings contain a
 * placeholder for each, so the functions that check and use settings handle only plain data.
 */
const unresolved: object[] = [];

/** Consists of characters that every name, URL and label may contain, and survives a change of case. */
const pattern = /pulumi-input-(\d+)-z/gi;

/** Whether an argument is an Output or a promise. */
export function isUnresolved(value: unknown): value is object {
  if (typeof value !== "object" || value === null) return false;
  return value instanceof Promise || "__pulumiOutput" in value;
}

/** Returns the placeholder for an argument, which is always the same. */
export function placeholderFor(argument: object): string {
  if (!unresolved.includes(argument)) unresolved.push(argument);
  return `pulumi-input-${unresolved.indexOf(argument)}-z`;
}

/** Returns the arguments whose placeholders occur in a text, or anywhere in a list or map. */
export function argumentsIn(value: unknown): object[] {
  if (unresolved.length === 0) return [];
  const args = new Set<object>();
  const visit = (part: unknown): void => {
    if (typeof part === "string") {
      for (const [, index] of part.matchAll(pattern)) args.add(unresolved[Number(index)] ?? {});
    } else if (Array.isArray(part) || isPlainMap(part)) {
      if (!Array.isArray(part)) Object.keys(part).forEach(visit);
      Object.values(part).forEach(visit);
    }
  };
  visit(value);
  return [...args];
}

/** Returns the Outputs and promises in a value that has no placeholders. */
export function unresolvedIn(value: unknown): object[] {
  if (isUnresolved(value)) return [value];
  return Array.isArray(value) || isPlainMap(value)
    ? Object.values(value).flatMap(unresolvedIn)
    : [];
}

/** Whether a value is, or contains, a placeholder. */
export function hasPlaceholder(value: unknown): boolean {
  return argumentsIn(value).length > 0;
}
