import { type SecretForm, httpUrl, httpsUrl } from "../secrets/secretForms";
import type { NeededSettings } from "../shared/neededSettings";
import { template } from "./templateReference";

/** Kinds of receivers in addition to Slack. */
export const ReceiverKind = {
  PagerDuty: "pagerduty",
  Opsgenie: "opsgenie",
  MsTeams: "msteams",
  GoogleChat: "googlechat",
  Email: "email",
  Webhook: "webhook",
} as const;
export type ReceiverKind = (typeof ReceiverKind)[keyof typeof ReceiverKind];

/** Receiver settings that apply only to some kinds. */
export interface KindSettings {
  region?: "us" | "eu" | undefined;
  to?: string[] | undefined;
  from?: string | undefined;
  smarthost?: string | undefined;
  username?: string | undefined;
}

interface Kind {
  /** Name of the receiver's integration field in Alertmanager's configuration. */
  integration: string;
  /** Name of the integration's field with the path of the credential file. */
  credentialFile: string;
  /** Description of the credential, for messages. */
  credential: string;
  /** Required format of the credential. Default: any text. */
  form?: SecretForm;
  /** Settings that only some kinds have, and whether this kind requires them. */
  settings: NeededSettings<keyof KindSettings>;
  /** Returns all other fields of the integration. */
  fields: (settings: KindSettings) => Record<string, unknown>;
}

const bySeverity = (critical: string, info: string, other: string) =>
  `{{ if eq .CommonLabels.severity "critical" }}${critical}{{ else if eq .CommonLabels.severity "info" }}${info}{{ else }}${other}{{ end }}`;

/** Properties of each kind of receiver, for the checks and Alertmanager's configuration. */
export const receiverKinds: Record<ReceiverKind, Kind> = {
  pagerduty: {
    integration: "pagerduty_configs",
    credentialFile: "routing_key_file",
    credential: "PagerDuty integration key (Events API v2)",
    settings: { region: "optional" },
    fields: ({ region }) => ({
      url: region === "eu" ? "https://events.eu.pagerduty.com/v2/enqueue" : undefined,
      description: template("slack.title"),
      severity: bySeverity("critical", "info", "warning"),
      details: { text: template("plain.text") },
    }),
  },
  opsgenie: {
    integration: "opsgenie_configs",
    credentialFile: "api_key_file",
    credential: "API key of an Opsgenie integration",
    settings: { region: "optional" },
    fields: ({ region }) => ({
      api_url: region === "eu" ? "https://api.eu.opsgenie.com/" : undefined,
      message: template("slack.title"),
      description: template("plain.text"),
      priority: bySeverity("P1", "P5", "P3"),
    }),
  },
  msteams: {
    integration: "msteamsv2_configs",
    credentialFile: "webhook_url_file",
    credential: "URL of a Teams workflow",
    form: httpsUrl,
    settings: {},
    fields: () => ({ title: template("slack.title"), text: template("markdown.text") }),
  },
  googlechat: {
    // Alertmanager has no Google Chat integration. Google Chat and Slack use the same syntax for links
    // and bold text.
    integration: "webhook_configs",
    credentialFile: "url_file",
    credential: "URL of a Google Chat webhook",
    form: httpsUrl,
    settings: {},
    fields: () => ({
      payload: { text: `*${template("slack.title")}*\n${template("slack.text")}` },
    }),
  },
  email: {
    integration: "email_configs",
    credentialFile: "auth_password_file",
    credential: "password of the SMTP user",
    settings: { to: "required", from: "required", smarthost: "required", username: "required" },
    fields: ({ to = [], from, smarthost, username }) => ({
      to: to.join(", "),
      from,
      smarthost,
      auth_username: username,
      require_tls: true,
      headers: { Subject: template("slack.title") },
      html: "",
      text: template("plain.text"),
    }),
  },
  webhook: {
    integration: "webhook_configs",
    credentialFile: "url_file",
    credential: "URL of the webhook",
    form: httpUrl,
    settings: {},
    fields: () => ({}),
  },
};
