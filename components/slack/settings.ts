import { z } from "zod";
import { defaultGroupBy } from "../alerting/grouping";
import { receiverKinds } from "./receiverKinds";
import { receiversSchema } from "./receiverSettings";
import { channelKey, receiverKey, secretKeys } from "./secretKeys";
import { hasPlaceholder } from "../shared/placeholders";
import { Checked, example, issue, nearest, check } from "../shared/problems";
import {
  ComponentArgs,
  dnsLabel,
  flag,
  identitySettings,
  input,
  onMaps,
  teamName,
  wholeNumber,
} from "../shared/schemas";
import { secretSettings } from "../secrets/secretSettings";
import { secretsOf, withoutSecrets } from "../secrets/secrets";

/** Name of the Secret with `alertmanager.yaml` and its templates. */
export const configSecretName = "alertmanager-config";

/** A Slack channel, including the `#`. */
export const channel = example(
  z
    .string()
    .regex(
      /^#[\p{Ll}\p{Lo}\p{N}_-]{1,80}$/u,
      "must be a Slack channel: # and at most 80 characters from a-z, 0-9, - and _",
    ),
  "#alerts",
);

/** A channel whose name can be part of a Secret key. Secret keys allow fewer characters than Slack. */
export const channelOfKey = z
  .string()
  .regex(
    /^#[a-z0-9_-]{1,80}$/,
    "must be a Slack channel with its # and only a-z, 0-9, - and _, to have its own webhook; use a bot token for other channels",
  );

/** Allowed keys of the Secret that `existingSecret` names. */
const allowedKeys = Object.values(secretKeys);
const allowedKeyPattern = new RegExp(
  `^(${allowedKeys.join("|").replace(/<\w+>/g, "[a-z0-9_-]+")})$`,
);

