import { count } from "../preview/output/count";
import type { Result, Status } from "./check";

const symbols: Record<Status, { text: string; color: number }> = {
  pass: { text: "pass", color: 32 },
  warn: { text: "warn", color: 33 },
  fail: { text: "FAIL", color: 31 },
};

/** Formats a result, with the command to run next if the check did not pass. */
export function formatResult({ name, status, evidence, next }: Result, color: boolean): string {
  const { text, color: code } = symbols[status];
  const label = color ? `\x1b[${code}m${text}\x1b[0m` : text;
  const line = `${label}  ${name}: ${evidence}`;
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
