import { z } from "zod";
import { Checked, Fix, check, example } from "../shared/problems";
import {
  ComponentArgs,
  dnsLabel,
  identitySettings,
  secretSettings,
  teamName,
} from "../shared/schemas";
import { secretsOf, withoutSecrets } from "../shared/secrets";

const channel = example(
  z
    .string()
    .regex(
      /^#[\p{Ll}\p{Lo}\p{N}_-]{1,80}$/u,
      "must be a Slack channel: # and at most 80 of a-z, 0-9, - and _",
    ),
  "#ticketing-alerts",
);

/** Its name is part of the name of a key of a Secret, which has fewer letters than Slack. */
const channelOfKey = z
  .string()
  .regex(
    /^#[a-z0-9_-]{1,80}$/,
    "must be a Slack channel in a-z, 0-9, - and _ to have a webhook of its own; use a bot token for others",
  );

/** Keys of the Secret that `existingSecret` names. */
const secretKeys = secretsOf("slack").map(({ secretKey }) => secretKey);
const secretKeyPattern = new RegExp(
  `^(${secretKeys.join("|").replace("<channel>", "[a-z0-9_-]+")})$`,
);

/** It ends up in a template and in a link of Slack, so nothing that either of them reads. */
const linkUrl = z
  .string()
  .regex(/^https?:\/\/[^\s{}<>"'`|\\]+$/, "must be a URL that starts with https:// or http://");

const time = example(
  z.string().regex(/^([01]\d|2[0-3]):[0-5]\d$/, "must be a time like 22:00"),
  "22:00",
);

const quietHoursSchema = z
  .strictObject({
    from: time,
    to: example(time, "07:00"),
    timezone: example(z.string().refine(isTimezone, "must be a time zone like Asia/Seoul"), "UTC"),
    weekends: z.boolean().default(false),
  })
  .refine(({ from, to }) => from !== to, {
    path: ["to"],
    message: "must not be the time that they start",
  });
export type QuietHoursSettings = z.output<typeof quietHoursSchema>;

const routeSchema = z
  .strictObject({
    service: example(dnsLabel, "inventory-service").optional(),
    team: teamName.optional(),
    namespace: example(dnsLabel, "ticketing").optional(),
    channel: example(channel, "#checkout-alerts"),
  })
  .refine((route) => route.service ?? route.team ?? route.namespace, {
    message: "needs a service, a team or a namespace",
    params: { fix: { kind: "do", text: "say whose alerts go to this channel" } },
  });
export type SlackRouteSettings = z.output<typeof routeSchema>;

/** Body of a Go template. Only Alertmanager can tell whether it parses; amtool checks it before. */
const template = z.string().min(1);

export const slackSchema = z
  .strictObject({
    ...identitySettings,
    namespace: dnsLabel.default("monitoring"),
    channel: channel.default("#ticketing-alerts"),
    channels: z
      .strictObject({
        critical: channel.optional(),
        warning: channel.optional(),
        info: channel.optional(),
      })
      .prefault({}),
    routes: z.array(routeSchema).default([]),
    quietHours: example(quietHoursSchema, {
      from: "22:00",
      to: "07:00",
      timezone: "UTC",
    }).optional(),
    groupBy: z
      .array(example(z.string().regex(/^[a-zA-Z_]\w*$/, "must be a label name"), "alertname"))
      .min(1)
      .refine((names) => new Set(names).size === names.length, "must not name a label twice")
      .default(["alertname", "cluster", "service"]),
    titleTemplate: example(template, "{{ .CommonLabels.alertname }}").optional(),
    textTemplate: example(
      template,
      "{{ range .Alerts }}{{ .Annotations.summary }}{{ end }}",
    ).optional(),
    grafanaUrl: example(linkUrl, "https://grafana.example.com").optional(),
    prometheusUrl: example(linkUrl, "https://prometheus.example.com").optional(),
    alertmanagerUrl: example(linkUrl, "https://alertmanager.example.com").optional(),
    existingSecret: example(dnsLabel, "alertmanager-slack").optional(),
    existingSecretKeys: z
      .array(
        example(
          z.string().regex(secretKeyPattern, `must be one of ${secretKeys.join(", ")}`),
          "webhook-url",
        ),
      )
      .optional(),
    requireHeartbeat: z.boolean().default(false),
    ...secretSettings("slack"),
    webhookUrls: z.record(channelOfKey, z.literal(true)).optional(),
  })
  .superRefine(
    (settings, ctx) => {
      for (const { path, message, fix } of [
        ...credentialProblems(settings),
        ...heartbeatProblems(settings),
      ]) {
        ctx.addIssue({ code: "custom", path, message, params: { fix } });
      }
    },
    { when: ({ value }) => typeof value === "object" && value !== null },
  );

/** Settings of the Slack delivery, every default filled in. */
export type SlackSettings = z.output<typeof slackSchema>;

/** Checks the arguments of SlackAlerting and fills in their defaults. */
export function slackSettings(args: ComponentArgs): Checked<SlackSettings> {
  return check(slackSchema, withoutSecrets("slack", args));
}

interface CredentialProblem {
  path: string[];
  message: string;
  fix: Fix;
}

/** Whether there is one way, and only one, to reach every channel. What it gets may be partly wrong. */
function credentialProblems(settings: Partial<SlackSettings>): CredentialProblem[] {
  if (settings.existingSecret !== undefined) return existingSecretProblems(settings);
  const unread: CredentialProblem[] =
    settings.existingSecretKeys === undefined
      ? []
      : [
          {
            path: ["existingSecretKeys"],
            message: "says what existingSecret holds, which is not given",
            fix: { kind: "remove" },
          },
        ];
  if (settings.botToken) {
    const given = (["webhookUrl", "webhookUrls"] as const).filter((name) => settings[name]);
    return [
      ...unread,
      ...given.map((name): CredentialProblem => ({
        path: [name],
        message: "must be left out where a bot token is given: it reaches every channel",
        fix: { kind: "remove" },
      })),
    ];
  }
  if (settings.webhookUrl) return [...unread, ...webhookProblems(settings)];
  return [
    ...unread,
    {
      path: ["webhookUrl"],
      message: "is required, unless existingSecret names the Secret that holds it",
      fix: {
        kind: "do",
        text: 'give webhookUrl as a Pulumi secret, or existingSecret: "alertmanager-slack"',
      },
    },
  ];
}

function existingSecretProblems(settings: Partial<SlackSettings>): CredentialProblem[] {
  const given = secretsOf("slack")
    .map(({ argument }) => argument)
    .filter((argument) => settings[argument as keyof SlackSettings]);
  const { existingSecretKeys: keys = ["webhook-url"] } = settings;
  if (!Array.isArray(keys)) return [];
  const needed = keys.includes("bot-token")
    ? []
    : ["webhook-url", ...otherChannels(settings).map((name) => `webhook-url-${name.slice(1)}`)];
  return [
    ...given.map((name): CredentialProblem => ({
      path: [name],
      message: "must be left out when existingSecret names where it is",
      fix: { kind: "do", text: `remove one of ${name} and existingSecret` },
    })),
    ...needed
      .filter((key) => !keys.includes(key))
      .map((key): CredentialProblem => ({
        path: ["existingSecretKeys"],
        message: `must name ${key} too: a webhook of Slack reaches only the channel it was made for`,
        fix: { kind: "do", text: `add ${key} to the Secret and to existingSecretKeys` },
      })),
  ];
}

/** Without a heartbeat nobody hears that alerting itself is down; a stack can insist on one. */
function heartbeatProblems(settings: Partial<SlackSettings>): CredentialProblem[] {
  const { requireHeartbeat, existingSecret, existingSecretKeys: keys, heartbeatUrl } = settings;
  if (requireHeartbeat !== true) return [];
  const given = existingSecret === undefined ? heartbeatUrl : keys?.includes("heartbeat-url");
  if (given) return [];
  return [
    existingSecret === undefined
      ? {
          path: ["heartbeatUrl"],
          message: "is required while requireHeartbeat is true",
          fix: { kind: "do", text: "give heartbeatUrl as a Pulumi secret" },
        }
      : {
          path: ["existingSecretKeys"],
          message: "must name heartbeat-url while requireHeartbeat is true",
          fix: {
            kind: "do",
            text: "add heartbeat-url to the Secret and to existingSecretKeys",
          },
        },
  ];
}

/** Slack binds a webhook to one channel: a message to another one would end up there, silently. */
function webhookProblems(settings: Partial<SlackSettings>): CredentialProblem[] {
  const { webhookUrls = {} } = settings;
  if (typeof webhookUrls !== "object") return [];
  const used = otherChannels(settings);
  const own = Object.keys(webhookUrls).filter((name) => channelOfKey.safeParse(name).success);
  return [
    ...used
      .filter((name) => !own.includes(name))
      .map((name): CredentialProblem => ({
        path: ["webhookUrls", name],
        message: "is required: a webhook of Slack reaches only the channel it was made for",
        fix: { kind: "do", text: `give webhookUrls the webhook of ${name}, or use a bot token` },
      })),
    ...own
      .filter((name) => !used.includes(name))
      .map((name): CredentialProblem => ({
        path: ["webhookUrls", name],
        message: "is the webhook of a channel that nothing is sent to",
        fix: { kind: "remove" },
      })),
  ];
}

/** Channels that the main webhook does not reach. */
function otherChannels(settings: Partial<SlackSettings>): string[] {
  const { channel: main = "#ticketing-alerts", channels, routes } = settings;
  const named: unknown[] = [
    ...Object.values(channels ?? {}),
    ...(Array.isArray(routes) ? routes.map((route) => route?.channel) : []),
  ];
  const valid = named.filter((name): name is string => channel.safeParse(name).success);
  return [...new Set(valid)].filter((name) => name !== main);
}

/** As Go reads them: with the capitals of the time zone database. */
function isTimezone(name: string): boolean {
  if (!/^(UTC|[A-Z][A-Za-z]+(\/[A-Z][A-Za-z0-9_+-]*)+)$/.test(name)) return false;
  try {
    new Intl.DateTimeFormat("en", { timeZone: name });
    return true;
  } catch {
    return false;
  }
}