/** A URL without characters that a Go template or a Slack link would interpret. */
const linkUrl = z
  .string()
  .regex(/^https?:\/\/[^\s{}<>"'`|\\]+$/, "must be a URL that starts with https:// or http://");

const time = example(
  z.string().regex(/^([01]\d|2[0-3]):[0-5]\d$/, "must be a time like 22:00"),
  "22:00",
);

const quietHoursSchema = z
  .strictObject({
    from: time.describe("Start, such as `22:00`."),
    to: example(time, "07:00").describe(
      "End, such as `07:00`. A time before `from` is on the next day.",
    ),
    timezone: example(
      z.string().refine(isTimezone, "must be a time zone like Asia/Seoul"),
      "UTC",
    ).describe("Time zone, such as `Asia/Seoul`."),
    weekends: flag(false, "Whether warnings are also muted for all of Saturday and Sunday."),
    holidays: z
      .array(example(z.iso.date("must be a date like 2026-12-25"), "2026-12-25"))
      .default([])
      .describe("Dates on which warnings are muted for the whole day."),
  })
  .refine(({ from, to }) => from !== to, { path: ["to"], message: "must differ from the start" });
export type QuietHoursSettings = z.output<typeof quietHoursSchema>;

const routeSchema = z
  .strictObject({
    service: input(
      example(dnsLabel, "inventory-service").optional().describe("Name of a service."),
    ),
    team: input(teamName.optional().describe("Value of the `team` label.")),
    namespace: input(example(dnsLabel, "shop").optional().describe("Namespace of the alert.")),
    channel: example(channel, "#checkout-alerts").describe(
      "Channel that receives the matching alerts.",
    ),
  })
  .refine((route) => route.service ?? route.team ?? route.namespace, {
    message: "must name a service, a team or a namespace",
    params: { fix: { kind: "do", text: "name the alerts that go to this channel" } },
  });
export type SlackRouteSettings = z.output<typeof routeSchema>;

/** Body of a Go template. The schema does not check its syntax; `amtool check-config` does. */
const template = z.string().min(1);

export const slackSchema = z
  .strictObject({
    labels: identitySettings.labels,
    namespace: input(dnsLabel.default("monitoring")),
    channel: channel.optional().meta({
      description: "Channel for all alerts that no other channel receives.",
      defaultText: "required, unless `receivers` is set",
    }),
    channels: z
      .strictObject({
        critical: channel.optional().meta({
          description: "Channel for critical alerts.",
          defaultText: "`slack.channel`",
        }),
        warning: channel.optional().meta({
          description: "Channel for warnings.",
          defaultText: "`slack.channel`",
        }),
        info: channel.optional().meta({
          description: "Channel for alerts with the severity `info`.",
          defaultText: "none, and these alerts are not sent to Slack",
        }),
      })
      .prefault({})
      .describe("Channels, keyed by severity."),
    routes: z
      .array(routeSchema)
      .default([])
      .describe("Routes to separate channels. The first matching route applies."),
    receivers: receiversSchema
      .default({})
      .describe("Receivers in addition to Slack, keyed by name."),
    quietHours: example(quietHoursSchema, { from: "22:00", to: "07:00", timezone: "UTC" })
      .optional()
      .describe(
        "Hours during which warnings are muted. Warnings that are still firing at the end are sent then.",
      ),
    updateMessages: flag(
      false,
      "Whether Alertmanager updates a message when its alerts change, repeat or resolve, instead of sending another one. Requires a bot token.",
    ),
    repeatMinutes: z
      .strictObject({
        critical: wholeNumber
          .min(1)
          .default(60)
          .describe(
            "Minutes after which the notification for a critical alert that is still firing is repeated.",
          ),
        warning: wholeNumber
          .min(1)
          .default(720)
          .describe(
            "Minutes after which the notification for a warning that is still firing is repeated.",
          ),
      })
      .prefault({})
      .describe("How often notifications for alerts that are still firing are repeated."),
    groupBy: z
      .array(example(z.string().regex(/^[a-zA-Z_]\w*$/, "must be a label name"), "alertname"))
      .min(1)
      .refine((names) => new Set(names).size === names.length, "must not name a label twice")
      .default(defaultGroupBy)
      .describe("Labels that group alerts into one message."),
    titleTemplate: example(template, "{{ .CommonLabels.alertname }}").optional().meta({
      description: "Go template body for the message title.",
      defaultText: "the built-in template",
    }),
    textTemplate: example(template, "{{ range .Alerts }}{{ .Annotations.summary }}{{ end }}")
      .optional()
      .meta({
        description: "Go template body for the message text.",
        defaultText: "the built-in template",
      }),
    grafanaUrl: input(example(linkUrl, "https://grafana.example.com").optional()),
    prometheusUrl: input(example(linkUrl, "https://prometheus.example.com").optional()),
    alertmanagerUrl: input(example(linkUrl, "https://alertmanager.example.com").optional()),
    existingSecret: input(
      example(dnsLabel, "alertmanager-slack")
        .optional()
        .describe("Existing Secret that contains the credentials, instead of the secrets above."),
    ),
    existingSecretKeys: z
      .array(
        example(
          z.string().regex(allowedKeyPattern, `must be one of ${allowedKeys.join(", ")}`),
          secretKeys.webhookUrl,
        ),
      )
      .optional()
      .meta({
        description: `Keys of the existing Secret: ${allowedKeys.map((key) => `\`${key}\``).join(", ")}.`,
        defaultText: `\`${secretKeys.webhookUrl}\``,
      }),
    requireHeartbeat: flag(
      false,
      "Whether a missing `heartbeatUrl` is an error, as in `Pulumi.prod.yaml`.",
    ),
    ...secretSettings("slack"),
    webhookUrls: input(z.record(channelOfKey, z.literal(true)).optional()),
    receiverSecrets: input(z.record(z.string(), z.literal(true)).optional()),
  })
  .superRefine(checkCredentials, onMaps);

/** Settings of SlackAlerting, with every default filled in. */
export type SlackSettings = z.output<typeof slackSchema>;

/** Checks the SlackAlerting arguments and fills in defaults. */
export function slackSettings(args: ComponentArgs): Checked<SlackSettings> {
  return check(slackSchema, withoutSecrets("slack", args));
}

