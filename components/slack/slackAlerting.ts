import * as kubernetes from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { stringify } from "yaml";
import { alertmanagerConfig } from "./alertmanagerConfig";
import { ReceiverKind, receiverKinds } from "./receiverKinds";
import { checkWithSecrets, secretData } from "../shared/secretData";
import { webhookSecretName } from "./secret";
import { slackTemplate } from "./template";
import type { FormOfEntry } from "../shared/secrets";
import { claim } from "../shared/claims";
import { afterChecks, availableAfter, checkInputs } from "../shared/inputs";
import { objectLabels } from "../shared/labels";
import { configSecretName, slackSettings } from "./settings";

/** Slack channels by severity. Each name starts with `#`. */
export interface SlackChannels {
  /** Channel for critical alerts. Default: `channel`. */
  critical?: string;
  /** Channel for warnings. Default: `channel`. */
  warning?: string;
  /** Channel for info alerts. Default: none, so info alerts are not sent. */
  info?: string;
}

/** Route to a channel. An alert must match every field that is set; at least one is required. */
export interface SlackRoute {
  /** Name of a service: matches alerts on the service and on its pods. */
  service?: pulumi.Input<string> | undefined;
  /** Label `team` of the alert, from its service or from a custom rule. */
  team?: pulumi.Input<string> | undefined;
  /** Label `namespace` of the alert. */
  namespace?: pulumi.Input<string> | undefined;
  /** Channel that receives the alerts. Starts with `#`. */
  channel: string;
}

/** Hours in which warnings are muted. Warnings that still fire at the end are sent then. */
export interface QuietHours {
  /** Start, such as `22:00`. */
  from: string;
  /** End, such as `07:00`. An end before `from` is on the next day. */
  to: string;
  /** Time zone, such as `Asia/Seoul`. */
  timezone: string;
  /** Also mutes warnings for all of Saturday and Sunday. Default: false. */
  weekends?: boolean;
  /** Dates on which warnings are muted for the whole day, such as `2026-12-25`. Default: none. */
  holidays?: string[];
}

/**
 * Receiver in addition to Slack. By default it receives all alerts of its severities; with `services`
 * or `teams`, only alerts of these services and teams.
 */
export interface AlertReceiver {
  /** System that is notified. */
  kind: ReceiverKind;
  /** Severities of its alerts: `critical`, `warning`, `info`. Default: `critical` and `warning`. */
  severities?: string[];
  /** Names of services: matches alerts on the services and on their pods. */
  services?: pulumi.Input<string>[];
  /** Labels `team` of alerts. */
  teams?: pulumi.Input<string>[];
  /** Region of the account, for PagerDuty and Opsgenie: `us` or `eu`. Default: `us`. */
  region?: string;
  /** Email recipients. Required for email, like the fields below. */
  to?: string[];
  /** Email sender. */
  from?: pulumi.Input<string> | undefined;
  /** SMTP server and its port, such as `smtp.example.com:587`. It must offer TLS. */
  smarthost?: pulumi.Input<string> | undefined;
  /** Username for the SMTP server. */
  username?: pulumi.Input<string> | undefined;
}

/** Minutes until an alert that still fires is notified again, by severity. */
export interface RepeatMinutes {
  /** Default: 60. */
  critical?: number;
  /** Also for alerts with other severities. Default: 720. */
  warning?: number;
}

