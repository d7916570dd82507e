import { inspect, stripVTControlCharacters } from "node:util";
import type { PolicyReport, ReportedNote, ReportedViolation } from "../pack/policyReport";
import { count } from "./count";
import type { Fact } from "./summary";
import type { Secret } from "../../components/secrets/secrets";
import { type TreeLine, shortType } from "./tree";

/** The content of the text output. */
export interface Report {
  title: string;
  stack: string;
  /** Name and value of each line: `cluster`, `ticketing-prod`. */
  header: [name: string, value: string][];
  tree: TreeLine[];
  resources: number;
  facts: Fact[];
  policy: Omit<PolicyReport, "remediated">;
  /** Messages that the program passed to `pulumi.log.warn`. */
  warnings: string[];
  /** Resources with an input that contains a configured secret but is not marked as secret. */
  exposed: { type: string; name: string }[];
  unset: Pick<Secret, "key" | "optional">[];
  /** Folder that the preview wrote to. Undefined without `--out`. */
  out: string | undefined;
}

export type Style = "bold" | "gray" | "red" | "yellow" | "green" | "cyan";
type Styler = (name: Style, text: string) => string;

/** Formats the report for a terminal, or as plain text if `color` is false. */
export function formatReport(report: Report, color: boolean): string {
  const { policy } = report;
  const style = styler(color);
  const tree = report.tree.map(({ type, name, marks }) => [
    style("green", "+"),
    type,
    name,
    style("yellow", marks),
  ]);
  const sections = [
    factSection({ part: report.title, rows: report.header }, style),
    tree.length === 0 ? [] : [style("bold", "Resources"), columns(tree)],
    ...report.facts.map((fact) => factSection(fact, style)),
    listSection(style("yellow", "Warnings"), report.warnings),
    [
      style("bold", `Policies (${policy.pack.name} ${policy.pack.version})`),
      policies(policy, style),
    ],
    ...policy.violations.map((violation) => {
      const { level, severity, message } = violation;
      const title = `${violation.policy} (${level}${severity ? `, ${severity}` : ""})`;
      const titleStyle = level === "advisory" ? "yellow" : "red";
      return [style(titleStyle, title) + subject(violation), indented(message)];
    }),
    ...policy.remediations.map((remediation) => [
      style("cyan", `${remediation.policy} (remediated)`) + subject(remediation),
      indented(remediation.diagnostic ?? remediation.description),
    ]),
    noteSection(style("yellow", "Not evaluated"), policy.notEvaluated),
    noteSection(style("yellow", "Exceptions"), policy.exceptions),
    listSection(
      style("red", "Resources that contain secrets from the configuration in plain text"),
      report.exposed.map(({ type, name }) => `${name} (${shortType(type)})`),
    ),
    listSection(
      style("bold", "Secrets to set before pulumi up (this preview uses placeholders)"),
      report.unset.map(({ key, optional }) => {
        const command = `pulumi config set --secret ${key} --stack ${report.stack}`;
        return optional ? `${command}   # optional` : command;
      }),
    ),
    [...(report.out === undefined ? [] : [`Wrote ${report.out}`]), verdict(report, style)],
  ];
  return `${sections
    .filter((section) => section.length > 0)
    .map((section) => section.join("\n"))
    .join("\n\n")}\n`;
}

/** Formats facts in the same way as the report. */
export function formatFacts(facts: Fact[], color: boolean): string {
  const style = styler(color);
  return `${facts.map((fact) => factSection(fact, style).join("\n")).join("\n\n")}\n`;
}

function factSection({ part, rows }: Fact, style: Styler): string[] {
  return [style("bold", part), columns(rows.map(([name, value]) => [style("gray", name), value]))];
}

export function styler(color: boolean): Styler {
  return (name, text) => {
    const [on, off] = inspect.colors[name] ?? [];
    return color && text !== "" ? `\u001b[${on}m${text}\u001b[${off}m` : text;
  };
}

/** Returns a title and its lines, or nothing if there are no lines. */
function listSection(title: string, lines: string[]): string[] {
  return lines.length === 0 ? [] : [title, ...lines.map(indented)];
}

function noteSection(title: string, notes: ReportedNote[]): string[] {
  return listSection(
    title,
    notes.map(({ message, details }) =>
      [message, ...Object.entries(details).map(([name, value]) => `  ${name}: ${value}`)].join(
        "\n",
      ),
    ),
  );
}

/** Returns a line for each policy with its name, level and result. */
function policies(policy: Report["policy"], style: Styler): string {
  const rows = policy.policies.map(({ name, level }) => {
    const isOfPolicy = (result: { policy: string }): boolean => result.policy === name;
    const violations = policy.violations.filter(isOfPolicy).length;
    const remediations = policy.remediations.filter(isOfPolicy).length;
    const violationStyle = level === "advisory" ? "yellow" : "red";
    const results = [
      ...(violations > 0 ? [style(violationStyle, count(violations, "violation"))] : []),
      ...(remediations > 0 ? [style("cyan", count(remediations, "remediation"))] : []),
    ];
    if (results.length > 0) return [name, level, results.join(", ")];
    return [name, level, level === "disabled" ? "not run" : style("green", "passed")];
  });
  return columns(rows);
}

function subject({ urn }: Pick<ReportedViolation, "urn">): string {
  if (urn === undefined) return "";
  const [, , types = "", name = ""] = urn.split("::");
  return `: ${name} (${shortType(types.split("$").at(-1) ?? "")})`;
}

/** Returns the last line of the output: whether the preview passed, and the totals. */
export function verdict(
  { resources, policy }: Pick<Report, "resources" | "policy">,
  style: Styler = (_, text) => text,
): string {
  const run = policy.policies.filter(({ level }) => level !== "disabled").length;
  const advisory = policy.violations.filter(({ level }) => level === "advisory").length;
  const mandatory = policy.violations.length - advisory;
  const text = [
    count(resources, "resource"),
    run === 1 ? "1 policy" : `${run} policies`,
    count(mandatory, "mandatory violation"),
    ...(advisory > 0 ? [`${advisory} advisory`] : []),
    ...(policy.notEvaluated.length > 0 ? [`${policy.notEvaluated.length} not evaluated`] : []),
    ...(policy.exceptions.length > 0 ? [count(policy.exceptions.length, "exception")] : []),
  ].join(", ");
  return mandatory > 0 ? style("red", `Failed: ${text}`) : style("green", `Passed: ${text}`);
}

/** Pads the cells of each column, except the last, to the same width. */
function columns(rows: string[][]): string {
  const width = (cell: string): number => stripVTControlCharacters(cell).length;
  const widths = rows.reduce<number[]>(
    (result, row) => row.map((cell, index) => Math.max(result[index] ?? 0, width(cell))),
    [],
  );
  const lines = rows.map((row) =>
    row.map((cell, index) => cell + " ".repeat((widths[index] ?? 0) - width(cell))).join("  "),
  );
  return indented(lines.join("\n"));
}

function indented(text: string): string {
  return text
    .split("\n")
    .map((line) => `  ${line}`.trimEnd())
    .join("\n");
}