/** Checks that each channel and each receiver has a credential. Settings may have failed other checks. */
function checkCredentials(settings: Partial<SlackSettings>, ctx: z.RefinementCtx): void {
  checkHeartbeat(settings, ctx);
  if (settings.updateMessages === true && !hasBotToken(settings)) {
    const text = "set a bot token instead of webhooks, or remove updateMessages";
    const rule = "requires a bot token, because messages from a webhook cannot be updated";
    issue(ctx, ["updateMessages"], rule, { kind: "do", text });
  }
  if (usesSlack(settings) && settings.channel === undefined) {
    const message = "is required, unless alerts only go to receivers";
    issue(ctx, ["channel"], message, { kind: "set", example: "#alerts" }, "required");
  }
  if (settings.existingSecret !== undefined) return checkExistingSecret(settings, ctx);
  if (settings.existingSecretKeys !== undefined) {
    issue(ctx, ["existingSecretKeys"], "requires existingSecret, whose keys it lists", {
      kind: "remove",
    });
  }
  checkReceiverSecrets(settings, ctx);
  if (!usesSlack(settings)) return;
  if (settings.botToken) {
    const webhooks = (["webhookUrl", "webhookUrls"] as const).filter((name) => settings[name]);
    for (const name of webhooks) {
      const rule = "must not be set together with a bot token, which reaches every channel";
      issue(ctx, [name], rule, { kind: "remove" });
    }
  } else if (settings.webhookUrl) checkWebhooks(settings, ctx);
  else {
    issue(
      ctx,
      ["webhookUrl"],
      "is required, unless existingSecret names the Secret that contains it",
      {
        kind: "do",
        text: 'set webhookUrl to a Pulumi secret, or existingSecret: "alertmanager-slack"',
      },
    );
  }
}

function checkExistingSecret(settings: Partial<SlackSettings>, ctx: z.RefinementCtx): void {
  const { existingSecretKeys: keys = [secretKeys.webhookUrl], existingSecret } = settings;
  if (existingSecret === configSecretName) {
    const rule = "must not be the Secret that this component creates";
    issue(ctx, ["existingSecret"], rule, { kind: "set", example: "alertmanager-slack" });
  }
  if (!Array.isArray(keys)) return;
  for (const { argument } of secretsOf("slack")) {
    if (!settings[argument as keyof SlackSettings]) continue;
    issue(ctx, [argument], "must not be set together with existingSecret, which contains it", {
      kind: "do",
      text: `remove either ${argument} or existingSecret`,
    });
  }
  const webhooks = [secretKeys.webhookUrl, ...otherChannels(settings).map(channelKey)];
  const needed: [key: string, reason: string][] = [
    ...(usesSlack(settings) && !hasBotToken(settings) ? webhooks : []).map(
      (key): [string, string] => [key, "a Slack webhook posts only to its own channel"],
    ),
    ...receiverCredentials(settings).map(([name, credential]): [string, string] => [
      receiverKey(name),
      `it contains the ${credential}`,
    ]),
  ];
  for (const [key, reason] of needed.filter(([name]) => !keys.includes(name))) {
    const text = `add ${key} to the Secret and to existingSecretKeys`;
    issue(ctx, ["existingSecretKeys"], `must also name ${key}: ${reason}`, { kind: "do", text });
  }
}

function hasBotToken({ botToken, existingSecretKeys: keys }: Partial<SlackSettings>): boolean {
  return botToken === true || (Array.isArray(keys) && keys.includes(secretKeys.botToken));
}

/** Whether alerts go to Slack, even if the channel is missing. */
function usesSlack(settings: Partial<SlackSettings>): boolean {
  const hasReceivers = Object.keys(settings.receivers ?? {}).length > 0;
  return settings.channel !== undefined || otherChannels(settings).length > 0 || !hasReceivers;
}

/** Returns the name of each receiver, with a description of its credential. */
function receiverCredentials({ receivers }: Partial<SlackSettings>): [string, string][] {
  return Object.entries(receivers ?? {}).flatMap(([name, receiver]): [string, string][] => {
    const kind = Object.hasOwn(receiverKinds, receiver?.kind) ? receiver.kind : undefined;
    return kind === undefined ? [] : [[name, receiverKinds[kind].credential]];
  });
}

