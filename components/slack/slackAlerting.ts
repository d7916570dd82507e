import * as kubernetes from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { stringify } from "yaml";
import { alertmanagerConfig } from "./alertmanagerConfig";
import { ReceiverKind, receiverKinds } from "./receiverKinds";
import { checkWithSecrets, secretData } from "../secrets/secretData";
import { webhookSecretName } from "./credentialFiles";
import { slackTemplate } from "./messageTemplate";
import type { FormOfEntry } from "../secrets/secrets";
import { claim } from "../shared/claims";
import { afterChecks, availableAfter, checkInputs } from "../shared/inputs";
import { objectLabels } from "../shared/labels";
import { configSecretName, slackSettings } from "./settings";

/** Slack channels, keyed by severity. Each name starts with `#`. */
export interface SlackChannels {
  /** Channel for critical alerts. Default: `channel`. */
  critical?: string;
  /** Channel for warnings. Default: `channel`. */
  warning?: string;
  /** Channel for info alerts. Default: none, and Slack gets no info alerts. */
  info?: string;
}

/**
 * Route to a channel. An alert must match every field that is set, and at least one field is required.
 */
export interface SlackRoute {
  /** Name of a service. Matches alerts on the service and its pods. */
  service?: pulumi.Input<string> | undefined;
  /** Value of the alert's `team` label, from its service or a custom rule. */
  team?: pulumi.Input<string> | undefined;
  /** Value of the alert's `namespace` label. */
  namespace?: pulumi.Input<string> | undefined;
  /** Channel that receives the alerts. Starts with `#`. */
  channel: string;
}

/** Hours during which warnings are muted. Warnings that are still firing at the end are sent then. */
export interface QuietHours {
  /** Start, such as `22:00`. */
  from: string;
  /** End, such as `07:00`. A time before `from` is on the next day. */
  to: string;
  /** Time zone, such as `Asia/Seoul`. */
  timezone: string;
  /** Also mutes warnings for all of Saturday and Sunday. Default: false. */
  weekends?: boolean;
  /** Dates on which warnings are muted for the whole day, such as `2026-12-25`. Default: none. */
  holidays?: string[];
}

/**
 * A receiver in addition to Slack. By default, it receives all alerts with its severities. With
 * `services` or `teams`, it receives only alerts on these services and teams.
 */
export interface AlertReceiver {
  /** System to notify. */
  kind: ReceiverKind;
  /**
   * Severities of the alerts that it receives: `critical`, `warning`, `info`. Default: `critical` and
   * `warning`.
   */
  severities?: string[];
  /** Names of services. Matches alerts on the services and their pods. */
  services?: pulumi.Input<string>[];
  /** Values of the alerts' `team` label. */
  teams?: pulumi.Input<string>[];
  /** Region of the account, for PagerDuty and Opsgenie: `us` or `eu`. Default: `us`. */
  region?: string;
  /** Email recipients. Required for email, as are the fields below. */
  to?: string[];
  /** Email sender. */
  from?: pulumi.Input<string> | undefined;
  /** SMTP server and its port, such as `smtp.example.com:587`. It must offer TLS. */
  smarthost?: pulumi.Input<string> | undefined;
  /** Username for the SMTP server. */
  username?: pulumi.Input<string> | undefined;
}

/** Minutes after which notifications for alerts that are still firing are repeated, by severity. */
export interface RepeatMinutes {
  /** Default: 60. */
  critical?: number;
  /** Also applies to alerts with other severities. Default: 720. */
  warning?: number;
}

