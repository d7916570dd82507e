import { PlacedFinding, ViolationFinding } from "../engine/policy";
import { Path, Plain, entriesAt, isOnly, isText, listAt, textAt } from "../facts/plain";
import { countGroups, highestGroup } from "../shared/groups";
import { anchoredPattern, isGlob } from "../shared/matcher";

/** Keys of a relabeling step in operator objects. Prometheus's own format uses snake case. */
const stepKeys = ["action", "regex", "replacement", "separator", "modulus"];
const longKeys: [inObject: string, inFile: string][] = [
  ["sourceLabels", "source_labels"],
  ["targetLabel", "target_label"],
];

/** Keys of a scrape's lists of steps, in operator objects and in Prometheus's own format. */
const stepLists: [key: string, isFile: boolean][] = [
  ["relabelings", false],
  ["metricRelabelings", false],
  ["metricRelabelConfigs", false],
  ["relabelConfigs", false],
  ["writeRelabelConfigs", false],
  ["write_relabel_configs", true],
  ["relabel_configs", true],
  ["metric_relabel_configs", true],
];

/** Checks that each relabeling step of a scrape has an effect. */
export function checkSteps(scrape: Plain, path: Path): PlacedFinding[] {
  return stepLists.flatMap(([key, isFile]) =>
    listAt(scrape, key).flatMap((step, index) => {
      const violation = violationIn(step, isFile) ?? nameOfTarget(step, key);
      return violation === undefined ? [] : [{ path: [...path, key, index], ...violation }];
    }),
  );
}

function violationIn(step: Plain, isFile: boolean): ViolationFinding | undefined {
  const keys = entriesAt(step).map(([key]) => key);
  const foreign = longKeys.find(([inObject, inFile]) => keys.includes(isFile ? inObject : inFile));
  if (foreign !== undefined) {
    const [wrong, right] = isFile ? foreign : foreign.toReversed();
    return {
      problem: isFile
        ? `Prometheus rejects a step with the key ${wrong}`
        : `the API server removes the key ${wrong}, so the step reads no labels`,
      bound: `the keys ${[...longKeys.map((pair) => pair[isFile ? 1 : 0]), ...stepKeys].join(", ")}`,
      fix: `write ${right}`,
    };
  }
  const action = (textAt(step, "action") ?? "replace").toLowerCase();
  const sources = keys.find((key) => longKeys[0]?.includes(key));
  if (/^(keep|drop)$/.test(action) && sources === undefined && keys.includes("regex")) {
    return {
      problem: `the step reads no labels, so it ${action === "keep" ? "drops everything" : "has no effect"}`,
      bound: "the labels to compare with regex",
      fix: `set ${longKeys[0]?.[isFile ? 1 : 0]}: [__name__]`,
    };
  }
  const regex = textAt(step, "regex");
  const rejected = rejectedStep(step, action, sources);
  if (rejected !== undefined) return rejected;
  const isOfName = isOnly(listAt(step, sources ?? ""), "__name__");
  if (action === "drop" && /^(\(?\.\*\)?)?$/.test(regex ?? "") && isOfName) {
    return {
      problem: "the step drops every series",
      bound: "a regular expression for the names to drop",
      fix: "set regex, such as go_.*",
    };
  }
  // Metric names do not end with an underscore, so the author expected a prefix match, but the
  // expression must match the whole name.
  if (isText(regex) && isOfName && /(^|[|(])[a-z][\w:]*_($|[|)])/.test(regex)) {
    return {
      problem:
        "the regular expression is only the start of a name, but it must match the whole name",
      bound: "a regular expression that matches whole names",
      fix: "write .* after the start, such as go_.* instead of go_",
    };
  }
  if (isText(regex) && isGlob(regex)) {
    return {
      problem: "a step's regular expression is written like a file glob",
      bound: "a regular expression, in which * repeats the character before it",
      fix: "write .* for any text, such as go_.* instead of go_*",
    };
  }
  return undefined;
}

/** Reports a target relabeling step that reads the metric name, because only samples have one. */
function nameOfTarget(step: Plain, list: string): ViolationFinding | undefined {
  if (/^(metric|write)/i.test(list)) return undefined;
  const sources = longKeys[0]?.flatMap((key) => listAt(step, key)) ?? [];
  if (!sources.includes("__name__")) return undefined;
  const dropsAll = textAt(step, "action") === "keep";
  const ofSamples = list.includes("_") ? "metric_relabel_configs" : "metricRelabelings";
  return {
    problem: `the step reads a metric name, which a target does not have, so it ${dropsAll ? "drops every target" : "has no effect"}`,
    found: `__name__ in ${list}`,
    bound: `__name__ in ${ofSamples}`,
    fix: `move the step to ${ofSamples}`,
  };
}

const actions =
  /^(replace|keep|drop|hashmod|labelmap|labeldrop|labelkeep|lowercase|uppercase|keepequal|dropequal)$/;

/** Returns why Prometheus rejects a step, or why the step has no effect. */
function rejectedStep(
  step: Plain,
  action: string,
  sources: string | undefined,
): ViolationFinding | undefined {
  const [regex, replacement = ""] = [textAt(step, "regex"), textAt(step, "replacement")];
  if ([regex, replacement, action].some((text) => /\{\{/.test(text ?? ""))) return undefined;
  if (!actions.test(action)) {
    return {
      problem: "the action of a step does not exist, so Prometheus rejects its configuration",
      found: action,
      bound: "keep, drop, replace, labelmap, labeldrop and others",
      fix: "correct action",
    };
  }
  if (regex !== undefined && !isPattern(regex)) {
    return {
      problem: "a step's regular expression is invalid, so Prometheus rejects its configuration",
      found: regex,
      bound: "a valid RE2 regular expression",
      fix: "correct regex, for example by closing a parenthesis",
    };
  }
  const label = listAt(step, sources ?? "")
    .filter(isText)
    .find((each) => /\W/.test(each));
  if (label !== undefined && label.startsWith("__meta_")) {
    return {
      problem: "no target has the label, because Prometheus replaces other characters with _",
      found: label,
      bound: "letters, digits and _",
      fix: `write ${label.replace(/\W/g, "_")}`,
    };
  }
  const written = action === "labelmap" ? replacement || "$1" : replacement;
  const isWriting = action === "replace" || action === "labelmap";
  // The default expression has a single group, which contains the whole value.
  const highest = highestGroup(written);
  if (!isWriting || regex === undefined || highest <= countGroups(regex)) return undefined;
  return {
    problem:
      "the step writes an empty string, because its replacement refers to a group that regex does not have",
    found: `$${highest}`,
    bound: "a group in parentheses for each $1",
    fix: "put parentheses around the part to keep, such as ([^:]+):.*",
  };
}

/** Whether a regular expression is valid. RE2 is loaded only for expressions that JavaScript rejects. */
function isPattern(regex: string): boolean {
  try {
    return new RegExp(regex) instanceof RegExp;
  } catch {
    return anchoredPattern(regex) !== undefined;
  }
}
