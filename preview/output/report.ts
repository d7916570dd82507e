import { inspect, stripVTControlCharacters } from "node:util";
import type { PolicyReport, ReportedViolation } from "../pack/analyzer";
import type { Fact } from "./facts";
import type { Secret } from "../../components/shared/secrets";
import { type TreeLine, shortType } from "./tree";

/** The content of the text output. */
export interface Report {
  stack: string;
  /** Name and value of each line: `cluster`, `ticketing-prod`. */
  header: [name: string, value: string][];
  tree: TreeLine[];
  resources: number;
  facts: Fact[];
  policy: Omit<PolicyReport, "remediated">;
  /** Messages that the program passed to `pulumi.log.warn`. */
  warnings: string[];
  /** Resources with a secret of the configuration in an input that is not marked as secret. */
  exposed: { type: string; name: string }[];
  unset: Pick<Secret, "key" | "optional">[];
  /** Folder that the preview wrote, if any. */
  out: string | undefined;
}

type Style = "bold" | "gray" | "red" | "yellow" | "green" | "cyan";

/** Formats the report for a terminal, or as plain text without `color`. */
export function formatReport(report: Report, color: boolean): string {
  const style = (name: Style, text: string): string => {
    const [on, off] = inspect.colors[name] ?? [];
    return color && text !== "" ? `\u001b[${on}m${text}\u001b[${off}m` : text;
  };
  const heading = (text: string): string => style("bold", text);
  const sections = [
    [
      heading(`Preview of ${report.stack}`),
      columns(report.header.map(([name, value]) => [style("gray", name), value])),
    ],
    [
      heading("Resources"),
      columns(
        report.tree.map(({ type, name, marks }) => [
          style("green", "+"),
          type,
          name,
          style("yellow", marks),
        ]),
      ),
    ],
    ...report.facts.map((fact) => [
      heading(fact.part),
      columns(fact.rows.map(([name, value]) => [style("gray", name), value])),
    ]),
    warningSection(report, style),
    policySection(report.policy, style),
    ...violationSections(report.policy, style),
    ...remediationSections(report.policy, style),
    exposedSection(report, style),
    missingSection(report, style),
    [...(report.out === undefined ? [] : [`Wrote ${report.out}`]), verdict(report, style)],
  ];
  return `${sections
    .filter((section) => section.length > 0)
    .map((section) => section.join("\n"))
    .join("\n\n")}\n`;
}

type Styler = (name: Style, text: string) => string;

function warningSection({ warnings }: Report, style: Styler): string[] {
  if (warnings.length === 0) return [];
  return [style("yellow", "Warnings"), ...warnings.map((warning) => `  ${warning}`)];
}

function policySection(policy: Report["policy"], style: Styler): string[] {
  const rows = policy.policies.map(({ name, level }) => {
    const violations = policy.violations.filter((violation) => violation.policy === name).length;
    const remediations = policy.remediations.filter(
      (remediation) => remediation.policy === name,
    ).length;
    const failed = violations > 0 && level !== "advisory";
    const result = [
      ...(violations > 0 ? [style(failed ? "red" : "yellow", count(violations, "violation"))] : []),
      ...(remediations > 0 ? [style("cyan", count(remediations, "remediation"))] : []),
    ].join(", ");
    return [name, level, result || (level === "disabled" ? "not run" : style("green", "passed"))];
  });
  return [style("bold", `Policies (${policy.pack.name} ${policy.pack.version})`), columns(rows)];
}

function violationSections(policy: Report["policy"], style: Styler): string[][] {
  return policy.violations.map((violation) => [
    style(
      violation.level === "advisory" ? "yellow" : "red",
      `${violation.policy} (${violation.level}${violation.severity ? `, ${violation.severity}` : ""})`,
    ) + subject(violation),
    indented(violation.message),
  ]);
}

function remediationSections(policy: Report["policy"], style: Styler): string[][] {
  return policy.remediations.map((remediation) => [
    style("cyan", `${remediation.policy} (remediated)`) + subject(remediation),
    indented(remediation.diagnostic ?? remediation.description),
  ]);
}

function subject({ urn }: Pick<ReportedViolation, "urn">): string {
  if (urn === undefined) return "";
  const [, , types = "", name = ""] = urn.split("::");
  return `: ${name} (${shortType(types.split("$").at(-1) ?? "")})`;
}

function exposedSection({ exposed }: Report, style: Styler): string[] {
  if (exposed.length === 0) return [];
  return [
    style("red", "Secrets of the configuration are in plain text in these resources"),
    ...exposed.map(({ type, name }) => `  ${name} (${shortType(type)})`),
  ];
}

function missingSection(report: Report, style: Styler): string[] {
  if (report.unset.length === 0) return [];
  return [
    style("bold", "Secrets to set before pulumi up (this preview uses placeholders)"),
    ...report.unset.map(
      ({ key, optional }) =>
        `  pulumi config set --secret ${key} --stack ${report.stack}${optional ? "   # optional" : ""}`,
    ),
  ];
}

function verdict({ resources, policy }: Report, style: Styler): string {
  const run = policy.policies.filter(({ level }) => level !== "disabled").length;
  const advisory = policy.violations.filter(({ level }) => level === "advisory").length;
  const mandatory = policy.violations.length - advisory;
  const text = [
    count(resources, "resource"),
    run === 1 ? "1 policy" : `${run} policies`,
    count(mandatory, "mandatory violation"),
    ...(advisory > 0 ? [`${advisory} advisory`] : []),
  ].join(", ");
  return mandatory > 0 ? style("red", `Failed: ${text}`) : style("green", `Passed: ${text}`);
}

/** Pads all columns but the last to the same width. */
function columns(rows: string[][]): string {
  const width = (cell: string): number => stripVTControlCharacters(cell).length;
  const widths = rows.reduce<number[]>(
    (result, row) => row.map((cell, index) => Math.max(result[index] ?? 0, width(cell))),
    [],
  );
  return rows
    .map((row) =>
      row.map((cell, index) => cell + " ".repeat((widths[index] ?? 0) - width(cell))).join("  "),
    )
    .map((line) => `  ${line}`.trimEnd())
    .join("\n");
}

function indented(text: string): string {
  return text
    .split("\n")
    .map((line) => `  ${line}`.trimEnd())
    .join("\n");
}

function count(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? "" : "s"}`;
}