/** Checks that each receiver has a credential, and that each credential has a receiver. */
function checkReceiverSecrets(settings: Partial<SlackSettings>, ctx: z.RefinementCtx): void {
  const { receiverSecrets = {}, receivers } = settings;
  if (typeof receiverSecrets !== "object" || hasPlaceholder(receiverSecrets)) return;
  const missing = receiverCredentials(settings).filter(([name]) => !(name in receiverSecrets));
  for (const [name, credential] of missing) {
    const text = `set receiverSecrets.${name} to a Pulumi secret`;
    issue(ctx, ["receiverSecrets", name], `is required: the ${credential}`, { kind: "do", text });
  }
  for (const name of Object.keys(receiverSecrets).filter((key) => !(key in (receivers ?? {})))) {
    const near = nearest(
      name,
      missing.map(([receiver]) => receiver),
    );
    const rule = `is not the name of a receiver${near === undefined ? "" : `; did you mean ${near}?`}`;
    issue(ctx, ["receiverSecrets", name], rule, { kind: "remove" });
  }
}

/** Checks `requireHeartbeat`. Without a heartbeat, an outage of alerting itself goes unnoticed. */
function checkHeartbeat(settings: Partial<SlackSettings>, ctx: z.RefinementCtx): void {
  const { requireHeartbeat, existingSecret, existingSecretKeys: keys, heartbeatUrl } = settings;
  if (requireHeartbeat !== true) return;
  if (existingSecret === undefined && !heartbeatUrl) {
    issue(ctx, ["heartbeatUrl"], "is required while requireHeartbeat is true", {
      kind: "do",
      text: "set heartbeatUrl to a Pulumi secret",
    });
  }
  if (existingSecret !== undefined && !keys?.includes(secretKeys.heartbeatUrl)) {
    const rule = `must name ${secretKeys.heartbeatUrl} while requireHeartbeat is true`;
    const text = `add ${secretKeys.heartbeatUrl} to the Secret and to existingSecretKeys`;
    issue(ctx, ["existingSecretKeys"], rule, { kind: "do", text });
  }
}

/**
 * Checks that each channel has its own webhook. Slack binds a webhook to one channel, and silently
 * delivers messages for other channels to that channel.
 */
function checkWebhooks(settings: Partial<SlackSettings>, ctx: z.RefinementCtx): void {
  const { webhookUrls = {} } = settings;
  if (typeof webhookUrls !== "object" || hasPlaceholder(webhookUrls)) return;
  const used = otherChannels(settings);
  const withWebhook = Object.keys(webhookUrls).filter(
    (name) => channelOfKey.safeParse(name).success,
  );
  for (const name of used.filter((channelName) => !withWebhook.includes(channelName))) {
    const rule = "is required: a Slack webhook posts only to its own channel";
    const text = `add the webhook of ${name} to webhookUrls, or use a bot token`;
    issue(ctx, ["webhookUrls", name], rule, { kind: "do", text });
  }
  for (const name of withWebhook.filter((channelName) => !used.includes(channelName))) {
    const rule = "is the webhook of a channel that receives no alerts";
    issue(ctx, ["webhookUrls", name], rule, { kind: "remove" });
  }
}

/** Returns the channels that the main webhook does not reach. */
function otherChannels(settings: Partial<SlackSettings>): string[] {
  const { channel: main, channels, routes } = settings;
  const names: unknown[] = [
    ...Object.values(channels ?? {}),
    ...(Array.isArray(routes) ? routes.map((route) => route?.channel) : []),
  ];
  const valid = names.filter((name): name is string => channel.safeParse(name).success);
  return [...new Set(valid)].filter((name) => name !== main);
}

/**
 * Whether a time zone name is valid, including its capitalization. Go requires the capitalization of
 * the time zone database, but Node.js ignores case.
 */
function isTimezone(name: string): boolean {
  if (!/^(UTC|[A-Z][A-Za-z]+(\/[A-Z][A-Za-z0-9_+-]*)+)$/.test(name)) return false;
  try {
    new Intl.DateTimeFormat("en", { timeZone: name });
    return true;
  } catch {
    return false;
  }
}
