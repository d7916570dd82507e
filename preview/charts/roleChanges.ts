import { type PlainMap, isText, listAt } from "../../policies/facts/plain";
import { groupBy } from "../../components/shared/groupBy";

/** One verb on a kind of resource, a single object of that kind, or a URL. */
interface Permission {
  verb: string;
  /** API group; undefined for a URL. */
  group?: string;
  /** Resource or URL. */
  target: string;
  /** Name of the only permitted object; undefined for all objects. */
  name?: string;
}

/** Returns the permissions that a role gains and loses. */
export function roleChanges(before: PlainMap, after: PlainMap): string[] {
  const [old, current] = [permissionsOf(before), permissionsOf(after)];
  const missingIn = (others: Permission[], permissions: Permission[]): Permission[] =>
    permissions.filter((permission) => !others.some((other) => covers(other, permission)));
  const [gained, lost] = [missingIn(old, current), missingIn(current, old)];
  return [
    ...(gained.length > 0 ? [`gains ${shown(gained)}`] : []),
    ...(lost.length > 0 ? [`loses ${shown(lost)}`] : []),
  ];
}

/** Describes the permissions of a new role. */
export function gainedRules(role: PlainMap): string {
  return shown(permissionsOf(role)) || "no rules";
}

function permissionsOf(role: PlainMap): Permission[] {
  return listAt(role, "rules").flatMap((rule) => {
    const texts = (field: string): string[] => listAt(rule, field).filter(isText);
    const names = texts("resourceNames");
    return texts("verbs").flatMap((verb): Permission[] => [
      ...texts("nonResourceURLs").map((target) => ({ verb, target })),
      ...texts("apiGroups").flatMap((group) =>
        texts("resources").flatMap((target): Permission[] =>
          names.length === 0
            ? [{ verb, group, target }]
            : names.map((name) => ({ verb, group, target, name })),
        ),
      ),
    ]);
  });
}

function covers(permission: Permission, other: Permission): boolean {
  const includes = (pattern: string | undefined, value: string | undefined): boolean =>
    pattern === value || (pattern === "*" && value !== undefined);
  return (
    includes(permission.verb, other.verb) &&
    includes(permission.group, other.group) &&
    includesTarget(permission.target, other.target) &&
    (permission.name === undefined || permission.name === other.name)
  );
}

/**
 * Whether a pattern covers a target. Wildcards can match any resource, a subresource of any resource, or
 * URLs under a path.
 */
function includesTarget(pattern: string, target: string): boolean {
  if (pattern === target || pattern === "*") return true;
  if (pattern.startsWith("*/")) return target.endsWith(pattern.slice(1));
  return (
    pattern.startsWith("/") && pattern.endsWith("*") && target.startsWith(pattern.slice(0, -1))
  );
}

/** Formats permissions, such as `get, list on pods, secrets; patch on deployments.apps "a"`. */
function shown(permissions: Permission[]): string {
  const byTarget = groupBy(permissions, ({ group, target, name }) =>
    [group ? `${target}.${group}` : target, ...(name === undefined ? [] : [`"${name}"`])].join(" "),
  );
  const byVerbs = groupBy(
    byTarget.map(([target, permissionsOfTarget]) => ({
      target,
      verbs: [...new Set(permissionsOfTarget.map(({ verb }) => verb))].sort().join(", "),
    })),
    ({ verbs }) => verbs,
  );
  return byVerbs
    .map(([verbs, targets]) => `${verbs} on ${targets.map(({ target }) => target).join(", ")}`)
    .join("; ");
}
