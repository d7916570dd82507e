import { z } from "zod";
import { example, issue } from "../shared/problems";
import { checkUniqueNames, dnsLabel } from "../shared/schemas";
import { capturingGroups, matchesEmptyText, re2Problem } from "./re2";
import { Redaction } from "./options";

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

/** Settings for the redactions in each log line, shared by all components that collect logs. */
export const redactionSettings = {
  disabledRedactions: z
    .array(z.enum(Redaction))
    .default([])
    .describe("Built-in patterns that are not redacted in log lines."),
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
    .describe("Patterns that are redacted in addition to the built-in patterns."),
};

/** The output type of {@link redactionSettings}. */
export type RedactionSettings = z.output<z.ZodObject<typeof redactionSettings>>;

/** Requires unique names: the replacement of a redacted text contains the name of the pattern. */
export function checkRedactions(settings: unknown, ctx: z.RefinementCtx): void {
  const { redactionPatterns } = settings as { redactionPatterns?: unknown };
  checkUniqueNames(ctx, ["redactionPatterns"], redactionPatterns);
}

/** Rule that an expression breaks. A collector with an invalid expression would not start. */
function brokenRule(text: string): string | undefined {
  const problem = re2Problem(text);
  if (problem !== undefined) return problem;
  if (capturingGroups(text) !== 1) {
    return "must have one group ( ) around the text to replace; groups (?: ) replace nothing";
  }
  // The Promtail chart evaluates Promtail's configuration as a template.
  if (text.includes("{{")) return "must not contain {{: write \\{\\{";
  if (matchesEmptyText(text)) return "must not match the empty text, which every line contains";
  return undefined;
}