/** Arguments of SlackAlerting. */
export interface SlackAlertingArgs {
  /** Namespace of Alertmanager. It must exist. Default: `monitoring`. */
  namespace?: pulumi.Input<string> | undefined;
  /**
   * Incoming webhook for `channel`. Pulumi stores every credential as a secret in the Kubernetes Secret
   * `alertmanager-slack`. Required unless `botToken` or `existingSecret` is set.
   */
  webhookUrl?: pulumi.Input<string> | undefined;
  /**
   * Incoming webhooks for all other channels, because a webhook posts to only one channel. The keys are
   * channel names including the `#`, such as `#team-shop`. Required for each channel in `channels` and
   * `routes`, unless `botToken` is set.
   */
  webhookUrls?: pulumi.Input<Record<string, pulumi.Input<string>>> | undefined;
  /**
   * Token of a Slack app with the `chat:write` scope, which replaces the webhooks of all channels.
   * Default: none.
   */
  botToken?: pulumi.Input<string> | undefined;
  /** URL that Alertmanager calls every minute while it delivers alerts. Default: none. */
  heartbeatUrl?: pulumi.Input<string> | undefined;
  /** Requires a heartbeat URL. Without one, an outage of alerting goes unnoticed. Default: false. */
  requireHeartbeat?: boolean;
  /** PagerDuty routing key. If set, PagerDuty also receives critical alerts. Default: none. */
  pagerDutyRoutingKey?: pulumi.Input<string> | undefined;
  /** URL of an additional webhook that also receives critical alerts. Default: none. */
  criticalWebhookUrl?: pulumi.Input<string> | undefined;
  /**
   * Credential of each receiver, keyed by receiver name: the PagerDuty routing key, the Opsgenie API
   * key, the SMTP user's password, or the webhook URL.
   */
  receiverSecrets?: pulumi.Input<Record<string, pulumi.Input<string>>> | undefined;
  /**
   * Existing Secret in the same namespace that contains the credentials, instead of the arguments
   * above.
   */
  existingSecret?: pulumi.Input<string> | undefined;
  /**
   * Keys of the existing Secret: `webhook-url`, `webhook-url-<channel>` without the channel's `#`,
   * `bot-token`, `heartbeat-url`, `pagerduty-routing-key`, `critical-webhook-url`,
   * `receiver-<receiver>`. The keys determine which receivers exist, so they must be known when the
   * program runs. Default: `webhook-url`.
   */
  existingSecretKeys?: string[];
  /**
   * Channel for all alerts that no other channel receives. Starts with `#`. Channels determine which
   * receivers exist, so they must be known when the program runs. Required unless `receivers` is set.
   */
  channel?: string;
  /** Channels, keyed by severity. Default: `channel` for critical alerts and warnings. */
  channels?: SlackChannels;
  /**
   * Channels by service, team or namespace. The first matching route applies. The list must be known
   * when the program runs. Default: none.
   */
  routes?: SlackRoute[];
  /**
   * Receivers in addition to Slack, keyed by name. They must be known when the program runs. Default:
   * none.
   */
  receivers?: Record<string, AlertReceiver>;
  /**
   * Updates a message when its alerts change, repeat or resolve, instead of sending another one. Slack
   * does not notify users of an update. Requires a bot token. Default: false.
   */
  updateMessages?: boolean;
  /** Hours during which warnings are muted. Default: none. */
  quietHours?: QuietHours;
  /** Minutes after which notifications for alerts that are still firing are repeated, by severity. */
  repeatMinutes?: RepeatMinutes;
  /** Labels that group alerts into one message. Default: `alertname`, `cluster`, `service`. */
  groupBy?: string[];
  /** Message title, as the body of a Go template. Default: the built-in template. */
  titleTemplate?: string;
  /** Message text, as the body of a Go template. Default: the built-in template. */
  textTemplate?: string;
  /**
   * URL where users open a Grafana that has the data source `loki`, for links to logs. Pass a string or
   * an output of your ingress. The outputs of PrometheusStack do not work, because they are URLs inside
   * the cluster, and PrometheusStack depends on this component. Default: none, and messages have no
   * such links.
   */
  grafanaUrl?: pulumi.Input<string> | undefined;
  /** URL where users open Prometheus, for links to graphs. See `grafanaUrl`. Default: none. */
  prometheusUrl?: pulumi.Input<string> | undefined;
  /**
   * URL where users open Alertmanager, for links to alerts and new silences. See `grafanaUrl`.
   * Default: none.
   */
  alertmanagerUrl?: pulumi.Input<string> | undefined;
  /** Labels to add to every object. Default: none. */
  labels?: pulumi.Input<Record<string, pulumi.Input<string>>> | undefined;
}

/**
 * Creates Alertmanager's configuration for Slack and other receivers in the Secret
 * `alertmanager-config`. Unless `existingSecret` is set, also creates the Secret with the credentials.
 * Create this component before PrometheusStack, and pass the names of the two Secrets as
 * `alertmanager.configSecretName` and `alertmanager.mountedSecretNames` of PrometheusStack.
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
        fix: "set namespace to another namespace, or use the routes of a single SlackAlerting",
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
