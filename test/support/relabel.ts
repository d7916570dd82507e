type Labels = Record<string, string>;

interface Step {
  sourceLabels?: string[];
  separator?: string;
  regex?: string;
  replacement?: string;
  targetLabel: string;
}

/** Applies Prometheus relabeling with the action `replace`: an anchored match on the joined source labels. */
export function relabel(steps: Step[], labels: Labels): Labels {
  const result = { ...labels };
  for (const { sourceLabels = [], separator = ";", regex = "(.*)", ...step } of steps) {
    const source = sourceLabels.map((name) => result[name] ?? "").join(separator);
    const match = new RegExp(`^(?:${regex})$`).exec(source);
    if (match === null) continue;
    result[step.targetLabel] = (step.replacement ?? "$1").replace("$1", match[1] ?? "");
  }
  return result;
}
