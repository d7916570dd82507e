import { Finding, resourcePolicy } from "../engine/policy";
import { fluentBitSections } from "../facts/fluentBit";
import { helmChart, isHelmType } from "../facts/helm";
import { alloyConfigPaths, isCollector, withoutComments } from "../facts/lokiWriters";
import { otelCollector } from "../facts/otelCollector";
import { Path, Plain, at, entriesAt, hasUnknown, isText, listAt, textAt } from "../facts/plain";
import { Resource } from "../facts/resource";
import { matchesGlob } from "../shared/glob";
import { own } from "../shared/own";
import { checkDatadogAgent } from "./datadogAgent";
import { checkOtelPipelines } from "./otelPipelines";

export const collectorPipelines = resourcePolicy({
  name: "collector-pipelines",
  description:
    "Each collector (OpenTelemetry, Alloy, Fluent Bit, Vector or the Datadog Agent) starts, and each of its pipelines leads from a receiver to a server.",
  why: "A collector does not start if a pipeline refers to a missing component. If no pipeline uses an exporter, or a pattern matches no input, data is lost without an error.",
  remediation:
    "correct the name, and check the configuration with the collector itself: otelcol validate, alloy validate, vector validate, fluent-bit --dry-run",
  severity: "high",
  appliesTo: (type) => isHelmType(type) || isCollector(type),
  check,
});

function check(resource: Resource): Finding[] {
  const collector = otelCollector(resource);
  if (collector !== undefined) return checkOtelPipelines(collector);
  const { chart = "", values } = helmChart(resource) ?? {};
  return own(checks, chart)?.(values) ?? [];
}

const checks: Record<string, (values: Plain) => Finding[]> = {
  alloy: (values) => checkAlloy(values, alloyConfigPaths.alloy),
  "grafana-agent": (values) => checkAlloy(values, alloyConfigPaths["grafana-agent"]),
  "fluent-bit": checkMatches,
  vector: checkInputs,
  datadog: checkDatadogAgent,
};

/** Matches the kinds of Alloy components whose exports other components use. */
const component = String.raw`(?:loki|prometheus|otelcol|discovery|pyroscope|mimir|local|remote)(?:\.[a-z_0-9]+)+`;

/**
 * Checks references between Alloy components. Alloy does not start if a component refers to a missing
 * one.
 */
function checkAlloy(values: Plain, path: Path): Finding[] {
  const content = at(values, ...path);
  if (!isText(content)) return [];
  const text = withoutComments(content);
  // Templates and modules may define additional components.
  if (/\{\{|\bimport\.|\bdeclare\b/.test(text)) return [];
  const heads = [...text.matchAll(new RegExp(String.raw`\b(${component})\s+"(\w+)"\s*\{`, "g"))];
  const names = new Set(heads.map(([, kind, name]) => `${kind}.${name}`));
  const used = text.matchAll(
    new RegExp(String.raw`\b(${component}\.\w+)\.(?:receiver|targets|output|input|content)\b`, "g"),
  );
  return [...new Set([...used].map(([, name = ""]) => name))]
    .filter((name) => !names.has(name))
    .map((name) => ({
      path: ["values", ...path],
      problem: "no component has this name, so Alloy does not start",
      found: name,
      bound: "the name of a component in the configuration",
      fix: `correct the reference, or add ${name.replace(/\.(\w+)$/, ' "$1"')}`,
    }));
}

/** Checks that each Fluent Bit output matches the tag of an input. */
function checkMatches(values: Plain): Finding[] {
  const sections = fluentBitSections(values);
  const isElsewhere =
    Boolean(at(values, "existingConfigMap")) ||
    /@INCLUDE/i.test(textAt(values, "config", "inputs") ?? "");
  if (isElsewhere) return [];
  // These filters change the tags of records.
  if (sections.some(({ settings }) => /^(rewrite_tag|lua)$/i.test(settings["name"] ?? "")))
    return [];
  const tags = sections
    .filter(({ kind }) => kind === "input")
    .map(({ settings }) => settings["tag"] ?? `${settings["name"]}.*`);
  return sections
    .filter(({ kind, settings }) => kind === "output" && settings["match"] !== undefined)
    .filter(({ settings }) => !tags.some((tag) => overlap(settings["match"] ?? "", tag)))
    .map(({ settings, path }) => ({
      path: ["values", ...path],
      problem: "the output does not match the tag of any input, so it sends nothing",
      found: `Match ${settings["match"]}`,
      bound: `a pattern for ${tags.join(", ")}`,
      fix: `write Match ${tags[0] ?? "*"}`,
    }));
}

/** Whether a pattern can match a tag, in which Fluent Bit replaces `*` with the file path. */
function overlap(pattern: string, tag: string): boolean {
  if (matchesGlob(pattern, tag)) return true;
  const [start = "", rest] = tag.split("*");
  return rest !== undefined && (pattern.split("*")[0] ?? "").startsWith(start);
}

/** Checks that each Vector transform and sink reads from an existing component. */
function checkInputs(values: Plain): Finding[] {
  const path: Path = ["customConfig"];
  const config = at(values, ...path);
  const names = ["sources", "transforms"].flatMap((key) =>
    entriesAt(config, key).map(([name]) => name),
  );
  if (hasUnknown(config) || names.length === 0) return [];
  return ["transforms", "sinks"].flatMap((key) =>
    entriesAt(config, key).flatMap(([name, settings]) =>
      listAt(settings, "inputs")
        .filter(isText)
        .filter((input) => !names.some((known) => reads(input, known)))
        .map((input) => ({
          path: ["values", ...path, key, name, "inputs"],
          problem: "no source or transform has this name, so Vector does not start",
          found: input,
          bound: `one of ${names.join(", ")}`,
          fix: "correct the name",
        })),
    ),
  );
}

/** Whether an input refers to a component: by name, by a pattern, or by one of its outputs. */
function reads(input: string, known: string): boolean {
  return input.includes("*") ? matchesGlob(input, known) : input.split(".")[0] === known;
}
