import { RuleGroup } from "./rules";

/** A third of the API server's 1.5 MiB limit, because kubectl may store a copy in an annotation. */
const maxObjectBytes = 512 * 1024;

/**
 * Distributes groups over objects below the API server's size limit. Recording rules stay in the first
 * part of their group. Groups that fit into one object are not split.
 *
 * @param measured The same groups with different texts. Their sizes determine the distribution.
 */
export function ruleObjects(groups: RuleGroup[], measured?: RuleGroup[]): RuleGroup[][] {
  const split = (all: RuleGroup[]) =>
    all.flatMap((group, index) => splitGroup(group, measured?.[index]));
  return chunk(split(groups), maxObjectBytes, measured && split(measured));
}

/** Splits a group with many different thresholds into parts that each fit into an object. */
function splitGroup(group: RuleGroup, measured?: RuleGroup): RuleGroup[] {
  return chunk(group.rules, maxObjectBytes / 2, measured?.rules).map((rules, index) => ({
    ...group,
    name: index === 0 ? group.name : `${group.name}.${index + 1}`,
    rules,
  }));
}

/**
 * Splits a list, in order, into chunks of at most `maxBytes` of JSON. A larger item gets its own chunk.
 */
function chunk<T>(items: T[], maxBytes: number, measured = items): T[][] {
  const chunks: T[][] = [];
  let freeBytes = 0;
  for (const [index, item] of items.entries()) {
    const size = Buffer.byteLength(JSON.stringify(measured[index]));
    if (size > freeBytes) {
      chunks.push([]);
      freeBytes = maxBytes;
    }
    chunks.at(-1)?.push(item);
    freeBytes -= size;
  }
  return chunks;
}