/** Arguments of SlackAlerting. */
export interface SlackAlertingArgs {
  /** Namespace of Alertmanager. It must exist. Default: `monitoring`. */
  namespace?: pulumi.Input<string> | undefined;
  /**
   * Incoming webhook of `channel`. Pulumi stores every credential as a secret in the Kubernetes
   * Secret `alertmanager-slack`. Required unless `botToken` or `existingSecret` is set.
   */
  webhookUrl?: pulumi.Input<string> | undefined;
  /**
   * Incoming webhooks of all other channels, by channel including the `#`, such as `#team-shop`: a
   * webhook posts to only one channel. Required for each channel that `channels` and `routes` name,
   * unless `botToken` is set.
   */
  webhookUrls?: pulumi.Input<Record<string, pulumi.Input<string>>> | undefined;
  /** Token of a Slack app with the scope `chat:write`, which replaces the webhooks of all channels. */
  botToken?: pulumi.Input<string> | undefined;
  /** URL that Alertmanager calls every minute while it delivers alerts. Default: none. */
  heartbeatUrl?: pulumi.Input<string> | undefined;
  /** Requires a heartbeat URL, without which an outage of alerting goes unnoticed. Default: false. */
  requireHeartbeat?: boolean;
  /** Routing key of PagerDuty, which then also receives critical alerts. Default: none. */
  pagerDutyRoutingKey?: pulumi.Input<string> | undefined;
  /** URL of an additional webhook that also receives critical alerts. Default: none. */
  criticalWebhookUrl?: pulumi.Input<string> | undefined;
  /**
   * Credential of each receiver, by receiver name: the PagerDuty routing key, the Opsgenie API key, the
   * password of the SMTP user, or the webhook URL.
   */
  receiverSecrets?: pulumi.Input<Record<string, pulumi.Input<string>>> | undefined;
  /** Existing Secret in the same namespace with the credentials, instead of the arguments above. */
  existingSecret?: pulumi.Input<string> | undefined;
  /**
   * Keys of the existing Secret: `webhook-url`, `webhook-url-<channel>` without the `#` of the channel,
   * `bot-token`, `heartbeat-url`, `pagerduty-routing-key`, `critical-webhook-url`,
   * `receiver-<receiver>`. The keys decide which receivers exist, so they must be known when the program
   * runs. Default: `webhook-url`.
   */
  existingSecretKeys?: string[];
  /**
   * Channel for all alerts that no other channel receives. Starts with `#`. Channels must be known when
   * the program runs, because they decide which receivers exist. Required unless `receivers` is set.
   */
  channel?: string;
  /** Channels by severity. Default: `channel` for critical alerts and warnings. */
  channels?: SlackChannels;
  /**
   * Channels by service, team or namespace. The first matching route applies. The list must be known
   * when the program runs. Default: none.
   */
  routes?: SlackRoute[];
  /** Receivers in addition to Slack, by name. They must be known when the program runs. Default: none. */
  receivers?: Record<string, AlertReceiver>;
  /**
   * Updates a message when its alerts change, repeat or resolve, instead of sending another one.
   * Slack does not notify people of an update. Requires a bot token. Default: false.
   */
  updateMessages?: boolean;
  /** Hours in which warnings are muted. Default: none. */
  quietHours?: QuietHours;
  /** Minutes until an alert that still fires is notified again, by severity. */
  repeatMinutes?: RepeatMinutes;
  /** Labels by which alerts are grouped into a message. Default: `alertname`, `cluster`, `service`. */
  groupBy?: string[];
  /** Title of a message, as the body of a Go template. Default: the template of this library. */
  titleTemplate?: string;
  /** Text of a message, as the body of a Go template. Default: the template of this library. */
  textTemplate?: string;
  /**
   * URL at which people open a Grafana that has the data source `loki`, for links to logs: a string, or
   * an output of your ingress. The outputs of PrometheusStack are URLs inside the cluster, and
   * PrometheusStack depends on this component. Default: no links.
   */
  grafanaUrl?: pulumi.Input<string> | undefined;
  /** URL at which people open Prometheus, for links to graphs, like `grafanaUrl`. Default: no links. */
  prometheusUrl?: pulumi.Input<string> | undefined;
  /**
   * URL at which people open Alertmanager, for links to alerts and new silences, like `grafanaUrl`.
   * Default: no links.
   */
  alertmanagerUrl?: pulumi.Input<string> | undefined;
  /** Labels to add to every object. Default: none. */
  labels?: pulumi.Input<Record<string, pulumi.Input<string>>> | undefined;
}

/**
 * Creates Alertmanager's configuration for Slack and other receivers, as the Secret
 * `alertmanager-config`, and, unless `existingSecret` is set, the Secret with the credentials. Create
 * it before PrometheusStack, and pass the names of both Secrets as `alertmanager.configSecretName` and
 * `alertmanager.mountedSecretNames` of PrometheusStack.
 *
 * If arguments are invalid, the constructor throws one error that lists every problem, and registers
 * nothing.
 */
export class SlackAlerting extends pulumi.ComponentResource {
  static readonly __pulumiType = "monitoring:index:SlackAlerting";

  /**
   * Name of the Secret with `alertmanager.yaml` and its templates, for `alertmanager.configSecretName`
   * of PrometheusStack.
   */
  readonly configSecretName: pulumi.Output<string>;
  /**
   * Name of the Secret with the credentials, which Alertmanager must mount, for
   * `alertmanager.mountedSecretNames` of PrometheusStack.
   */
  readonly webhookSecretName: pulumi.Output<string>;

  constructor(name: string, args: SlackAlertingArgs, opts?: pulumi.ComponentResourceOptions) {
    const formOf: FormOfEntry = (argument, receiver) => {
      const kind = argument === "receiverSecrets" ? args.receivers?.[receiver]?.kind : undefined;
      return kind && receiverKinds[kind]?.form;
    };
    const inputs = checkInputs("SlackAlerting", name, args, (all) =>
      checkWithSecrets("slack", all, slackSettings, formOf),
    );
    const { settings, fill } = inputs;
    const secrets = secretData("slack", args, { component: "SlackAlerting", name, formOf });
    const claimed = claim("SlackAlerting", name, inputs, opts, ({ namespace }) => [
      {
        what: `the Alertmanager configuration in the namespace ${namespace}`,
        path: ["namespace"],
        fix: "set namespace to another namespace, or use routes of one SlackAlerting",
      },
    ]);
    super(
      SlackAlerting.__pulumiType,
      name,
      fill((all) => all),
      afterChecks(opts, claimed, secrets),
    );
    const child = { parent: this };

    const metadata = (secretName: string) =>
      fill(({ namespace, labels }) => ({
        name: secretName,
        namespace,
        labels: objectLabels("alertmanager", labels),
      }));
    const secret = (
      suffix: string,
      secretName: string,
      stringData: pulumi.Input<Record<string, pulumi.Input<string>>>,
    ) =>
      new kubernetes.core.v1.Secret(
        `${name}-${suffix}`,
        { metadata: metadata(secretName), stringData },
        child,
      );
    const webhook =
      settings.existingSecret === undefined ? [secret("webhook", webhookSecretName, secrets)] : [];
    const config = secret(
      "config",
      configSecretName,
      fill((all) => ({
        "alertmanager.yaml": stringify(alertmanagerConfig(all), { lineWidth: 0 }),
        "slack.tmpl": slackTemplate(all),
      })),
    );

    this.configSecretName = availableAfter(config, configSecretName);
    this.webhookSecretName = availableAfter(
      webhook,
      fill(({ existingSecret }) => existingSecret ?? webhookSecretName),
    );
    this.registerOutputs({
      configSecretName: this.configSecretName,
      webhookSecretName: this.webhookSecretName,
    });
  }
}
