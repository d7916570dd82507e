import { RuleGroup } from "./rules";

/** Groups that go into one PrometheusRule. */
export interface RuleObject {
  /** 1, 2, …; the first one has no number in its name. */
  number: number;
  groups: RuleGroup[];
}

/** Half of what the API server takes (1.5 MiB), and of what kubectl keeps beside it, with room. */
const mostBytes = 512 * 1024;

/**
 * Splits groups over objects, none of which nears the API server's limit. Recordings stay in the
 * first part of their group. What is small stays in one object, whatever is added elsewhere.
 */
export function ruleObjects(groups: RuleGroup[]): RuleObject[] {
  const objects: RuleObject[] = [];
  let room = 0;
  for (const part of groups.flatMap(splitGroup)) {
    const size = bytesOf(part);
    if (size > room) {
      objects.push({ number: objects.length + 1, groups: [] });
      room = mostBytes;
    }
    objects.at(-1)?.groups.push(part);
    room -= size;
  }
  return objects;
}

/** A group of many different thresholds is cut into several, each small enough. */
function splitGroup(group: RuleGroup): RuleGroup[] {
  const parts: RuleGroup[] = [];
  let room = 0;
  for (const rule of group.rules) {
    const size = bytesOf(rule);
    if (size > room || parts.length === 0) {
      const suffix = parts.length === 0 ? "" : `.${parts.length + 1}`;
      parts.push({ ...group, name: `${group.name}${suffix}`, rules: [] });
      room = mostBytes / 2;
    }
    parts.at(-1)?.rules.push(rule);
    room -= size;
  }
  return parts;
}

function bytesOf(value: unknown): number {
  return Buffer.byteLength(JSON.stringify(value));
}
