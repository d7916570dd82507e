import { Problem } from "../../components/shared/problems";

/** Deeper than any setting or chart value is; what reads it further would exhaust the stack. */
const maxDepth = 50;

/** What can be read safely, and what is wrong with the rest. */
export function withoutTooDeep(values: Record<string, unknown>): {
  readable: Record<string, unknown>;
  problems: Problem[];
} {
  const tooDeep = Object.keys(values).filter((key) => depthOf(values[key]) > maxDepth);
  return {
    readable: Object.fromEntries(Object.entries(values).filter(([key]) => !tooDeep.includes(key))),
    problems: tooDeep.map((key) => ({
      path: [key],
      rule: `is nested more than ${maxDepth} levels deep`,
      fix: { kind: "remove" },
    })),
  };
}

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
