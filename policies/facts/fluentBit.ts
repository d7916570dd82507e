import { Path, Plain, at, entriesAt, isText, listAt } from "./plain";
import { readYaml } from "./yaml";

/** A section of a Fluent Bit configuration, with its keys in lower case. */
export interface FluentBitSection {
  kind: "input" | "filter" | "output";
  settings: Record<string, string>;
  /** Path of the text in the chart values. */
  path: Path;
}

/** Default inputs of the chart. */
const chartInputs = ["kube.*", "host.*"].map((tag): FluentBitSection => ({
  kind: "input",
  settings: { name: "tail", tag },
  path: ["config", "inputs"],
}));

/** Returns the sections in the fluent-bit chart's values, in the classic format or in YAML files. */
export function fluentBitSections(values: Plain): FluentBitSection[] {
  const files = entriesAt(values, "config", "extraFiles").filter(([name]) => /\.ya?ml$/.test(name));
  const inFiles = files.flatMap(([name, text]) => inYaml(text, ["config", "extraFiles", name]));
  // The chart uses a single configuration, so a YAML file replaces the classic sections.
  if (inFiles.length > 0) return inFiles;
  const classic = ["inputs", "filters", "outputs"].flatMap((key) => {
    const path: Path = ["config", key];
    return inText(at(values, ...path), path);
  });
  return at(values, "config", "inputs") === undefined ? [...chartInputs, ...classic] : classic;
}

function inText(text: Plain, path: Path): FluentBitSection[] {
  if (!isText(text)) return [];
  return text.split(/^\s*\[/m).flatMap((section) => {
    const kind = /^(INPUT|FILTER|OUTPUT)\]/i.exec(section)?.[1]?.toLowerCase();
    if (kind === undefined) return [];
    const settings = Object.fromEntries(
      section
        .split("\n")
        .map((line) => line.trim().split(/\s+/))
        .map(([key = "", ...value]) => [key.toLowerCase(), value.join(" ")]),
    );
    return [{ kind: kind as FluentBitSection["kind"], settings, path }];
  });
}

function inYaml(text: Plain, path: Path): FluentBitSection[] {
  const pipeline = at(isText(text) ? readYaml(text) : text, "pipeline");
  return (["input", "filter", "output"] as const).flatMap((kind) =>
    listAt(pipeline, `${kind}s`).map((section) => ({
      kind,
      path,
      settings: Object.fromEntries(
        entriesAt(section).map(([key, value]) => [
          key.toLowerCase(),
          Array.isArray(value) ? value.join(",") : String(value),
        ]),
      ),
    })),
  );
}
