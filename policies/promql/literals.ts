import { parseDuration } from "../shared/duration";

/** An expression that the grammar accepts and this reader does not support. The message is a predicate. */
export class Unreadable extends Error {}

/** A number as Prometheus reads it: `0.05`, `1e3`, `0x1F`, `1_000`, `Inf`, and durations in seconds. */
export function numberOf(literal: string): number {
  const sign = literal.startsWith("-") ? -1 : 1;
  const text = literal.replace(/^[+-]/, "").replaceAll("_", "").toLowerCase();
  if (text === "inf") return sign * Number.POSITIVE_INFINITY;
  if (text === "nan") return Number.NaN;
  if (/^0[0-7]+$/.test(text)) return sign * Number.parseInt(text, 8);
  const number = Number(text);
  if (!Number.isNaN(number)) return sign * number;
  const seconds = parseDuration(text);
  if (seconds === undefined) throw new Unreadable("has an invalid number");
  return sign * seconds;
}

/** The value of a string literal. */
export function stringOf(literal: string): string {
  const inner = literal.slice(1, -1);
  if (literal.startsWith("`")) return inner;
  return inner.replace(/\\(x[0-9a-fA-F]{2}|u[0-9a-fA-F]{4}|.)/g, (_, escape: string) => {
    if (escape.length > 1) return String.fromCharCode(Number.parseInt(escape.slice(1), 16));
    return { n: "\n", t: "\t", r: "\r" }[escape] ?? escape;
  });
}
