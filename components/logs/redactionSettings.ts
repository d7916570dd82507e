import { z } from "zod";
import { example, issue } from "../shared/problems";
import { checkUniqueNames, dnsLabel } from "../shared/schemas";
import { capturingGroups, matchesEmptyText, re2Problem } from "./re2";
import { Redaction } from "./enums";

const expression = example(
  z
    .string()
    .min(1)
    .superRefine((text, ctx) => {
      const rule = brokenRule(text);
      if (rule !== undefined) issue(ctx, [], rule);
    }),
  "\\bKD-(\\d{8})\\b",
);

/** Schema fields for log redaction, shared by all components that collect logs. */
export const redactionSettings = {
  disabledRedactions: z
    .array(z.enum(Redaction))
    .default([])
    .describe("Built-in redaction patterns to disable."),
  redactionPatterns: z
    .array(
      z.strictObject({
        name: example(dnsLabel, "customer-number").describe(
          "Name of the pattern. The redacted text becomes `<redacted name>`.",
        ),
        expression: expression.describe(
          "RE2 expression with one group around the secret, such as `\\bKD-(\\d{8})\\b`.",
        ),
      }),
    )
    .default([])
    .describe("Redaction patterns in addition to the built-in ones."),
};

/** The output type of {@link redactionSettings}. */
export type RedactionSettings = z.output<z.ZodObject<typeof redactionSettings>>;

/**
 * Reports duplicate names. Names must be unique because they identify the pattern in the redacted text.
 */
export function checkRedactions(settings: unknown, ctx: z.RefinementCtx): void {
  const { redactionPatterns } = settings as { redactionPatterns?: unknown };
  checkUniqueNames(ctx, ["redactionPatterns"], redactionPatterns);
}

/** Returns the rule that an expression breaks. A collector would not start with an invalid expression. */
function brokenRule(text: string): string | undefined {
  const problem = re2Problem(text);
  if (problem !== undefined) return problem;
  if (capturingGroups(text) !== 1) {
    return "must have one group ( ) around the text to replace; groups (?: ) do not count";
  }
  // The Promtail chart evaluates Promtail's configuration as a template.
  if (text.includes("{{")) return "must not contain {{: write \\{\\{";
  if (matchesEmptyText(text)) return "must not match an empty string, which every line contains";
  return undefined;
}
