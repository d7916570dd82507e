import { count } from "../preview/output/count";
import { type Style, styler } from "../preview/output/report";
import type { Result, Status } from "./checks/check";

const symbols: Record<Status, { text: string; style: Style }> = {
  pass: { text: "pass", style: "green" },
  warn: { text: "warn", style: "yellow" },
  fail: { text: "FAIL", style: "red" },
};

/** Formats a result, with the command to run next if the check did not pass. */
export function formatResult({ name, status, evidence, next }: Result, color: boolean): string {
  const { text, style } = symbols[status];
  const line = `${styler(color)(style, text)}  ${name}: ${evidence}`;
  return next === undefined ? line : `${line}\n      next: ${next}`;
}

export function summaryOf(results: Result[]): Record<Status, number> {
  const count = (status: Status) => results.filter((result) => result.status === status).length;
  return { pass: count("pass"), warn: count("warn"), fail: count("fail") };
}

export function formatSummary(results: Result[], notRun: number): string {
  const { pass, warn, fail } = summaryOf(results);
  const counts = `${pass} passed, ${warn} warned, ${fail} failed`;
  return `${count(results.length, "check")}: ${counts}${notRun === 0 ? "" : `, ${notRun} not run`}`;
}
