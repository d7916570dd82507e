import * as kubernetes from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { stringify } from "yaml";
import { alertmanagerConfig, configSecretName } from "./alertmanagerConfig";
import { secretData } from "../shared/secretData";
import { webhookSecretName } from "./secret";
import { slackTemplate } from "./template";
import { settingsOrThrow } from "../shared/component";
import { objectLabels } from "../shared/labels";
import { slackSettings } from "./settings";

/** Channels by how urgent an alert is, each with its `#`. */
export interface SlackChannels {
  /** Default: `channel`. */
  critical?: string;
  /** Default: `channel`. */
  warning?: string;
  /** Default: nobody is told. */
  info?: string;
}

/** Alerts that go to a channel of their own; what is given must all match. */
export interface SlackRoute {
  /** Name of a service: its alerts, and those on its pods. */
  service?: string;
  /** Value of the label `team` of an alert: that of its service, or of a rule of your own. */
  team?: string;
  /** Namespace of what the alert is about. */
  namespace?: string;
  /** Channel, with its `#`. */
  channel: string;
}

/** When warnings wait: they are told of afterwards, if they still fire then. */
export interface QuietHours {
  /** Start, such as `22:00`. */
  from: string;
  /** End, such as `07:00`; before `from` it is that of the next day. */
  to: string;
  /** Time zone, such as `Asia/Seoul`. */
  timezone: string;
  /** Whether Saturdays and Sundays are quiet altogether. Default: false. */
  weekends?: boolean;
}

export interface SlackAlertingArgs {
  /** Name of the cluster. */
  cluster: string;
  /** Environment, such as `prod`. */
  environment: string;
  /** Namespace of Alertmanager; it must exist. Default: `monitoring`. */
  namespace?: string;
  /**
   * Incoming webhook of `channel`. Like every credential here it is treated as a secret, kept in the
   * Secret `alertmanager-slack`. Needed unless there is a `botToken` or an `existingSecret`.
   */
  webhookUrl?: pulumi.Input<string>;
  /** Incoming webhooks of the other channels, by channel: a webhook reaches one channel only. */
  webhookUrls?: Record<string, pulumi.Input<string>>;
  /** Token of a Slack app with the scope `chat:write`, for all channels; instead of webhooks. */
  botToken?: pulumi.Input<string>;
  /** URL that is called every minute as long as alerts are delivered. Default: none is. */
  heartbeatUrl?: pulumi.Input<string>;
  /** Whether a missing heartbeat is an error: alerting that is down is silent. Default: false. */
  requireHeartbeat?: boolean;
  /** Routing key of PagerDuty, which hears of critical alerts too. Default: it does not. */
  pagerDutyRoutingKey?: pulumi.Input<string>;
  /** Webhook of anything else that hears of critical alerts too. Default: none does. */
  criticalWebhookUrl?: pulumi.Input<string>;
  /** Existing Secret in the same namespace that holds the credentials instead. */
  existingSecret?: string;
  /**
   * What the existing Secret holds: `webhook-url`, `webhook-url-<channel>`, `bot-token`,
   * `heartbeat-url`, `pagerduty-routing-key`, `critical-webhook-url`. Default: `webhook-url`.
   */
  existingSecretKeys?: string[];
  /** Channel, with its `#`. Default: `#ticketing-alerts`. */
  channel?: string;
  /** Channels by severity. */
  channels?: SlackChannels;
  /** Services, teams and namespaces with a channel of their own; the first that matches counts. */
  routes?: SlackRoute[];
  /** When warnings wait. Default: never. */
  quietHours?: QuietHours;
  /** Labels whose equal alerts share a message. Default: `alertname`, `cluster`, `service`. */
  groupBy?: string[];
  /** Title of a message, as the body of a Go template of Alertmanager. */
  titleTemplate?: string;
  /** Text of a message, likewise. */
  textTemplate?: string;
  /** URL of Grafana with a Loki data source `loki`; links to the logs. Default: no link. */
  grafanaUrl?: string;
  /** URL of Prometheus that people use; links to the graph. Default: no link. */
  prometheusUrl?: string;
  /** URL of Alertmanager that people use; links to it and to a new silence. Default: no link. */
  alertmanagerUrl?: string;
  /** Labels added to every object. */
  labels?: Record<string, string>;
}

/**
 * Alertmanager's configuration for Slack, as the Secret `alertmanager-config`, and the credentials it
 * reads. Give both Secret names to PrometheusStack (`alertmanager.configSecretName`,
 * `alertmanager.mountedSecretNames`).
 *
 * Throws one error that lists every problem of its arguments; nothing is registered then.
 */
export class SlackAlerting extends pulumi.ComponentResource {
  static readonly __pulumiType = "monitoring:index:SlackAlerting";

  /** Secret with `alertmanager.yaml` and its templates. */
  readonly configSecretName: pulumi.Output<string>;
  /** Secret with the credentials, to be mounted into Alertmanager. */
  readonly webhookSecretName: pulumi.Output<string>;

  constructor(name: string, args: SlackAlertingArgs, opts?: pulumi.ComponentResourceOptions) {
    const settings = settingsOrThrow("SlackAlerting", name, slackSettings(args));
    super(SlackAlerting.__pulumiType, name, settings, opts);
    const { namespace } = settings;
    const labels = objectLabels("alertmanager", settings.labels);
    const child = { parent: this };

    if (settings.existingSecret === undefined) {
      new kubernetes.core.v1.Secret(
        `${name}-webhook`,
        {
          metadata: { name: webhookSecretName, namespace, labels },
          stringData: secretData("slack", args),
        },
        child,
      );
    }
    new kubernetes.core.v1.Secret(
      `${name}-config`,
      {
        metadata: { name: configSecretName, namespace, labels },
        stringData: {
          "alertmanager.yaml": stringify(alertmanagerConfig(settings), { lineWidth: 0 }),
          "slack.tmpl": slackTemplate(settings),
        },
      },
      child,
    );

    this.configSecretName = pulumi.output(configSecretName);
    this.webhookSecretName = pulumi.output(settings.existingSecret ?? webhookSecretName);
    this.registerOutputs({
      configSecretName: this.configSecretName,
      webhookSecretName: this.webhookSecretName,
    });
  }
}
