import { z } from "zod";
import { Severity } from "../alerting/rules";
import { example, issue } from "../shared/problems";
import { checkKind, dnsLabel, hostAndPort, input, onMaps, teamName } from "../shared/schemas";
import { ReceiverKind, receiverKinds } from "./receiverKinds";

const email = example(z.email("must be an email address"), "alerts@example.com");

export const receiverSchema = z
  .strictObject({
    kind: z.enum(ReceiverKind).describe("System to notify."),
    severities: z
      .array(z.enum([Severity.Critical, Severity.Warning, Severity.Info]))
      .min(1)
      .default([Severity.Critical, Severity.Warning])
      .describe("Severities of the alerts that it receives."),
    services: z
      .array(input(example(dnsLabel, "inventory-service")))
      .min(1)
      .optional()
      .meta({
        description: "Services whose alerts it receives, in addition to the alerts of `teams`.",
        defaultText: "all alerts, unless `teams` is set",
      }),
    teams: z.array(input(teamName)).min(1).optional().meta({
      description: "Teams whose alerts it receives, in addition to the alerts of `services`.",
      defaultText: "all alerts, unless `services` is set",
    }),
    region: z.enum(["us", "eu"]).optional().meta({
      description: "Region of the account, for `pagerduty` and `opsgenie`.",
      defaultText: "`us`",
    }),
    to: example(z.array(email).min(1), ["oncall@example.com"])
      .optional()
      .describe("Recipients. Required for `email`."),
    from: input(email.optional().describe("Sender. Required for `email`.")),
    smarthost: input(
      hostAndPort("smtp.example.com:587")
        .optional()
        .describe("SMTP server, which must offer TLS. Required for `email`."),
    ),
    username: input(
      example(z.string().min(1), "alerts")
        .optional()
        .describe("User for the SMTP server. Required for `email`."),
    ),
  })
  .superRefine((receiver, ctx) => checkKind(receiver, "kind", receiverKinds, ctx), onMaps);
export type ReceiverSettings = z.output<typeof receiverSchema>;

/** Receiver names that the Slack routes and the heartbeat use. */
const reservedNames = /^(null|heartbeat|critical|slack(-.*)?)$/;

/** Receivers, keyed by name. Each name is part of a key in the Secret. */
export const receiversSchema = z.record(z.string(), receiverSchema).superRefine((map, ctx) => {
  for (const name of Object.keys(map)) {
    const rule = reservedNames.test(name)
      ? "has the name of a built-in receiver"
      : dnsLabel
          .safeParse(name)
          .error?.issues[0]?.message.replace("must be", "must have a name that is");
    if (rule !== undefined) issue(ctx, [name], rule, { kind: "do", text: "choose another name" });
  }
});
