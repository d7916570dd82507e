import { z } from "zod";
import { Checked, check, example } from "../internal/problems";
import { ComponentArgs, dnsLabel, identitySettings } from "./common";

export const slackSchema = z
  .strictObject({
    ...identitySettings,
    namespace: dnsLabel.default("monitoring"),
    channel: z
      .string()
      .regex(
        /^#[\p{Ll}\p{Lo}\p{N}_-]{1,80}$/u,
        "must be a Slack channel: # and at most 80 of a-z, 0-9, - and _",
      )
      .default("#ticketing-alerts"),
    groupBy: z
      .array(example(z.string().regex(/^[a-zA-Z_]\w*$/, "must be a label name"), "alertname"))
      .min(1)
      .refine((names) => new Set(names).size === names.length, "must not name a label twice")
      .default(["alertname", "cluster", "service"]),
    existingSecret: example(dnsLabel, "alertmanager-slack").optional(),
    /** Only whether it was given: the webhook itself is never part of the settings. */
    webhookUrl: z.literal(true).optional(),
  })
  .superRefine(
    ({ existingSecret, webhookUrl }, ctx) => {
      if ((webhookUrl === undefined) !== (existingSecret === undefined)) return;
      ctx.addIssue({
        code: "custom",
        path: ["webhookUrl"],
        message: webhookUrl
          ? "must be left out when existingSecret names where it is"
          : "is required, unless existingSecret names the Secret that holds it",
        params: {
          fix: {
            kind: "do",
            text: webhookUrl
              ? "remove one of webhookUrl and existingSecret"
              : 'give webhookUrl as a Pulumi secret, or existingSecret: "alertmanager-slack"',
          },
        },
      });
    },
    { when: () => true },
  );

/** Settings of the Slack delivery, every default filled in. */
export type SlackSettings = z.output<typeof slackSchema>;

/** Checks the arguments of SlackAlerting and fills in their defaults; no problem shows the webhook. */
export function slackSettings(args: ComponentArgs): Checked<SlackSettings> {
  const { webhookUrl } = args as { webhookUrl?: unknown };
  return check(slackSchema, { ...args, webhookUrl: webhookUrl ? true : undefined });
}
