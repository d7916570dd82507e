import { z } from "zod";
import { example } from "../shared/problems";
import { dnsLabel } from "../shared/schemas";
import { capturingGroups, matchesEmptyText, re2Problem } from "./re2";
import { Redaction } from "./options";

const expression = example(
  z
    .string()
    .min(1)
    .superRefine((text, ctx) => {
      const problem = expressionProblem(text);
      if (problem !== undefined) ctx.addIssue({ code: "custom", message: problem });
    }),
  "\\bKD-(\\d{8})\\b",
);

/** What whoever collects logs takes out of them. */
export const redactionSettings = {
  disabledRedactions: z.array(z.enum(Redaction)).default([]),
  redactionPatterns: z
    .array(z.strictObject({ name: example(dnsLabel, "customer-number"), expression }))
    .default([]),
};

/** The output type of {@link redactionSettings}. */
export interface RedactionSettings {
  disabledRedactions: Redaction[];
  redactionPatterns: { name: string; expression: string }[];
}

/** A name stands in the place of what was redacted, so that it must say which pattern it was. */
export function checkRedactions(settings: unknown, ctx: z.RefinementCtx): void {
  const { redactionPatterns } = settings as { redactionPatterns?: unknown };
  if (!Array.isArray(redactionPatterns)) return;
  const names = redactionPatterns.map((pattern: { name?: unknown } | null) => pattern?.name);
  names.forEach((name, index) => {
    const first = names.indexOf(name);
    if (typeof name !== "string" || first === index) return;
    ctx.addIssue({
      code: "custom",
      path: ["redactionPatterns", index, "name"],
      message: `is already the name of redactionPatterns[${first}]`,
      params: { fix: { kind: "set", example: `${name.slice(0, 58)}-${index + 1}` } },
    });
  });
}

/** Compiled by RE2 on every node: a mistake would keep the collectors from starting. */
function expressionProblem(text: string): string | undefined {
  const problem = re2Problem(text);
  if (problem !== undefined) return problem;
  if (capturingGroups(text) !== 1) {
    return "must have one group ( ), around what is to be replaced; (?: ) groups without replacing";
  }
  // Promtail's chart reads its configuration as a template.
  if (text.includes("{{")) return "must not have {{: write \\{\\{";
  if (matchesEmptyText(text)) return "must not match an empty text, which every line has";
  return undefined;
}
