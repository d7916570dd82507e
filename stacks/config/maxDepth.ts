import { Problem } from "../../components/shared/problems";

/** Deeper than any setting or chart value. Much deeper values would exhaust the call stack. */
const maxDepth = 50;

/** Returns the values within the maximum depth, and a problem for each value that exceeds it. */
export function withinMaxDepth(values: Record<string, unknown>): {
  values: Record<string, unknown>;
  problems: Problem[];
} {
  const tooDeep = Object.keys(values).filter((key) => depthOf(values[key]) > maxDepth);
  return {
    values: Object.fromEntries(Object.entries(values).filter(([key]) => !tooDeep.includes(key))),
    problems: tooDeep.map((key) => ({
      path: [key],
      code: "invalid",
      rule: `is nested more than ${maxDepth} levels deep`,
      fix: { kind: "remove" },
    })),
  };
}

/**
 * Returns the depth of a value. Counts level by level, because recursion could exhaust the call stack.
 */
function depthOf(value: unknown): number {
  let depth = 0;
  let level = [value];
  while (level.length > 0 && depth <= maxDepth) {
    level = level.flatMap((item) =>
      typeof item === "object" && item !== null ? (Object.values(item) as unknown[]) : [],
    );
    depth++;
  }
  return depth;
}
