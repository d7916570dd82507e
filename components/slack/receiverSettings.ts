import { z } from "zod";
import { Severity } from "../alerting/rules";
import { example, issue } from "../shared/problems";
import { dnsLabel, input, onMaps, teamName } from "../shared/schemas";
import { KindSettings, ReceiverKind, receiverKinds } from "./receiverKinds";

const email = example(z.email("must be an email address"), "alerts@example.com");
const smarthost = z
  .string()
  .regex(/^[A-Za-z0-9.-]+:\d{1,5}$/, "must be a host and a port, like smtp.example.com:587");

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
      example(smarthost, "smtp.example.com:587")
        .optional()
        .describe("SMTP server, which must offer TLS. Required for `email`."),
    ),
    username: input(
      example(z.string().min(1), "alerts")
        .optional()
        .describe("User for the SMTP server. Required for `email`."),
    ),
  })
  .superRefine(checkKindSettings, onMaps);
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

/** Checks settings that only some kinds have. Settings may have failed other checks. */
function checkKindSettings(settings: Partial<ReceiverSettings>, ctx: z.RefinementCtx): void {
  const { kind } = settings;
  if (kind === undefined || !Object.hasOwn(receiverKinds, kind)) return;
  const all = new Set(Object.values(receiverKinds).flatMap((each) => Object.keys(each.settings)));
  for (const name of all as Set<keyof KindSettings>) {
    const need = receiverKinds[kind].settings[name];
    if (need === undefined && settings[name] !== undefined) {
      issue(ctx, [name], `does not apply to the kind ${kind}`, { kind: "remove" });
    }
    if (need === "required" && settings[name] === undefined) {
      issue(ctx, [name], `is required for the kind ${kind}`, fixes[name]);
    }
  }
}

const fixes: Partial<Record<keyof KindSettings, { kind: "set"; example: unknown }>> = {
  to: { kind: "set", example: ["oncall@example.com"] },
  from: { kind: "set", example: "alerts@example.com" },
  smarthost: { kind: "set", example: "smtp.example.com:587" },
  username: { kind: "set", example: "alerts" },
};
